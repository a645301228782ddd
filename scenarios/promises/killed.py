"""Promise: one command, and nothing is left: no order rests, no position is open, and nothing new is begun.

It holds on a dead, a live and a hung engine alike, and from the kill until a person re-arms. A venue that takes no
orders is waited for, and then has its bound. Fills that were already on their way are closed like the rest.
"""

from __future__ import annotations

from chaos.fault import Blocks
from scenarios.finding import Finding, Tally
from scenarios.holdings import holdings_of
from scenarios.intervals import Span, without
from scenarios.placements import births
from scenarios.record import Record, VenueOrder
from scenarios.schema import Expect
from scenarios.weather import due_ns, on_venue, ordered_spans


def killed_means_flat(record: Record, expect: Expect) -> Finding:
    """Within the kill bound: every venue is flat and empty of the bot's orders, and stays so until a person re-arms."""
    tally = Tally("killed_means_flat")
    for start, end in ordered_spans(record, "kill", "rearm"):
        for venue in record.venues:
            due = due_ns(start, expect.kill_within_ns, on_venue(record, venue, Blocks.REST), expect.kill_within_ns)
            if due >= end:
                continue  # re-armed, or over, before it was due
            tally.exercise()
            _nothing_is_left(record, venue, (due, end), tally)
        _nothing_is_begun(record, start + expect.kill_within_ns, end, tally)
    return tally.finding(
        held=f"flat and empty at {tally.exercised} venues within {expect.kill_within_ns / 1e9:.0f} s of a kill",
        never="nobody killed the bot",
    )


def _nothing_is_left(record: Record, venue: str, span: Span, tally: Tally) -> None:
    for place, holding in holdings_of(record).items():
        still = without([span], without([span], holding.open_spans(record.end_ns)))
        if place[0] == venue and still:
            tally.violate(still[0][0], f"{place[1]} was held at {venue} after the kill: {holding.at(still[0][0])}")
    last: dict[int, VenueOrder] = {}
    for order in record.orders:
        if order.venue == venue and order.at_ns <= span[0]:
            last[order.order_id] = order
    for order in last.values():
        if order.is_open:
            tally.violate(span[0], f"order {order.order_id} rested at {venue} after the kill")


def _nothing_is_begun(record: Record, start: int, end: int, tally: Tally) -> None:
    for order in births(record).values():
        if start < order.at_ns < end and not order.closes:
            tally.violate(order.at_ns, f"order {order.order_id} was placed at {order.venue} after the kill")
