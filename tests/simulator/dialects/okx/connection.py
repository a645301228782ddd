"""What tests of OKX's streams share: its addresses, a story on a connection, a good login."""

from __future__ import annotations

from typing import Any

import aiohttp

from simulator.dialects.okx.signing import LOGIN, signature
from simulator.kernel import NS
from tests.simulator.dialects.okx.row import PASSPHRASE
from tests.simulator.dialects.row import KEY, SECRET
from tests.simulator.dialects.sockets import Story, ask
from tests.simulator.dialects.stage import Stage

PUBLIC, PRIVATE, BUSINESS = (f"wss://ws.okx.com:8443/ws/v5/{name}" for name in ("public", "private", "business"))
BOOKS = {"channel": "books", "instId": "BTC-USDT"}
ORDERS = {"channel": "orders", "instType": "ANY"}


def told(stage: Stage, url: str, story: Story) -> Any:
    """Run a story on one connection."""

    async def on(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(url) as socket:
            return await story(socket)

    return stage.browse(on)


def credentials(stage: Stage, **changes: str) -> dict[str, str]:
    """Return what a good login sends, but for these changes."""
    stamp = changes.get("timestamp") or str(stage.world.wall_ns() // NS)
    sign = signature(SECRET, (stamp + LOGIN).encode())
    return {"apiKey": KEY, "passphrase": PASSPHRASE, "timestamp": stamp, "sign": sign, **changes}


async def log_in(stage: Stage, socket: aiohttp.ClientWebSocketResponse) -> None:
    """Log a connection in."""
    answer = await ask(socket, op="login", args=[credentials(stage)])
    assert (answer["event"], answer["code"]) == ("login", "0")
