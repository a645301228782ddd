"""Promise: of all machines that could, one enters positions at a time.

Seen at the venues' doors: when orders that open come from another machine than before, the former one has been deposed,
and nothing of it may succeed until it could have been elected again: after a while, or once its successor has lost
power. Requests that a venue refused do no harm, however late they come: that is what their expiry is for. Closing and
cancelling are everybody's right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scenarios.finding import Finding, Tally
from scenarios.placements import placements
from scenarios.record import Record, VenueOrder
from scenarios.schema import Expect


def one_active_executor(record: Record, expect: Expect) -> Finding:
    """Always: after another machine took over, no order of the former one enters within the handover time."""
    tally = Tally("one_active_executor")
    reign = _Reign()
    for at_ns, sender, what in _entries(record):
        if sender == reign.holder:
            reign.last_ns[sender] = at_ns
            continue
        if reign.holder:
            tally.exercise()
        since_ns = at_ns - reign.last_ns.get(reign.holder, at_ns)
        if sender in reign.last_ns and since_ns < expect.handover_ns and not _fell(record, reign, at_ns):
            tally.violate(
                at_ns, f"{sender} sent {what} {since_ns / 1e9:.1f} s after {reign.holder} had taken over from it"
            )
        reign.holder = sender
        reign.last_ns[sender] = at_ns
    return tally.finding(
        held=f"{tally.exercised} changes of the executor, none of them contested",
        never="one machine sent every order that opens",
    )


@dataclass
class _Reign:
    """Who sent the last order that opened, and when each machine last did."""

    holder: str = ""
    last_ns: dict[str, int] = field(default_factory=dict)


def _fell(record: Record, reign: _Reign, at_ns: int) -> bool:
    """Tell whether whoever holds the reign has lost power since it last entered."""
    since_ns = reign.last_ns[reign.holder]
    return any(one.host == reign.holder and not one.up and since_ns <= one.at_ns <= at_ns for one in record.powers)


def _entries(record: Record) -> list[tuple[int, str, str]]:
    """Every order that opened: when it was taken, which machine had asked for it at that moment, and its id."""
    sender = {(one.venue, one.client_order_id, one.at_ns): one.sender for one in placements(record)}
    born: dict[tuple[str, int], VenueOrder] = {}
    for order in record.orders:
        born.setdefault((order.venue, order.order_id), order)
    found = [
        (order.at_ns, sender.get((order.venue, order.client_order_id, order.at_ns), ""), order.client_order_id)
        for order in born.values()
        if not order.closes
    ]
    return sorted(one for one in found if one[1])
