"""PagerDuty by its Events API v2: one POST for each change of a page, deduplicated by key on their side.

A plain POST and no client library: theirs refuses any address that is not theirs, and so could not be tried against a
simulated pager. An answer of 2xx has been taken; 400 never will be, so it is logged and counted as taken, since
repeating it would hold up every page behind it; anything else, or nothing, is to be tried again by the caller.

Source: https://developer.pagerduty.com/docs/send-alert-event
"""

from typing import Any

from engine.ops.posting import Poster, taken
from engine.ports.connectors import Connectors
from engine.resilience.breaker import Breaker
from engine.services.log import Log
from engine.services.switchboard import Page

SUMMARY_CHARACTERS_MAX = 1024


class PagerDuty:
    """Fits `engine.services.paging.Pager`.

    Args:
        connectors: how the node reaches the outside.
        timeout_ns: for one whole request.
    """

    def __init__(
        self,
        connectors: Connectors,
        *,
        url: str,
        routing_key: str,
        bot: str,
        timeout_ns: int,
        log: Log,
        breaker: Breaker | None = None,
    ) -> None:
        self._url = url
        self._routing_key = routing_key
        self._bot = bot
        self._poster = Poster("pager", connectors, timeout_ns=timeout_ns, log=log, breaker=breaker)
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

    async def acknowledge(self, key: str) -> bool:
        """Say that somebody has a page in hand; False when the pager did not take it."""
        return await self._post({"event_action": "acknowledge", "dedup_key": self._dedup_key(key)})

    async def resolve(self, key: str) -> bool:
        """End a page; False when the pager did not take it."""
        return await self._post({"event_action": "resolve", "dedup_key": self._dedup_key(key)})

    def _dedup_key(self, key: str) -> str:
        """Return the key with the bot's name: two bots may share a pager."""
        return f"{self._bot}/{key}"

    async def _post(self, event: dict[str, Any]) -> bool:
        status = await self._poster.post(self._url, {"routing_key": self._routing_key, **event})
        if status == 400:
            self._log.error("page_refused", key=event["dedup_key"], status=status)
            return True
        if not taken(status):
            self._log.warning("pager_unavailable", key=event["dedup_key"], status=status)
        return taken(status)
