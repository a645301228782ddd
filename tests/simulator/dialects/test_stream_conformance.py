"""Unmodified ccxt.pro against every dialect: what can be watched, over real WebSocket frames."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.simulator.dialects.stage import BTC, ETH, VENUES, Stage, placed


@pytest.fixture(params=VENUES)
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param)


def test_a_ticker_stream_tells_of_the_market(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        if stage.name == "kraken":  # begins with a snapshot
            assert (await exchange.watch_ticker(BTC))["last"] == 60_000
        stage.later(2, lambda: stage.quote(BTC, "61000"))
        return await exchange.watch_ticker(BTC)

    ticker = stage.tell(story)

    assert ticker["last"] == 61_000
    if stage.name == "kraken":  # ccxt watches Binance's short form, which has no best prices
        assert (ticker["bid"], ticker["ask"]) == (60_939, 61_061)


def test_best_prices_trades_and_books_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        best = None
        if stage.name == "binance":
            stage.later(2, lambda: stage.quote(BTC, "61000"))
            best = (await exchange.watch_bids_asks([BTC]))[BTC]
        stage.later(2, lambda: stage.quote(BTC, "62000"))
        trades = await exchange.watch_trades(BTC)
        stage.later(2, lambda: stage.quote(BTC, "63000"))
        book = await exchange.watch_order_book(BTC)
        while book["bids"][0][0] < 62_900:
            book = await exchange.watch_order_book(BTC)
        return best, trades[-1], book

    best, trade, book = stage.tell(story)

    assert best is None or best["bid"] == 60_939
    assert trade["price"] == 62_000
    assert book["bids"][0][0] == 62_937
    assert book["asks"][0][0] == 63_063


async def watched(exchange: Any, orders: list[tuple[str, str]]) -> None:
    """Gather what watch_orders says, as (id, status)."""
    while True:
        orders.extend((order["id"], order["status"]) for order in await exchange.watch_orders())


def test_an_order_stream_tells_an_orders_life(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        seen: list[tuple[str, str]] = []
        watching = asyncio.ensure_future(watched(exchange, seen))
        await asyncio.sleep(1)
        order = await placed(exchange)
        await asyncio.sleep(1)
        await exchange.cancel_order(order["id"], BTC)
        market = await exchange.create_order(BTC, "market", "buy", 0.1)
        await asyncio.sleep(1)
        watching.cancel()
        return order["id"], market["id"], seen

    order_id, market_id, seen = stage.tell(story, newUpdates=True)

    lives = {name: [status for one, status in seen if one == name] for name in (order_id, market_id)}
    assert lives[order_id][0] == "open"
    assert lives[order_id][-1] == "canceled"
    assert lives[market_id][-1] == "closed"


def test_my_trades_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        watching = asyncio.ensure_future(exchange.watch_my_trades())
        await asyncio.sleep(1)
        order = await exchange.create_order(BTC, "market", "buy", 0.1)
        (trade,) = await watching
        return order, trade

    order, trade = stage.tell(story, newUpdates=True)

    assert (trade["order"], trade["price"], trade["amount"]) == (order["id"], 60_060, 0.1)


def test_balances_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        if stage.name == "kraken":  # begins with a snapshot
            await exchange.watch_balance()
        watching = asyncio.ensure_future(exchange.watch_balance())
        await asyncio.sleep(1)
        await exchange.create_order(BTC, "market", "buy", 0.1)
        await watching
        await asyncio.sleep(1)
        return exchange.balance["spot"]

    balance = stage.tell(story)

    assert 2.09 < balance["BTC"]["total"] <= 2.1
    assert balance["USDT"]["total"] < 194_000


def test_a_quiet_stream_survives_its_pings(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        watching = asyncio.ensure_future(exchange.watch_ticker(ETH))
        if stage.name == "kraken":
            await watching
            watching = asyncio.ensure_future(exchange.watch_ticker(ETH))
        await asyncio.sleep(3_000)
        stage.quote(ETH, "3100")
        return await watching

    assert stage.tell(story)["last"] == 3_100
