"""What the bot can do without, outside of it: a source of how people feel, and a collector of events for analysis.

The source answers GET with `{"scores": {symbol: number}}`, a slow walk between -1 and 1 for each symbol; it may be
told to talk nonsense. The collector takes POSTs of `{"events": […]}` and keeps what it took.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from simulator.kernel import Host, World
from simulator.network import Internet

STEP = 0.05
"""How far a feeling moves from one answer to the next, at most."""


class SentimentSource:
    """Tells how people feel about some symbols; `nonsense` replaces every score while it is set."""

    def __init__(self, world: World, internet: Internet, *, name: str, symbols: Sequence[str]) -> None:
        self.name = name
        self.nonsense: object = None
        self.asked = 0
        self._internet = internet
        self._chance = world.randomness.stream("sentiment")
        self._scores = dict.fromkeys(symbols, 0.0)
        self.host = world.host("sentiment", self._serve)

    async def _serve(self, host: Host) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._tell)
        await self._internet.serve(host, app, [self.name])

    async def _tell(self, _request: web.Request) -> web.Response:
        self.asked += 1
        for symbol, score in self._scores.items():
            self._scores[symbol] = max(-1.0, min(1.0, score + STEP * (2 * self._chance.random() - 1)))
        scores: dict[str, object] = {**self._scores}
        if self.nonsense is not None:
            scores = dict.fromkeys(scores, self.nonsense)
        return web.Response(text=json.dumps({"scores": scores}), content_type="application/json")


class Analytics:
    """Takes events; `taken` are all of them, in the order in which they came."""

    def __init__(self, world: World, internet: Internet, *, name: str) -> None:
        self.name = name
        self.taken: list[dict[str, Any]] = []
        self._internet = internet
        self.host = world.host("analytics", self._serve)

    async def _serve(self, host: Host) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/{path:.*}", self._take)
        await self._internet.serve(host, app, [self.name])

    async def _take(self, request: web.Request) -> web.Response:
        try:
            events = json.loads(await request.read())["events"]
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400)
        self.taken += events
        return web.Response(status=202)
