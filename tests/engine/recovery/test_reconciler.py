"""Reconciliation: what is ours is found and counted, what is nobody's is ended, what differs for long is told."""

from collections.abc import Iterator

import pytest

from engine.domain.audit import AuditDone
from engine.domain.identity import namespace
from engine.domain.messages import AlertRaised, AlertResolved, OrderChanged, OrderState
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderStatus, Side
from tests.engine.runtime.trading_stage import TradingStage

OURS = namespace("test-bot") + "abcdefghijkl"


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    yield stage
    stage.world.close()


def raised(stage: TradingStage) -> set[str]:
    return {alert.key for alert in stage.heard(AlertRaised)}


def resolved(stage: TradingStage) -> set[str]:
    return {alert.key for alert in stage.heard(AlertResolved)}


def test_an_open_order_of_ours_that_no_book_knows_is_ended_and_told(stage: TradingStage) -> None:
    stage.own_order(Side.BUY, "0.01", price="50000", client_order_id=OURS)
    stage.run(30)

    assert [order.status for order in stage.orders()] == [OrderStatus.CANCELED]
    assert "orders/binance/orphan" in raised(stage)
    stage.run(30)
    assert "orders/binance/orphan" in resolved(stage)


def test_a_fill_of_ours_that_we_never_saw_is_counted_by_its_trade_id(stage: TradingStage) -> None:
    stage.own_order(Side.BUY, "0.01", client_order_id=OURS)
    stage.run(60)

    assert stage.ledger() == stage.truth()
    assert "drift/binance/BTC" not in raised(stage)


@pytest.mark.parametrize(
    ("policy", "status", "told"),
    [("ignore", OrderStatus.NEW, False), ("page", OrderStatus.NEW, True), ("cancel", OrderStatus.CANCELED, True)],
)
def test_other_peoples_orders_are_dealt_with_as_declared(policy: str, status: OrderStatus, told: bool) -> None:
    stage = TradingStage(reconcile={"foreign": policy})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.own_order(Side.BUY, "0.01", price="50000", client_order_id="by-hand")
    stage.run(60)
    found, alerts = [order.status for order in stage.orders()], raised(stage)
    stage.world.close()

    assert found == [status]
    assert alerts == ({"orders/binance/foreign"} if told else set())


def test_the_page_about_somebody_elses_order_ends_with_the_order(stage: TradingStage) -> None:
    order = stage.own_order(Side.BUY, "0.01", price="50000", client_order_id="by-hand")
    stage.run(30)
    assert raised(stage) == {"orders/binance/foreign"}

    stage.exchange.cancel("main", order_id=int(order.order_id))
    stage.run(30)

    assert resolved(stage) == {"orders/binance/foreign"}


def test_a_drift_is_found_while_an_order_of_ours_rests() -> None:
    """A market maker always has one: it must not hide for ever what the account lacks."""
    stage = TradingStage(execution={"entry_ttl": "600s"})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.quoting = False
    stage.middle = 59_000
    stage.decide("0.02", 60)
    stage.run(20)
    stage.own_order(Side.BUY, "0.01", client_order_id="by-hand")
    stage.run(200)
    resting, alerts = stage.orders()[0].status, raised(stage)
    stage.world.close()

    assert resting is OrderStatus.NEW
    assert {"drift/binance/BTC", "drift/binance/USDT"} <= alerts


def test_everything_is_audited_at_the_start_and_every_hour(stage: TradingStage) -> None:
    stage.run(10)
    (first,) = stage.heard(AuditDone)
    assert (first.conclusive, first.unread, first.differences) == (True, 0, {})

    stage.run(2 * 3600)

    assert len(stage.heard(AuditDone)) == 3
    assert all(audit.conclusive for audit in stage.heard(AuditDone))


def test_an_audit_finds_what_was_filled_long_ago_under_our_name(stage: TradingStage) -> None:
    """While the bot was down for longer than any look-back: from its last change on, everything is read."""
    stage.decide("0.02", 60)
    stage.run(30)
    stage.world.crash("exec-a")
    stage.own_order(Side.BUY, "0.01", client_order_id=OURS)
    stage.run(3 * 3600)

    stage.world.reboot("exec-a")
    stage.run(60)

    assert stage.heard(AuditDone)[-1].fills_found == 1
    assert stage.ledger() == stage.truth()


def test_a_drift_that_persists_holds_the_instrument_and_is_told_and_ends_with_the_drift(stage: TradingStage) -> None:
    stage.own_order(Side.BUY, "0.01", client_order_id="by-hand")
    stage.run(140)
    assert raised(stage) == {"drift/binance/BTC", "drift/binance/USDT"}

    stage.decide("0.02", 60)
    stage.run(10)
    assert stage.handled()[-1].reason.startswith("hold: ")


def test_an_exit_goes_through_while_the_instrument_is_on_hold(stage: TradingStage) -> None:
    stage.decide("0.02", 60)
    stage.run(30)
    stage.own_order(Side.BUY, "0.01", client_order_id="by-hand")
    stage.run(180)
    assert "drift/binance/BTC" in raised(stage)

    stage.decide("0", 120)
    stage.run(10)

    assert [order.status for order in stage.orders()][-1] is OrderStatus.FILLED
    assert stage.handled()[-1].intents


def test_orders_in_flight_are_no_drift(stage: TradingStage) -> None:
    for number in range(8):
        stage.decide("0.02" if number % 2 == 0 else "0", 60 * number)
        stage.run(30)

    assert stage.heard(AlertRaised) == []
    assert len(stage.orders()) == 8


def test_a_restart_tells_the_same_and_does_nothing_twice(stage: TradingStage) -> None:
    stage.decide("0.02", 60)
    stage.run(30)
    before = stage.ledger()

    for _ in range(3):
        stage.world.crash("exec-a")
        stage.world.reboot("exec-a")
        stage.run(20)

    assert len(stage.orders()) == 1
    assert stage.ledger() == before == stage.truth()
    assert [change.state for change in stage.heard(OrderChanged)][-1] is OrderState.FILLED
    assert len(stage.heard(OrderChanged)) == len({(c.client_order_id, c.sequence) for c in stage.heard(OrderChanged)})


def test_an_order_that_fills_while_the_executor_is_dead_is_in_the_ledger_afterwards(stage: TradingStage) -> None:
    stage.quoting = False
    stage.middle = 59_000
    stage.decide("0.02", 60)
    stage.run(5)
    assert [order.status for order in stage.orders()] == [OrderStatus.NEW]

    stage.world.crash("exec-a")
    stage.quoting = True
    stage.run(10)
    assert [order.status for order in stage.orders()] == [OrderStatus.FILLED]
    stage.world.reboot("exec-a")
    stage.run(20)

    assert stage.ledger() == stage.truth()
    assert stage.heard(AlertRaised) == []


def test_a_venue_that_answers_nothing_is_told_though_nothing_is_traded(stage: TradingStage) -> None:
    stage.inject(Rule(kind="hang", endpoints=frozenset({"account", "orders"})), seconds=90)
    stage.run(55)
    assert raised(stage) == {"venue/binance/unreachable"}

    stage.run(100)
    assert resolved(stage) == {"venue/binance/unreachable"}


def test_a_throttle_is_told_and_obeyed(stage: TradingStage) -> None:
    stage.inject(Rule(kind="throttle", endpoints=frozenset({"account", "orders"}), patience=3), seconds=60)
    stage.run(200)

    assert raised(stage) == {"venue/binance/throttled"}
    assert resolved(stage) == {"venue/binance/throttled"}
    assert {seen.outcome for seen in stage.requests} <= {"answered", "throttled"}
