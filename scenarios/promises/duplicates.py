"""Promise: no intent becomes two orders, and no order comes from nowhere.

An order is judged by what it is about, not by the id it carries: the referee works out which ids the decisions on the
bus allow, one for each decision and venue, and any other order of the bot's account, or a second one under an id, is
one too many. An attempt repeated under a fresh id is thus caught like one repeated under the same id.

Stops and exits that the bot places by itself follow from a position and from no decision. They are judged by what they
do: together with all that closes already, none of them may close more than is held, for then it is one too many.
"""

from __future__ import annotations

from scenarios.closings import nothing_to_close
from scenarios.finding import Finding, Tally
from scenarios.holdings import holdings_of
from scenarios.intents import intents_of, namespace
from scenarios.record import Record, VenueOrder
from scenarios.schema import Expect


def no_duplicate_orders(record: Record, expect: Expect) -> Finding:
    """Always: each order at a venue follows from exactly one decision seen before it, and is the only one to do so."""
    del expect  # it has no bound: one is too many
    tally = Tally("no_duplicate_orders")
    allowed, spare = intents_of(record), nothing_to_close(record)
    taken: set[tuple[str, str]] = set()
    for order in _born(record):
        tally.exercise()
        key = (order.venue, order.client_order_id)
        intent = allowed.get(key)
        if key in taken:
            tally.violate(order.at_ns, f"{_named(order)} is the second one of its intent")
        elif intent is None and order.closes and order.client_order_id.startswith(namespace(record.bot)):
            if order.order_id in spare[order.venue]:
                tally.violate(order.at_ns, f"{_named(order)} closes more than is held")
        elif intent is None or intent.decision.at_ns > order.at_ns:
            tally.violate(order.at_ns, f"{_named(order)} follows from no decision")
        elif intent.decision.instrument != order.instrument:
            tally.violate(order.at_ns, f"{_named(order)} belongs to a decision on {intent.decision.instrument}")
        taken.add(key)
    _nothing_is_closed_twice(record, tally)
    return tally.finding(
        held=f"{tally.exercised} venue orders, each from one decision of its own",
        never="no order reached a venue",
    )


def _nothing_is_closed_twice(record: Record, tally: Tally) -> None:
    """Where nothing can be owed, a position below nothing was sold twice, out of what is the owner's."""
    may_owe = {(one.venue, one.instrument) for one in record.orders if one.side == "sell" and not one.closes}
    for place, holding in holdings_of(record).items():
        if place in may_owe:
            continue
        below = [at_ns for at_ns in holding.times_ns if holding.at(at_ns) < 0]
        if below:
            tally.violate(below[0], f"{place[1]} at {place[0]}: {-holding.at(below[0])} more was sold than was bought")


def _born(record: Record) -> list[VenueOrder]:
    """The first sight of every order that was asked for, in order of time."""
    first: dict[tuple[str, int], VenueOrder] = {}
    for order in (one for one in record.orders if not one.by_venue):
        first.setdefault((order.venue, order.order_id), order)
    return list(first.values())


def _named(order: VenueOrder) -> str:
    own = order.client_order_id or "without a client id"
    return f"order {order.order_id} ({own}) at {order.venue}"
