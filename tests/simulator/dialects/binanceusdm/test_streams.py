"""Unmodified ccxt.pro against the futures' streams, and the life of a listen key."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import aiohttp
import pytest

from simulator.dialects.binanceusdm import BinanceUsdmSettings
from tests.simulator.dialects.binanceusdm.pit import BTC, UsdmStage
from tests.simulator.dialects.row import KEY
from tests.simulator.dialects.sockets import gather

NS = 1_000_000_000
HEADERS = {"X-MBX-APIKEY": KEY}
LISTEN_KEY = "https://fapi.binance.com/fapi/v1/listenKey"
PRIVATE = "wss://fstream.binance.com/private/ws?listenKey="


@pytest.fixture
def stage() -> UsdmStage:
    return UsdmStage()


def test_tickers_trades_books_candles_and_marks_can_be_watched(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        stage.later(2, lambda: stage.move(BTC, "61000"))
        ticker = await exchange.watch_ticker(BTC)
        stage.later(2, lambda: stage.move(BTC, "62000"))
        trades = await exchange.watch_trades(BTC)
        stage.later(2, lambda: stage.move(BTC, "62100"))
        close = (await exchange.watch_ohlcv(BTC, "1m"))[-1][4]
        stage.later(2, lambda: stage.move(BTC, "62200"))
        best = await exchange.watch_bids_asks([BTC])
        stage.later(2, lambda: stage.move(BTC, "62300"))
        mark = await exchange.watch_mark_price(BTC)
        stage.later(2, lambda: stage.move(BTC, "63000"))
        book = await exchange.watch_order_book(BTC)
        while book["bids"][0][0] < 62_900:
            book = await exchange.watch_order_book(BTC)
        return ticker, trades[-1], close, best[BTC], mark, book

    ticker, trade, close, best, mark, book = stage.tell(story)

    assert ticker["last"] == 61_000
    assert trade["price"] == 62_000
    assert close == 62_100
    assert best["bid"] == pytest.approx(62_137.8)
    assert mark["markPrice"] == 62_300
    assert (book["bids"][0][0], book["asks"][0][0]) == (62_937, 63_063)


def test_depth_messages_follow_one_another(stage: UsdmStage) -> None:
    async def story(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect("wss://fstream.binance.com/public/stream?streams=btcusdt@depth@100ms") as socket:
            for n in range(5):
                stage.later(1 + n, lambda n=n: stage.move(BTC, str(60_100 + n)))  # type: ignore[misc]
            return await gather(socket, 10)

    messages = [message["data"] for message in stage.browse(story)]

    assert len(messages) == 5
    for before, after in itertools.pairwise(messages):
        assert after["pu"] == before["u"]
        assert after["U"] == before["u"] + 1


def test_orders_trades_positions_and_balances_can_be_watched(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        orders: list[Any] = []
        positions: list[Any] = []

        async def watch_orders() -> None:
            while True:
                orders.extend((one["id"], one["status"]) for one in await exchange.watch_orders())

        async def watch_positions() -> None:
            while True:
                positions.extend((one["side"], one["contracts"]) for one in await exchange.watch_positions())

        tasks = [asyncio.ensure_future(watch_orders()), asyncio.ensure_future(watch_positions())]
        mine = asyncio.ensure_future(exchange.watch_my_trades())
        balance = asyncio.ensure_future(exchange.watch_balance())
        await asyncio.sleep(2)
        placed = await exchange.create_order(BTC, "limit", "buy", 0.1, 59_000)
        await exchange.cancel_order(placed["id"], BTC)
        market = await exchange.create_order(BTC, "market", "buy", 0.1)
        (trade,) = await mine
        money = await balance
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        return placed["id"], market["id"], orders, positions, trade, money

    placed, market, orders, positions, trade, money = stage.tell(story, newUpdates=True)

    assert [status for one, status in orders if one == placed] == ["open", "canceled"]
    assert [status for one, status in orders if one == market] == ["open", "closed"]
    assert positions[-1] == ("long", 0.1)
    assert (trade["order"], trade["price"], trade["amount"]) == (market, 60_060, 0.1)
    assert money["USDT"]["total"] == pytest.approx(200_000 - 3.003)


def test_a_listen_key_lives_on_while_it_is_kept_and_says_when_it_ends() -> None:
    async def story(session: aiohttp.ClientSession) -> Any:
        async with session.post(LISTEN_KEY, headers=HEADERS) as answer:
            key = (await answer.json())["listenKey"]
        async with session.post(LISTEN_KEY, headers=HEADERS) as answer:
            same = (await answer.json())["listenKey"]
        async with session.ws_connect(PRIVATE + key) as socket:
            told: list[Any] = []
            reading = asyncio.ensure_future(read(socket, told))
            await asyncio.sleep(1_200)
            async with session.put(LISTEN_KEY, headers=HEADERS) as answer:
                kept = answer.status
            await asyncio.sleep(2_000)
            early = socket.closed
            await reading
        async with session.put(LISTEN_KEY, headers=HEADERS) as answer:
            late = await answer.json()
        return key == same, kept, early, told, late

    same, kept, early, (told,), late = stage_of_short_keys().browse(story)

    assert (same, kept, early) == (True, 200, False)
    assert told["e"] == "listenKeyExpired"
    assert late["code"] == -1125


async def read(socket: aiohttp.ClientWebSocketResponse, told: list[Any]) -> None:
    """Gather what comes until the connection ends."""
    told.extend([message.json() async for message in socket])


def stage_of_short_keys() -> UsdmStage:
    """Keys that live for 36 minutes, so that a story of one hour sees one end."""
    return UsdmStage(BinanceUsdmSettings(listen_key_life_ns=2_160 * NS))


def test_a_listen_key_needs_a_key_and_an_unknown_one_hears_nothing(stage: UsdmStage) -> None:
    async def story(session: aiohttp.ClientSession) -> Any:
        async with session.post(LISTEN_KEY) as answer:
            refused = answer.status, await answer.json()
        async with session.ws_connect(PRIVATE + "0" * 64) as socket:
            stage.later(1, lambda: stage.move(BTC, "60010"))
            return refused, await gather(socket, 5)

    refused, heard = stage.browse(story)

    assert refused == (401, {"code": -2014, "msg": "API-key format invalid."})
    assert heard == []


def test_a_restart_forgets_listen_keys_and_keeps_money_and_positions(stage: UsdmStage) -> None:
    async def story(session: aiohttp.ClientSession) -> Any:
        async with session.post(LISTEN_KEY, headers=HEADERS) as answer:
            await answer.json()

    async def kept(session: aiohttp.ClientSession) -> Any:
        async with session.put(LISTEN_KEY, headers=HEADERS) as answer:
            return answer.status

    stage.browse(story)
    stage.tell(lambda exchange: exchange.create_order(BTC, "market", "buy", 0.1))
    stage.restart()

    assert stage.browse(kept) == 400
    (position,) = stage.tell(lambda exchange: exchange.fetch_positions())
    assert position["contracts"] == 0.1


def test_a_waiting_order_says_that_it_waits_is_triggered_and_finished(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        key = (await exchange.fapiPrivatePostListenKey())["listenKey"]
        async with exchange.session.ws_connect(PRIVATE + key) as socket:
            terms = {"triggerPrice": 59_000, "workingType": "MARK_PRICE"}
            await exchange.create_order(BTC, "limit", "sell", 0.1, 60_500, terms)
            stage.later(1, lambda: stage.move(BTC, "58900"))
            stage.later(3, lambda: stage.move(BTC, "61000"))
            return await gather(socket, 5)

    told = stage.tell(story)

    algo = [message["o"] for message in told if message["e"] == "ALGO_UPDATE"]
    orders = [message["o"] for message in told if message["e"] == "ORDER_TRADE_UPDATE"]
    assert [one["X"] for one in algo] == ["NEW", "TRIGGERED", "FINISHED"]
    assert (algo[2]["ai"], algo[2]["act"], algo[2]["aq"]) == (str(orders[0]["i"]), "LIMIT", "0.100")
    assert [(one["x"], one["X"], one["a"]) for one in orders] == [("NEW", "NEW", "6050"), ("TRADE", "FILLED", "0")]
