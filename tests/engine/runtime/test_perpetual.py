"""A position account in the engine: the same books, reconciler, protection, flattening and kill as on spot."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.audit import AuditDone
from engine.domain.messages import AlertRaised
from simulator.exchange.orders import Side
from tests.engine.runtime.trading_stage import TradingStage


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    stage = TradingStage(at="binanceusdm")
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    yield stage
    stage.world.close()


def raised(stage: TradingStage) -> set[str]:
    return {alert.key for alert in stage.heard(AlertRaised)}


def test_decisions_lead_long_turn_it_short_and_end_flat_and_the_books_agree_each_time(stage: TradingStage) -> None:
    for number, (target, middle) in enumerate((("0.02", 60_500), ("-0.03", 59_000), ("0", 59_500)), start=1):
        stage.decide(target, 60 * number)
        stage.run(30)
        assert stage.held() == Decimal(target)
        stage.middle = middle
        stage.run(30)
        assert stage.ledger() == stage.truth()
    stage.run(200)

    assert not raised(stage)
    assert [order.reduce_only for order in stage.orders()] == [False, False, True]


def test_funding_is_counted_once_and_is_no_drift(stage: TradingStage) -> None:
    stage.exchange.set_funding_rate("BTC/USDT:USDT", Decimal("0.001"))
    stage.decide("-0.02", 60)
    stage.run(9 * 3600)

    (paid,) = stage.exchange.truth.fundings("main", None)
    assert paid.amount > 0
    assert stage.ledger() == stage.truth()
    assert not raised(stage)
    assert all(audit.conclusive and not audit.differences for audit in stage.heard(AuditDone)[-2:])


def test_what_was_paid_before_the_bot_had_a_position_is_not_the_bots() -> None:
    """Its owner traded by hand within the hour that is looked back upon."""
    stage = TradingStage(at="binanceusdm")
    stage.exchange.set_funding_rate(stage.symbol, Decimal("0.001"))
    stage.run(8 * 3600 - 300)
    stage.own_order(Side.BUY, "0.5", client_order_id="by-hand")
    stage.run(600)
    stage.own_order(Side.SELL, "0.5", client_order_id="by-hand-too")
    stage.run(10)
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(300)
    paid, books, truth, alerts = stage.exchange.truth.fundings("main"), stage.ledger(), stage.truth(), raised(stage)
    stage.world.close()

    assert len(paid) == 1
    assert books == truth
    assert not alerts


def test_a_position_that_the_venue_takes_away_is_counted_paged_and_the_end_of_entries() -> None:
    stage = TradingStage(at="binanceusdm", money=700, risk={"loss_per_day": "100%"})
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(30)
    stage.middle = 25_100
    stage.run(30)
    stage.decide("0.02", 240)
    stage.run(20)
    held, books, alerts, handled = stage.held(), stage.ledger(), raised(stage), stage.handled()[-1]
    truth, (paid,) = stage.truth(), stage.exchange.truth.fundings("main")
    stage.world.close()

    assert held == 0
    assert paid.cleared
    assert books == truth
    assert "safety/venue/binanceusdm/liquidation" in alerts
    assert handled.reason.startswith("exit_only: ")
