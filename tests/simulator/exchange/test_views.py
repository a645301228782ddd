"""Views: the truth, late, in order, and never backwards."""

import pytest

from simulator.exchange.events import (
    BalanceChanged,
    BookChanged,
    Event,
    OrderChanged,
    PublicTrade,
    TickerChanged,
    Traded,
)
from simulator.exchange.orders import Side
from simulator.exchange.rejections import UnknownOrder
from simulator.exchange.venue import ApiKey, Venue
from tests.simulator.exchange.hand_clock import SECOND_NS, SYMBOL, HandClock, limit, small_exchange

BUY, SELL = Side.BUY, Side.SELL


def late_venue(clock: HandClock, *, rest_s: int = 0, public_s: int = 0, private_s: int = 0) -> Venue:
    return Venue(
        small_exchange(clock),
        clock,
        rest_lag_ns=rest_s * SECOND_NS,
        public_lag_ns=public_s * SECOND_NS,
        private_lag_ns=private_s * SECOND_NS,
    )


def test_rest_does_not_find_an_order_that_was_just_placed() -> None:
    clock = HandClock()
    venue = late_venue(clock, rest_s=2)
    record = venue.exchange.submit(limit("ann", BUY, "59000", "0.1"))

    clock.turn(2 * SECOND_NS - 1)
    with pytest.raises(UnknownOrder):
        venue.rest.picture.order("ann", order_id=record.order_id)
    assert venue.rest.picture.balances("ann")["USDT"].locked == 0
    assert venue.rest.picture.book(SYMBOL).bids == ()
    clock.turn(1)

    assert venue.rest.picture.order("ann", order_id=record.order_id) == record
    assert venue.rest.picture.balances("ann")["USDT"].locked == 5_900
    assert venue.rest.picture.book(SYMBOL).bids == ((5_900_000, 10_000),)


def test_without_a_lag_rest_shows_the_truth() -> None:
    clock = HandClock()
    venue = late_venue(clock)

    record = venue.exchange.submit(limit("ann", BUY, "59000", "0.1"))

    assert venue.rest.picture.open_orders("ann") == [record]


def test_a_view_whose_lag_grows_stands_still_and_never_goes_back() -> None:
    clock = HandClock()
    venue = late_venue(clock)
    first = venue.exchange.submit(limit("ann", BUY, "59000", "0.1"))
    assert venue.rest.picture.open_orders("ann") == [first]

    venue.rest.lag_ns = 10 * SECOND_NS
    clock.turn(SECOND_NS)
    second = venue.exchange.submit(limit("ann", BUY, "59001", "0.1"))
    assert venue.rest.picture.open_orders("ann") == [first]
    clock.turn(5 * SECOND_NS)
    assert venue.rest.picture.open_orders("ann") == [first]

    venue.rest.lag_ns = SECOND_NS
    assert venue.rest.picture.open_orders("ann") == [first, second]


def test_streams_tell_each_its_own_kind_in_order_and_late() -> None:
    clock = HandClock()
    venue = late_venue(clock, public_s=1, private_s=3)
    public: list[Event] = []
    private: list[Event] = []
    venue.public.subscribe(public.append)
    venue.private.subscribe(private.append)
    venue.exchange.submit(limit("ann", SELL, "60000", "0.1"))
    venue.exchange.submit(limit("ben", BUY, "60000", "0.1"))

    clock.turn(SECOND_NS)
    assert [type(event) for event in public] == [BookChanged, TickerChanged, PublicTrade, BookChanged, TickerChanged]
    assert private == []
    clock.turn(2 * SECOND_NS)

    of_ben = [event for event in private if isinstance(event, OrderChanged | Traded) and event.at_ns == 0]
    assert [type(event) for event in of_ben[1:]] == [OrderChanged, OrderChanged, Traded, OrderChanged, Traded]
    assert isinstance(private[-1], BalanceChanged)


def test_a_stream_without_lag_speaks_after_the_exchange_has_finished() -> None:
    clock = HandClock()
    venue = late_venue(clock)
    heard: list[Event] = []
    venue.private.subscribe(heard.append)

    venue.exchange.submit(limit("ann", BUY, "59000", "0.1"))

    assert heard == []
    clock.turn(0)
    assert [type(event) for event in heard] == [OrderChanged, BalanceChanged]


def test_a_stream_whose_lag_ends_tells_at_once_what_it_owes() -> None:
    clock = HandClock()
    venue = late_venue(clock, private_s=60)
    heard: list[Event] = []
    venue.private.subscribe(heard.append)
    for price in ("59000", "59001"):
        venue.exchange.submit(limit("ann", BUY, price, "0.1"))
        clock.turn(SECOND_NS)

    venue.private.lag_ns = 0
    clock.turn(0)

    records = [event.record for event in heard if isinstance(event, OrderChanged)]
    assert records == venue.exchange.truth.orders("ann") == venue.private.picture.orders("ann")


def test_who_has_unsubscribed_hears_nothing_more() -> None:
    clock = HandClock()
    venue = late_venue(clock)
    heard: list[Event] = []
    leave = venue.public.subscribe(heard.append)

    leave()
    venue.exchange.submit(limit("ann", BUY, "59000", "0.1"))
    clock.turn(SECOND_NS)

    assert heard == []


def test_what_was_before_the_venue_opened_is_known_to_every_view() -> None:
    clock = HandClock()
    exchange = small_exchange(clock)
    record = exchange.submit(limit("ann", BUY, "59000", "0.1"))

    venue = Venue(exchange, clock, rest_lag_ns=SECOND_NS)

    assert venue.rest.picture.open_orders("ann") == [record]
    assert venue.private.picture.open_orders("ann") == [record]


def test_a_view_nobody_asks_does_not_hoard_the_past() -> None:
    clock = HandClock()
    venue = late_venue(clock, rest_s=1)

    for _ in range(2_000):
        venue.exchange.cancel("ann", order_id=venue.exchange.submit(limit("ann", BUY, "59000", "0.1")).order_id)
        clock.turn(SECOND_NS)

    assert len(venue.rest._unread) < 5_000


def test_keys_open_accounts_until_they_are_revoked_and_never_show_their_secret() -> None:
    venue = late_venue(HandClock())
    venue.issue_key(ApiKey(account="ann", key="public-part", secret="hush", passphrase="quiet"))

    found = venue.key("public-part")
    venue.revoke_key("public-part")

    assert found is not None
    assert found.account == "ann"
    assert "hush" not in repr(found)
    assert "quiet" not in repr(found)
    assert venue.key("public-part") is None
    assert venue.key("never issued") is None
