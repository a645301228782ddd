"""Binance's public streams, frame by frame: subscriptions, messages, keep-alives, and the ways they end."""

from __future__ import annotations

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from simulator.dialects.binance.settings import NS, BinanceSettings
from tests.simulator.dialects.sockets import Story, ask, gather
from tests.simulator.dialects.stage import BTC, Stage

STREAM = "wss://stream.binance.com:9443"


@pytest.fixture
def stage() -> Stage:
    return Stage("binance")


def connected(stage: Stage, url: str, story: Story, **options: Any) -> Any:
    """Run a story on a connection."""

    async def told(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(url, **options) as socket:
            return await story(socket)

    return stage.browse(told)


def test_subscriptions_are_acknowledged_listed_and_ended(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        names = ["btcusdt@ticker", "ethusdt@trade"]
        return [
            await ask(socket, method="SUBSCRIBE", params=names, id=1),
            await ask(socket, method="LIST_SUBSCRIPTIONS", id=2),
            await ask(socket, method="UNSUBSCRIBE", params=names[:1], id=3),
            await ask(socket, method="LIST_SUBSCRIPTIONS", id="four"),
        ]

    assert connected(stage, f"{STREAM}/ws/0", story) == [
        {"result": None, "id": 1},
        {"result": ["btcusdt@ticker", "ethusdt@trade"], "id": 2},
        {"result": None, "id": 3},
        {"result": ["ethusdt@trade"], "id": "four"},
    ]


BAD_REQUESTS = [
    ("not json", 3, "Invalid JSON"),
    ("[]", 3, "Invalid JSON"),
    ('{"id":1}', 2, "missing field `method`"),
    ('{"method":"JUMP","id":1}', 2, "unknown variant `JUMP`"),
    ('{"method":"SUBSCRIBE","id":1}', 2, "params must be a list"),
    ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2, "params must be a list"),
    ('{"method":"SUBSCRIBE","params":["btcusdt@wish"],"id":1}', 2, "invalid stream"),
    ('{"method":"SUBSCRIBE","params":["BTCUSDT@ticker"],"id":1}', 2, "invalid stream"),
    ('{"method":"SUBSCRIBE","params":[],"id":[]}', 2, "request ID"),
]


@pytest.mark.parametrize(("text", "code", "words"), BAD_REQUESTS)
def test_a_bad_request_is_told_so(stage: Stage, text: str, code: int, words: str) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_str(text)
        return await socket.receive_json()

    answer = connected(stage, f"{STREAM}/ws", story)

    error = answer.get("error", answer)
    assert error["code"] == code
    assert words in error["msg"]


def test_a_symbol_that_is_not_listed_is_accepted_and_silent(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await ask(socket, method="SUBSCRIBE", params=["dogeusdt@ticker"], id=1)

    assert connected(stage, f"{STREAM}/ws", story) == {"result": None, "id": 1}


def test_streams_may_be_named_in_the_address(stage: Stage) -> None:
    stage.later(1, lambda: stage.quote(BTC, "61000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await socket.receive_json()

    assert connected(stage, f"{STREAM}/ws/btcusdt@trade", story)["p"] == "61000.00000000"


def test_combined_streams_wrap_their_messages(stage: Stage) -> None:
    stage.later(1, lambda: stage.quote(BTC, "61000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await socket.receive_json()

    message = connected(stage, f"{STREAM}/stream?streams=btcusdt@trade/ethusdt@trade", story)

    assert message["stream"] == "btcusdt@trade"
    assert message["data"]["p"] == "61000.00000000"


# Field letters as in the vendor's web-socket-streams.md of late 2025.
LETTERS = {
    "ticker": "e E s p P w x c Q b B a A o h l v q O C F L n",
    "miniTicker": "e E s c o h l v q",
    "bookTicker": "u s b B a A",
    "trade": "e E s t p q T m M",
    "aggTrade": "e E s a p q f l T m M",
    "depth@100ms": "e E s U u b a",
}


@pytest.mark.parametrize("kind", LETTERS)
def test_a_stream_message_has_the_documented_fields(stage: Stage, kind: str) -> None:
    stage.later(1, lambda: stage.quote(BTC, "61000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await socket.receive_json()

    message = connected(stage, f"{STREAM}/ws/btcusdt@{kind}", story)

    assert sorted(message) == sorted(LETTERS[kind].split())
    assert message["s"] == "BTCUSDT"


def test_tickers_speak_at_most_once_a_second_and_tell_the_latest(stage: Stage) -> None:
    for tenth in range(30):
        stage.later(1 + tenth / 10, lambda price=60_000 + tenth: stage.quote(BTC, str(price)))  # type: ignore[misc]

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        return await gather(socket, 6)

    messages = connected(stage, f"{STREAM}/ws/btcusdt@miniTicker", story)

    assert [float(message["c"]) for message in messages] == [60_000, 60_009, 60_019, 60_029]


def test_all_tickers_can_be_had_in_one_stream(stage: Stage) -> None:
    stage.later(1, lambda: stage.quote(BTC, "61000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await socket.receive_json()

    (ticker,) = connected(stage, f"{STREAM}/ws/!miniTicker@arr", story)

    assert ticker["c"] == "61000.00000000"


def test_depth_updates_join_without_a_gap_and_lead_to_the_book(stage: Stage) -> None:
    for second, price in ((1, "60500"), (2, "61000"), (3, "61500")):
        stage.later(second, lambda price=price: stage.quote(BTC, price))  # type: ignore[misc]

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        return await gather(socket, 5)

    messages = connected(stage, f"{STREAM}/ws/btcusdt@depth@100ms", story)

    assert all(later["U"] == earlier["u"] + 1 for earlier, later in itertools.pairwise(messages))
    bids: dict[str, str] = {}
    for message in messages:
        bids.update(dict(message["b"]))
    shown = stage.exchange.truth.book(BTC).bids
    prices = stage.exchange.instrument(BTC).price
    left = {Decimal(price) for price, quantity in bids.items() if Decimal(quantity)}
    assert left == {prices(ticks) for ticks, _ in shown}


def test_a_client_that_says_too_much_is_cut_off(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> tuple[WSMsgType, int | None]:
        for number in range(6):
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            pass
        return message.type, socket.close_code

    kind, code = connected(stage, f"{STREAM}/ws", story)

    assert kind in (WSMsgType.CLOSE, WSMsgType.CLOSED)
    assert code == 1008


def test_too_many_streams_on_one_connection_are_refused() -> None:
    stage = Stage("binance", BinanceSettings(streams_per_connection_max=1))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await ask(socket, method="SUBSCRIBE", params=["btcusdt@trade", "ethusdt@trade"], id=1)

    assert "too many" in connected(stage, f"{STREAM}/ws", story)["error"]["msg"]


def test_a_client_that_does_not_answer_pings_is_cut_off_after_a_minute(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> tuple[int, float]:
        pings = 0
        while (message := await socket.receive()).type is WSMsgType.PING:
            pings += 1
        assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR)
        return pings, stage.world.now_ns() / NS

    pings, seconds = connected(stage, f"{STREAM}/ws", story, autoping=False)

    assert (pings, round(seconds)) == (3, 80)


def test_a_connection_ends_after_its_life() -> None:
    stage = Stage("binance", BinanceSettings(stream_life_ns=300 * NS))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> float:
        await socket.receive()
        return stage.world.now_ns() / NS

    assert round(connected(stage, f"{STREAM}/ws", story)) == 300


def test_pings_of_the_client_are_answered(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.ping(b"are you there")
        return await socket.receive()

    message = connected(stage, f"{STREAM}/ws", story, autoping=False)

    assert (message.type, message.data) == (WSMsgType.PONG, b"are you there")


def test_binary_messages_end_the_connection(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> int | None:
        await socket.send_bytes(b"\x00")
        await socket.receive()
        return socket.close_code

    assert connected(stage, f"{STREAM}/ws", story) == 1003


def test_a_plain_request_to_a_stream_host_is_not_found(stage: Stage) -> None:
    async def story(session: aiohttp.ClientSession) -> int:
        async with session.get("https://stream.binance.com:9443/ws") as answer:
            return answer.status

    assert stage.browse(story) == 404


def test_a_client_that_does_not_read_is_cut_off() -> None:
    stage = Stage("binance", BinanceSettings(pong_timeout_ns=10**6 * NS))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> int:
        stage.internet.link("binance", "client").black_hole()
        for number in range(9_000):
            stage.quote(BTC, str(60_000 + number % 7), levels=1)
            await asyncio.sleep(0.3)
        return stage.gate.open_streams()

    async def told(session: aiohttp.ClientSession) -> int:
        names = "/".join(("btcusdt@ticker", "btcusdt@depth@100ms", "btcusdt@trade"))
        async with session.ws_connect(f"{STREAM}/ws/{names}") as socket:
            left = await story(socket)
            stage.internet.link("binance", "client").repair()
            return left

    assert stage.browse(told) == 0
