"""The rules of cancelling: asked for at any time, repeated at a bounded rate, believed only on evidence.

A cancel's answer ends nothing. Accepted may come after the fill, not found may mean filled, or not there yet, and a
lost answer says nothing (hummingbot#3374, nautilus#3879). So every answer leads to a look-up. Cancels belong to the
safe set: they are bounded by rate, never by count.
"""

from __future__ import annotations

from msgspec.structs import replace

from engine.domain.messages import OrderState
from engine.domain.order import Order
from engine.domain.order_events import Cancel, CancelAnswered, CancelAsked, LookUp, OrderCommand
from engine.domain.order_moves import Step, moved
from engine.domain.venue_facts import NS, VenueFacts

CANCEL_PAUSE_NS = 1 * NS
CANCEL_PAUSE_NS_MAX = 8 * NS
"""An exit may wait for this cancel: a stop locks its coins."""


def give_up(order: Order, event: CancelAsked, _facts: VenueFacts) -> Step:
    """End an intent before it was sent."""
    return moved(order, replace(order, state=OrderState.REFUSED, reason=event.reason), event.at_ns)


def remember(order: Order, _event: CancelAsked, _facts: VenueFacts) -> Step:
    """Keep the wish until the request that is under way has its outcome."""
    after = replace(order, cancel_wanted=True)
    return moved(order, after, order.changed_ns)


def cancel(order: Order, event: CancelAsked, _facts: VenueFacts) -> Step:
    """Ask the venue for the end; an unknown order stays unknown, since the cancel may arrive before the submit."""
    state = OrderState.UNKNOWN if order.state is OrderState.UNKNOWN else OrderState.CANCELLING
    after = replace(order, state=state, cancel_wanted=True, reason=event.reason)
    after, commands = cancel_if_due(after, event.at_ns)
    return moved(order, after, event.at_ns, *commands)


def answered(order: Order, event: CancelAnswered, _facts: VenueFacts) -> Step:
    """Read the venue again whatever it answered, and pace the next attempt."""
    pause_ns = min(CANCEL_PAUSE_NS << min(order.cancels, 16), CANCEL_PAUSE_NS_MAX)
    after = replace(
        order, cancel_under_way=False, retry_ns=max(event.retry_ns, event.at_ns + pause_ns), cancels=order.cancels + 1
    )
    return moved(order, after, event.at_ns, LookUp())


def cancel_if_due(order: Order, at_ns: int) -> tuple[Order, tuple[OrderCommand, ...]]:
    """Return the order with a cancel under way, if one is wanted, none is under way, and its pause is over."""
    if not order.cancel_wanted or order.cancel_under_way or at_ns < order.retry_ns:
        return order, ()
    return replace(order, cancel_under_way=True), (Cancel(),)
