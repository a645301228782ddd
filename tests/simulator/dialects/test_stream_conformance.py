"""Unmodified ccxt.pro against every dialect: what can be watched, over real WebSocket frames, whatever the venue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.dialects.row import Opening
from tests.simulator.dialects.stage import Stage, placed, taken
from tests.simulator.dialects.table import each_venue

Watch = Callable[[], Any]


async def after(stage: Stage, watched: Opening, watch: Watch, act: Callable[[], object]) -> Any:
    """Return what a watcher is told because of `act`, past the snapshot with which some streams begin."""
    if watched in stage.row.opens_with:
        await watch()
    stage.later(2, act)
    return await watch()


@each_venue()
def test_a_ticker_stream_tells_of_the_market(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        told = await after(
            stage, "ticker", lambda: exchange.watch_ticker(stage.btc), lambda: stage.quote(stage.core_btc, "61000")
        )
        await asyncio.sleep(2)
        return exchange.tickers.get(stage.btc, told)

    ticker = stage.tell(story)

    assert ticker["last"] == stage.row.price(61_000)
    if stage.row.has("watch_ticker_best_prices"):
        assert (ticker["bid"], ticker["ask"]) == (stage.level(61_000, -1), stage.level(61_000, 1))


@each_venue("watch_bids_asks")
def test_best_prices_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        stage.later(2, lambda: stage.quote(stage.core_btc, "61000", trade=False))
        best = (await exchange.watch_bids_asks([stage.btc]))[stage.btc]
        while best["bid"] != 60_939:
            best = (await exchange.watch_bids_asks([stage.btc]))[stage.btc]
        return best

    best = stage.tell(story)

    assert (best["bid"], best["ask"]) == (60_939, 61_061)


@each_venue()
def test_public_trades_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await after(
            stage, "trades", lambda: exchange.watch_trades(stage.btc), lambda: stage.quote(stage.core_btc, "62000")
        )
        return exchange.trades[stage.btc][-1]

    trade = stage.tell(story)

    figures = (stage.row.price(62_000), stage.row.size(1), "buy")
    assert (trade["price"], trade["amount"], trade["side"]) == figures


@each_venue()
def test_a_watched_book_follows_the_venues(stage: Stage) -> None:
    """Levels come, change and go; in the end the copy is what the venue has."""

    async def story(exchange: Any) -> Any:
        stage.later(2, lambda: stage.quote(stage.core_btc, "63000", levels=3))
        stage.later(3, lambda: stage.quote(stage.core_btc, "62990", levels=8, quantity="0.5"))
        stage.later(4, lambda: stage.quote(stage.core_btc, "62500", levels=4))
        book = await exchange.watch_order_book(stage.btc, stage.row.watched_depth)
        while book["bids"][0][0] != stage.level(62_500, -1):
            book = await exchange.watch_order_book(stage.btc, stage.row.watched_depth)
        return [[level[:2] for level in book[side]] for side in ("bids", "asks")]

    bids, asks = stage.tell(story)

    shown = stage.exchange.truth.book(stage.core_btc)
    instrument = stage.row.instruments[0]
    for told, levels in ((bids, shown.bids), (asks, shown.asks)):
        assert told == [[float(instrument.price(ticks)), float(instrument.quantity(lots))] for ticks, lots in levels]


@each_venue("watch_ohlcv")
def test_candles_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await after(
            stage,
            "ohlcv",
            lambda: exchange.watch_ohlcv(stage.btc, stage.row.timeframe),
            lambda: stage.quote(stage.core_btc, "62000"),
        )
        await asyncio.sleep(3)
        return exchange.ohlcvs[stage.btc][stage.row.timeframe][-1]

    candle = stage.tell(story)

    assert candle[0] % 60_000 == 0
    assert candle[4] == 62_000
    assert candle[2] == 62_000


async def watched(exchange: Any, orders: list[tuple[str, str]]) -> None:
    """Gather what watch_orders says, as (id, status)."""
    while True:
        orders.extend((order["id"], order["status"]) for order in await exchange.watch_orders())


@each_venue()
def test_an_order_stream_tells_an_orders_life(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        seen: list[tuple[str, str]] = []
        watching = asyncio.ensure_future(watched(exchange, seen))
        await asyncio.sleep(1)
        order = await placed(exchange)
        await asyncio.sleep(1)
        await exchange.cancel_order(order["id"], stage.btc)
        market = await taken(exchange, "sell", 0.1)
        await asyncio.sleep(1)
        watching.cancel()
        return order["id"], market["id"], seen

    order_id, market_id, seen = stage.tell(story, newUpdates=True)

    lives = {name: [status for one, status in seen if one == name] for name in (order_id, market_id)}
    assert lives[order_id][0] == "open"
    assert lives[order_id][-1] == "canceled"
    assert lives[market_id][-1] == "closed"


@each_venue("watch_my_trades")
def test_my_trades_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        watching = asyncio.ensure_future(exchange.watch_my_trades())
        await asyncio.sleep(1)
        order = await taken(exchange, "sell", 0.1)
        (trade,) = await watching
        return order, trade

    order, trade = stage.tell(story, newUpdates=True)

    figures = (order["id"], stage.row.price(59_940), stage.row.size(0.1))
    assert (trade["order"], trade["price"], trade["amount"]) == figures
    assert trade["side"] == "sell"


@each_venue("watch_balance")
def test_balances_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        if "balance" in stage.row.opens_with:
            await exchange.watch_balance()
        watching = asyncio.ensure_future(exchange.watch_balance())
        await asyncio.sleep(1)
        await exchange.create_order(stage.btc, "market", "sell", 0.1)
        balance = await watching
        await asyncio.sleep(1)
        return balance, await exchange.fetch_balance()

    watched_balance, fetched = stage.tell(story)

    shown = {asset: amount for asset, amount in watched_balance["total"].items() if asset in ("BTC", "USDT", "USD")}
    assert shown
    assert any(amount == pytest.approx(fetched["total"][asset]) for asset, amount in shown.items())


@each_venue("watch_positions")
def test_positions_can_be_watched(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        watching = asyncio.ensure_future(exchange.watch_positions([stage.btc]))
        await asyncio.sleep(1)
        await exchange.create_order(stage.btc, "market", "buy", 0.5)
        return await watching

    (position,) = stage.tell(story, newUpdates=True)

    assert (position["symbol"], position["side"], position["contracts"]) == (stage.btc, "long", 0.5)


@each_venue()
def test_a_quiet_stream_survives_its_pings(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        watching = asyncio.ensure_future(exchange.watch_ticker(stage.eth))
        if "ticker" in stage.row.opens_with:
            await watching
            watching = asyncio.ensure_future(exchange.watch_ticker(stage.eth))
        await asyncio.sleep(stage.row.quiet_s)
        stage.quote(stage.core_eth, "3100")
        told = await watching
        await asyncio.sleep(1)
        return exchange.tickers.get(stage.eth, told)

    assert stage.tell(story)["last"] == float(3_100 * stage.row.price_scales[1])
