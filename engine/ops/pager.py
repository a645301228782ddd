"""PagerDuty by its Events API v2: one POST for each change of a page, deduplicated by key on their side.

A plain POST and no client library: theirs refuses any address that is not theirs, and so could not be tried against a
simulated pager. Each POST gets a connection of its own: pages are rare, and one that was kept open for days is dead
when it is needed. An answer of 2xx has been taken; 400 never will be, so it is logged and counted as taken, since
repeating it would hold up every page behind it; anything else, or nothing, is to be tried again by the caller.

Source: https://developer.pagerduty.com/docs/send-alert-event
"""

import asyncio
from typing import Any

import aiohttp

from engine.ports.connectors import Connectors
from engine.services.duty import NS
from engine.services.log import Log
from engine.services.switchboard import Page

SUMMARY_CHARACTERS_MAX = 1024


class PagerDuty:
    """Fits `engine.services.monitor.Pager`.

    Args:
        connectors: how the node reaches the outside.
        timeout_ns: for one whole request.
    """

    def __init__(
        self, connectors: Connectors, *, url: str, routing_key: str, bot: str, timeout_ns: int, log: Log
    ) -> None:
        self._connectors = connectors
        self._url = url
        self._routing_key = routing_key
        self._bot = bot
        self._timeout = aiohttp.ClientTimeout(total=timeout_ns / NS)
        self._log = log

    async def trigger(self, page: Page) -> bool:
        """Open a page; False when the pager did not take it."""
        return await self._post(
            {
                "event_action": "trigger",
                "dedup_key": self._dedup_key(page.key),
                "payload": {
                    "summary": page.summary[:SUMMARY_CHARACTERS_MAX],
                    "source": page.source,
                    "severity": page.severity,
                    "component": page.component,
                    "group": self._bot,
                    "custom_details": {"runbook": page.runbook},
                },
            }
        )

    async def resolve(self, key: str) -> bool:
        """End a page; False when the pager did not take it."""
        return await self._post({"event_action": "resolve", "dedup_key": self._dedup_key(key)})

    def _dedup_key(self, key: str) -> str:
        """Return the key with the bot's name: two bots may share a pager."""
        return f"{self._bot}/{key}"

    async def _post(self, event: dict[str, Any]) -> bool:
        body = {"routing_key": self._routing_key, **event}
        try:
            async with (
                aiohttp.ClientSession(connector=self._connectors(), timeout=self._timeout) as session,
                session.post(self._url, json=body) as answer,
            ):
                await answer.read()
                return self._taken(answer.status, event["dedup_key"])
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            self._log.warning("pager_unreachable", key=event["dedup_key"], problem=repr(problem))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._log.warning("pager_unreachable", key=event["dedup_key"], problem="the request was cancelled")
        return False

    def _taken(self, status: int, key: str) -> bool:
        if 200 <= status < 300:
            return True
        if status == 400:
            self._log.error("page_refused", key=key, status=status)
            return True
        self._log.warning("pager_unavailable", key=key, status=status)
        return False
