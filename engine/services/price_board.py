"""The latest price of each instrument at each venue, and whether it is still worth acting on.

A price counts while it is fresh by both measures: it came to us lately, and the venue's own time on it is not old. So
neither a silent feed nor one that repeats yesterday can move a decision.
"""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import attrgetter

from engine.domain.messages import PriceSeen
from engine.domain.money import Price
from engine.ports.clock import Clock

HALF = Decimal("0.5")
VALUE = attrgetter("value")
NS_PER_MS = 1_000_000


class PriceBoard:
    """Prices from the bus, for one component; `instruments` bounds what is kept."""

    def __init__(self, instruments: Sequence[str], clock: Clock, *, fresh_for_ns: int) -> None:
        self._clock = clock
        self._fresh_for_ns = fresh_for_ns
        self.changed = asyncio.Event()
        """Set at each price; who waits for it clears it."""
        self._latest: dict[str, dict[str, tuple[PriceSeen, int]]] = {symbol: {} for symbol in instruments}
        self._bells: dict[tuple[str, str], tuple[Callable[[Price], bool], asyncio.Event]] = {}
        """One for each market at most: whom to wake, and at which of its prices."""

    def note(self, seen: PriceSeen) -> bool:
        """Take in a price; False for an instrument that is not traded."""
        if seen.instrument not in self._latest:
            return False
        self._latest[seen.instrument][seen.venue] = (seen, self._clock.monotonic_ns())
        self.changed.set()
        bell = self._bells.get((seen.venue, seen.instrument))
        if bell is not None and bell[0](seen.last):
            bell[1].set()
        return True

    def ring(self, bell: asyncio.Event, venue: str, instrument: str, *, at: Callable[[Price], bool]) -> None:
        """Set an event at each price of a market that `at` says yes to; a later call takes this one's place."""
        self._bells[venue, instrument] = at, bell

    def at(self, venue: str, instrument: str) -> PriceSeen | None:
        """Return a venue's price while it is fresh."""
        seen, at_ns = self._latest[instrument].get(venue, (None, 0))
        if seen is None:
            return None
        oldest_ns, oldest_ms = self._oldest()
        return seen if at_ns >= oldest_ns and seen.venue_time_ms >= oldest_ms else None

    def fresh(self, instrument: str) -> dict[str, PriceSeen]:
        """Return every venue's own price that is fresh, by venue, in the order of their names."""
        oldest_ns, oldest_ms = self._oldest()
        return {
            venue: seen
            for venue, (seen, at_ns) in sorted(self._latest[instrument].items())
            if at_ns >= oldest_ns and seen.venue_time_ms >= oldest_ms
        }

    def known(self, venue: str, instrument: str) -> Price | None:
        """Return a venue's last price, however old."""
        seen, _ = self._latest[instrument].get(venue, (None, 0))
        return None if seen is None else seen.last

    def worth(self, venue: str, instrument: str) -> Price | None:
        """Return what something at a venue is worth: by its own fresh price, else by other venues', else by its last.

        For counting only. Whoever would trade at a venue asks `at`, which knows of no other venue's price: two venues
        agree until the moment when it matters.
        """
        own = self.at(venue, instrument)
        return own.last if own is not None else self.middle(instrument) or self.known(venue, instrument)

    def middle(self, instrument: str, *, but: str | None = None) -> Price | None:
        """Return the median of the venues' fresh prices, without one venue's; None while there is none."""
        oldest_ns, oldest_ms = self._oldest()
        prices = [
            seen.last
            for venue, (seen, at_ns) in self._latest[instrument].items()
            if at_ns >= oldest_ns and seen.venue_time_ms >= oldest_ms and venue != but
        ]
        if not prices:
            return None
        prices.sort(key=VALUE)
        low, high = prices[(len(prices) - 1) // 2], prices[len(prices) // 2]
        return low if low == high else (low + high).scaled(HALF)

    def _oldest(self) -> tuple[int, int]:
        """Return when a fresh price came to us at the earliest, and its venue's own time in ms, rounded up."""
        fresh_for_ns = self._fresh_for_ns
        return self._clock.monotonic_ns() - fresh_for_ns, -((fresh_for_ns - self._clock.wall_ns()) // NS_PER_MS)
