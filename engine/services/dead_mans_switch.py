"""A venue's dead man's switch: entries do not rest for ever when nobody is left to watch them.

Such a switch cancels *all* orders of the account, the stops with them. So it is armed only while something of ours
rests to be filled and nothing depends on a stop: no position is open, and no stop may live. It is refreshed four times
in its own time, and taken back before the first stop is placed. After a start nobody knows whether a predecessor has
armed it, so it counts as armed until it has been taken back.
"""

import asyncio
from collections.abc import Iterable

from engine.domain.errors import VenueTrouble
from engine.domain.money import Quantity
from engine.domain.order import Order
from engine.domain.safety import Purpose
from engine.ports.clock import Clock
from engine.services.account import Account
from engine.services.books import Books
from engine.services.duty import NS, heard, pause
from engine.services.log import Log

REFRESHES = 4
"""How often it is refreshed within its time: three may be lost."""
RETRY_NS = 1 * NS
LONG_NS = 3_600 * NS


def may_be_armed(alive: Iterable[Order], positions: Iterable[Quantity]) -> bool:
    """Tell whether an entry rests that should not outlive us, and nothing depends on a stop."""
    purposes = {order.purpose for order in alive}
    return Purpose.ENTRY in purposes and Purpose.PROTECT not in purposes and not any(positions)


class DeadMansSwitch:
    """The switch of one account; `after_ns` is when it goes off. It has none where the venue has none."""

    def __init__(self, account: Account, *, books: Books, clock: Clock, log: Log, after_ns: int | None) -> None:
        self._account = account
        self._books = books
        self._clock = clock
        self._log = log
        self._after_ns = after_ns
        self._armed = True
        self._told_ns = 0
        self._turn = asyncio.Lock()
        self._changed = books.listen()

    async def run(self) -> None:
        """Keep the switch as the rule wants it, for ever."""
        await self._account.ready.wait()
        while True:
            self._changed.clear()
            async with self._turn:
                settled = await self._look()
            if not settled:
                await pause(RETRY_NS)
            else:
                await heard(self._changed, within_ns=self._pace_ns() if self._armed else LONG_NS)

    async def stand_down(self) -> None:
        """Take the switch back before a stop is placed; where that fails, the stop is worth more, and it is retried."""
        if self._exists:
            async with self._turn:
                if self._armed:
                    await self._set(None)

    @property
    def _exists(self) -> bool:
        return self._after_ns is not None and self._account.venue.facts.has_switch

    def _pace_ns(self) -> int:
        return LONG_NS if self._after_ns is None else self._after_ns // REFRESHES

    async def _look(self) -> bool:
        """Do what the rule wants; tell whether nothing is left to do."""
        if not self._exists:
            self._armed = False
            return True
        if not self._wanted():
            return not self._armed or await self._set(None)
        if self._armed and self._told_ns and self._clock.monotonic_ns() - self._told_ns < self._pace_ns():
            return True
        return await self._set(self._after_ns)

    def _wanted(self) -> bool:
        name, symbols, venue = self._account.name, self._account.instruments, self._account.venue
        alive = [order for symbol in symbols for order in self._books.alive(name, symbol)]
        held = ((symbol, self._books.position(name, symbol)) for symbol in symbols)
        return may_be_armed(alive, (one for symbol, one in held if abs(one) >= venue.instrument(symbol).quantity_min))

    async def _set(self, after_ns: int | None) -> bool:
        """Arm the switch, or take it back; tell whether the venue has said yes. In doubt it is armed."""
        self._armed = True
        try:
            await self._account.venue.set_switch(after_ns)
        except VenueTrouble as problem:
            self._log.warning("switch_not_set", venue=self._account.name, problem=str(problem))
            return False
        self._armed, self._told_ns = after_ns is not None, self._clock.monotonic_ns()
        return True
