"""Random messages to Coinbase's stream hosts: each is answered or passed over, and the connection lives on."""

from __future__ import annotations

from typing import Any

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dialects.coinbase import CoinbaseSettings
from tests.simulator.dialects.coinbase.connection import MARKET, USER, connected, jwt
from tests.simulator.dialects.sockets import gather
from tests.simulator.dialects.stage import ACCOUNT, BTC, OPEN_WORLDS, Stage

SIGNED = "a good token"
CHANNELS = ("ticker", "ticker_batch", "level2", "market_trades", "user", "heartbeats", "candles", "")
leaves = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.text(max_size=8))
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
products = st.lists(st.sampled_from(["BTC-USDT", "ETH-USDT", "BTC-USDT", "XYZ"]), max_size=3)
requests = st.fixed_dictionaries(
    {
        "type": st.one_of(st.sampled_from(["subscribe", "unsubscribe"]), leaves),
        "channel": st.one_of(st.sampled_from(CHANNELS), leaves),
    },
    optional={
        "product_ids": st.one_of(products, trees),
        "jwt": st.one_of(st.just(SIGNED), st.just("a.b.c"), leaves),
    },
)


@pytest.mark.parametrize("url", [MARKET, USER])
@settings(deadline=None, max_examples=40)
@given(messages=st.lists(requests, max_size=20))
def test_a_connection_answers_whatever_it_is_told_and_lives_on(url: str, messages: list[dict[str, Any]]) -> None:
    stage = Stage("coinbase", CoinbaseSettings(messages_per_s=15))
    held = stage.exchange.truth.balances(ACCOUNT)

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        for message in messages:
            if message.get("jwt") == SIGNED:
                message["jwt"] = jwt(stage)
            await socket.send_str(msgspec.json.encode(message).decode())
        stage.later(0.5, lambda: stage.quote(BTC, "61000"))
        return await gather(socket, 2), stage.gate.open_streams()

    try:
        told, streams = connected(stage, story, url)
        numbered = [message["sequence_num"] for message in told if "sequence_num" in message]
        assert streams == 1
        assert numbered == list(range(len(numbered)))
        assert len(told) >= len(messages)
        assert stage.exchange.truth.balances(ACCOUNT) == held
    finally:
        OPEN_WORLDS.remove(stage.world)
        stage.world.close()
