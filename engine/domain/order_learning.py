"""The rules of evidence: what a venue's views say about an order, and what may be concluded from it.

- One positive reading of any view proves existence. Fills are taken from whoever tells most, are deduplicated by
  trade id, and only grow, but for those that a venue takes back (`engine.domain.order_fills`); they count even after
  the order's life is over, since a fill may come after a cancel (hummingbot#7294) and before the acknowledgement
  (nautilus#3869).
- A venue's final word is believed together with the fills it tells. "Filled" with less than everything filled is not
  believed (freqtrade#5482): the order stays open until the fills are found.
- Negative readings prove *absent* only together: every declared view, read at least twice after the request's own
  expiry has passed on the venue's clock, over a time longer than the venue's declared lag, without one positive
  reading between; and more often where only lists can be read.
- An order that was seen and then vanishes from every view becomes unknown first, and needs a second full round to be
  absent.
- An order of which a cancel found nothing left, after another was taken, is cancelled once its fills were read late
  enough, whatever a look-up says (`order_cancelling`).
"""

from __future__ import annotations

from msgspec.structs import replace

from engine.domain.evidence import NotSeen, Seen, VenueStatus, View
from engine.domain.messages import OrderState
from engine.domain.order import Order, Silence
from engine.domain.order_amending import with_quantity
from engine.domain.order_cancelling import NOTHING_LEFT, cancel_if_due, over
from engine.domain.order_events import Cancel, Contradicted, LookUp, OrderCommand
from engine.domain.order_fills import TAKEN_BACK, with_fills
from engine.domain.order_moves import Step, moved
from engine.domain.order_views import views_in_doubt
from engine.domain.ticket import OrderType, TimeInForce
from engine.domain.venue_facts import VenueFacts

NEVER_THERE = frozenset({OrderState.ABSENT, OrderState.REJECTED, OrderState.REFUSED})
"""Final states in which the venue should have nothing to show but, for a rejection, the rejected order itself."""


LISTS_READ_LEAST = 6
"""How often every list must be silent about an order that can be asked for by no name (Kraken). Lists leave out rows,
others each time (binance-api-postman#102), and two or three that agree prove little."""

BY_ITSELF = frozenset({OrderState.FILLED, OrderState.EXPIRED})
"""Ends to which nobody had to bring an order."""


def seen(order: Order, event: Seen, facts: VenueFacts) -> Step:
    """Learn from a positive reading of an order whose life is not over."""
    problem = foreign(order, event)
    if problem:
        return order, (Contradicted(detail=problem),)
    known = with_quantity(with_trigger(with_fills(order, event), event), event)
    known = replace(known, silences=(), venue_order_id=order.venue_order_id or event.venue_order_id)
    if _is_one_word_only(order, known, event, facts):
        first: tuple[OrderCommand, ...] = () if order.end_told else (LookUp(),)
        return moved(order, replace(known, end_told=True), event.at_ns, *first)
    if over(known, event, facts):
        event = replace(event, status=VenueStatus.CANCELLED, reason=NOTHING_LEFT)
    after = replace(known, state=next_state(known, event.status, facts), uncertain=True)
    after = replace(after, reason=event.reason if after.final else order.reason if after.state is order.state else "")
    more: tuple[OrderCommand, ...] = () if after.settled else (LookUp(),) if after != order else ()
    if not after.final:
        after, commands = cancel_if_due(after, event.at_ns)
        more = commands + more
    return moved(order, after, event.at_ns, *more)


def seen_late(order: Order, event: Seen, _facts: VenueFacts) -> Step:
    """Count fills of an order whose life is over, and no longer those that are taken back; what should not be there is
    ended and reported.

    Its state stays, but for one move: an order that loses a fill for good has not ended by being filled, nor by its own
    time in force.
    """
    problem = foreign(order, event)
    if problem:
        return order, (Contradicted(detail=problem),)
    after = replace(with_fills(order, event), venue_order_id=order.venue_order_id or event.venue_order_id)
    if after.gone != order.gone:
        state = OrderState.CANCELLED if order.state in BY_ITSELF else order.state
        after = replace(after, state=state, reason=TAKEN_BACK)
    more: tuple[OrderCommand, ...] = ()
    if order.state in NEVER_THERE and (after.filled or event.status not in (None, VenueStatus.REJECTED)):
        more += (Contradicted(detail=f"{order.client_order_id} was {order.state.value}, and the venue shows it"),)
        more += (Cancel(),) if event.status in (VenueStatus.OPEN, VenueStatus.WAITING) else ()
    if after != order and not after.settled:
        more += (LookUp(),)
    return moved(order, after, event.at_ns, *more)


def unseen(order: Order, event: NotSeen, facts: VenueFacts) -> Step:
    """Note a negative reading of an unknown order; all of them together, long enough, prove that it never got there."""
    if order.over_ns is not None and event.view is View.FILLS:
        return _nothing_filled(order, event, facts)
    after = replace(order, silences=_silences(order, event))
    if not _silent_everywhere(after, facts):
        return after, ()
    reason = f"no view has shown it since its request expired ({order.reason})"
    return moved(order, replace(after, state=OrderState.ABSENT, reason=reason, silences=()), event.at_ns)


def vanishing(order: Order, event: NotSeen, facts: VenueFacts) -> Step:
    """Note a negative reading of an order that was seen; when it is gone from every view, what became of it is
    unknown.
    """
    if order.over_ns is not None and event.view is View.FILLS:
        return _nothing_filled(order, event, facts)
    after = replace(order, silences=_silences(order, event))
    if not _silent_everywhere(after, facts):
        return after, ()
    after = replace(after, state=OrderState.UNKNOWN, reason="it vanished from every view", silences=())
    return moved(order, after, event.at_ns, LookUp())


def foreign(order: Order, event: Seen) -> str | None:
    """Say why a reading cannot be about this order; `None` if it can."""
    if event.venue_order_id and order.venue_order_id and event.venue_order_id != order.venue_order_id:
        return f"{order.client_order_id} is {order.venue_order_id} and {event.venue_order_id} at the venue"
    filled = with_fills(order, event).filled
    if filled > order.quantity:
        return f"{order.client_order_id} of {order.quantity} is filled {filled}"
    return None


def with_trigger(order: Order, event: Seen) -> Order:
    """Return a stop that is known to have been set off where a view shows it working, filled, or finished by itself.

    A view that shows it waiting may be late: what was set off stays so.
    """
    if order.type is not OrderType.STOP or order.triggered:
        return order
    works = event.status in (VenueStatus.OPEN, VenueStatus.FILLED) or bool(order.filled)
    return replace(order, triggered=True) if works else order


def next_state(order: Order, status: VenueStatus | None, facts: VenueFacts) -> OrderState:
    """Return the state of a living order that knows its fills and has just been told a status."""
    if order.filled == order.quantity:
        return OrderState.FILLED
    match status:
        case None | VenueStatus.OPEN | VenueStatus.WAITING | VenueStatus.FILLED:
            return order.at_rest
        case VenueStatus.REJECTED:
            return OrderState.CANCELLED if order.filled or order.gone else OrderState.REJECTED
        case VenueStatus.CANCELLED | VenueStatus.EXPIRED:
            return _ended(order, status, facts)


def _is_one_word_only(before: Order, order: Order, event: Seen, facts: VenueFacts) -> bool:
    """Tell whether a look-up alone says that an order has ended by itself with nothing filled.

    Some that had filled were told so (freqtrade#4991, freqtrade#5482). The stream tells what happened; a look-up is
    believed once the fills were asked, too, and show none of it.
    """
    if order.cancel_wanted or View.FILLS not in facts.views:
        return False
    if before.end_told and any(silence.view is View.FILLS for silence in before.silences):
        return False
    ended = event.status in (VenueStatus.CANCELLED, VenueStatus.EXPIRED)
    return ended and event.view is View.LOOK_UP and not order.filled and not order.trades


def _ended(order: Order, status: VenueStatus, facts: VenueFacts) -> OrderState:
    """Tell a cancel, ours or for a lost fill, from an order's own end and from a rejection that has no word there."""
    if order.gone or (order.cancel_wanted and status is VenueStatus.CANCELLED):
        return OrderState.CANCELLED
    if order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        return OrderState.EXPIRED
    if not facts.says_rejected and not order.filled and not order.cancel_wanted:
        return OrderState.REJECTED
    return OrderState.EXPIRED if status is VenueStatus.EXPIRED else OrderState.CANCELLED


def _nothing_filled(order: Order, event: NotSeen, facts: VenueFacts) -> Step:
    """End an order that a cancel found nothing left of, once its fills are silent for good."""
    if not over(order, event, facts):
        return order, ()
    return moved(order, replace(order, state=OrderState.CANCELLED, reason=NOTHING_LEFT, silences=()), event.at_ns)


def _silences(order: Order, event: NotSeen) -> tuple[Silence, ...]:
    """Return the silences with one more reading; one that began before the request expired begins anew after it."""
    expired_ns = order.expires_ns if order.expires_ns is not None else order.not_after_ns
    before = next((silence for silence in order.silences if silence.view is event.view), None)
    anew = before is None or before.since_ns <= expired_ns
    since_ns = event.at_ns if before is None or anew else before.since_ns
    readings = 1 if before is None or anew else before.readings + 1
    last_ns = max(event.at_ns, before.last_ns if before else 0)
    others = tuple(silence for silence in order.silences if silence.view is not event.view)
    return (*others, Silence(view=event.view, since_ns=min(since_ns, last_ns), last_ns=last_ns, readings=readings))


def _silent_everywhere(order: Order, facts: VenueFacts) -> bool:
    """Tell whether every view has shown nothing for longer than its lag, all of it after the request expired."""
    expired_ns = order.expires_ns if order.expires_ns is not None else order.not_after_ns
    views = views_in_doubt(order, facts)
    least = 1 if View.LOOK_UP in views else LISTS_READ_LEAST
    silent = {s.view for s in order.silences if s.since_ns > expired_ns and s.last_ns - s.since_ns > facts.view_lag_ns}
    often = {s.view for s in order.silences if s.readings >= least}
    return all(view in silent & often for view in views)
