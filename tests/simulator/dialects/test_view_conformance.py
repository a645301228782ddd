"""Unmodified ccxt where a venue's views differ: REST that lags, orders that die in matching, a power cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import ccxt
import pytest

from tests.simulator.dialects.stage import BTC, Stage, placed
from tests.simulator.dialects.table import each_venue


def test_a_lagging_rest_view_does_not_know_a_new_order_yet() -> None:
    stage = Stage("binance", rest_lag_ns=2_000_000_000)

    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.fetch_order(order["id"], BTC)
        await asyncio.sleep(2)
        return await exchange.fetch_order(order["id"], BTC)

    assert stage.tell(story)["status"] == "open"


@each_venue()
def test_an_order_rejected_in_matching_was_acknowledged_before(stage: Stage) -> None:
    stage.exchange.silent_reject = lambda request: True

    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        await asyncio.sleep(1)
        return order, await exchange.fetch_order(order["id"], stage.btc), await exchange.fetch_balance()

    acknowledged, later, balance = stage.tell(story)

    assert acknowledged["status"] == "open"
    assert later["status"] == ("rejected" if stage.row.has("silent_reject_is_rejected") else "canceled")
    assert not balance[stage.row.instruments[0].quote]["used"]


@each_venue()
def test_after_a_power_cut_the_venue_serves_again_with_the_same_money(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        stage.restart()
        await asyncio.sleep(1)
        for _ in range(12):  # a client may hold that many connections to the dead machine
            try:
                return order, await exchange.fetch_order(order["id"], stage.btc)
            except ccxt.NetworkError:
                await asyncio.sleep(1)
        raise AssertionError("the venue did not come back")

    before, after = stage.tell(story)

    assert after["id"] == before["id"]


def test_ids_that_the_venue_makes_up_do_not_come_again_after_a_power_cut() -> None:
    stage = Stage("binance")
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    terms = {**order, "quantity": "0.01", "price": "59000"}

    async def story(exchange: Any) -> list[Any]:
        before = await exchange.private_post_order(dict(terms))
        stage.restart()
        await asyncio.sleep(1)
        with contextlib.suppress(ccxt.NetworkError):
            await exchange.private_get_order({"symbol": "BTCUSDT", "orderId": before["orderId"]})
        return [before, await exchange.private_post_order(dict(terms))]

    before, after = stage.tell(story)

    assert before["clientOrderId"] != after["clientOrderId"]
