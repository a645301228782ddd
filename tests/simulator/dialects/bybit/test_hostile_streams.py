"""Random requests on Bybit's streams, by strangers and by clients: each is answered, nothing breaks, nothing moves."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.dialects.bybit.connection import PRIVATE, PUBLIC, let_in
from tests.simulator.dialects.counters import KEY
from tests.simulator.dialects.stage import BTC, OPEN_WORLDS, Stage

TOPICS = [
    *("tickers.BTCUSDT", "orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT", "publicTrade.ETHUSDT", "kline.1.BTCUSDT"),
    *("order", "order.spot", "execution", "execution.fast", "wallet", "position", "dcp.spot", "dcp.future", "tickers."),
]
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**63, 2**64, 10**30, 1.5, KEY, "9999999999999", *TOPICS]),
    st.text(max_size=10),
)
arguments = st.one_of(
    leaves,
    st.lists(st.sampled_from(TOPICS), max_size=4),
    st.lists(st.one_of(leaves, st.lists(leaves, max_size=2)), max_size=5),
    st.dictionaries(st.text(max_size=3), leaves, max_size=2),
)
ops = st.one_of(st.sampled_from(["subscribe", "unsubscribe", "auth", "ping", "pong", "order.create", ""]), leaves)
requests = st.fixed_dictionaries({}, optional={"op": ops, "args": arguments, "req_id": arguments})
messages = st.one_of(
    requests.map(lambda request: msgspec.json.encode(request).decode()),
    st.text(max_size=20),
    st.sampled_from(["[]", "null", '{"op":"subscribe","args":[1e400]}', '{"op":"ping","req_id":' + "9" * 400 + "}"]),
)


@pytest.mark.parametrize(("url", "is_in"), [(PUBLIC, False), (PRIVATE, False), (PRIVATE, True)])
@settings(deadline=None, max_examples=40)
@given(texts=st.lists(messages, max_size=20))
def test_a_stream_answers_whatever_it_is_told_and_lives_on(url: str, is_in: bool, texts: list[str]) -> None:
    stage = Stage("bybit")
    held = stage.exchange.truth.balances("main")

    async def story(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(url) as socket:
            if is_in:
                await let_in(stage, socket)
            for text in texts:
                await socket.send_str(text)
            stage.later(0.5, lambda: stage.quote(BTC, "61000"))
            await asyncio.sleep(2)
            await socket.send_json({"op": "ping", "req_id": "the last"})
            while True:
                answer = await socket.receive_json()
                if answer.get("req_id") == "the last":
                    return answer

    try:
        assert stage.browse(story)["op"] in ("ping", "pong")
        assert stage.exchange.truth.balances("main") == held
    finally:
        OPEN_WORLDS.remove(stage.world)
        stage.world.close()
