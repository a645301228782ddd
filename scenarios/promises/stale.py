"""Promise: nobody enters a position on old news.

What counts is the age of the newest price of the instrument that stood on the bus when the order reached the venue,
counted from the moment at which its venue says that it was true. A stream that lives and brings old prices is thus as
stale as one that is silent. Closing a position asks no price of the market's opinion, and is not judged.
"""

from __future__ import annotations

from bisect import bisect_right

from scenarios.finding import Finding, Tally
from scenarios.placements import births
from scenarios.record import Record
from scenarios.schema import Expect


def no_action_on_stale_data(record: Record, expect: Expect) -> Finding:
    """Always: when an order that opens reaches a venue, the newest price of its instrument is young enough."""
    tally = Tally("no_action_on_stale_data")
    newest = {instrument: _newest(record, instrument) for instrument in record.instruments}
    for order in births(record).values():
        if order.closes:
            continue
        tally.exercise()
        times, true_ns = newest.get(order.instrument, ([], []))
        index = bisect_right(times, order.at_ns) - 1
        age_ns = order.at_ns - true_ns[index] if index >= 0 else None
        named = f"order {order.order_id} on {order.instrument} at {order.venue}"
        if age_ns is None:
            tally.violate(order.at_ns, f"{named} opens a position, and no price was ever seen")
        elif age_ns > expect.stale_ns:
            tally.violate(order.at_ns, f"{named} opens a position on prices {age_ns / 1e9:.0f} s old")
    return tally.finding(
        held=f"{tally.exercised} orders that open, each on prices younger than {expect.stale_ns / 1e9:.0f} s",
        never="no order opened a position",
    )


def _newest(record: Record, instrument: str) -> tuple[list[int], list[int]]:
    """When prices were told, and how recent the newest of those told so far was."""
    times: list[int] = []
    true_ns: list[int] = []
    for price in record.prices:
        if price.instrument == instrument:
            times.append(price.at_ns)
            true_ns.append(max(price.venue_ns, true_ns[-1] if true_ns else price.venue_ns))
    return times, true_ns
