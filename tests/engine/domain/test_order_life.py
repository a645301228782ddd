"""The life of an order, told as small stories."""

from __future__ import annotations

import typing

import pytest
from msgspec.structs import replace

from engine.domain.errors import InvariantBroken
from engine.domain.evidence import NotSeen, VenueStatus, View
from engine.domain.messages import OrderState
from engine.domain.money import Price, Quantity
from engine.domain.order import FINAL, intend
from engine.domain.order_events import (
    Acknowledged,
    Amend,
    AmendAnswered,
    AmendAsked,
    Cancel,
    CancelAsked,
    Contradicted,
    Journal,
    Journalled,
    LookUp,
    NotSent,
    OrderEvent,
    OutcomeLost,
    Publish,
    RefusedByUs,
    RefusedByVenue,
    RestartedFromJournal,
    Send,
    SendBegan,
    TimePassed,
)
from engine.domain.order_table import LIFE
from engine.domain.order_views import views_to_read
from engine.domain.safety import Purpose
from engine.domain.ticket import OrderType, TimeInForce
from engine.domain.venue_facts import NS
from tests.engine.domain.orders import (
    BINANCE,
    EXPIRES,
    KRAKEN,
    MEMORY,
    NOT_AFTER,
    NOW,
    a_stop,
    a_trade,
    after,
    an_order,
    cost_of,
    seen,
    sent,
    silence,
    story,
)

ACK = Acknowledged(at_ns=NOW + NS, venue_order_id="7")
ENDED = (
    seen(VenueStatus.CANCELLED),
    NotSeen(view=View.FILLS, at_ns=NOW + NS),
    seen(VenueStatus.CANCELLED, at_ns=NOW + 2 * NS),
)
"""An order has ended by itself with nothing filled: a look-up says so, there are no fills, and it says so again."""
LOST = OutcomeLost(at_ns=NOW + NS, reason="timed out")
LONG_AFTER = EXPIRES + 10 * NS


def test_every_event_has_a_rule_in_every_state() -> None:
    """The table is complete: a pair that means nothing says so."""
    assert set(LIFE) == set(typing.get_args(OrderEvent))
    for event, row in LIFE.items():
        assert set(row) == set(OrderState), event


def test_an_intent_is_sent_only_once_it_is_durable() -> None:
    """Before the journal has it, passing time sends nothing."""
    _, commands = story(an_order(), [TimePassed(at_ns=NOW)])
    assert commands == ()

    order, commands = story(an_order(), [Journalled(at_ns=NOW)])
    assert commands == (Send(),)
    assert order.state is OrderState.INTENDED


def test_an_intent_past_its_not_after_is_refused_not_sent() -> None:
    """An old backlog is refused."""
    order, commands = story(an_order(), [Journalled(at_ns=NOT_AFTER)])

    assert order.state is OrderState.REFUSED
    assert commands == (Journal(), Publish())


def test_too_little_time_for_the_venues_shortest_window_is_too_late() -> None:
    """Kraken takes no deadline nearer than two seconds."""
    almost = NOT_AFTER - NS
    assert after(an_order(), Journalled(at_ns=almost), facts=BINANCE).state is OrderState.INTENDED
    assert after(an_order(), Journalled(at_ns=almost), facts=KRAKEN).state is OrderState.REFUSED


def test_a_request_may_not_outlive_its_intent() -> None:
    """Absence is judged by the request's expiry, so that no request may live on unseen."""
    with pytest.raises(InvariantBroken):
        after(an_order(), SendBegan(at_ns=NOW, expires_ns=NOT_AFTER + 1))


def test_an_acknowledgement_is_no_fill() -> None:
    """A 200 makes the order open and leads to a look-up."""
    order, commands = story(sent(), [ACK])

    assert (order.state, order.filled, order.venue_order_id) == (OrderState.OPEN, Quantity(0), "7")
    assert commands == (Journal(), Publish(), LookUp())


def test_a_lost_outcome_is_unknown_and_counts_as_filled() -> None:
    """Unknown is the worst of both."""
    order, commands = story(sent(), [LOST])

    assert order.state is OrderState.UNKNOWN
    assert order.worst == order.quantity
    assert commands == (Journal(), Publish(), LookUp())


def test_an_unknown_order_that_is_seen_is_open_again() -> None:
    """A lost acknowledgement is resolved by looking, not by sending again."""
    order = after(sent(), LOST, seen())
    assert order.state is OrderState.OPEN


def test_an_order_that_may_have_been_executed_is_never_sent_again_where_ids_are_forgotten() -> None:
    """On Binance and Kraken the id of a finished order is taken a second time."""
    looked: list[OrderEvent] = [LOST, *silence(BINANCE, NOW + 2 * NS)]
    order, commands = story(sent(), [*looked, TimePassed(at_ns=NOW + 3 * NS)])
    assert Send() not in commands
    assert order.state is OrderState.UNKNOWN


def test_where_ids_are_remembered_an_unknown_order_is_sent_again_after_a_look_up() -> None:
    """Same id, looked up, before its not-after."""
    unlooked = story(sent(), [LOST, TimePassed(at_ns=NOW + 3 * NS)], MEMORY)[1]
    assert Send() not in unlooked

    looked: list[OrderEvent] = [LOST, *silence(MEMORY, NOW + 2 * NS)]
    assert story(sent(), [*looked, TimePassed(at_ns=NOW + 3 * NS)], MEMORY)[1] == (Send(),)
    assert Send() not in story(sent(), [*looked, TimePassed(at_ns=NOT_AFTER)], MEMORY)[1]


def test_a_throttled_submit_is_sent_again_only_after_a_look_up_and_not_before_the_venue_allows_it() -> None:
    """Surely not executed, so that the same id is safe."""
    throttled = RefusedByVenue(at_ns=NOW + NS, reason="throttled", final=False, retry_ns=NOW + 20 * NS)
    order = after(sent(), throttled)
    assert order.state is OrderState.UNKNOWN

    looked = silence(BINANCE, NOW + 2 * NS)
    assert story(order, [*looked, TimePassed(at_ns=NOW + 19 * NS)])[1] == ()
    assert story(order, [*looked, TimePassed(at_ns=NOW + 20 * NS)])[1] == (Send(),)


def test_a_throttled_submit_whose_time_is_over_is_refused() -> None:
    """It was surely never executed: nothing is left to wait for."""
    throttled = RefusedByVenue(at_ns=NOW + NS, reason="throttled", final=False)
    order = after(sent(), throttled, *silence(BINANCE, NOW + 2 * NS), TimePassed(at_ns=NOT_AFTER))
    assert order.state is OrderState.REFUSED


def test_what_never_left_us_is_intended_again() -> None:
    """An open breaker costs no look-up."""
    order = after(sent(), NotSent(at_ns=NOW + NS, reason="breaker open", retry_ns=NOW + 10 * NS))
    assert (order.state, order.sends, order.expires_ns) == (OrderState.INTENDED, 0, None)
    assert story(order, [TimePassed(at_ns=NOW + 9 * NS)])[1] == ()
    assert story(order, [TimePassed(at_ns=NOW + 10 * NS)])[1] == (Send(),)


def test_a_final_refusal_is_rejected_and_looked_up_once_more() -> None:
    """A refusal that is a lie (hummingbot#7294) is found by the look-up."""
    order, commands = story(sent(), [RefusedByVenue(at_ns=NOW + NS, reason="no funds", final=True)])
    assert order.state is OrderState.REJECTED
    assert LookUp() in commands


def test_a_refusal_of_the_second_request_says_nothing_about_the_first() -> None:
    """The first may hold the very funds that the second misses."""
    again: list[OrderEvent] = [
        LOST,
        *silence(MEMORY, NOW + 2 * NS),
        SendBegan(at_ns=NOW + 3 * NS, expires_ns=NOW + 8 * NS),
    ]
    order = after(sent(), *again, RefusedByVenue(at_ns=NOW + 4 * NS, reason="no funds", final=True), facts=MEMORY)
    assert order.state is OrderState.UNKNOWN


def test_a_fill_before_the_acknowledgement_counts() -> None:
    """nautilus#3869: the fill came before the order was known and was thrown away."""
    trade = a_trade(1, "0.4")
    order = after(sent(), seen(None, "0", trade, view=View.STREAM), ACK)
    assert (order.state, order.filled, order.cost) == (OrderState.OPEN, Quantity("0.4"), cost_of(trade))


def test_a_fill_after_the_cancel_counts_and_the_state_stays() -> None:
    """The end is final, the money is not lost."""
    cancelled = after(sent(), ACK, CancelAsked(at_ns=NOW + 2 * NS, reason="ttl"), seen(VenueStatus.CANCELLED))
    assert cancelled.state is OrderState.CANCELLED

    order, commands = story(cancelled, [seen(None, "0", a_trade(1, "0.4"), view=View.FILLS)])
    assert (order.state, order.filled) == (OrderState.CANCELLED, Quantity("0.4"))
    assert commands == (Journal(), Publish())


def test_the_same_trade_counts_once() -> None:
    """Fills are told by the stream, by the look-up and by the history."""
    trade = a_trade(1, "0.4")
    order = after(sent(), seen(None, "0", trade, view=View.STREAM), seen(None, "0", trade, view=View.FILLS))
    assert order.filled == Quantity("0.4")


def test_filled_without_its_fills_is_not_believed() -> None:
    """freqtrade#5482: a terminal status without fills."""
    order, commands = story(sent(), [ACK, seen(VenueStatus.FILLED, "0.5")])
    assert order.state is OrderState.OPEN
    assert LookUp() in commands


def test_an_end_with_nothing_filled_that_nobody_asked_for_is_believed_once_its_fills_were_read() -> None:
    """freqtrade#4991, freqtrade#5482: a sale that had filled was called expired with nothing filled."""
    order, commands = story(sent(), [ACK, seen(VenueStatus.CANCELLED)])
    assert order.state is OrderState.OPEN
    assert LookUp() in commands
    assert LookUp() not in story(order, [seen(VenueStatus.CANCELLED)])[1]  # the next round comes in its time
    assert views_to_read(order, BINANCE) == (View.FILLS, View.LOOK_UP)

    filled = after(order, seen(None, "0", a_trade(1, "1"), view=View.FILLS))
    assert filled.state is OrderState.FILLED

    partly = after(order, seen(None, "0", a_trade(1, "0.4"), view=View.FILLS))
    assert views_to_read(partly, BINANCE) == (View.LOOK_UP,)
    assert after(partly, seen(VenueStatus.CANCELLED)).state is OrderState.CANCELLED

    assert after(sent(), ACK, seen(VenueStatus.CANCELLED, view=View.STREAM)).state is OrderState.CANCELLED
    assert after(sent(), ACK, *ENDED).state is OrderState.CANCELLED


def test_an_order_is_settled_when_each_fill_is_known_with_its_fee() -> None:
    """A finished order is looked up until its trades are known."""
    order, commands = story(sent(), [ACK, seen(VenueStatus.FILLED, "1")])
    assert order.state is OrderState.FILLED
    assert LookUp() in commands
    assert views_to_read(order, BINANCE) == (View.FILLS,)
    assert story(order, [TimePassed(at_ns=NOW)])[1] == (LookUp(),)

    order = after(order, seen(None, "0", a_trade(1, "0.6"), a_trade(2, "0.4"), view=View.FILLS))
    assert order.settled
    assert story(order, [TimePassed(at_ns=NOW)])[1] == ()
    assert views_to_read(order, BINANCE) == ()


def test_more_filled_than_ordered_is_a_contradiction() -> None:
    """Somebody else's fills, or a broken venue: reported, not swallowed."""
    order, commands = story(sent(), [ACK, seen(VenueStatus.OPEN, "1.5")])
    assert order.filled == Quantity(0)
    assert isinstance(commands[0], Contradicted)


def test_two_venue_orders_under_one_id_are_a_contradiction() -> None:
    """The one thing that must never happen is at least seen."""
    commands = story(sent(), [ACK, seen(venue_order_id="8")])[1]
    assert isinstance(commands[0], Contradicted)


def test_a_silent_rejection_is_found_by_polling() -> None:
    """Accepted, then rejected in matching: Binance says so, Kraken only stops having it."""
    assert after(sent(), ACK, seen(VenueStatus.REJECTED)).state is OrderState.REJECTED
    assert after(sent(), ACK, *ENDED, facts=KRAKEN).state is OrderState.REJECTED
    assert after(sent(), ACK, seen(VenueStatus.CANCELLED, "0.2"), facts=KRAKEN).state is OrderState.CANCELLED
    asked = CancelAsked(at_ns=NOW + NS, reason="ttl")
    assert after(sent(), ACK, asked, seen(VenueStatus.CANCELLED), facts=KRAKEN).state is OrderState.CANCELLED


def test_an_immediate_order_that_found_no_match_has_expired() -> None:
    """Its own time in force ended it, whatever word the venue has for that."""
    begun = after(an_order(TimeInForce.IOC), Journalled(at_ns=NOW), SendBegan(at_ns=NOW, expires_ns=EXPIRES))
    assert after(begun, ACK, *ENDED, facts=KRAKEN).state is OrderState.EXPIRED
    assert after(begun, ACK, seen(VenueStatus.EXPIRED, "0.5")).state is OrderState.EXPIRED


def test_a_quiet_order_is_looked_up_once_after_its_acknowledgement() -> None:
    """A look-up that shows nothing new asks for no other: every one costs budget."""
    order = after(sent(), ACK)
    assert story(order, [seen()])[1] == ()


def test_an_intent_that_is_cancelled_or_refused_was_never_sent() -> None:
    """Both end as refused."""
    assert after(an_order(), CancelAsked(at_ns=NOW, reason="stop")).state is OrderState.REFUSED
    assert after(an_order(), RefusedByUs(at_ns=NOW, reason="limit")).state is OrderState.REFUSED


@pytest.mark.parametrize("events", [[], [SendBegan(at_ns=NOW, expires_ns=EXPIRES)], [ACK]])
def test_after_a_restart_every_living_order_is_unknown_and_looked_up(events: list[OrderEvent]) -> None:
    """Whatever the predecessor did after its last record is not known."""
    order = after(an_order(), Journalled(at_ns=NOW), *events)
    order, commands = story(order, [RestartedFromJournal(at_ns=NOW + 2 * NS)])
    assert order.state is OrderState.UNKNOWN
    assert order.expires_ns in (EXPIRES, NOT_AFTER)
    assert LookUp() in commands


def test_after_a_restart_finished_orders_stay_finished() -> None:
    """And settled ones are not looked up."""
    for state in FINAL:
        order = after(sent(), ACK, *ENDED)
        assert after(order, RestartedFromJournal(at_ns=NOW)).state is order.state, state


def test_an_intent_that_may_have_been_sent_before_a_restart_waits_out_its_not_after() -> None:
    """Its request's expiry is not known, so that its intent's stands in."""
    order = after(an_order(), Journalled(at_ns=NOW), RestartedFromJournal(at_ns=NOW + NS))
    assert after(order, *silence(BINANCE, NOT_AFTER - 5 * NS, NOT_AFTER - NS)).state is OrderState.UNKNOWN
    assert after(order, *silence(BINANCE, NOT_AFTER + NS, NOT_AFTER + 4 * NS)).state is OrderState.ABSENT


def test_a_stop_waits_until_a_price_sets_it_off_and_never_waits_again() -> None:
    """A view that still shows it waiting is late, not news."""
    order = after(sent(a_stop()), ACK)
    assert order.state is OrderState.WAITING

    order = after(order, seen(VenueStatus.WAITING), seen(VenueStatus.OPEN))
    assert (order.state, order.triggered) == (OrderState.OPEN, True)

    assert after(order, seen(VenueStatus.WAITING)).state is OrderState.OPEN
    assert after(order, seen(VenueStatus.WAITING), LOST, seen(VenueStatus.WAITING)).state is OrderState.OPEN


def test_a_stop_that_was_sent_and_not_acknowledged_is_found_waiting() -> None:
    """nautilus#4411: a live stop is not called rejected because nobody looked where it rests."""
    order = after(sent(a_stop()), LOST)
    assert order.state is OrderState.UNKNOWN

    order = after(order, seen(VenueStatus.WAITING))
    assert (order.state, order.filled) == (OrderState.WAITING, Quantity(0))


def test_a_stop_that_waits_is_cancelled_like_any_order_at_rest() -> None:
    """Asked once, and believed on evidence."""
    order, commands = story(sent(a_stop()), [ACK, CancelAsked(at_ns=NOW + 2 * NS, reason="flat")])
    assert Cancel() in commands

    order = after(order, seen(VenueStatus.WAITING))
    assert order.state is OrderState.CANCELLING
    assert after(order, seen(VenueStatus.CANCELLED)).state is OrderState.CANCELLED


@pytest.mark.parametrize("purpose", [Purpose.ENTRY, Purpose.PROTECT])
def test_only_a_stop_has_a_stop_price(purpose: Purpose) -> None:
    """What could be read two ways is refused."""
    stop = a_stop()
    for kind, price, stop_price in ((OrderType.LIMIT, 95, 95), (OrderType.STOP, None, None)):
        with pytest.raises(ValueError, match="stop price"):
            intend(
                stop.identity,
                venue="binance",
                side=stop.side,
                quantity=stop.quantity,
                price=Price(price) if price else None,
                now_ns=NOW,
                not_after_ns=NOT_AFTER,
                type=kind,
                stop_price=Price(stop_price) if stop_price else None,
                purpose=purpose,
            )


def test_an_amendment_is_believed_when_a_view_shows_it_and_the_larger_quantity_counts_until_then() -> None:
    """The same order under the same name, for less."""
    order, commands = story(sent(a_stop()), [ACK, AmendAsked(at_ns=NOW + 2 * NS, quantity=Quantity("0.4"))])
    assert Amend() in commands
    assert order.worst == Quantity(1)

    order, commands = story(order, [AmendAnswered(at_ns=NOW + 3 * NS, refused=False)])
    assert (order.quantity, LookUp() in commands) == (Quantity(1), True)

    order = after(order, replace(seen(VenueStatus.WAITING), quantity=Quantity("0.4")))
    assert (order.quantity, order.amend_to, order.state) == (Quantity("0.4"), None, OrderState.WAITING)
    assert after(order, replace(seen(VenueStatus.WAITING), quantity=Quantity(1))).quantity == Quantity("0.4")


def test_an_amendment_whose_answer_is_lost_is_asked_for_again_and_never_becomes_another_order() -> None:
    """nautilus#4564: the look-up shows the old quantity, so the same order is asked for less once more."""
    asked: list[OrderEvent] = [ACK, AmendAsked(at_ns=NOW + 2 * NS, quantity=Quantity("0.4"))]
    order = after(sent(a_stop()), *asked, AmendAnswered(at_ns=NOW + 3 * NS, refused=False))
    order = after(order, replace(seen(VenueStatus.WAITING), quantity=Quantity(1)))
    assert order.amend_to == Quantity("0.4")

    _, commands = story(order, [TimePassed(at_ns=NOW + 3 * NS + NS // 2)])
    assert Amend() not in commands
    _, commands = story(order, [TimePassed(at_ns=NOW + 9 * NS)])
    assert Amend() in commands
    assert Send() not in commands


def test_a_refused_amendment_is_given_up_and_a_cancel_goes_first() -> None:
    """What was refused would be refused again; and what is to end need not be smaller."""
    asked: list[OrderEvent] = [ACK, AmendAsked(at_ns=NOW + 2 * NS, quantity=Quantity("0.4"))]
    refused = after(sent(a_stop()), *asked, AmendAnswered(at_ns=NOW + 3 * NS, refused=True))
    assert refused.amend_to is None

    _, commands = story(sent(a_stop()), [ACK, CancelAsked(at_ns=NOW + 2 * NS, reason="flat"), asked[1]])
    assert Amend() not in commands


def test_an_order_is_only_ever_made_smaller_and_never_below_what_is_filled() -> None:
    """More would be another intent."""
    order = after(sent(a_stop()), ACK, seen(VenueStatus.OPEN, "0.5"))
    for quantity in ("2", "1", "0.5", "0.4"):
        _, commands = story(order, [AmendAsked(at_ns=NOW + 2 * NS, quantity=Quantity(quantity))])
        assert commands == ()
