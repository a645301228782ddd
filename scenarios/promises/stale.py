"""Promise: nobody enters a position on old news.

What counts is the age of the newest price of the instrument that stood on the bus when the order reached the venue,
counted from the moment at which its venue says that it was true. A stream that lives and brings old prices is thus as
stale as one that is silent. Closing a position asks no price of the market's opinion, and is not judged.
"""

from __future__ import annotations

from scenarios.finding import Finding, Tally
from scenarios.placements import births
from scenarios.record import Record
from scenarios.schema import Expect


def no_action_on_stale_data(record: Record, expect: Expect) -> Finding:
    """Always: when an order that opens reaches a venue, the newest price of its instrument is young enough."""
    tally = Tally("no_action_on_stale_data")
    newest = _Newest(record)
    for order in births(record).values():
        if order.closes:
            continue
        tally.exercise()
        newest.read_to(order.at_ns)
        true_ns = newest.true_ns.get(order.instrument)
        age_ns = None if true_ns is None else order.at_ns - true_ns
        named = f"order {order.order_id} on {order.instrument} at {order.venue}"
        if age_ns is None:
            tally.violate(order.at_ns, f"{named} opens a position, and no price was ever seen")
        elif age_ns > expect.stale_ns:
            tally.violate(order.at_ns, f"{named} opens a position on prices {age_ns / 1e9:.0f} s old")
    return tally.finding(
        held=f"{tally.exercised} orders that open, each on prices younger than {expect.stale_ns / 1e9:.0f} s",
        never="no order opened a position",
    )


class _Newest:
    """The prices of a run, read on and on: how recent the newest of each instrument told so far was."""

    def __init__(self, record: Record) -> None:
        self.true_ns: dict[str, int] = {}
        self._prices = iter(record.prices)
        self._next = next(self._prices, None)

    def read_to(self, at_ns: int) -> None:
        """Read the prices that stood on the bus at a moment, or before it."""
        while self._next is not None and self._next.at_ns <= at_ns:
            price = self._next
            self.true_ns[price.instrument] = max(price.venue_ns, self.true_ns.get(price.instrument, price.venue_ns))
            self._next = next(self._prices, None)
