"""Leaving a position, long or short, over the wire: by its stop, a decision, a kill with an engine and without."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.control import Verb
from engine.domain.messages import AlertRaised
from simulator.exchange.orders import OrderStatus, Side
from simulator.exchange.perpetual.records import WaitingOrder, WaitingStatus
from simulator.kernel import NS
from tests.engine.runtime.test_flatten import order
from tests.engine.runtime.test_kill import Operator
from tests.engine.runtime.trading_stage import TradingStage

PROTECTION = {"stop": "3%", "within": "5s", "grace": "10s"}


@pytest.fixture(params=["0.02", "-0.02"])
def stage(request: pytest.FixtureRequest) -> Iterator[TradingStage]:
    """A bot with a position and its stop, long or short."""
    made = TradingStage(at="binanceusdm", protection=PROTECTION)
    made.boot("feed-a", "exec-a")
    made.run(12)
    made.decide(request.param, 1)
    made.run(8)
    assert made.held() == Decimal(request.param)
    yield made
    made.world.close()


def stops(stage: TradingStage) -> list[WaitingOrder]:
    """Every order of the account that waits, or has waited for a price."""
    found: list[WaitingOrder] = stage.exchange.truth.waiting_orders("main")
    return found


def waiting(stage: TradingStage) -> list[WaitingOrder]:
    return [stop for stop in stops(stage) if stop.status is WaitingStatus.WAITING]


def is_flat(stage: TradingStage) -> bool:
    """Tell whether nothing is held, nothing rests, nothing waits, and the books know it."""
    open_orders = [one for one in stage.orders() if one.is_open]
    return not stage.held() and not open_orders and not waiting(stage) and stage.ledger() == stage.truth()


def test_a_stop_that_only_reduces_waits_beyond_the_price(stage: TradingStage) -> None:
    (stop,) = waiting(stage)

    long = stage.held() > 0
    assert (stop.request.side, stop.request.reduce_only) == (Side.SELL if long else Side.BUY, True)
    assert stop.request.quantity == abs(stage.held())
    assert stop.trigger_ticks == pytest.approx(600_000 * (0.97 if long else 1.03), abs=100)


def test_a_price_that_reaches_the_stop_leaves_nothing(stage: TradingStage) -> None:
    stage.middle = 58_000 if stage.held() > 0 else 62_000
    stage.run(20)

    assert is_flat(stage)
    assert [stop.status for stop in stops(stage)] == [WaitingStatus.TRIGGERED]
    assert not [alert for alert in stage.heard(AlertRaised) if not alert.key.startswith("profit/")]


def test_an_exit_does_not_wait_for_the_stop(stage: TradingStage) -> None:
    """On spot it would: here both only reduce, and the venue sees to it that they do not do so twice."""
    stage.decide("0", 2)
    stage.run(10)

    exit_order = stage.orders()[-1]
    (stop,) = stops(stage)
    assert (exit_order.status, exit_order.reduce_only) == (OrderStatus.FILLED, True)
    assert stop.status is WaitingStatus.CANCELED
    assert exit_order.created_ns < stop.updated_ns + NS // 2
    assert is_flat(stage)


def test_a_turn_is_protected_on_the_other_side(stage: TradingStage) -> None:
    """One order closes and opens; the old stop goes, the new one comes."""
    turned = -stage.held()
    stage.decide(str(turned), 2)
    stage.run(15)

    (stop,) = waiting(stage)
    assert stage.held() == turned
    assert stop.request.side is (Side.SELL if turned > 0 else Side.BUY)
    assert len([one for one in stage.orders() if one.status is OrderStatus.FILLED]) == 2


def test_a_kill_closes_it_and_cancels_the_stop_last(stage: TradingStage) -> None:
    order(stage, Verb.KILL)
    stage.run(10)

    assert is_flat(stage)
    assert stage.orders()[-1].reduce_only
    assert stops(stage)[-1].updated_ns >= stage.orders()[-1].updated_ns


def test_a_kill_without_the_engine_closes_it(stage: TradingStage) -> None:
    """From another machine, with nobody's disk."""
    stage.world.crash("exec-a")
    operator = Operator(stage)
    operator.kill()
    stage.run(60)

    (report,) = operator.reports
    assert report.flat
    assert stage.held() == 0
    assert not waiting(stage)


def test_what_somebody_else_has_closed_is_not_turned_round(stage: TradingStage) -> None:
    """The bot believes that it holds something, and is told to be flat: it is."""
    held = stage.held()
    stage.own_order(Side.SELL if held > 0 else Side.BUY, str(abs(held)), client_order_id="by-hand")
    order(stage, Verb.KILL)
    stage.run(30)

    assert stage.held() == 0
    assert not waiting(stage)
