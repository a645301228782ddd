"""A plain connection to Coinbase's streams, for tests that look at the messages themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from simulator.dialects.coinbase import issued
from simulator.kernel import NS
from tests.simulator.dialects.coinbase.desk import token
from tests.simulator.dialects.sockets import gather
from tests.simulator.dialects.stage import ACCOUNT, Stage

MARKET = "wss://advanced-trade-ws.coinbase.com"
USER = "wss://advanced-trade-ws-user.coinbase.com"
KEY = issued(ACCOUNT)

Story = Callable[[aiohttp.ClientWebSocketResponse], Awaitable[Any]]


def connected(stage: Stage, story: Story, url: str = MARKET) -> Any:
    """Run a story on a connection and return what it returns."""
    stage.venue.issue_key(KEY)

    async def told(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(url) as socket:
            return await story(socket)

    return stage.browse(told)


async def subscribe(socket: aiohttp.ClientWebSocketResponse, channel: str, *products: str, **more: Any) -> None:
    """Ask for a channel."""
    await socket.send_json({"type": "subscribe", "channel": channel, "product_ids": list(products), **more})


def jwt(stage: Stage) -> str:
    """Return a token for a subscription, of now."""
    return token(KEY, stage.world.wall_ns() // NS)


async def heard(socket: aiohttp.ClientWebSocketResponse, channel: str, seconds: float = 1) -> list[Any]:
    """Return the events of a channel that come within so many seconds."""
    return [
        event
        for message in await gather(socket, seconds)
        if message.get("channel") == channel
        for event in message["events"]
    ]


async def until_closed(stage: Stage, socket: aiohttp.ClientWebSocketResponse) -> tuple[float, int | None]:
    """Return after how many seconds the venue closes a connection, and with which code."""
    begun_ns = stage.world.now_ns()
    while True:
        message = await socket.receive()
        if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED):
            return (stage.world.now_ns() - begun_ns) / NS, socket.close_code
        await asyncio.sleep(0)
