"""Random messages to every stream host, and bytes that are no request at all: nothing breaks, nothing moves."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dialects.binance.settings import BinanceSettings
from simulator.dialects.binanceusdm.settings import BinanceUsdmSettings
from tests.simulator.dialects.kraken.connection import PRIVATE, PUBLIC
from tests.simulator.dialects.stage import BTC, OPEN_WORLDS, VENUES, Stage

HOSTS = {
    "binance": ("wss://stream.binance.com:9443/ws", "wss://ws-api.binance.com:443/ws-api/v3"),
    "kraken": (PUBLIC, PRIVATE),
    "bybit": ("wss://stream.bybit.com/v5/public/spot", "wss://stream.bybit.com/v5/private"),
    "okx": tuple(f"wss://ws.okx.com:8443/ws/v5/{name}" for name in ("public", "private", "business")),
    "coinbase": ("wss://advanced-trade-ws.coinbase.com", "wss://advanced-trade-ws-user.coinbase.com"),
    "binanceusdm": tuple(f"wss://fstream.binance.com/{name}/ws" for name in ("market", "public", "private")),
    "polymarket": tuple(f"wss://ws-subscriptions-clob.polymarket.com/ws/{name}" for name in ("market", "user")),
}
TALKATIVE = {
    "binance": BinanceSettings(stream_messages_per_second_max=100),
    "binanceusdm": BinanceUsdmSettings(stream_messages_per_second_max=100),
}
ADDRESSES = [(name, url) for name, urls in HOSTS.items() for url in urls]

# Names and values that mean something to a venue, so that messages get past its first checks.
KEYS = [
    *(
        "method",
        "params",
        "id",
        "req_id",
        "channel",
        "symbol",
        "token",
        "depth",
        "interval",
        "event_trigger",
        "snapshot",
    ),
    *("apiKey", "timestamp", "recvWindow", "signature", "subscriptionId", "snap_trades", "snap_orders", "op", "args"),
]
WORDS = [
    *(
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "LIST_SUBSCRIPTIONS",
        "subscribe",
        "unsubscribe",
        "ping",
        "ticker",
        "trade",
        "book",
        "ohlc",
    ),
    *(
        "executions",
        "balances",
        "btcusdt@ticker",
        "btcusdt@depth@100ms",
        "btcusdt@kline_1m",
        "!miniTicker@arr",
        BTC,
        "the-key",
    ),
    *("userDataStream.subscribe.signature", "userDataStream.unsubscribe", "session.subscriptions", "time", "bbo"),
]
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([10, 10.0, 25, 0, -1, 2**64, 10**30, 1.5]),
    st.sampled_from(WORDS),
    st.text(max_size=10),
)


def objects(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), of, max_size=5)


trees = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), objects(inner)), max_leaves=8)
requests = st.fixed_dictionaries(
    {"method": st.sampled_from([*WORDS[:6], *WORDS[-5:]])},
    optional={
        "id": leaves,
        "req_id": leaves,
        "params": st.one_of(
            trees,
            st.lists(st.sampled_from(WORDS), max_size=3),
            st.fixed_dictionaries(
                {"channel": st.sampled_from(["ticker", "trade", "book", "ohlc", "executions", "balances"])},
                optional={
                    "symbol": st.lists(st.one_of(st.just(BTC), leaves), max_size=3),
                    **{name: st.one_of(leaves, st.lists(leaves, max_size=3)) for name in KEYS[6:]},
                },
            ),
            objects(leaves),
        ),
    },
)
messages = st.one_of(
    st.text(max_size=40),
    trees.map(lambda tree: msgspec.json.encode(tree).decode()),
    requests.map(lambda request: msgspec.json.encode(request).decode()),
)


@pytest.mark.parametrize(("name", "url"), ADDRESSES)
@settings(deadline=None, max_examples=40)
@given(texts=st.lists(messages, max_size=25))
def test_a_stream_answers_whatever_it_is_told_and_lives_on(name: str, url: str, texts: list[str]) -> None:
    stage = Stage(name, TALKATIVE.get(name))
    held = stage.exchange.truth.balances("main")

    async def story(session: aiohttp.ClientSession) -> int:
        async with session.ws_connect(url) as socket:
            for text in texts:
                await socket.send_str(text)
            stage.later(0.5, lambda: stage.quote(stage.core_btc, "61000"))
            await asyncio.sleep(2)
            return stage.gate.open_streams()

    try:
        assert stage.browse(story) == 1
        assert stage.exchange.truth.balances("main") == held
    finally:
        OPEN_WORLDS.remove(stage.world)
        stage.world.close()


@pytest.mark.parametrize("name", VENUES)
def test_a_body_that_is_too_large_is_refused_as_the_venue_does(name: str) -> None:
    async def story(session: aiohttp.ClientSession) -> int:
        async with session.post(f"{REST[name]}/api/v3/order", data=b"x" * 70_000) as answer:
            return answer.status

    assert Stage(name).browse(story) == 413


REST = {
    "binance": "https://api.binance.com",
    "kraken": "https://api.kraken.com",
    "bybit": "https://api.bybit.com",
    "okx": "https://www.okx.com",
    "coinbase": "https://api.coinbase.com",
    "binanceusdm": "https://fapi.binance.com",
    "polymarket": "https://clob.polymarket.com",
}
TIMES = {
    "binance": "api/v3/time",
    "kraken": "0/public/Time",
    "bybit": "v5/market/time",
    "okx": "api/v5/public/time",
    "coinbase": "v2/time",
    "binanceusdm": "fapi/v1/time",
    "polymarket": "time",
}
BROKEN = [
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "deflate"},
    {"Content-Encoding": "br"},
    {"Content-Type": "application/json"},
    {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"},
    {"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"},
]


@pytest.mark.parametrize("name", VENUES)
@pytest.mark.parametrize("headers", BROKEN)
def test_a_body_that_is_not_what_it_says_is_a_bad_request(name: str, headers: dict[str, str]) -> None:
    """It is the sender's fault: an answer below 500, and the door stays open."""
    stage = Stage(name)

    async def story(session: aiohttp.ClientSession) -> list[int]:
        statuses = []
        with contextlib.suppress(aiohttp.ServerDisconnectedError):
            async with session.post(
                f"{REST[name]}/0/private/AddOrder", data=b"\x00\xff\x01", headers=headers
            ) as answer:
                statuses.append(answer.status)
        async with session.get(f"{REST[name]}/{TIMES[name]}") as answer:
            return [*statuses, answer.status]

    *before, last = stage.browse(story)

    assert all(status < 500 for status in before)
    assert last == 200
