"""The laws of an order's life, over all events in all orders that Hypothesis can think of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.errors import InvariantBroken
from engine.domain.evidence import NotSeen, Seen, Trade, VenueStatus, View, ViewFailed
from engine.domain.messages import OrderState
from engine.domain.money import Money, Quantity
from engine.domain.order import FINAL, Order, from_record, to_record
from engine.domain.order_events import (
    Acknowledged,
    AmendAnswered,
    AmendAsked,
    CancelAnswer,
    CancelAnswered,
    CancelAsked,
    Journal,
    Journalled,
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
from engine.domain.order_learning import BY_ITSELF
from engine.domain.order_step import step
from engine.domain.ticket import OrderType
from engine.domain.trouble import Trouble, TroubleKind
from engine.domain.venue_facts import NS, VenueFacts
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
    seen,
    sent,
)

TROUBLE = Trouble(kind=TroubleKind.UNKNOWN, venue="binance", operation="look_up")
ORDERS = st.sampled_from([an_order(), a_stop()])
FACTS = st.sampled_from([BINANCE, KRAKEN, MEMORY])
TIMES = st.integers(NOW, NOT_AFTER + 30 * NS)
AMOUNTS = st.sampled_from(["0", "0.25", "0.5", "0.75", "1"])
TRADES = st.lists(st.tuples(st.integers(1, 4), st.booleans()), unique_by=lambda told: told[0]).map(
    lambda told: [replace(a_trade(number, "0.25"), taken_back=gone) for number, gone in told]
)


@st.composite
def positive_readings(draw: st.DrawFn) -> Seen:
    """Any positive reading, consistent or not."""
    status = draw(st.sampled_from([None, *VenueStatus]))
    quantity = draw(st.sampled_from([None, Quantity(1), Quantity("0.75"), Quantity("0.5")]))
    return replace(_reading(draw, status), quantity=quantity)


def _reading(draw: st.DrawFn, status: VenueStatus | None) -> Seen:
    return seen(status, draw(AMOUNTS), *draw(TRADES), view=draw(st.sampled_from(View)), at_ns=draw(TIMES))


NETWORK_ERRORS: st.SearchStrategy[OrderEvent] = st.one_of(
    st.builds(OutcomeLost, at_ns=TIMES, reason=st.just("reset")),
    st.builds(ViewFailed, view=st.sampled_from(View), trouble=st.just(TROUBLE)),
    st.builds(CancelAsked, at_ns=TIMES, reason=st.just("ttl")),
    st.builds(CancelAnswered, at_ns=TIMES, answer=st.sampled_from(CancelAnswer)),
    st.builds(RestartedFromJournal, at_ns=TIMES),
    st.builds(TimePassed, at_ns=TIMES),
    st.builds(SendBegan, at_ns=TIMES, expires_ns=st.integers(NOW, NOT_AFTER)),
)
EVENTS: st.SearchStrategy[OrderEvent] = st.one_of(
    NETWORK_ERRORS,
    positive_readings(),
    st.builds(NotSeen, view=st.sampled_from(View), at_ns=TIMES),
    st.builds(Journalled, at_ns=TIMES),
    st.builds(Acknowledged, at_ns=TIMES, venue_order_id=st.sampled_from(["7", "8"])),
    st.builds(RefusedByVenue, at_ns=TIMES, reason=st.just("no"), final=st.booleans(), retry_ns=TIMES),
    st.builds(NotSent, at_ns=TIMES, reason=st.just("breaker"), retry_ns=TIMES),
    st.builds(AmendAsked, at_ns=TIMES, quantity=st.sampled_from([Quantity("0.5"), Quantity("0.75"), Quantity(2)])),
    st.builds(AmendAnswered, at_ns=TIMES, refused=st.booleans()),
    st.builds(RefusedByUs, at_ns=TIMES, reason=st.just("limit")),
)


@given(ORDERS, st.lists(EVENTS, max_size=30), FACTS)
def test_whatever_happens_the_laws_hold(order: Order, events: list[OrderEvent], facts: VenueFacts) -> None:
    """Ends are final, fills only grow unless they are taken back, and each visible change is published once."""
    for event in events:
        before, (order, commands) = order, step(order, event, facts)

        lost = _lost(before, order)
        ended_with_less = before.state in BY_ITSELF and order.state is OrderState.CANCELLED
        assert not before.final or order.state is before.state or (before.gone < order.gone and ended_with_less)
        assert before.filled - lost <= order.filled <= order.quantity <= before.quantity
        assert order.state is not OrderState.FILLED or order.filled == order.quantity
        assert order.amend_to is None or order.amend_to < order.quantity
        assert before.traded - lost <= order.traded <= order.filled
        assert order.worst >= before.filled - lost
        assert before.gone <= order.gone
        assert order.client_order_id == before.client_order_id
        assert order.triggered or not before.triggered
        assert order.state is not OrderState.WAITING or (order.type is OrderType.STOP and not order.triggered)
        visible = (order.state, order.filled) != (before.state, before.filled)
        assert not visible or Publish() in commands
        assert (Publish() in commands) == (order.sequence == before.sequence + 1)
        assert Publish() not in commands or commands[:2] == (Journal(), Publish())


def _lost(before: Order, order: Order) -> Quantity:
    return sum((fill.quantity for fill in before.fills if fill.trade_id in order.gone), Quantity(0))


@given(ORDERS, st.lists(EVENTS, max_size=30), FACTS)
def test_an_order_is_sent_only_while_nothing_of_it_can_live_at_the_venue(
    order: Order, events: list[OrderEvent], facts: VenueFacts
) -> None:
    """Durable first, in time, and never a second time where the first may have been executed and forgotten."""
    for event in events:
        before, (order, commands) = order, step(order, event, facts)
        if Send() in commands:
            assert order.journalled
            assert not order.cancel_wanted
            assert order.venue_order_id is None
            assert facts.id_protects or not order.uncertain
            assert order.state in (OrderState.INTENDED, OrderState.UNKNOWN), before


@given(ORDERS, st.lists(NETWORK_ERRORS, max_size=40), FACTS)
def test_no_network_error_ends_an_order(first: Order, events: list[OrderEvent], facts: VenueFacts) -> None:
    """nautilus#4152: running out of retries is no evidence."""
    order = after(sent(first), OutcomeLost(at_ns=NOW, reason="timed out"), *events, facts=facts)
    assert order.state not in FINAL


CANCEL_STORIES = st.lists(
    st.sampled_from([*CancelAnswer, View.FILLS, View.FILLS, View.LOOK_UP, RestartedFromJournal]),
    min_size=15,
    max_size=20,
)


@given(ORDERS, CANCEL_STORIES, st.sampled_from([BINANCE, KRAKEN]))
def test_cancels_end_an_order_only_by_taking_it_then_missing_it_then_silent_fills(
    first: Order, told: list[object], facts: VenueFacts
) -> None:
    """One thing a second is told, while every view but the fills calls it open: by then it is over, or it lives."""
    asked = CancelAsked(at_ns=NOW, reason="an exit")
    order = after(sent(first), Acknowledged(at_ns=NOW, venue_order_id="7"), asked, facts=facts)
    taken, none_left_s, over = False, None, False
    for second, one in enumerate(told):
        at_ns = NOW + second * NS
        if isinstance(one, CancelAnswer):
            order = after(order, CancelAnswered(at_ns=at_ns, answer=one), facts=facts)
            if one is CancelAnswer.ACCEPTED:
                taken, none_left_s = True, None
            elif one is CancelAnswer.NOT_FOUND and taken and none_left_s is None:
                none_left_s = second
        elif one is View.FILLS:
            order = after(order, NotSeen(view=View.FILLS, at_ns=at_ns), facts=facts)
            over |= none_left_s is not None and (second - none_left_s) * NS > facts.view_lag_ns
        elif isinstance(one, View):
            order = after(order, seen(at_ns=at_ns, view=one), facts=facts)
        else:
            order = after(order, RestartedFromJournal(at_ns=at_ns), facts=facts)
        assert order.final == over
        assert order.filled == Quantity(0)


@given(ORDERS, st.lists(EVENTS, max_size=10), positive_readings(), FACTS)
def test_a_fact_that_is_known_changes_nothing(
    order: Order, events: list[OrderEvent], fact: Seen, facts: VenueFacts
) -> None:
    """Streams repeat, polls repeat, the journal replays."""
    once = after(order, *events, fact, facts=facts)
    twice, commands = step(once, fact, facts)
    assert twice == once
    assert Journal() not in commands
    assert Publish() not in commands


@given(ORDERS, st.lists(EVENTS, max_size=15), FACTS)
def test_an_order_comes_back_from_the_journal_as_it_went_in(
    first: Order, events: list[OrderEvent], facts: VenueFacts
) -> None:
    """Every reachable order can be written and read."""
    order = after(first, *events, facts=facts)
    assert from_record(to_record(order)) == order


@st.composite
def histories(draw: st.DrawFn) -> list[Seen]:
    """What all views of one consistent venue tell in the end about one order: each fact of its true history."""
    shares = draw(st.lists(st.sampled_from(["0.1", "0.2", "0.3"]), max_size=3))
    trades = [a_trade(number, share, str(100 - number)) for number, share in enumerate(shares)]
    filled = sum((trade.quantity for trade in trades), Quantity(0))
    if draw(st.booleans()):
        trades.append(a_trade(9, str(Quantity(1) - filled), "99"))
    end = VenueStatus.FILLED if trades and trades[-1].trade_id == "9" else draw(st.sampled_from(VenueStatus))
    end = VenueStatus.CANCELLED if end is VenueStatus.REJECTED and trades else end
    facts = [_snapshot(trades[:count], VenueStatus.OPEN) for count in range(len(trades) + 1)]
    facts = [_snapshot([], VenueStatus.WAITING), *facts] if draw(st.booleans()) else facts
    facts += [seen(None, "0", trade, view=View.STREAM) for trade in trades]
    facts += [seen(None, "0", *trades, view=View.FILLS)] if trades else []
    last = _snapshot(trades, end)
    return [*facts[: draw(st.integers(0, len(facts)))], *([facts[-1]] if trades else []), last]


def _snapshot(trades: list[Trade], status: VenueStatus) -> Seen:
    filled = sum((trade.quantity for trade in trades), Quantity(0))
    cost = sum((trade.price * trade.quantity for trade in trades), Money(0))
    return replace(seen(status, str(filled)), cost=cost)


@st.composite
def histories_with_reversals(draw: st.DrawFn) -> list[Seen]:
    """What a venue tells of an order some of whose fills it took back, as it read at each time, with its fills."""
    trades = [a_trade(number, "0.25", str(100 - number)) for number in range(draw(st.integers(1, 4)))]
    gone = draw(st.sets(st.sampled_from(range(len(trades))), min_size=1))
    facts = [
        _told(trades[:count], VenueStatus.FILLED if count == 4 else VenueStatus.OPEN)
        for count in range(1, len(trades) + 1)
    ]
    for number in gone:
        trades[number] = replace(trades[number], taken_back=True)
        facts += [seen(None, "0", trades[number], view=View.STREAM), _told(trades, VenueStatus.CANCELLED)]
    return [*draw(st.lists(st.sampled_from(facts), max_size=5)), facts[-1]]


def _told(trades: list[Trade], status: VenueStatus) -> Seen:
    standing = [trade for trade in trades if not trade.taken_back]
    return replace(_snapshot(standing, status), trades=tuple(trades))


@given(ORDERS, histories_with_reversals(), FACTS, st.data())
@settings(max_examples=200)
def test_what_a_venue_has_taken_back_counts_no_more_whatever_old_readings_say(
    order: Order, facts_told: list[Seen], facts: VenueFacts, data: st.DataObject
) -> None:
    """In any order, any number of times, before the fill itself was told or long after."""
    told = data.draw(st.permutations(facts_told))
    end = after(sent(order), *told, facts=facts)

    standing = [trade for trade in facts_told[-1].trades if not trade.taken_back]
    assert end.filled == end.traded == sum((trade.quantity for trade in standing), Quantity(0))
    assert end.cost == sum((trade.price * trade.quantity for trade in standing), Money(0))
    assert (end.state, end.settled) == (OrderState.CANCELLED, True)


@given(ORDERS, histories(), st.booleans(), FACTS, st.data())
@settings(max_examples=200)
def test_facts_in_any_order_and_any_number_end_in_the_same_order(
    order: Order, facts_told: list[Seen], asked: bool, facts: VenueFacts, data: st.DataObject
) -> None:
    """Two views that disagree in time agree in the end."""
    begun = after(sent(order), CancelAsked(at_ns=NOW, reason="ttl")) if asked else sent(order)
    told = data.draw(st.permutations(facts_told + data.draw(st.lists(st.sampled_from(facts_told), max_size=3))))

    assert _gist(after(begun, *told, facts=facts)) == _gist(after(begun, *facts_told, facts=facts))


def _gist(order: Order) -> tuple[object, ...]:
    return order.state, order.filled, order.cost, order.trades, order.venue_order_id, order.settled


@given(st.lists(st.tuples(st.sampled_from(View), st.integers(NOW, EXPIRES + 2 * NS)), max_size=60))
def test_no_silence_that_could_be_a_lagging_view_ends_an_order(readings: list[tuple[View, int]]) -> None:
    """Until expiry plus lag, a view may still show a time before the order was there."""
    silences = [NotSeen(view=view, at_ns=at_ns) for view, at_ns in sorted(readings, key=lambda reading: reading[1])]
    order = after(sent(), OutcomeLost(at_ns=NOW, reason="reset"), *silences)
    assert order.state is OrderState.UNKNOWN


def test_a_request_that_would_outlive_its_intent_is_an_alarm() -> None:
    """The one event that a service can get wrong is not let through."""
    with pytest.raises(InvariantBroken):
        after(an_order(), SendBegan(at_ns=NOW, expires_ns=NOT_AFTER + 1))
