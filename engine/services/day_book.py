"""What must be remembered of a day's result: its first prices, and what a person has accepted as lost.

It is kept where the next process will look: in a file of the node, and on the bus for a node that takes over. A day
that nobody can recall begins with the next price; no more is lost than that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from engine.domain.codec import reader, to_json
from engine.domain.errors import BusUnavailable, MessageMalformed, StoreUnavailable
from engine.domain.money import Money, Price
from engine.ports.bus import Bus
from engine.ports.store import Store
from engine.services.duty import NS
from engine.services.log import Log

TABLE = "CREATE TABLE IF NOT EXISTS day (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL)"
BUS_NS_MAX = 2 * NS
"""How long the bus is waited for: neither a start nor the watch over limits depends on it."""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day in UTC, counted from 1970; markets are written `venue|instrument`."""

    day: int
    openings: Mapping[str, Price] = {}
    accepted: Mapping[str, Money] = {}
    """What was lost of each quote asset when a person last said that the bot may go on."""


_READ = reader(Day)


class DayBook:
    """Keeps one day at a time."""

    def __init__(self, bot: str, *, open_store: Callable[[], Awaitable[Store]], bus: Bus, log: Log) -> None:
        self._key = f"day/{bot}"
        self._open_store = open_store
        self._bus = bus
        self._log = log

    async def recall(self, day: int) -> Day:
        """Return what is known of a day, the bus's word before the file's."""
        kept = [one for one in (await self._from_file(), await self._from_bus()) if one is not None and one.day == day]
        openings = {market: price for one in kept for market, price in one.openings.items()}
        accepted = {quote: lost for one in kept for quote, lost in one.accepted.items()}
        return Day(day=day, openings=openings, accepted=accepted)

    async def keep(self, day: Day) -> None:
        """Write a day down in both places, as far as they take it."""
        body = to_json(day)
        try:
            store = await self._open_store()
            await store.commit([(TABLE, ()), ("INSERT OR REPLACE INTO day VALUES (1, ?)", (body,))])
        except StoreUnavailable as problem:
            self._log.warning("day_not_written", where="file", problem=str(problem))
        try:
            async with asyncio.timeout(BUS_NS_MAX / NS):
                await self._bus.put(self._key, body)
        except (BusUnavailable, TimeoutError) as problem:
            self._log.warning("day_not_written", where="bus", problem=repr(problem))

    async def _from_file(self) -> Day | None:
        try:
            store = await self._open_store()
            if not await store.read("SELECT 1 FROM sqlite_master WHERE name = 'day'"):
                return None
            rows = await store.read("SELECT body FROM day")
            return _READ(rows[0][0]) if rows and isinstance(rows[0][0], bytes) else None
        except (StoreUnavailable, MessageMalformed) as problem:
            self._log.warning("day_not_recalled", where="file", problem=str(problem))
            return None

    async def _from_bus(self) -> Day | None:
        try:
            async with asyncio.timeout(BUS_NS_MAX / NS):
                entry = await self._bus.get(self._key)
            return None if entry is None else _READ(entry.value)
        except (BusUnavailable, MessageMalformed, TimeoutError) as problem:
            self._log.warning("day_not_recalled", where="bus", problem=repr(problem))
            return None
