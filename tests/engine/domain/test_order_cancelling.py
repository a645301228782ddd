"""How an order is cancelled, told as small stories: no answer ends it, and evidence does, whatever a look-up says."""

from __future__ import annotations

from msgspec.structs import replace

from engine.domain.evidence import NotSeen, VenueStatus, View
from engine.domain.messages import OrderState
from engine.domain.money import Quantity
from engine.domain.order_events import (
    Acknowledged,
    Cancel,
    CancelAnswer,
    CancelAnswered,
    CancelAsked,
    Journal,
    LookUp,
    NotSent,
    OutcomeLost,
    RestartedFromJournal,
    TimePassed,
)
from engine.domain.order_views import views_to_read
from engine.domain.venue_facts import NS
from tests.engine.domain.orders import BINANCE, NOW, a_stop, a_trade, after, seen, sent, story

ACK = Acknowledged(at_ns=NOW + NS, venue_order_id="7")
LOST = OutcomeLost(at_ns=NOW + NS, reason="timed out")


def test_a_cancel_is_believed_only_on_evidence() -> None:
    """Not one of its answers ends the order."""
    cancelling, commands = story(sent(), [ACK, CancelAsked(at_ns=NOW + 2 * NS, reason="ttl")])
    assert cancelling.state is OrderState.CANCELLING
    assert Cancel() in commands
    for answer in CancelAnswer:
        order, commands = story(cancelling, [CancelAnswered(at_ns=NOW + 3 * NS, answer=answer)])
        assert order.state is OrderState.CANCELLING
        assert LookUp() in commands


TAKEN, NONE_LEFT = (
    CancelAnswered(at_ns=NOW + 3 * NS, answer=CancelAnswer.ACCEPTED),
    CancelAnswered(at_ns=NOW + 5 * NS, answer=CancelAnswer.NOT_FOUND),
)
LATE_NS = NONE_LEFT.at_ns + BINANCE.view_lag_ns + 1
NO_FILLS = NotSeen(view=View.FILLS, at_ns=LATE_NS)


def test_what_a_cancel_has_ended_is_over_though_look_ups_call_it_open() -> None:
    """freqtrade#13332: an exit waits for this stop. Its fills are asked first, since they decide."""
    asked = after(sent(a_stop()), ACK, CancelAsked(at_ns=NOW + 2 * NS, reason="an exit"), TAKEN, NONE_LEFT)
    waiting = seen(VenueStatus.WAITING, at_ns=LATE_NS)
    early, commands = story(asked, [replace(NO_FILLS, at_ns=LATE_NS - 1), waiting])
    assert (early.state, LookUp() in commands) == (OrderState.CANCELLING, False)
    assert views_to_read(early, BINANCE) == (View.FILLS, View.LOOK_UP)

    over = after(early, NO_FILLS, waiting)
    assert (over.state, over.settled) == (OrderState.CANCELLED, True)
    assert after(early, RestartedFromJournal(at_ns=LATE_NS), NO_FILLS).state is OrderState.CANCELLED


def test_what_a_cancel_has_ended_is_over_with_all_of_its_fills_and_not_before_they_are_known() -> None:
    """A part was sold before the cancel came; a look-up that knows of more keeps the order alive."""
    asked = after(sent(a_stop()), ACK, CancelAsked(at_ns=NOW + 2 * NS, reason="an exit"), TAKEN, NONE_LEFT)
    fill = seen(None, "0", a_trade(1, "0.25"), view=View.FILLS, at_ns=LATE_NS)

    part = after(asked, fill)
    assert (part.state, part.filled, part.settled) == (OrderState.CANCELLED, Quantity("0.25"), True)
    more = after(asked, seen(VenueStatus.OPEN, "0.5"), fill)
    assert (more.state, more.filled) == (OrderState.CANCELLING, Quantity("0.5"))
    assert views_to_read(more, BINANCE) == (View.LOOK_UP, View.FILLS)
    whole = seen(None, "0", a_trade(1, "0.25"), a_trade(2, "0.75"), view=View.FILLS, at_ns=LATE_NS)
    assert after(asked, whole).state is OrderState.FILLED


def test_a_lost_cancel_is_repeated_at_a_bounded_rate_for_ever() -> None:
    """The safe set is bounded by rate, never by count."""
    order = after(sent(), ACK, CancelAsked(at_ns=NOW, reason="ttl"))
    at_ns = NOW
    cancels = 0
    for _ in range(600):
        at_ns += NS
        if order.cancel_under_way:
            order = after(order, CancelAnswered(at_ns=at_ns, answer=CancelAnswer.LOST))
        order, commands = story(order, [TimePassed(at_ns=at_ns)])
        cancels += commands.count(Cancel())
    assert 60 <= cancels <= 80


def test_a_cancel_of_an_unknown_order_is_sent_at_once_and_again_when_it_shows_up() -> None:
    """The cancel may overtake the submit."""
    order, commands = story(sent(), [LOST, CancelAsked(at_ns=NOW + 2 * NS, reason="stop")])
    assert (order.state, commands) == (OrderState.UNKNOWN, (Journal(), Cancel()))

    not_found = CancelAnswered(at_ns=NOW + 3 * NS, answer=CancelAnswer.NOT_FOUND)
    order, commands = story(order, [not_found, seen(at_ns=NOW + 9 * NS)])
    assert order.state is OrderState.CANCELLING
    assert Cancel() in commands


def test_a_cancel_wish_during_the_submit_waits_for_its_outcome() -> None:
    """Then it is carried out."""
    order, commands = story(sent(), [CancelAsked(at_ns=NOW, reason="stop"), ACK])
    assert order.state is OrderState.CANCELLING
    assert Cancel() in commands


def test_a_cancel_wish_for_what_never_left_us_ends_it() -> None:
    """It is not sent after all when the breaker closes."""
    asked = CancelAsked(at_ns=NOW, reason="stop")
    assert after(sent(), asked, NotSent(at_ns=NOW + NS, reason="breaker open")).state is OrderState.REFUSED
