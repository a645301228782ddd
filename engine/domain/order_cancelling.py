"""The rules of cancelling: asked for at any time, repeated at a bounded rate, believed only on evidence.

A cancel's answer ends nothing. Accepted may come after the fill, not found may mean filled, or not there yet, and a
lost answer says nothing (hummingbot#3374, nautilus#3879). So every answer leads to a look-up. Cancels belong to the
safe set: they are bounded by rate, never by count.

But a look-up is no better a witness, and some call an order open that has ended (freqtrade#13332). As long as that
lasts, an exit would wait for a stop that is gone, and nothing would protect what is held. Two answers together know
more: a venue that takes a cancel had the order, and when it then finds nothing to cancel, nothing more of the order can
be filled. What nobody knows yet is how much was filled before, and that its fills tell, once they are read later than
any view is late. So such an order is over with the fills that are known by then, whatever a look-up says. Rejected: to
go by the time since the cancel was taken (it may have been lost inside the venue), and to go by the account's balance
(it says nothing where a stop holds no coins, and the owner's coins lie in it as well).
"""

from __future__ import annotations

from msgspec.structs import replace

from engine.domain.evidence import NotSeen, Seen, View
from engine.domain.messages import OrderState
from engine.domain.order import Order
from engine.domain.order_events import Cancel, CancelAnswer, CancelAnswered, CancelAsked, LookUp, OrderCommand
from engine.domain.order_moves import Step, moved
from engine.domain.venue_facts import NS, VenueFacts

CANCEL_PAUSE_NS = 1 * NS
CANCEL_PAUSE_NS_MAX = 8 * NS
"""An exit may wait for this cancel: a stop locks its coins."""
NOTHING_LEFT = "the venue has taken a cancel, and a later one found nothing left of it"


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
    if event.answer is CancelAnswer.ACCEPTED:
        after = replace(after, cancel_taken=True, over_ns=None)
    elif event.answer is CancelAnswer.NOT_FOUND and order.cancel_taken and order.over_ns is None:
        after = replace(after, over_ns=event.at_ns)
    return moved(order, after, event.at_ns, LookUp())


def over(order: Order, event: Seen | NotSeen, facts: VenueFacts) -> bool:
    """Tell whether a reading proves that an order, which knows what it shows, was cancelled with the fills it knows."""
    late = order.over_ns is not None and event.at_ns > order.over_ns + facts.view_lag_ns
    return late and event.view is View.FILLS and order.traded == order.filled


def cancel_if_due(order: Order, at_ns: int) -> tuple[Order, tuple[OrderCommand, ...]]:
    """Return the order with a cancel under way, if one is wanted, none is under way, and its pause is over."""
    if not order.cancel_wanted or order.cancel_under_way or at_ns < order.retry_ns:
        return order, ()
    return replace(order, cancel_under_way=True), (Cancel(),)
