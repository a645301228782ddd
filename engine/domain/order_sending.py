"""The rules of sending: once durable, in time, under one id, and again only when the first surely did nothing.

An order that may have been executed is *unknown*. Re-sending it under the same id would be safe only at a venue
that remembers the ids of finished orders; Binance and Kraken forget them, so there an order whose first request may
have been executed, filled and forgotten is never sent again (catalyst#317, nautilus#4215: a re-send that executed
twice). What a venue says it did not execute (throttled, clock, maintenance) is sent again after every view was read
once and shows nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from engine.domain.errors import InvariantBroken
from engine.domain.messages import OrderState
from engine.domain.order import Order
from engine.domain.order_amending import amend_if_due
from engine.domain.order_cancelling import cancel_if_due
from engine.domain.order_events import (
    Acknowledged,
    Cancel,
    Contradicted,
    Journalled,
    LookUp,
    NotSent,
    OrderCommand,
    OutcomeLost,
    RefusedByUs,
    RefusedByVenue,
    RestartedFromJournal,
    Send,
    SendBegan,
    TimePassed,
)
from engine.domain.order_moves import Step, moved
from engine.domain.order_views import views_in_doubt
from engine.domain.venue_facts import NS, VenueFacts

FIRST_RETRY_NS = 2 * NS
RETRY_FACTOR = 10
"""How much longer each wait before the same order is sent again is than the one before it."""
TOO_LATE = "not sent before its not-after"


def journalled(order: Order, event: Journalled, facts: VenueFacts) -> Step:
    """Send what has just become durable, or refuse it if it is too late."""
    return send_if_in_time(replace(order, journalled=True), TimePassed(at_ns=event.at_ns), facts)


def send_if_in_time(order: Order, event: TimePassed, facts: VenueFacts) -> Step:
    """Send a durable intent; refuse one that would outlive its not-after."""
    if too_late(order, event.at_ns, facts):
        return refuse(order, RefusedByUs(at_ns=event.at_ns, reason=order.reason or TOO_LATE), facts)
    if order.journalled and event.at_ns >= order.retry_ns:
        return order, (Send(),)
    return order, ()


def refuse(order: Order, event: RefusedByUs, _facts: VenueFacts) -> Step:
    """End an intent that never left us."""
    return moved(order, replace(order, state=OrderState.REFUSED, reason=event.reason), event.at_ns)


def began(order: Order, event: SendBegan, _facts: VenueFacts) -> Step:
    """Note that a request leaves, and when it dies; raise `InvariantBroken` for one that would outlive its intent."""
    if event.expires_ns > order.not_after_ns:
        raise InvariantBroken(f"{order.client_order_id}: a request may not live longer than its intent")
    after = replace(
        order,
        state=OrderState.SUBMITTING,
        reason="",
        sends=order.sends + 1,
        expires_ns=max(event.expires_ns, order.expires_ns or 0),
        silences=(),
    )
    return moved(order, after, event.at_ns)


def acknowledged(order: Order, event: Acknowledged, facts: VenueFacts) -> Step:
    """Take an acknowledgement as proof that the order exists, and as nothing more: it is no fill."""
    after = replace(
        order, state=order.at_rest, reason="", venue_order_id=event.venue_order_id, uncertain=True, silences=()
    )
    after, commands = cancel_if_due(after, event.at_ns)
    return moved(order, after, event.at_ns, *commands, LookUp())


def named(order: Order, event: Acknowledged, _facts: VenueFacts) -> Step:
    """Learn the venue's name of an order that was seen before its acknowledgement came."""
    if order.venue_order_id not in (None, event.venue_order_id):
        return order, (
            Contradicted(detail=f"{order.client_order_id} is {order.venue_order_id} and {event.venue_order_id}"),
        )
    return moved(order, replace(order, venue_order_id=event.venue_order_id), event.at_ns)


def disproved(order: Order, event: Acknowledged, _facts: VenueFacts) -> Step:
    """End at the venue what was believed never to have got there."""
    after = replace(order, venue_order_id=order.venue_order_id or event.venue_order_id)
    detail = f"{order.client_order_id} was {order.state.value}, and is acknowledged as {event.venue_order_id}"
    return moved(order, after, event.at_ns, Contradicted(detail=detail), Cancel())


def refused_by_venue(order: Order, event: RefusedByVenue, _facts: VenueFacts) -> Step:
    """End an order that the venue refused, unless an earlier request of it may have been executed."""
    if event.final and not order.uncertain:
        return moved(order, replace(order, state=OrderState.REJECTED, reason=event.reason), event.at_ns, LookUp())
    return _unknown(order, event.reason, event.at_ns, retry_ns=event.retry_ns)


def not_sent(order: Order, event: NotSent, facts: VenueFacts) -> Step:
    """Go back to where the order was before a request that did not leave."""
    if order.uncertain or order.sends > 1:
        return _unknown(order, event.reason, event.at_ns, retry_ns=event.retry_ns)
    if order.cancel_wanted:
        return refuse(order, RefusedByUs(at_ns=event.at_ns, reason="cancelled before it was sent"), facts)
    after = replace(
        order, state=OrderState.INTENDED, reason=event.reason, sends=0, expires_ns=None, retry_ns=event.retry_ns
    )
    return moved(order, after, event.at_ns)


def lost(order: Order, event: OutcomeLost, _facts: VenueFacts) -> Step:
    """Stop knowing: the request may have been executed, and may still be until it expires."""
    return _unknown(replace(order, uncertain=True), event.reason, event.at_ns)


def restarted(order: Order, event: RestartedFromJournal, _facts: VenueFacts) -> Step:
    """Stop knowing: the process before this one may have sent it, and cannot be asked."""
    after = replace(
        order,
        journalled=True,
        uncertain=True,
        expires_ns=order.not_after_ns if order.expires_ns is None else order.expires_ns,
        cancel_under_way=False,
        amend_under_way=False,
        retry_ns=0,
        silences=(),
    )
    return _unknown(after, "the process was restarted", event.at_ns, before=order)


def resolve(order: Order, event: TimePassed, facts: VenueFacts) -> Step:
    """Look an unknown order up; send it again where that is safe; give it up where it surely was never executed."""
    if sendable(order, facts) and not order.cancel_wanted and not too_late(order, event.at_ns, facts):
        return (order, (Send(),)) if event.at_ns >= _again_ns(order, facts) else (order, ())
    if not order.uncertain and looked_up(order, facts):
        reason = order.reason or TOO_LATE
        return moved(order, replace(order, state=OrderState.REFUSED, reason=reason), event.at_ns)
    after, commands = cancel_if_due(order, event.at_ns)
    return moved(order, after, event.at_ns, *commands, LookUp())


def sendable(order: Order, facts: VenueFacts) -> bool:
    """Tell whether sending an unknown order under its id cannot execute it twice."""
    return looked_up(order, facts) and (facts.id_protects or not order.uncertain)


def looked_up(order: Order, facts: VenueFacts) -> bool:
    """Tell whether every view has been read since the last request and shows nothing."""
    silent = {silence.view for silence in order.silences}
    return all(view in silent for view in views_in_doubt(order, facts))


def too_late(order: Order, at_ns: int, facts: VenueFacts) -> bool:
    """Tell whether what is left of the intent's time is less than the shortest window that the venue takes."""
    return at_ns + facts.request_window_min_ns > order.not_after_ns


def poll(order: Order, event: TimePassed, _facts: VenueFacts) -> Step:
    """Look a living order up, and repeat what is wanted of it and not under way: its end, or that it be smaller."""
    after, commands = cancel_if_due(order, event.at_ns)
    after, more = amend_if_due(after, event.at_ns)
    return moved(order, after, event.at_ns, *commands, *more, LookUp())


def settle(order: Order, _event: TimePassed, _facts: VenueFacts) -> Step:
    """Look for the trades of a finished order until each of its fills is known with its fee."""
    commands: tuple[OrderCommand, ...] = () if order.settled else (LookUp(),)
    return order, commands


def _again_ns(order: Order, facts: VenueFacts) -> int:
    """Return when an order may be sent again: soon after its first request, then ever later, and never before told.

    A market that is closed, or a venue that does not answer, is asked three times in a minute, not sixty.
    """
    sent_ns = (order.expires_ns or order.intended_ns) - facts.request_window_ns
    pause_ns = FIRST_RETRY_NS * int(RETRY_FACTOR ** max(order.sends - 1, 0))
    return max(order.retry_ns, sent_ns + pause_ns)


def _unknown(order: Order, reason: str, at_ns: int, *, retry_ns: int = 0, before: Order | None = None) -> Step:
    after = replace(order, state=OrderState.UNKNOWN, reason=reason, retry_ns=retry_ns)
    return moved(before or order, after, at_ns, LookUp())
