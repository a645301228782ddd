"""Views with holes: what is left out, for how long, and that the undo leaves no trace."""

import random

import pytest

from simulator.exchange.events import BookChanged, Event, PublicTrade, TickerChanged
from simulator.exchange.orders import Side
from simulator.exchange.rejections import UnknownOrder
from simulator.exchange.venue import Venue
from tests.simulator.exchange.hand_clock import SECOND_NS, HandClock, limit, small_exchange

BUY = Side.BUY


def open_venue() -> tuple[HandClock, Venue]:
    clock = HandClock()
    return clock, Venue(small_exchange(clock), clock)


def place(venue: Venue, count: int) -> list[int]:
    requests = [limit("ann", BUY, f"{50_000 + number}", "0.01") for number in range(count)]
    return [venue.exchange.submit(request).order_id for request in requests]


def found(venue: Venue, order_ids: list[int]) -> list[int]:
    seen = []
    for order_id in order_ids:
        try:
            seen.append(venue.rest.picture.order("ann", order_id=order_id).order_id)
        except UnknownOrder:
            continue
    return seen


def test_a_new_order_is_not_found_for_a_while_though_the_list_has_it() -> None:
    clock, venue = open_venue()
    old = place(venue, 1)
    clock.turn(1)
    venue.rest.hide_new_orders(share=1, for_ns=2 * SECOND_NS, random=random.Random(1))

    new = place(venue, 3)

    assert found(venue, old + new) == old
    assert [record.order_id for record in venue.rest.picture.open_orders("ann")] == old + new
    assert venue.exchange.truth.order("ann", order_id=new[0]).is_open
    clock.turn(2 * SECOND_NS)
    assert found(venue, old + new) == old + new


def test_an_order_that_is_not_found_yet_stays_so_and_the_undo_ends_it() -> None:
    _, venue = open_venue()
    undo = venue.rest.hide_new_orders(share=0.5, for_ns=SECOND_NS, random=random.Random(1))
    order_ids = place(venue, 40)

    first = found(venue, order_ids)
    assert 5 < len(first) < 35
    assert found(venue, order_ids) == first
    undo()
    undo()

    assert found(venue, order_ids) == order_ids


def test_the_list_of_open_orders_lacks_rows_and_look_ups_do_not() -> None:
    _, venue = open_venue()
    order_ids = place(venue, 40)
    undo = venue.rest.miss_open_orders(share=0.3, random=random.Random(1))

    lists = [[record.order_id for record in venue.rest.picture.open_orders("ann")] for _ in range(5)]

    assert all(10 < len(one) < 40 and set(one) < set(order_ids) for one in lists)
    assert len({tuple(one) for one in lists}) == 5
    assert found(venue, order_ids) == order_ids
    undo()
    assert [record.order_id for record in venue.rest.picture.open_orders("ann")] == order_ids


def test_a_silent_stream_loses_what_happens_meanwhile_but_its_snapshots_do_not() -> None:
    clock, venue = open_venue()
    heard: list[Event] = []
    venue.private.subscribe(heard.append)
    undo = venue.private.silence()

    place(venue, 2)
    clock.turn(SECOND_NS)
    assert heard == []
    assert len(venue.private.picture.open_orders("ann")) == 2
    undo()
    place(venue, 1)
    clock.turn(SECOND_NS)

    assert len(heard) == 2


def test_a_book_that_skips_a_change_leaves_a_gap_in_its_numbers() -> None:
    clock, venue = open_venue()
    heard: list[Event] = []
    venue.public.subscribe(heard.append)
    venue.public.skip(BookChanged, share=0.4, random=random.Random(2))

    place(venue, 30)
    clock.turn(SECOND_NS)

    numbers = [event.update_id for event in heard if isinstance(event, BookChanged)]
    assert 8 < len(numbers) < 28
    assert numbers == sorted(set(numbers))
    assert len([event for event in heard if isinstance(event, TickerChanged)]) == 30
    assert venue.public.picture.book("BTC/USDT") == venue.exchange.truth.book("BTC/USDT")


def test_taking_one_fault_away_leaves_the_other_as_it_was() -> None:
    def heard_with(*, also_trades: bool) -> list[int]:
        clock, venue = open_venue()
        heard: list[Event] = []
        venue.public.subscribe(heard.append)
        if also_trades:
            venue.public.skip(PublicTrade, BookChanged, share=0.5, random=random.Random(5))
        venue.public.skip(BookChanged, share=0.5, random=random.Random(6))
        place(venue, 30)
        clock.turn(SECOND_NS)
        return [event.update_id for event in heard if isinstance(event, BookChanged)]

    assert set(heard_with(also_trades=True)) < set(heard_with(also_trades=False))


def test_a_hidden_order_of_a_stranger_is_as_unknown_as_ever() -> None:
    _, venue = open_venue()
    (order_id,) = place(venue, 1)

    with pytest.raises(UnknownOrder):
        venue.rest.picture.order("ben", order_id=order_id)
