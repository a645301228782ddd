"""OKX's streams: refused topics, sequence numbers and checksums, pings, idle cuts, and good-byes."""

from __future__ import annotations

import asyncio
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from simulator.dialects.okx.settings import OkxSettings
from simulator.kernel import NS
from tests.simulator.dialects.okx.connection import BOOKS, BUSINESS, PRIVATE, PUBLIC, told
from tests.simulator.dialects.sockets import ask, gather, gather_texts
from tests.simulator.dialects.stage import BTC, Stage

SUBSCRIPTIONS = [
    (PRIVATE, {"channel": "orders", "instType": "ANY"}, "60011"),
    (PUBLIC, {"channel": "orders", "instType": "ANY"}, "60018"),
    (PUBLIC, {"channel": "tickers", "instId": "XXX-YYY"}, "60018"),
    (PUBLIC, {"channel": "nothing", "instId": "BTC-USDT"}, "60018"),
    (PUBLIC, {"channel": "candle1m", "instId": "BTC-USDT"}, "64001"),
    (BUSINESS, {"channel": "candle7m", "instId": "BTC-USDT"}, "60018"),
    (BUSINESS, {"channel": "tickers", "instId": "BTC-USDT"}, "64002"),
    (PUBLIC, {"channel": "books-l2-tbt", "instId": "BTC-USDT"}, "64003"),
    (PUBLIC, {"instId": "BTC-USDT"}, "60027"),
]


@pytest.mark.parametrize(("url", "arg", "code"), SUBSCRIPTIONS)
def test_a_topic_is_refused_with_its_code(url: str, arg: dict[str, str], code: str) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        answer = await ask(socket, op="subscribe", args=[arg])
        return answer["event"], answer["code"]

    assert told(Stage("okx"), url, story) == ("error", code)


def test_of_several_topics_each_is_answered_on_its_own() -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        args = [{"channel": "trades", "instId": name} for name in ("BTC-USDT", "XXX-YYY", "ETH-USDT")]
        await socket.send_json({"op": "subscribe", "args": args})
        return [answer["event"] for answer in await gather(socket, 1)]

    assert told(Stage("okx"), PUBLIC, story) == ["subscribe", "error", "subscribe"]


def test_text_pings_are_answered_and_a_silent_connection_is_closed_after_thirty_seconds() -> None:
    stage = Stage("okx")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        for _ in range(3):
            await asyncio.sleep(25)
            await socket.send_str("ping")
            assert await socket.receive_str() == "pong"
        began_ns = stage.world.now_ns()
        end = await socket.receive()
        return end.type, end.data, end.extra, round((stage.world.now_ns() - began_ns) / NS)

    assert told(stage, PUBLIC, story) == (WSMsgType.CLOSE, 4004, "No data received in 30s", 30)


def test_more_than_so_many_requests_an_hour_are_too_frequent() -> None:
    stage = Stage("okx", OkxSettings(stream_requests_per_hour_max=3))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        for _ in range(4):
            answer = await ask(socket, op="unsubscribe", args=[BOOKS])
        return answer["code"]

    assert told(stage, PUBLIC, story) == "60014"


def checksum(message: dict[str, Any], *, signed: int = 1 << 31) -> int:
    """Compute the checksum of a whole book as clients do."""
    bids, asks = message["data"][0]["bids"][:25], message["data"][0]["asks"][:25]
    parts = [text for number in range(25) for side in (bids, asks) if number < len(side) for text in side[number][:2]]
    value = zlib.crc32(":".join(parts).encode())
    return value - (1 << 32) if value >= signed else value


def test_a_book_begins_with_a_snapshot_and_goes_on_without_gaps() -> None:
    stage = Stage("okx")
    stage.later(1, lambda: stage.quote(BTC, "60500", levels=3))
    stage.later(2, lambda: stage.quote(BTC, "60400"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await socket.send_json({"op": "subscribe", "args": [BOOKS]})
        return await gather(socket, 3)

    acknowledged, snapshot, *updates = told(stage, PUBLIC, story)

    assert acknowledged["event"] == "subscribe"
    assert (snapshot["action"], snapshot["data"][0]["prevSeqId"]) == ("snapshot", -1)
    assert snapshot["data"][0]["bids"][0] == ["59940", "1", "0", "1"]
    assert snapshot["data"][0]["checksum"] == checksum(snapshot)
    assert [update["action"] for update in updates] == ["update"] * len(updates)
    last = snapshot["data"][0]["seqId"]
    for update in updates:
        assert update["data"][0]["prevSeqId"] == last
        last = update["data"][0]["seqId"]
    assert ["59940", "0", "0", "0"] in updates[0]["data"][0]["bids"]


def test_the_checksum_of_an_update_is_over_the_whole_book() -> None:
    stage = Stage("okx")
    stage.later(1, lambda: stage.quote(BTC, "60500", levels=3))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"op": "subscribe", "args": [BOOKS]})
        messages = await gather(socket, 2)
        await socket.send_json({"op": "unsubscribe", "args": [BOOKS]})
        await socket.send_json({"op": "subscribe", "args": [BOOKS]})
        return messages[-1], (await gather(socket, 1))[-1]

    update, snapshot = told(stage, PUBLIC, story)

    assert update["data"][0]["checksum"] == checksum(snapshot) == snapshot["data"][0]["checksum"]


def test_a_book_without_changes_says_so_each_minute_with_its_last_number() -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"op": "subscribe", "args": [BOOKS]})
        snapshot = (await gather(socket, 25))[-1]
        await socket.send_str("ping")
        await asyncio.sleep(25)
        await socket.send_str("ping")
        repeated = [json.loads(text) for text in await gather_texts(socket, 15) if text != "pong"]
        return snapshot["data"][0], *(one["data"][0] for one in repeated)

    snapshot, repeated = told(Stage("okx"), PUBLIC, story)

    assert (repeated["bids"], repeated["asks"]) == ([], [])
    assert repeated["prevSeqId"] == repeated["seqId"] == snapshot["seqId"]
    assert repeated["checksum"] == snapshot["checksum"]


def test_the_checksum_is_zero_from_the_day_on_that_the_vendor_announced() -> None:
    assert OkxSettings().checksums_end_ns // NS == datetime(2026, 6, 23, tzinfo=UTC).timestamp()
    stage = Stage("okx", OkxSettings(checksums_end_ns=0))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"op": "subscribe", "args": [BOOKS]})
        return (await gather(socket, 1))[-1]["data"][0]["checksum"]

    assert told(stage, PUBLIC, story) == 0


def test_a_candle_is_told_with_each_trade_and_confirmed_when_its_minute_is_over() -> None:
    stage = Stage("okx")
    stage.later(1, lambda: stage.quote(BTC, "61000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"op": "subscribe", "args": [{"channel": "candle1m", "instId": "BTC-USDT"}]})
        messages = await gather(socket, 29)
        await socket.send_str("ping")
        return messages + await gather_data(socket, 60)

    async def gather_data(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> list[Any]:
        messages: list[Any] = []
        for _ in range(int(seconds // 20)):
            messages += [one for one in await texts(socket, 20) if one != "pong"]
            await socket.send_str("ping")
        return messages

    async def texts(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> list[Any]:
        found: list[Any] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    text = await socket.receive_str()
                    found.append(text if text == "pong" else json.loads(text))
        except TimeoutError:
            return found

    candles = [one["data"][0] for one in told(stage, BUSINESS, story) if isinstance(one, dict) and "data" in one]

    assert [candle[4] for candle in candles][:2] == ["60000", "61000"]
    assert [candle[8] for candle in candles][:2] == ["0", "0"]
    assert candles[2][1:6] == ["60000", "61000", "60000", "61000", "2"]
    assert candles[2][8] == "1"


def test_an_upgrade_is_announced_and_the_connection_closed_when_the_time_is_up() -> None:
    stage = Stage("okx")
    stage.later(1, lambda: stage.gate.announce_upgrade(20 * NS))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        notice = await socket.receive_json()
        began_ns = stage.world.now_ns()
        end = await socket.receive()
        return notice, end.type, round((stage.world.now_ns() - began_ns) / NS)

    notice, kind, seconds = told(stage, PRIVATE, story)

    assert (notice["event"], notice["code"]) == ("notice", "64008")
    assert set(notice) == {"event", "code", "msg", "connId"}
    assert (kind, seconds) == (WSMsgType.CLOSE, 20)


def test_the_business_connections_are_not_told_of_an_upgrade() -> None:
    stage = Stage("okx")
    stage.later(1, lambda: stage.gate.announce_upgrade(5 * NS))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await gather(socket, 10)

    assert told(stage, BUSINESS, story) == []


def test_after_a_power_cut_streams_can_be_had_again() -> None:
    stage = Stage("okx")

    async def story(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(PUBLIC) as socket:
            await ask(socket, op="subscribe", args=[BOOKS])
        stage.restart()
        await asyncio.sleep(1)
        async with session.ws_connect(PUBLIC) as socket:
            return (await ask(socket, op="subscribe", args=[BOOKS]))["event"]

    assert stage.browse(story) == "subscribe"
