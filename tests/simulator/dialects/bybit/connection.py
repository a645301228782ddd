"""A connection to Bybit's streams, as its tests use it."""

from __future__ import annotations

from typing import Any

import aiohttp

from simulator.dialects.bybit.signing import signature
from tests.simulator.dialects.counters import KEY
from tests.simulator.dialects.sockets import Story, ask
from tests.simulator.dialects.stage import SECRET, Stage

PUBLIC = "wss://stream.bybit.com/v5/public/spot"
PRIVATE = "wss://stream.bybit.com/v5/private"


def connected(stage: Stage, url: str, story: Story) -> Any:
    """Run a story on a connection."""

    async def told(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(url) as socket:
            return await story(socket)

    return stage.browse(told)


def signed(stage: Stage, *, ahead_ms: int = 10_000, secret: str = SECRET, key: str = KEY) -> list[object]:
    """Return the arguments that let a client in."""
    expires = stage.world.wall_ns() // 1_000_000 + ahead_ms
    return [key, expires, signature(secret, f"GET/realtime{expires}".encode())]


async def let_in(stage: Stage, socket: aiohttp.ClientWebSocketResponse, *topics: str) -> None:
    """Authenticate, and subscribe these topics."""
    assert (await ask(socket, op="auth", args=signed(stage)))["success"]
    if topics:
        assert (await ask(socket, op="subscribe", args=list(topics)))["success"]
