"""Two services outside the bot besides its pager: a chat room that takes notices, and a dead man's switch.

The chat room takes `{"text": …}` as an incoming webhook does (Slack: 200 and the body `ok`; anything else 400 and
`invalid_payload`). The switch is a check as healthchecks.io keeps it: POST to its address is a ping, answered 200 and
`OK`; when none comes for its period and its grace, it tells the pager, once, until the next ping.
"""

from __future__ import annotations

import json

from aiohttp import web

from simulator.kernel import Host, World
from simulator.network import Internet
from simulator.services.pager import Pager

CHAT_NAME = "hooks.slack.com"
CHAT_PATH = "/services/simulated"
SWITCH_NAME = "hc-ping.com"
SWITCH_PATH = "/simulated"


class ChatRoom:
    """A room that people read when they are awake; `notices` are (virtual time, text)."""

    def __init__(self, world: World, internet: Internet) -> None:
        self.notices: list[tuple[int, str]] = []
        self._world = world
        self._internet = internet
        self.host = world.host("chat", self._serve)

    async def _serve(self, host: Host) -> None:
        app = web.Application()
        app.router.add_post(CHAT_PATH, self._take)
        await self._internet.serve(host, app, [CHAT_NAME])

    async def _take(self, request: web.Request) -> web.Response:
        try:
            text = json.loads(await request.read())["text"]
        except (ValueError, KeyError, TypeError):
            text = None
        if not isinstance(text, str) or not text:
            return web.Response(status=400, text="invalid_payload")
        self._world.trace.record("noticed", text[:80])
        self.notices.append((self._world.now_ns(), text))
        return web.Response(text="ok")


class DeadMansSwitch:
    """A check that pages by itself when nobody pings it.

    Args:
        period_ns: how often a ping is expected.
        grace_ns: how much later one may come.
    """

    def __init__(self, world: World, internet: Internet, pager: Pager, *, period_ns: int, grace_ns: int) -> None:
        self.pings_ns: list[int] = []
        self.late = False
        self._world = world
        self._internet = internet
        self._pager = pager
        self._patience_ns = period_ns + grace_ns
        self._timer = world.call_later(self._patience_ns, self._missed)
        self.host = world.host("switch", self._serve)

    async def _serve(self, host: Host) -> None:
        app = web.Application()
        app.router.add_route("*", SWITCH_PATH, self._ping)
        await self._internet.serve(host, app, [SWITCH_NAME])

    async def _ping(self, request: web.Request) -> web.Response:
        await request.read()
        self._timer.cancel()
        self._timer = self._world.call_later(self._patience_ns, self._missed)
        self.pings_ns.append(self._world.now_ns())
        if self.late:
            self.late = False
            self._pager.tell("resolve", "switch/silent", summary="the bot is heard again")
        return web.Response(text="OK")

    def _missed(self) -> None:
        self.late = True
        self._pager.tell("trigger", "switch/silent", summary="the bot gives no sign of life")
