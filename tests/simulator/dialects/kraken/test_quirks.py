"""What the venue fact sheet warns of at Kraken, one test a quirk: each is a trap that a bot must know."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

from simulator.dialects.kraken.settings import NS, KrakenSettings
from simulator.exchange.exchange import TradingMode
from simulator.exchange.orders import OrderStatus
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage, placed


@pytest.fixture
def stage() -> Stage:
    return Stage("kraken")


def test_a_new_order_is_answered_with_its_id_and_nothing_of_its_state(stage: Stage) -> None:
    """Section 4: the executions stream is the truth."""

    async def story(exchange: Any) -> Any:
        return await exchange.create_order(BTC, "market", "sell", 0.1)

    order = stage.tell(story)

    assert order["id"].startswith("O")
    assert (order["status"], order["filled"]) == (None, None)


def test_looking_up_by_client_id_is_broken_in_fetch_order(stage: Stage) -> None:
    """Section 2.2: ccxt sends an empty txid and the client id as a user reference."""

    async def story(exchange: Any) -> None:
        await placed(exchange, clientOrderId="mine")
        with pytest.raises(ccxt.ExchangeError):
            await exchange.fetch_order(None, BTC, {"clientOrderId": "mine"})

    stage.tell(story)


def test_a_trigger_price_is_passed_over_and_a_plain_limit_order_placed(stage: Stage) -> None:
    """Section 2.4: ccxt passes `triggerPrice` through and Kraken does not know it; `stopLossPrice` is what works."""

    async def story(exchange: Any) -> Any:
        await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"triggerPrice": 61_000})
        await exchange.create_order(BTC, "limit", "sell", 0.01, 57_900, {"stopLossPrice": 58_000})

    stage.tell(story)

    plain, stop = stage.exchange.truth.orders(ACCOUNT)
    assert (plain.status, plain.trigger) == (OrderStatus.NEW, None)
    assert (stop.status, stop.stop_ticks) == (OrderStatus.UNTRIGGERED, 580_000)


def test_a_dead_mans_switch_that_is_due_in_a_maintenance_goes_off_after_it(stage: Stage) -> None:
    """Section 2.5: disarm before a maintenance, or all orders go at restart."""

    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        await exchange.cancel_all_orders_after(10_000)
        stage.later(5, lambda: setattr(stage.exchange, "mode", TradingMode.HALTED))
        stage.later(30, lambda: setattr(stage.exchange, "mode", TradingMode.FULL))
        await asyncio.sleep(20)
        during = stage.exchange.truth.open_orders(ACCOUNT)
        await asyncio.sleep(20)
        return order["id"], during, await exchange.fetch_order(order["id"], BTC)

    order_id, during, order = stage.tell(story)

    assert len(during) == 1
    assert (order["id"], order["status"]) == (order_id, "canceled")


def test_a_token_opens_a_stream_for_a_quarter_of_an_hour() -> None:
    """Section 2.5. That it opens none then is tried in `test_private_channels.py`."""
    assert KrakenSettings().token_life_ns == 900 * NS


def test_rest_writes_numbers_as_text_and_the_stream_as_numbers(stage: Stage) -> None:
    """Section 2.6."""

    async def story(exchange: Any) -> Any:
        book = await exchange.public_get_depth({"pair": "XBTUSDT", "count": 1})
        ticker = await exchange.watch_ticker(BTC)
        return book["result"]["XBTUSDT"]["bids"][0][0], ticker["info"]["bid"]

    assert stage.tell(story) == ("59940.00000", 59_940.0)


def test_what_dies_in_matching_is_cancelled_with_a_reason(stage: Stage) -> None:
    """Section 2.4: there are no rejected orders."""
    stage.exchange.silent_reject = lambda request: True

    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        await asyncio.sleep(1)
        return await exchange.fetch_order(order["id"], BTC)

    order = stage.tell(story)

    assert order["status"] == "canceled"
    assert order["info"]["reason"]
