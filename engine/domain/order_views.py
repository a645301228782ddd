"""Which views of a venue are worth reading for an order now: cheap ones while all is well, every one in doubt."""

from __future__ import annotations

from engine.domain.evidence import View
from engine.domain.messages import OrderState
from engine.domain.order import Order
from engine.domain.venue_facts import VenueFacts


def views_to_read(order: Order, facts: VenueFacts) -> tuple[View, ...]:
    """Return the views to look up, in order; `look_up` stops at the first that shows the order, except for fills.

    In doubt (unknown) that is every declared view, since only all of them together prove absence. An order that the
    venue has named is looked up by that name. Fills are read on their own while some of the filled quantity is not yet
    known trade by trade: a ledger needs their prices and fees.
    """
    if order.final:
        return () if order.settled else (View.FILLS,)
    if order.state is OrderState.UNKNOWN or order.silences:
        return facts.views
    if order.traded < order.filled:
        return (View.LOOK_UP, View.FILLS)
    return (View.LOOK_UP,)
