"""One rate budget for one venue account: it slows us down before the venue does, and keeps a lane free for exits
and cancels.

Every request passes in one of three lanes. Queries may use a part of each limit, entries more of it, the safe set
(cancels and exits) nearly all: so a flood of polling never stands between us and a cancel. What a venue says about
a wait (throttled until, banned until) stops all lanes, since a request during a ban lengthens it, whatever it
wants. Who has to wait asks again; lanes know nothing of each other, so that nothing waits behind something less
urgent (ccxt's own limiter is first in, first out over everything, counts per instance and knows neither headers nor
bans).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from engine.ports.clock import Clock
from engine.resilience.meters import Meter


class Lane(StrEnum):
    """How urgent a request is."""

    SAFE = "safe"  # cancels, exits
    ENTRIES = "entries"
    QUERIES = "queries"


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of every limit a lane may fill, from 0 to 1."""

    safe: float = 0.95
    entries: float = 0.8
    queries: float = 0.6

    def of(self, lane: Lane) -> float:
        """Return the share of a lane."""
        if lane is Lane.QUERIES:
            return self.queries
        return self.entries if lane is Lane.ENTRIES else self.safe


class RateBudget:
    """The counters of one account and the waits that its venue has imposed.

    Waits are kept on the clock that never steps. Meters count on `clock.wall_ns()`, since windows are aligned to the
    time of day.
    """

    def __init__(self, clock: Clock, meters: Mapping[str, Meter], shares: Shares | None = None) -> None:
        self._clock = clock
        self._meters = dict(meters)
        self._shares = shares or Shares()
        self._held_until_ns = dict.fromkeys(Lane, 0)

    def wait_ns(self, lane: Lane, costs: Mapping[str, float]) -> int:
        """Return how long a request with these costs by meter has to wait; zero when it may be sent now."""
        now_ns = self._clock.wall_ns()
        share = self._shares.of(lane)
        paced = lane is Lane.QUERIES
        waits = [self._meters[name].wait_ns(cost, share, now_ns, paced=paced) for name, cost in costs.items()]
        return max(self.held_ns(lane), *waits) if waits else self.held_ns(lane)

    def spend(self, costs: Mapping[str, float]) -> None:
        """Count a request that is sent now; whoever sends calls this before anything can intervene."""
        now_ns = self._clock.wall_ns()
        for name, cost in costs.items():
            self._meters[name].spend(cost, now_ns)

    def told(self, name: str, used: float) -> None:
        """Take over what a response header says is used of one meter."""
        if name in self._meters:
            self._meters[name].told(used, self._clock.wall_ns())

    def shares_used(self) -> dict[str, float]:
        """Return how much of each meter's limit is used now, from 0 to 1."""
        now_ns = self._clock.wall_ns()
        return {name: meter.share_used(now_ns) for name, meter in self._meters.items()}

    def hold(self, for_ns: int, *, spare_safe: bool = False) -> None:
        """Send nothing for so long: the venue has throttled or banned us. Holds never shorten each other.

        `spare_safe` leaves the safe lane open: it is not sure that the ban is ours, and an exit is worth one request.
        """
        until_ns = self._clock.monotonic_ns() + for_ns
        for lane in Lane:
            if not (spare_safe and lane is Lane.SAFE):
                self._held_until_ns[lane] = max(self._held_until_ns[lane], until_ns)

    def held_ns(self, lane: Lane) -> int:
        """Return how long nothing may be sent in a lane."""
        return max(0, self._held_until_ns[lane] - self._clock.monotonic_ns())
