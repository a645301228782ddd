"""The ways to what the bot can do without: a source of sentiment that is read, and a collector or a table that are
written to.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec

from engine.domain.errors import StoreUnavailable
from engine.ops.posting import Poster, taken
from engine.ports.connectors import Connectors
from engine.ports.store import Statement, Store
from engine.services.duty import NS
from engine.services.history import PRUNE_EVERY, without_the_oldest
from engine.services.log import Log

BODY_BYTES_MAX = 1_000_000
ANALYTICS: tuple[Statement, ...] = (
    (
        "CREATE TABLE IF NOT EXISTS analytics (bot TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL,"
        " written_ns BIGINT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (bot, id))",
        (),
    ),
    ("CREATE INDEX IF NOT EXISTS analytics_by_time ON analytics (bot, written_ns)", ()),
)


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


class AnalyticsTable:
    """Fits `engine.services.analytics.Collector`: rows in a database that machines share; of too many the oldest go."""

    def __init__(self, store: Store, *, bot: str, rows_max: int, log: Log) -> None:
        self._store = store
        self._bot = bot
        self._rows_max = rows_max
        self._log = log
        self._is_there = False
        self._since_pruned = 0

    async def take(self, events: Sequence[dict[str, Any]]) -> bool:
        """Write a batch; False when it was not written."""
        statements = [self._row(event) for event in events]
        due = self._since_pruned + len(events) >= PRUNE_EVERY
        if due:
            statements.append(without_the_oldest("analytics", bot=self._bot, rows_max=self._rows_max))
        try:
            await self._store.commit(statements if self._is_there else [*ANALYTICS, *statements])
        except StoreUnavailable as problem:
            self._log.warning("analytics_not_written", problem=str(problem))
            return False
        self._is_there = True
        self._since_pruned = 0 if due else self._since_pruned + len(events)
        return True

    def _row(self, event: dict[str, Any]) -> Statement:
        told = msgspec.json.encode(event["event"]).decode()
        row = (self._bot, event["id"], event["subject"], event["heard_ns"], told)
        return "INSERT INTO analytics VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row
