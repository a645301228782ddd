"""The two ways to what the bot can do without: a source of sentiment that is read, a collector that is written to."""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiohttp

from engine.ops.posting import Poster, taken
from engine.ports.connectors import Connectors
from engine.services.duty import NS
from engine.services.log import Log

BODY_BYTES_MAX = 1_000_000


class SentimentSource:
    """Fits `engine.services.sentiment.Source`: GET, and the body of a good answer.

    Args:
        timeout_ns: for one whole request.
    """

    def __init__(self, url: str, connectors: Connectors, *, timeout_ns: int, log: Log) -> None:
        self._url = url
        self._connectors = connectors
        self._timeout = aiohttp.ClientTimeout(total=timeout_ns / NS)
        self._log = log

    async def read(self) -> bytes | None:
        """Return the body; None when there was no answer, or none that is good."""
        try:
            async with (
                aiohttp.ClientSession(connector=self._connectors(), timeout=self._timeout) as session,
                session.get(self._url) as answer,
            ):
                body = await answer.content.read(BODY_BYTES_MAX)
                return body if taken(answer.status) else None
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            self._log.warning("sentiment_source_failed", problem=type(problem).__name__)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._log.warning("sentiment_source_failed", problem="the request was cancelled")
        return None


class AnalyticsCollector:
    """Fits `engine.services.analytics.Collector`: POST of `{"bot": …, "events": […]}`."""

    def __init__(self, poster: Poster, *, url: str, bot: str) -> None:
        self._poster = poster
        self._url = url
        self._bot = bot

    async def take(self, events: Sequence[dict[str, Any]]) -> bool:
        """Hand a batch over; False when it was not taken."""
        return taken(await self._poster.post(self._url, {"bot": self._bot, "events": list(events)}))
