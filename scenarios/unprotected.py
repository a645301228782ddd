"""How long a position was open at a venue without a working stop: one failed stop can outweigh all nines of uptime.

Measured from the venues' truth alone, whatever the strategy thinks it needs: the position is what the account's own
fills left, net of fees, and a stop protects it only while it rests at the same venue, on the other side. What a bot
would sell by itself is no protection, since the bot may be the thing that is down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from scenarios.holdings import DUST_VALUE, Place
from scenarios.intervals import Span, merged
from scenarios.record import Record, VenueOrder, VenueTrade


def unprotected(record: Record) -> list[Span]:
    """Return when, anywhere, a position worth `DUST_VALUE` or more was open beyond what resting stops would close."""
    return merged(span for found in unprotected_at(record).values() for span in found)


def unprotected_at(record: Record) -> dict[Place, list[Span]]:
    """Return the same for each instrument at each venue where anything was traded or ordered."""
    return {place: list(_spans(facts, record.end_ns)) for place, facts in _by_market(record).items()}


Fact = VenueOrder | VenueTrade


def _by_market(record: Record) -> dict[Place, list[Fact]]:
    """Return fills and changes of orders by venue and instrument, in order of time."""
    facts: dict[Place, list[Fact]] = {}
    seen: list[Fact] = [*record.trades, *record.orders]
    for one in sorted(seen, key=lambda fact: fact.at_ns):
        facts.setdefault((one.venue, one.instrument), []).append(one)
    return facts


def _spans(facts: list[Fact], end_ns: int) -> Iterator[Span]:
    standing, since_ns = _Standing(), None
    for fact in facts:
        standing.take(fact)
        if standing.is_bare() and since_ns is None:
            since_ns = fact.at_ns
        elif not standing.is_bare() and since_ns is not None:
            yield since_ns, fact.at_ns
            since_ns = None
    if since_ns is not None:
        yield since_ns, end_ns


@dataclass
class _Standing:
    """One instrument at one venue: what is held, the last price it was traded at, and the stops that rest."""

    position: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    stops: dict[int, VenueOrder] = field(default_factory=dict)

    def take(self, fact: Fact) -> None:
        if isinstance(fact, VenueTrade):
            base = fact.instrument.partition("/")[0]
            self.position += fact.quantity if fact.side == "buy" else -fact.quantity
            self.position -= fact.fee if fact.fee_asset == base else 0
            self.price = fact.price
        elif fact.is_stop and fact.is_open:
            self.stops[fact.order_id] = fact
        else:
            self.stops.pop(fact.order_id, None)

    def is_bare(self) -> bool:
        closing = "sell" if self.position > 0 else "buy"
        covered = sum((one.quantity - one.filled for one in self.stops.values() if one.side == closing), Decimal(0))
        return (abs(self.position) - covered) * self.price >= DUST_VALUE
