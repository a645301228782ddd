"""The one door of a node to an account at a venue: everybody there who speaks to it counts and waits together.

Limits are the account's and the address's, not a connection's (ccxt#19772: each counts alone, and together they are
banned). So the feed, the executor and the reconciler of a node share one budget, one set of breakers, one reading of
the venue's clock and, where nonces must rise, one turnstile. How long we were told to wait is told, so that it can
be kept over a restart, and bans told to other nodes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.domain.venue_facts import NS
from engine.ports.clock import Clock
from engine.resilience.breaker import Breaker, BreakerState
from engine.resilience.budget import Lane, RateBudget
from engine.venues.dialects import Dialect
from engine.venues.venue_clock import VenueClock

ENDPOINTS = ("orders", "account", "public")
"""The classes of endpoints that have a breaker each: one that is sick does not shut the others."""
HOLD_MARGIN_NS = NS // 2
"""How much longer than told we hold: the venue's clock is known no better."""
THROTTLE_NS_MAX = 60 * NS
"""The longest that we hold on our own account when one throttle follows another and the venue does not say how long."""


class Door:
    """Clock, budget, breakers and turnstile of one account at one venue.

    Args:
        on_breaker: is told each change of a breaker by its name, "binance/orders" for one.
        on_wait: is told when a ban or a throttle ends, on the venue's clock, and whether it is a ban.
    """

    def __init__(
        self,
        dialect: Dialect,
        clock: Clock,
        *,
        on_breaker: Callable[[str, BreakerState], None] | None = None,
        on_wait: Callable[[int, bool], None] | None = None,
    ) -> None:
        self.clock = VenueClock(clock)
        self.budget = RateBudget(self.clock, dialect.meters(), dialect.shares)
        name = dialect.facts.name
        self.breakers = {kind: Breaker(f"{name}/{kind}", clock, on_change=on_breaker) for kind in ENDPOINTS}
        self.lanes = {lane: asyncio.Lock() for lane in Lane}
        self.turn = asyncio.Lock() if dialect.in_order else None
        self.throttles = 0
        """How many throttles came one after another, each after we had waited for the one before it."""
        self._on_wait = on_wait

    def hold(self, until_ns: int, *, spare_safe: bool = False) -> None:
        """Send nothing before a time on the venue's clock; see `RateBudget.hold`."""
        self.budget.hold(max(0, until_ns - self.clock.wall_ns()) + HOLD_MARGIN_NS, spare_safe=spare_safe)

    def told_to_wait(self, until_ns: int, *, banned: bool) -> None:
        """Hold as long as the venue says; twice as long if it says so again right after we have waited (some never
        say). That longer wait is our own idea, and no exit waits for it.
        """
        told_ns = max(0, until_ns - self.clock.wall_ns())
        same_wave = self.budget.held_ns(Lane.SAFE) > 0  # requests that were under way together
        waits = max(0, self.throttles - 1) if same_wave else self.throttles
        stretched_ns = min(told_ns << min(waits, 16), THROTTLE_NS_MAX)
        self.throttles = waits + 1
        self.budget.hold(told_ns + HOLD_MARGIN_NS)
        self.budget.hold(stretched_ns + HOLD_MARGIN_NS, spare_safe=True)
        if self._on_wait is not None:
            self._on_wait(until_ns, banned)
