"""Stops at a venue that amends (Kraken): they become smaller where they rest, with nothing unprotected."""

from collections.abc import Iterator

import pytest

from engine.domain.messages import Protected
from engine.domain.money import Quantity
from simulator.dialects.gate import Rule
from simulator.exchange.orders import OrderRecord, OrderStatus, Side, Trigger
from tests.engine.runtime.trading_stage import TradingStage


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    """A bot at Kraken that has held two hundredths of a coin for ten seconds, with a stop."""
    made = TradingStage(at="kraken", protection={"stop": "3%"})
    made.boot("feed-a", "exec-a")
    made.run(12)
    made.decide("0.02", 1)
    made.run(10)
    yield made
    made.world.close()


def stops(stage: TradingStage) -> list[OrderRecord]:
    """The account's stops, oldest first."""
    return [order for order in stage.orders() if order.trigger is Trigger.STOP]


def test_a_partial_exit_makes_the_stop_smaller_and_never_takes_it_away(stage: TradingStage) -> None:
    """One stop from the first to the last moment, for just what the exit leaves."""
    (before,) = stops(stage)
    stage.decide("0.01", 2)
    stage.run(10)

    (after,) = stops(stage)
    sold = sum(order.filled_lots for order in stage.orders() if order.side is Side.SELL)
    assert after.order_id == before.order_id
    assert (after.status, after.quantity_lots) == (OrderStatus.UNTRIGGERED, before.quantity_lots - sold)
    assert sold == 1000
    told: Protected = stage.heard(Protected)[-1]
    assert told.covered == told.position == Quantity("0.01")


def test_an_amendment_whose_answer_is_lost_makes_no_second_stop(stage: TradingStage) -> None:
    """nautilus#4564: duplicate live orders after an amendment during lost connectivity."""
    stage.inject(Rule(kind="ack_lost", endpoints=frozenset({"orders"})), seconds=15)
    stage.decide("0.01", 2)
    stage.run(60)

    (stop,) = stops(stage)
    sold = sum(order.filled_lots for order in stage.orders() if order.side is Side.SELL)
    assert (stop.status, sold) == (OrderStatus.UNTRIGGERED, 1000)
    assert {asset: stage.ledger()[asset] for asset in ("BTC", "USDT")} == stage.truth()


def test_an_amendment_that_the_venue_never_got_is_asked_for_again(stage: TradingStage) -> None:
    """The exit waits, the stop stays, and both are served when the venue is back."""
    stage.inject(Rule(kind="error", endpoints=frozenset({"orders"}), status=503), seconds=20)
    stage.decide("0.01", 2)
    stage.run(15)
    assert [order.quantity_lots for order in stops(stage)] == [2000]
    stage.run(45)

    (stop,) = stops(stage)
    sold = sum(order.filled_lots for order in stage.orders() if order.side is Side.SELL)
    assert (stop.status, stop.quantity_lots, sold) == (OrderStatus.UNTRIGGERED, 1000, 1000)
