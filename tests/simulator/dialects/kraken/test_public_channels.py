"""Kraken's public channels, frame by frame: acknowledgements, snapshots, updates, checksums."""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.simulator.dialects.kraken.connection import PUBLIC, connected, request
from tests.simulator.dialects.sockets import gather, gather_texts
from tests.simulator.dialects.stage import BTC, ETH, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage("kraken")


def test_each_symbol_is_acknowledged_and_then_snapshot(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await request(socket, "subscribe", channel="ticker", symbol=[ETH])
        await socket.receive_json()
        await socket.send_json({"method": "subscribe", "params": {"channel": "ticker", "symbol": [BTC, "NO/PE"]}})
        return await gather(socket, 1)

    acknowledged, snapshot, refused = connected(stage, PUBLIC, story)

    assert acknowledged["result"] == {"channel": "ticker", "event_trigger": "trades", "snapshot": True, "symbol": BTC}
    assert acknowledged["success"]
    assert {"time_in", "time_out"} < set(acknowledged)
    assert (snapshot["type"], snapshot["data"][0]["symbol"]) == ("snapshot", BTC)
    assert (refused["error"], refused["success"], refused["symbol"]) == (
        "Currency pair not supported NO/PE",
        False,
        "NO/PE",
    )


def test_a_ticker_message_has_the_recorded_fields_as_numbers(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await request(socket, "subscribe", channel="ticker", symbol=[BTC])
        return await socket.receive_str()

    text = connected(stage, PUBLIC, story)

    (ticker,) = msgspec.json.decode(text)["data"]
    recorded = "symbol bid bid_qty ask ask_qty last volume vwap low high change change_pct trades timestamp"
    assert list(ticker) == recorded.split()
    assert '"bid":59940.0,"bid_qty":1.00000000' in text


@pytest.mark.parametrize(("trigger", "heard"), [("trades", 1), ("bbo", 2)])
def test_a_ticker_speaks_at_trades_or_at_new_best_prices(stage: Stage, trigger: str, heard: int) -> None:
    stage.later(2, lambda: stage.quote(BTC, "61000", trade=False))
    stage.later(3, lambda: stage.quote(BTC, "62000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await request(socket, "subscribe", channel="ticker", symbol=[BTC], event_trigger=trigger, snapshot=False)
        return await gather(socket, 5)

    messages = connected(stage, PUBLIC, story)

    assert len(messages) == heard
    assert messages[-1]["data"][0]["ask"] == 62_062


def test_trades_are_told_as_they_happen_and_on_request_from_before(stage: Stage) -> None:
    stage.later(2, lambda: stage.quote(BTC, "61000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await request(socket, "subscribe", channel="trade", symbol=[BTC], snapshot=True)
        return await gather(socket, 5)

    snapshot, update = connected(stage, PUBLIC, story)

    assert (snapshot["type"], snapshot["data"][0]["price"]) == ("snapshot", 60_000)
    assert (update["type"], update["data"][0]["price"]) == ("update", 61_000)
    assert list(update["data"][0]) == ["symbol", "side", "price", "qty", "ord_type", "trade_id", "timestamp"]


def checksum(book: dict[str, dict[Decimal, Decimal]]) -> int:
    """Compute the checksum as the vendor's guide says, from what was received."""

    def digits(number: Decimal) -> str:
        return str(number).replace(".", "").lstrip("0")

    asks = sorted(book["asks"].items())[:10]
    bids = sorted(book["bids"].items(), reverse=True)[:10]
    text = "".join(digits(price) + digits(quantity) for price, quantity in (*asks, *bids))
    return zlib.crc32(text.encode())


def test_a_book_kept_from_its_updates_has_the_checksum_of_every_message(stage: Stage) -> None:
    for second in range(1, 9):
        stage.later(second, lambda second=second: stage.quote(BTC, str(60_000 + 13 * second), levels=second + 3))  # type: ignore[misc]

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[str]:
        await request(socket, "subscribe", channel="book", symbol=[BTC], depth=10)
        return await gather_texts(socket, 12)

    texts = connected(stage, PUBLIC, story)

    assert len(texts) > 8
    book: dict[str, dict[Decimal, Decimal]] = {"bids": {}, "asks": {}}
    for text in texts:
        (data,) = exact(text)["data"]
        for side in ("bids", "asks"):
            for level in data[side]:
                book[side][level["price"]] = level["qty"]
                if not level["qty"]:
                    del book[side][level["price"]]
        assert checksum(book) == data["checksum"]


def exact(text: str) -> Any:
    """Decode JSON with the decimals of its numbers as they were written."""
    return json.loads(text, parse_float=Decimal)


BAD_REQUESTS = [
    ("junk", "Malformed request"),
    ('{"params":{}}', "Method field is required"),
    ('{"method":"jump"}', "Unsupported method: 'jump'"),
    ('{"method":"subscribe"}', "Params field must be an object"),
    ('{"method":"subscribe","params":{}}', "Channel field is required"),
    ('{"method":"subscribe","params":{"channel":"wish"}}', "Channel 'wish' is not supported"),
    ('{"method":"subscribe","params":{"channel":"ticker"}}', "Symbol field must be an array"),
    ('{"method":"subscribe","params":{"channel":"ticker"},"req_id":"x"}', "Req_id field must be an integer"),
    (
        '{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USDT"],"depth":27}}',
        "Subscription depth not supported",
    ),
    (
        '{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USDT"],"depth":10.0}}',
        "Subscription depth not supported",
    ),
    (
        '{"method":"subscribe","params":{"channel":"ticker","symbol":["BTC/USDT"],"event_trigger":"x"}}',
        "Event_trigger field is invalid",
    ),
    (
        '{"method":"subscribe","params":{"channel":"ticker","symbol":["XBT/USDT"]}}',
        "Currency pair not supported XBT/USDT",
    ),
    ('{"method":"unsubscribe","params":{"channel":"ticker","symbol":["BTC/USDT"]}}', "Subscription Not Found"),
    (
        '{"method":"subscribe","params":{"channel":"executions"}}',
        "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com",
    ),
]


@pytest.mark.parametrize(("text", "error"), BAD_REQUESTS)
def test_a_bad_request_is_told_so(stage: Stage, text: str, error: str) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_str(text)
        return await socket.receive_json()

    answer = connected(stage, PUBLIC, story)

    assert (answer["error"], answer["success"]) == (error, False)


def test_a_subscription_is_had_once_and_can_be_ended(stage: Stage) -> None:
    stage.later(5, lambda: stage.quote(BTC, "61000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        wanted: dict[str, Any] = {"channel": "trade", "symbol": [BTC]}
        return [
            (await request(socket, "subscribe", **wanted))["success"],
            (await request(socket, "subscribe", **wanted))["error"],
            (await request(socket, "unsubscribe", **wanted))["result"],
            await gather(socket, 10),
        ]

    assert connected(stage, PUBLIC, story) == [True, "Already subscribed", {"channel": "trade", "symbol": BTC}, []]


def test_pings_are_answered(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"method": "ping", "req_id": 3})
        return await socket.receive_json()

    pong = connected(stage, PUBLIC, story)

    assert (pong["method"], pong["req_id"]) == ("pong", 3)
