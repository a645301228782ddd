"""Bybit's public streams over real frames: acknowledgements, snapshots, deltas with ids that count, tapes, candles."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import Any

import aiohttp
import pytest

from simulator.dialects.bybit.settings import BybitSettings
from simulator.exchange.events import BookChanged
from tests.simulator.dialects.bybit.connection import PUBLIC, connected
from tests.simulator.dialects.sockets import ask, gather
from tests.simulator.dialects.stage import BTC, Stage

Socket = aiohttp.ClientWebSocketResponse


def of_topic(messages: list[Any], topic: str) -> list[Any]:
    return [message for message in messages if message.get("topic") == topic]


def test_a_subscription_is_acknowledged_and_a_ping_answered_in_json() -> None:
    async def story(socket: Socket) -> Any:
        ping = await ask(socket, op="ping", req_id="7")
        subscribed = await ask(socket, op="subscribe", args=["publicTrade.BTCUSDT"], req_id=8)
        return ping, subscribed, await ask(socket, op="unsubscribe", args=["publicTrade.BTCUSDT"])

    ping, subscribed, unsubscribed = connected(Stage("bybit"), PUBLIC, story)

    connection = ping["conn_id"]
    same = {"success": True, "conn_id": connection}
    assert ping == same | {"ret_msg": "pong", "req_id": "7", "op": "ping"}
    assert subscribed == same | {"ret_msg": "subscribe", "req_id": "8", "op": "subscribe"}
    assert unsubscribed == same | {"ret_msg": "", "req_id": "", "op": "unsubscribe"}


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"op": "subscribe", "args": ["tickers.XYZ"]}, "error:handler not found,topic:tickers.XYZ"),
        ({"op": "subscribe", "args": [7]}, "error:handler not found,topic:7"),
        ({"op": "subscribe", "args": []}, "error:args is empty"),
        ({"op": "subscribe", "args": ["tickers.BTCUSDT"] * 11}, "args size >10"),
        (
            {"op": "subscribe", "args": ["tickers.BTCUSDT"] * 2},
            "error:already subscribed,topic:tickers.BTCUSDT",
        ),
        ({"op": "unsubscribe", "args": ["tickers.BTCUSDT"]}, "error:not subscribed,topic:tickers.BTCUSDT"),
        ({"op": "buy"}, "error:invalid op"),
        ({"op": ["ping"]}, "error:invalid op"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_connection_lives(request_: dict[str, object], text: str) -> None:
    async def story(socket: Socket) -> Any:
        refused = await ask(socket, **request_)
        return refused, await ask(socket, op="ping")

    refused, ping = connected(Stage("bybit"), PUBLIC, story)

    assert (refused["success"], refused["ret_msg"]) == (False, text)
    assert ping["success"]


def test_a_book_begins_with_a_snapshot_and_goes_on_with_deltas_that_count_by_one() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["orderbook.50.BTCUSDT"])
        stage.later(1, lambda: stage.quote(BTC, "60100", levels=2))
        stage.later(2, lambda: stage.quote(BTC, "60200", levels=1))
        return await gather(socket, 3)

    snapshot, *deltas = connected(stage, PUBLIC, story)

    assert (snapshot["topic"], snapshot["type"]) == ("orderbook.50.BTCUSDT", "snapshot")
    assert snapshot["data"]["b"][0] == ["59940", "1"]
    assert [delta["type"] for delta in deltas] == ["delta", "delta"]
    ids = [message["data"]["u"] for message in (snapshot, *deltas)]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]
    assert ["59940", "0"] in deltas[0]["data"]["b"]
    sequences = [message["data"]["seq"] for message in (snapshot, *deltas)]
    assert sequences == sorted(set(sequences))


def test_deltas_applied_to_the_snapshot_make_the_book() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["orderbook.50.BTCUSDT"])
        for place, (middle, levels) in enumerate((("60100", 60), ("60050", 3), ("60120", 55))):
            stage.later(1 + place, partial(stage.quote, BTC, middle, levels=levels))
        return await gather(socket, 5)

    book: dict[str, dict[str, str]] = {"b": {}, "a": {}}
    for message in connected(stage, PUBLIC, story):
        for side, levels in book.items():
            if message["type"] == "snapshot":
                levels.clear()
            levels.update(message["data"][side])
            for price in [price for price, size in levels.items() if size == "0"]:
                del levels[price]

    shown = stage.exchange.truth.book(BTC, 50)
    instrument = stage.row.instruments[0]
    assert {float(price) for price in book["b"]} == {float(instrument.price(ticks)) for ticks, _ in shown.bids}
    assert {float(price) for price in book["a"]} == {float(instrument.price(ticks)) for ticks, _ in shown.asks}
    assert len(book["b"]) == 50


def test_a_change_that_the_stream_has_skipped_leaves_a_gap_in_its_ids_and_a_new_snapshot_heals() -> None:
    stage = Stage("bybit")

    def skip_one() -> None:
        undo = stage.venue.public.skip(BookChanged, share=1, random=random.Random(1))
        stage.quote(BTC, "60100", trade=False)
        stage.later(0.1, undo)

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["orderbook.50.BTCUSDT"])
        stage.later(1, skip_one)
        stage.later(2, lambda: stage.quote(BTC, "60200", trade=False))
        messages = await gather(socket, 3)
        await ask(socket, op="unsubscribe", args=["orderbook.50.BTCUSDT"])
        await ask(socket, op="subscribe", args=["orderbook.50.BTCUSDT"])
        return *messages, await socket.receive_json()

    snapshot, delta, healed = connected(stage, PUBLIC, story)

    assert delta["data"]["u"] == snapshot["data"]["u"] + 2
    assert ["59940", "0"] not in delta["data"]["b"]  # what was skipped is not told later
    assert [price for price, _ in healed["data"]["b"]] == ["60139.8", "60079.6", "60019.4", "59959.2", "59899"]


def test_a_restart_begins_a_book_again_with_an_update_id_of_one() -> None:
    stage = Stage("bybit")

    async def snapshot(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["orderbook.50.BTCUSDT"])
        stage.quote(BTC, "60100")
        return [message["data"]["u"] for message in await gather(socket, 1)]

    before = connected(stage, PUBLIC, snapshot)
    stage.restart()
    stage.pass_time(1)
    after = connected(stage, PUBLIC, snapshot)

    assert before[0] == after[0] == 1
    assert before[-1] > 1


def test_the_best_prices_come_as_snapshots_and_are_repeated_after_three_quiet_seconds() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["orderbook.1.BTCUSDT"])
        stage.later(1, lambda: stage.quote(BTC, "60100"))
        return await gather(socket, 5)

    messages = connected(stage, PUBLIC, story)

    assert [message["type"] for message in messages] == ["snapshot"] * 3
    first, changed, repeated = (message["data"] for message in messages)
    assert (changed["u"], changed["b"]) == (first["u"] + 1, [["60039.9", "1"]])
    assert repeated == changed
    assert messages[2]["ts"] - messages[1]["ts"] == 3_000


def test_a_ticker_comes_at_once_and_with_every_change_and_has_no_best_prices() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["tickers.BTCUSDT"])
        stage.later(1, lambda: stage.quote(BTC, "61000"))
        return await gather(socket, 2)

    first, second = connected(stage, PUBLIC, story)

    assert (first["type"], first["data"]["lastPrice"]) == ("snapshot", "60000")
    assert second["data"] == {
        "symbol": "BTCUSDT",
        "lastPrice": "61000",
        "highPrice24h": "61000",
        "lowPrice24h": "60000",
        "prevPrice24h": "60000",
        "volume24h": "2",
        "turnover24h": "121000",
        "price24hPcnt": "0.0167",
        "usdIndexPrice": "61000",
    }


def test_trades_of_one_moment_are_one_message() -> None:
    stage = Stage("bybit")

    def trade() -> None:
        stage.quote(BTC, "61000")
        stage.quote(BTC, "61500")

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["publicTrade.BTCUSDT"])
        stage.later(1, trade)
        return await gather(socket, 2)

    (message,) = connected(stage, PUBLIC, story)

    assert (message["topic"], message["type"]) == ("publicTrade.BTCUSDT", "snapshot")
    assert [(one["p"], one["v"], one["S"], one["s"]) for one in message["data"]] == [
        ("61000", "1", "Buy", "BTCUSDT"),
        ("61500", "1", "Buy", "BTCUSDT"),
    ]


def test_a_candle_is_told_while_it_grows_and_once_more_when_it_closes() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["kline.1.BTCUSDT"])
        stage.later(1, lambda: stage.quote(BTC, "61000"))
        return of_topic(await gather(socket, 90), "kline.1.BTCUSDT")

    growing, closed = [message["data"][0] for message in connected(stage, PUBLIC, story)]

    assert (growing["close"], growing["confirm"], growing["interval"]) == ("61000", False, "1")
    assert closed["confirm"]
    assert closed["end"] - closed["start"] == 59_999
    assert closed["timestamp"] >= closed["end"]


def test_a_connection_on_which_nothing_is_said_is_cut_after_ten_minutes() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> float:
        began = asyncio.get_running_loop().time()
        message = await socket.receive()
        assert message.type is aiohttp.WSMsgType.CLOSE
        return asyncio.get_running_loop().time() - began

    assert 600 <= connected(stage, PUBLIC, story) <= 631


def test_other_categories_have_streams_without_topics() -> None:
    async def story(socket: Socket) -> Any:
        return await ask(socket, op="subscribe", args=["tickers.BTCUSDT"])

    refused = connected(Stage("bybit"), PUBLIC.replace("spot", "linear"), story)

    assert not refused["success"]


def test_a_path_that_is_no_stream_is_not_found() -> None:
    async def story(session: aiohttp.ClientSession) -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect("wss://stream.bybit.com/v5/public/margin")
        return caught.value.status

    assert Stage("bybit").browse(story) == 404


def test_slow_books_gather_what_changes() -> None:
    stage = Stage("bybit", BybitSettings(depth_intervals_ns={50: 1_000_000_000}))

    async def story(socket: Socket) -> Any:
        await ask(socket, op="subscribe", args=["orderbook.50.BTCUSDT"])
        for place in range(1, 20):
            stage.later(place / 10, partial(stage.quote, BTC, str(60_000 + 100 * place)))
        return await gather(socket, 4)

    assert len(connected(stage, PUBLIC, story)) <= 4
