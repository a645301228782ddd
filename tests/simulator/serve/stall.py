"""One served venue in this process, and hands on its control API: real ports, the loop of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp

from scenarios.cli.stalls import Stalls, set_up
from simulator.serve import RealTimeline

TOKEN = "the token of this test"
STORY_S_MAX = 20


class Stall:
    """A Binance on loopback ports, its control API, and one HTTP session for both."""

    def __init__(self, stalls: Stalls, session: aiohttp.ClientSession) -> None:
        self.truth = stalls.stalls["binance"].venue.exchange
        self.gate = stalls.stalls["binance"].gate
        self.views = stalls.stalls["binance"].venue.views
        ready: Any = stalls.ready
        self.rest = ready["binance"]["hosts"]["https://api.binance.com"]
        self.streams = ready["binance"]["hosts"]["wss://stream.binance.com:9443"]
        self.control = ready["control"]
        self.session = session

    async def ask(self, method: str, path: str, body: object = None, *, token: str = TOKEN) -> tuple[int, Any]:
        """Ask the control API; return status and JSON. `body` is sent as it is where it is bytes."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.request(method, self.control + path, data=data, headers=headers) as answer:
            return answer.status, await answer.json()

    async def inject(self, kind: str, **said: object) -> int:
        """Inject a fault and return its number."""
        status, answer = await self.ask("POST", "/venues/binance/faults", {"kind": kind, **said})
        assert status == 201, answer
        return int(answer["number"])

    async def heal(self, number: int) -> None:
        """Heal a fault."""
        status, answer = await self.ask("DELETE", f"/venues/binance/faults/{number}")
        assert status == 200, answer

    async def post(self) -> int:
        """Post an order without a signature, and return the HTTP status; unlike a GET it is never sent twice."""
        async with self.session.post(self.rest + "/api/v3/order") as answer:
            return answer.status

    async def time(self) -> int:
        """Ask the venue for its time, and return the HTTP status."""
        async with self.session.get(self.rest + "/api/v3/time") as answer:
            return answer.status


def told(story: Callable[[Stall], Awaitable[None]], *, speed: float = 1.0) -> None:
    """Run a story against a venue that is served while it lasts."""

    async def run() -> None:
        timeline = RealTimeline(asyncio.get_running_loop(), speed=speed)
        stalls = set_up(("binance",), {"BTC/USDT": Decimal(60_000)}, timeline, seed=7, port=None)
        try:
            await stalls.open(TOKEN)
            async with asyncio.timeout(STORY_S_MAX), aiohttp.ClientSession() as session:
                await story(Stall(stalls, session))
        finally:
            await stalls.close()

    asyncio.run(run())


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds; fail when it has not within `STORY_S_MAX`."""
    for _ in range(STORY_S_MAX * 50):
        if await holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to hold")
