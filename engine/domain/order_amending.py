"""The rules of amending: an order is made smaller where it stands, under its own name, and believed on evidence.

Only smaller, and only in place: an amendment that is executed twice does nothing more, and one whose answer is lost
leads to a look-up and never to another order (nautilus#4564: duplicate live orders after an amendment during lost
connectivity). Until a view shows the smaller quantity, the larger one counts. What it is for only shrinks, so late
views change nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from engine.domain.evidence import Seen
from engine.domain.order import Order
from engine.domain.order_events import Amend, AmendAnswered, AmendAsked, LookUp, OrderCommand
from engine.domain.order_moves import Step, moved
from engine.domain.safety import Purpose
from engine.domain.venue_facts import NS, VenueFacts

AMEND_PAUSE_NS = 1 * NS
AMEND_PAUSE_NS_MAX = 8 * NS


def ask(order: Order, event: AmendAsked, _facts: VenueFacts) -> Step:
    """Note how much less is wanted of an order at rest, and ask the venue for it; nothing for what is no less."""
    if order.cancel_wanted or not order.filled < event.quantity < order.quantity:
        return order, ()
    after, commands = amend_if_due(replace(order, amend_to=event.quantity), event.at_ns)
    return moved(order, after, event.at_ns, *commands)


def answered(order: Order, event: AmendAnswered, _facts: VenueFacts) -> Step:
    """Read the venue again whatever it answered, and pace the next attempt; what it refused is not wanted any more."""
    pause_ns = min(AMEND_PAUSE_NS << min(order.amends, 16), AMEND_PAUSE_NS_MAX)
    after = replace(
        order,
        amend_under_way=False,
        amend_to=None if event.refused else order.amend_to,
        amends=order.amends + 1,
        amend_ns=max(event.retry_ns, event.at_ns + pause_ns),
    )
    return moved(order, after, event.at_ns, LookUp())


def amend_if_due(order: Order, at_ns: int) -> tuple[Order, tuple[OrderCommand, ...]]:
    """Return the order with an amendment under way, if one is wanted, none is, and its pause is over."""
    if order.amend_to is None or order.amend_under_way or order.cancel_wanted or at_ns < order.amend_ns:
        return order, ()
    return replace(order, amend_under_way=True), (Amend(),)


def with_quantity(order: Order, event: Seen) -> Order:
    """Return an order that is for less where a view shows so, of those for which that was ever asked.

    Where orders only reduce, the venue asks it itself: it cuts them to what there is to reduce.
    """
    asked = order.amend_to is not None or order.amends or order.purpose in (Purpose.EXIT, Purpose.PROTECT)
    if not asked or event.quantity is None or not order.filled <= event.quantity < order.quantity:
        return order
    done = order.amend_to is None or event.quantity <= order.amend_to
    return replace(order, quantity=event.quantity, amend_to=None if done else order.amend_to)
