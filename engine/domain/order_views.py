"""Which views of a venue are worth reading for an order now: cheap ones while all is well, every one in doubt."""

from __future__ import annotations

from engine.domain.evidence import View
from engine.domain.messages import OrderState
from engine.domain.order import Order
from engine.domain.venue_facts import VenueFacts


def views_to_read(order: Order, facts: VenueFacts) -> tuple[View, ...]:
    """Return the views to look up, in order; `look_up` stops at the first that shows the order, except for fills.

    In doubt (unknown) that is every view that must be silent, since only all of them together prove absence. Fills are
    read on their own while some of the filled quantity is not yet known trade by trade: a ledger needs their prices
    and fees. And they are read where they alone can say how an order ended (`order_cancelling`).
    """
    if order.final:
        return () if order.settled else (View.FILLS,)
    if order.over_ns is not None:
        return (View.LOOK_UP, View.FILLS) if order.filled else (View.FILLS, View.LOOK_UP)
    if order.state is OrderState.UNKNOWN or order.silences:
        return views_in_doubt(order, facts)
    if order.end_told and not order.filled:
        return (View.FILLS, View.LOOK_UP)
    if order.traded < order.filled:
        return (View.LOOK_UP, View.FILLS)
    return (View.LOOK_UP,)


def views_in_doubt(order: Order, facts: VenueFacts) -> tuple[View, ...]:
    """Return the views that must all be silent before an order may be called absent.

    One that the venue has named is also asked for by that name, which no list stands in for: lists may leave out a row
    for minutes (binance-api-postman#102), and what the venue itself has acknowledged was there.
    """
    if order.venue_order_id is None or View.LOOK_UP in facts.views:
        return facts.views
    return (View.LOOK_UP, *facts.views)
