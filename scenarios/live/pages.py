"""Takes the pages of a bot with play money whose owner has not said whom to page: into a file, and to the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from engine.runtime.config import BotConfig
from simulator.serve import LoopbackPorts

KEY = "0" * 32
BODY_BYTES_MAX = 64 * 1024


class PageSink:
    """Answers like a pager, a chat room and a dead man's switch that take everything."""

    def __init__(self, bot: BotConfig, file: Path, *, told: Callable[[str], None]) -> None:
        self._bot = bot
        self._file = file
        self._told = told

    async def open(self, ports: LoopbackPorts, ready: dict[str, Any]) -> None:
        """Answer on a port, and add to what a node is told: where it is, and what stands for the keys."""
        application = web.Application(client_max_size=BODY_BYTES_MAX)
        application.router.add_route("*", "/{path:.*}", self._take)
        port = await ports.open(application)
        pager, here = self._bot.pager, f"http://127.0.0.1:{port}"
        url = urlsplit(pager.url)
        real = f"{url.scheme}://{url.netloc}"
        ready["resolve"][real] = here
        ready["secrets"][pager.routing_key_env] = KEY
        for name, path in ((pager.webhook_url_env, "chat"), (pager.bell_url_env, "bell")):
            if name is not None:
                ready["secrets"][name] = f"{here}/{path}"

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.text()
        if request.path != "/bell":
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{body}\n")
            self._told(f"page: {_summary(body)}")
        return web.json_response({"status": "success", "message": "Event processed"}, status=202)


def _summary(body: str) -> str:
    """Return what a person reads of a page."""
    try:
        said = json.loads(body)
        what = said.get("payload", {}).get("summary") or said.get("dedup_key") or body
        return f"{said.get('event_action', 'told')} {what}"
    except (ValueError, AttributeError):
        return body
