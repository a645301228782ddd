"""The lookout: finds the losses that nobody else comes upon, and tells safety of them and of their end.

A venue that answers nothing, a market without prices, a key that is refused, a clock that two venues call wrong, a bus
that takes nothing. Each has a first reading that costs nothing, since others have made it, and a second one that is
asked for only while the first says that something is lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.domain.errors import VenueTrouble
from engine.domain.safety import BOT, Loss, market_scope, venue_scope
from engine.domain.trouble import NEVER_SENT
from engine.ports.clock import Clock
from engine.services.account import Account
from engine.services.books import Books
from engine.services.duty import NS, pause, together
from engine.services.latches import LatchKeeper
from engine.services.outbox import Outbox
from engine.services.price_board import PriceBoard
from engine.services.safety import Safety


@dataclass(frozen=True, kw_only=True)
class LookoutBounds:
    """Its pace and patience, in nanoseconds."""

    every_ns: int
    warm_up_ns: int
    """How long after the start a market may be without a price."""
    bus_silent_after_ns: int
    clock_off_max_ns: int
    """How far our clock may be from a venue's."""


class Lookout:
    """Looks after venues, markets, clock and bus of one executor."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        *,
        safety: Safety,
        books: Books,
        prices: PriceBoard,
        outbox: Outbox,
        latches: LatchKeeper,
        clock: Clock,
        bounds: LookoutBounds,
    ) -> None:
        self._accounts = dict(accounts)
        self._safety = safety
        self._books = books
        self._prices = prices
        self._outbox = outbox
        self._latches = latches
        self._clock = clock
        self._bounds = bounds

    async def run(self) -> None:
        """Look, until cancelled; a venue that hangs holds up no other."""
        await together(self._look_at_the_bus(), *(self._look_at(account) for account in self._accounts.values()))

    async def _look_at(self, account: Account) -> None:
        began_ns = self._clock.monotonic_ns()
        while True:
            await pause(self._bounds.every_ns)
            await self._venue(account)
            self._key(account)
            self._time(account)
            if self._clock.monotonic_ns() - began_ns > self._bounds.warm_up_ns:
                for instrument in account.instruments:
                    await self._market(account, instrument)

    async def _venue(self, account: Account) -> None:
        """Tell whether a venue answers; that its public part does not either is a second reading."""
        scope, watch = venue_scope(account.name), account.watch
        if watch.unreachable:
            self._safety.lost(Loss.VENUE, scope=scope, reason=f"{account.name} answers nothing", reading="requests")
            if await self._fails(account):
                self._safety.lost(Loss.VENUE, scope=scope, reason=f"{account.name} is gone", reading="time")
        elif not watch.failing:
            self._safety.regained(Loss.VENUE, scope=scope)

    def _key(self, account: Account) -> None:
        """Tell whether the key is taken; each kind of request that is refused is a reading."""
        scope = venue_scope(account.name)
        for operation in account.watch.key_refused:
            reason = f"{account.name} refuses our key"
            self._safety.lost(Loss.KEY, scope=scope, reason=reason, reading=operation)
        if not account.watch.key_refused:
            self._safety.regained(Loss.KEY, scope=scope)

    def _time(self, account: Account) -> None:
        """Tell whether our clock is right; each venue is a reading."""
        names = [name for name, each in self._accounts.items() if self._off_ns(each) > self._bounds.clock_off_max_ns]
        if account.name in names:
            off_s = self._off_ns(account) / NS
            reason = f"our clock is {off_s:.1f} s off"
            self._safety.lost(Loss.CLOCK, scope=BOT, reason=reason, reading=account.name)
        elif len(names) < 2:
            self._safety.regained(Loss.CLOCK, scope=BOT)

    def _off_ns(self, account: Account) -> int:
        return abs(account.venue.now_ns() - self._clock.wall_ns())

    async def _market(self, account: Account, instrument: str) -> None:
        """Tell whether a market can be seen; with a position in it, that the venue tells no price is a second
        reading.
        """
        scope = market_scope(account.name, instrument)
        if self._prices.at(account.name, instrument) is not None:
            self._safety.regained(Loss.DATA, scope=scope)
            return
        reason = f"no fresh price of {instrument} at {account.name}"
        self._safety.lost(Loss.DATA, scope=scope, reason=reason, reading="feed")
        if self._books.position(account.name, instrument) and await self._fails(account, instrument):
            self._safety.lost(Loss.DATA, scope=scope, reason=reason, reading="quote")

    async def _fails(self, account: Account, instrument: str | None = None) -> bool:
        """Ask a venue for its time, or for a price; tell whether it was asked and did not say."""
        try:
            if instrument is None:
                await account.venue.measure_clock()
            elif account.ready.is_set():
                await account.venue.quote(instrument)
        except VenueTrouble as problem:
            return problem.trouble.kind not in NEVER_SENT
        return False

    async def _look_at_the_bus(self) -> None:
        while True:
            await pause(self._bounds.every_ns)
            since_ns = self._outbox.unreachable_since_ns
            if since_ns is None and self._latches.on_bus:
                self._safety.regained(Loss.BUS, scope=BOT)
            elif since_ns is not None and self._clock.monotonic_ns() - since_ns > self._bounds.bus_silent_after_ns:
                self._safety.lost(Loss.BUS, scope=BOT, reason="the bus takes nothing", reading="outbox")
