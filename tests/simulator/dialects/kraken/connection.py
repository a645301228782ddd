"""A connection to Kraken's WebSocket API, as its tests use it."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.simulator.dialects.sockets import Story, ask
from tests.simulator.dialects.stage import Stage

PUBLIC = "wss://ws.kraken.com/v2"
PRIVATE = "wss://ws-auth.kraken.com/v2"


def connected(stage: Stage, url: str, story: Story) -> Any:
    """Run a story on a connection that has heard its greeting."""

    async def told(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(url) as socket:
            greeting = await socket.receive_json()
            assert (greeting["channel"], greeting["data"][0]["system"]) == ("status", "online")
            return await story(socket)

    return stage.browse(told)


async def request(socket: aiohttp.ClientWebSocketResponse, method: str, **params: Any) -> Any:
    """Send a request of Kraken's form and return the next message."""
    return await ask(socket, method=method, params=params, req_id=7)
