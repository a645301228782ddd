"""The guard in front of a venue's REST interface: breaker, rate budget and turnstile, and one kind of failure
behind them.

Every request passes here, and whatever goes wrong with it comes out as `VenueTrouble`: no class of exception that
ccxt, a library or a broken body can raise gets past, so that none can stop an exit. The safe lane does not ask the
breaker, but reports to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from engine.domain.errors import VenueTrouble
from engine.domain.trouble import VENUE_IS_SICK, Trouble, TroubleKind
from engine.domain.venue_facts import NS
from engine.resilience.breaker import Breaker, BreakerState
from engine.resilience.budget import Lane
from engine.venues.door import Door

T = TypeVar("T")

QUERY_WAIT_NS_MAX = 10 * NS
"""How long a query waits for the budget; then it is given up, and whoever asked learns until when."""
SAFE_WAIT_NS_MAX = 30 * NS
TURN_NS_MAX = NS
"""How long a signed request waits for the one before it, where a venue wants its nonces in order of arrival."""


OnCall = Callable[[str, int, Trouble | None], None]
"""Is told of each request that was answered, refused or lost: operation, how long it took, what went wrong."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One request before it is made: what for, how urgent, what it costs."""

    operation: str
    breaker: str
    lane: Lane
    costs: Mapping[str, float]
    signed: bool = True


class NotWorthSending(Exception):
    """Raised by a request that finds, at the moment of sending, that its time is over."""


class Guard:
    """Lets the requests of one connection through the door that it shares with others."""

    def __init__(
        self, venue: str, door: Door, judge: Callable[[str, BaseException], Trouble], *, on_call: OnCall | None = None
    ) -> None:
        self._venue = venue
        self._door = door
        self._clock = door.clock
        self._budget = door.budget
        self._judge = judge
        self._on_call = on_call

    async def run(self, errand: Errand, request: Callable[[], Awaitable[T]], *, until_ns: int | None = None) -> T:
        """Make a request when it may be made; give up at `until_ns` on the venue's clock if it may not by then.

        Raises:
            VenueTrouble: with `NEVER_SENT` kinds if nothing left us, else with what the answer, or its absence, means.
        """
        breaker = self._door.breakers[errand.breaker]
        if errand.lane is not Lane.SAFE and not breaker.admit():
            raise self._not_sent(errand, TroubleKind.BREAKER_OPEN, breaker.wait_ns)
        try:
            result = await self._when_it_may(errand, request, until_ns)
        except asyncio.CancelledError:
            breaker.abandoned()
            raise
        except VenueTrouble:
            breaker.abandoned()
            raise
        except NotWorthSending:
            breaker.abandoned()
            raise self._not_sent(errand, TroubleKind.BUDGET_SPENT, 0) from None
        except Exception as problem:  # the supervised border: ccxt and bodies raise anything at all
            trouble = self._judge(errand.operation, problem)
            self._learn(breaker, trouble)
            raise VenueTrouble(trouble) from problem
        self._answered(breaker)
        self._door.throttles = 0
        return result

    async def _when_it_may(self, errand: Errand, request: Callable[[], Awaitable[T]], until_ns: int | None) -> T:
        """Make a request once the budget allows it and its turn has come."""
        await self._pay(errand, until_ns)
        async with self._in_turn(errand):
            if held_ns := self._budget.held_ns(errand.lane):  # a ban that came while we waited for our turn
                raise self._not_sent(errand, TroubleKind.BUDGET_SPENT, held_ns)
            return await self._timed(errand, request)

    async def _timed(self, errand: Errand, request: Callable[[], Awaitable[T]]) -> T:
        """Make a request, and tell who counts how long it took and how it ended."""
        if self._on_call is None:
            return await request()
        began_ns = self._clock.monotonic_ns()
        try:
            result = await request()
        except NotWorthSending:
            raise
        except Exception as problem:
            took_ns = self._clock.monotonic_ns() - began_ns
            self._on_call(errand.operation, took_ns, self._judge(errand.operation, problem))
            raise
        self._on_call(errand.operation, self._clock.monotonic_ns() - began_ns, None)
        return result

    async def _pay(self, errand: Errand, until_ns: int | None) -> None:
        """Wait for the budget, within what this errand is worth waiting, and spend.

        A lane is first in, first out: otherwise many cheap queries would keep a dear one waiting for ever.
        """
        if not self._door.lanes[errand.lane].locked() and not self._budget.wait_ns(errand.lane, errand.costs):
            self._budget.spend(errand.costs)  # nearly always
            return
        left_ns = SAFE_WAIT_NS_MAX if errand.lane is Lane.SAFE else QUERY_WAIT_NS_MAX
        if until_ns is not None:
            left_ns = min(left_ns, until_ns - self._clock.wall_ns())
        give_up_ns = self._clock.monotonic_ns() + left_ns
        try:
            async with asyncio.timeout(max(0, left_ns) / NS), self._door.lanes[errand.lane]:
                while wait_ns := self._budget.wait_ns(errand.lane, errand.costs):
                    if self._clock.monotonic_ns() + wait_ns > give_up_ns:
                        raise self._not_sent(errand, TroubleKind.BUDGET_SPENT, wait_ns)
                    await asyncio.sleep(wait_ns / NS)
                self._budget.spend(errand.costs)
        except TimeoutError:
            wait_ns = self._budget.wait_ns(errand.lane, errand.costs)
            raise self._not_sent(errand, TroubleKind.BUDGET_SPENT, wait_ns) from None

    @asynccontextmanager
    async def _in_turn(self, errand: Errand) -> AsyncIterator[None]:
        """Keep signed requests in order, but never behind one that hangs: a nonce out of order is a clear refusal."""
        turn = self._door.turn
        if turn is None or not errand.signed:
            yield
            return
        try:
            async with asyncio.timeout(TURN_NS_MAX / NS):
                await turn.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            turn.release()

    def _answered(self, breaker: Breaker) -> None:
        """Close a breaker; when that is news, the other endpoints of the venue are worth a probe now."""
        was = breaker.state
        breaker.succeeded()
        if was is not BreakerState.CLOSED:
            for other in self._door.breakers.values():
                other.probe_soon()

    def _learn(self, breaker: Breaker, trouble: Trouble) -> None:
        if trouble.kind in VENUE_IS_SICK:
            breaker.failed()
        else:
            self._answered(breaker)
        if trouble.until_ns is not None:
            self._door.told_to_wait(trouble.until_ns, banned=trouble.kind is TroubleKind.BANNED)
        if trouble.kind is TroubleKind.CLOCK:
            self._clock.doubt()

    def _not_sent(self, errand: Errand, kind: TroubleKind, wait_ns: int) -> VenueTrouble:
        until_ns = self._clock.wall_ns() + wait_ns
        return VenueTrouble(
            Trouble(kind=kind, venue=self._venue, operation=errand.operation, text="not sent", until_ns=until_ns)
        )
