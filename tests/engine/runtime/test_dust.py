"""What is left when nearly all is filled: too little to trade, and no reason to trade again and again."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from simulator.exchange.orders import OrderStatus, Side, Trigger
from tests.engine.runtime.trading_stage import BTC, INSTRUMENT, TradingStage


@pytest.fixture
def stage() -> Iterator[TradingStage]:
    """A protected bot at Binance, twelve seconds after it began; the house quotes only what a test lets it."""
    made = TradingStage(protection={"stop": "3%"})
    made.boot("feed-a", "exec-a")
    made.run(12)
    yield made
    made.world.close()


def offer(stage: TradingStage, bid: str, ask: str) -> None:
    """Let the house buy and sell just so much, at its usual distance, and quote no more by itself."""
    stage.quoting = False
    ticks = INSTRUMENT.ticks(Decimal(60_000))
    step = ticks // 10_000
    stage.exchange.quote(
        BTC,
        [(ticks - step, INSTRUMENT.lots(Decimal(bid)))],
        [(ticks + step, INSTRUMENT.lots(Decimal(ask)))],
    )
    stage.exchange.print_trade(BTC, Side.BUY, ticks, 1)


def test_an_exit_that_is_filled_to_99_99_percent_sells_no_second_time(stage: TradingStage) -> None:
    """freqtrade#13332: the rest cannot be sold, and so it is dust: neither sold again nor protected."""
    stage.decide("0.02", 1)
    stage.run(10)
    offer(stage, bid="0.01994", ask="1")
    stage.decide("0", 2)
    stage.run(60)
    stage.decide("0", 3)
    stage.run(60)

    sales = [order for order in stage.orders() if order.side is Side.SELL and order.trigger is None]
    (exit_order,) = sales
    assert (exit_order.filled_lots, exit_order.quantity_lots) == (1994, 1998)
    assert exit_order.status is OrderStatus.CANCELED
    assert not [order for order in stage.orders() if order.is_open]
    assert {asset: stage.ledger()[asset] for asset in ("BTC", "USDT")} == stage.truth()


def test_an_entry_of_which_only_a_part_is_filled_is_protected_for_just_that_part(stage: TradingStage) -> None:
    """freqtrade#8374: the stop is for what is there, and there is nothing that could be sold twice."""
    offer(stage, bid="1", ask="0.012")
    stage.decide("0.02", 1)
    stage.run(10)
    (stop,) = [order for order in stage.orders() if order.trigger is Trigger.STOP]
    assert stop.quantity_lots == 1198
    stage.run(60)

    (stop,) = [order for order in stage.orders() if order.is_open]
    assert (stop.trigger, stop.quantity_lots) == (Trigger.STOP, 1198)


def test_an_entry_that_is_filled_bit_by_bit_is_covered_as_it_grows_with_few_stops(stage: TradingStage) -> None:
    """Five bits, never more than three stops, and all of it covered but what is too little to trade."""
    for _ in range(5):
        offer(stage, bid="1", ask="0.004")
        if not stage.orders():
            stage.decide("0.02", 1)
        stage.run(5)
        living = [order for order in stage.orders() if order.is_open and order.trigger is Trigger.STOP]
        assert len(living) <= 3

    stage.run(20)
    covered = sum(order.quantity_lots for order in stage.orders() if order.is_open and order.side is Side.SELL)
    held = INSTRUMENT.lots((stage.truth()["BTC"] - 2).quantize(Decimal("0.00001"), rounding="ROUND_DOWN"))
    assert held == pytest.approx(1998, abs=2)
    assert held - covered <= 9
