"""What tests of streams share: a story on a connection, and what comes within a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp

from simulator.exchange.orders import OrderRequest, OrderType, Side
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage

Story = Callable[[aiohttp.ClientWebSocketResponse], Awaitable[Any]]


async def ask(socket: aiohttp.ClientWebSocketResponse, **request: Any) -> Any:
    """Send a request and return the next message."""
    await socket.send_json(request)
    return await socket.receive_json()


async def gather_texts(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> list[str]:
    """Return the texts that come within so many seconds."""
    messages: list[str] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                messages.append(await socket.receive_str())
    except TimeoutError:
        return messages


async def gather(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> list[Any]:
    """Return the messages that come within so many seconds."""
    return [json.loads(text) for text in await gather_texts(socket, seconds)]


def buy(stage: Stage, price: str | None, client_order_id: str = "mine") -> int:
    """Buy a tenth of a bitcoin past all doors; return the order's id."""
    request = OrderRequest(
        account=ACCOUNT,
        symbol=BTC,
        side=Side.BUY,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=Decimal("0.1"),
        price=None if price is None else Decimal(price),
        client_order_id=client_order_id,
    )
    order_id: int = stage.exchange.submit(request).order_id
    return order_id
