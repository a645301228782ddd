"""What the account held of each instrument at each venue through a run, by its own fills alone, net of fees.

What it owned when the run began is its owner's and counts for nothing: a bot that is flat has sold what it bought.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter

from scenarios.intervals import Span, merged
from scenarios.record import Record, VenueTrade

DUST_VALUE = Decimal(10)
"""Quote units: what is worth less cannot be closed, since venues ask for 5 to 10 at least, and is no position."""

Place = tuple[str, str]
"""A venue and an instrument there."""


@dataclass
class Holding:
    """One instrument at one venue: how the position stood after each fill, and at which price it was traded."""

    times_ns: list[int] = field(default_factory=list)
    positions: list[Decimal] = field(default_factory=list)
    prices: list[Decimal] = field(default_factory=list)

    def take(self, trade: VenueTrade) -> None:
        """Note one more fill, the latest so far."""
        base = trade.instrument.partition("/")[0]
        before = self.positions[-1] if self.positions else Decimal(0)
        change = trade.quantity if trade.side == "buy" else -trade.quantity
        self.times_ns.append(trade.at_ns)
        self.positions.append(before + change - (trade.fee if trade.fee_asset == base else 0))
        self.prices.append(trade.price)

    def at(self, at_ns: int) -> Decimal:
        """Return the position at a moment, fills of that moment included; what is dust is nothing."""
        index = bisect_right(self.times_ns, at_ns) - 1
        return Decimal(0) if index < 0 or self._is_dust(index) else self.positions[index]

    def open_spans(self, end_ns: int) -> list[Span]:
        """Return when a position worth more than dust was held."""
        ends = [*self.times_ns[1:], end_ns]
        return merged(
            (start, end)
            for index, (start, end) in enumerate(zip(self.times_ns, ends, strict=False))
            if not self._is_dust(index)
        )

    def _is_dust(self, index: int) -> bool:
        return abs(self.positions[index]) * self.prices[index] < DUST_VALUE


def holdings_of(record: Record) -> Mapping[Place, Holding]:
    """Return every holding of a run, in the order of venues and instruments."""
    found = {(venue, one): Holding() for venue in record.venues for one in record.instruments}
    for trade in sorted(record.trades, key=attrgetter("at_ns")):
        found.setdefault((trade.venue, trade.instrument), Holding()).take(trade)
    return found
