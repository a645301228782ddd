"""The last bars of every instrument, left on the bus for whichever replica starts next.

A replica that had to see all its bars itself would be dumb for as long as its strategy looks back, and one deploy that
restarts the replicas in turn would make the bot dumb for minutes. A venue's own candles are no substitute: they are
one venue's prices and not the median of all, so a fresh replica would not be of the others' opinion; and they would
give deciding a need for venues and their budgets. Without the bus nothing is decided anyway.

A replica takes what is there before it leaves anything, so that one that knows little does not overwrite what the
others know. All see the same prices, so it does not matter whose bars lie there last.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from engine.domain.codec import reader, to_json
from engine.domain.errors import BusUnavailable, MessageMalformed
from engine.domain.instrument import dashed
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.strategy import Bar
from engine.services.duty import NS, pause
from engine.services.log import Log
from engine.services.outlook import Outlook

BARS_MAX = 500
"""As many are left at most of one instrument: a value on the bus is no place for years."""


class BarsLeft(msgspec.Struct, frozen=True, kw_only=True):
    """What lies on the bus of one instrument, oldest first."""

    bars: tuple[Bar, ...]


_READ = reader(BarsLeft)


class BarShelf:
    """Takes what others left, once, and leaves what there is whenever bars have ended."""

    def __init__(
        self,
        bot: str,
        instruments: Sequence[str],
        outlook: Outlook,
        *,
        bar_ns: int,
        bus: Bus,
        clock: Clock,
        log: Log,
        retry_every_ns: int,
    ) -> None:
        self._keys = {symbol: f"bars/{bot}/{dashed(symbol)}/{bar_ns // NS}" for symbol in instruments}
        self._outlook = outlook
        self._bar_ns = bar_ns
        self._bus = bus
        self._clock = clock
        self._log = log
        self._retry_every_ns = retry_every_ns
        self._ended = asyncio.Event()

    def bars_ended(self) -> None:
        """Be told that there are new bars."""
        self._ended.set()

    async def run(self) -> None:
        """Take, then leave, until cancelled."""
        for symbol, key in self._keys.items():
            await self._take(symbol, key)
        while True:
            await self._ended.wait()
            self._ended.clear()
            for symbol, key in self._keys.items():
                await self._leave(symbol, key)

    async def _take(self, symbol: str, key: str) -> None:
        """Take in what was left of one instrument, however long the bus is away."""
        while True:
            try:
                entry = await self._bus.get(key)
                bars = () if entry is None else _READ(entry.value).bars
            except BusUnavailable as problem:
                self._log.warning("bars_not_taken", instrument=symbol, problem=str(problem))
                await pause(self._retry_every_ns)
                continue
            except MessageMalformed as problem:
                self._log.warning("bars_not_taken", instrument=symbol, problem=str(problem))
                return
            taken = self._outlook.recall(symbol, bars, bar_ns=self._bar_ns, now_ns=self._clock.wall_ns())
            self._log.info("bars_taken", instrument=symbol, left=len(bars), taken=taken)
            return

    async def _leave(self, symbol: str, key: str) -> None:
        """Leave the bars of one instrument; what the bus does not take is left with the next ones."""
        bars = self._outlook.bars(symbol)[-BARS_MAX:]
        if not bars:
            return
        try:
            await self._bus.put(key, to_json(BarsLeft(bars=bars)))
        except BusUnavailable as problem:
            self._log.warning("bars_not_left", instrument=symbol, problem=str(problem))
