"""Stops over real HTTP bytes to simulated venues: placed, found where they rest, set off, refused, cancelled."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.domain.evidence import Seen, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.safety import Purpose
from engine.domain.ticket import Accepted, CancelAccepted, OrderType, Refused, Ticket
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from simulator.exchange.orders import OrderStatus
from tests.engine.venues.stage import VENUES, a_stage, a_ticket, place, ref_of, symbol_at

WITH_STOPS = ("binance", "binanceusdm", "kraken", "okx", "bybit", "coinbase")
EACH_VENUE = pytest.mark.parametrize("name", WITH_STOPS)


def a_stop(venue: Venue, stop_price: str, price: str | None = None) -> Ticket:
    """A stop that sells a hundredth of a coin."""
    ticket = a_ticket(venue, "1", side=Side.SELL, decision=f"stop{stop_price}")
    if price is None and venue.facts.stops_need_limit:
        price = str(int(stop_price) - 5_000)
    return replace(
        ticket,
        type=OrderType.STOP,
        price=None if price is None else Price(price),
        stop_price=Price(stop_price),
        purpose=Purpose.PROTECT,
    )


async def hold(venue: Venue) -> None:
    """Have a hundredth of a coin to sell: where positions are held, it must be bought first."""
    if venue.facts.holds_positions:
        await place(venue, a_ticket(venue, "61000", decision="held"))


@EACH_VENUE
@pytest.mark.parametrize("price", [None, "57000"])
def test_a_stop_rests_and_is_found_waiting_in_every_view_that_shows_open_orders(name: str, price: str | None) -> None:
    """nautilus#4411: by the client id as long as the venue's is not known, and the coins are locked meanwhile."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await hold(venue)
            ticket = a_stop(venue, "58000", price)
            venue_id = await place(venue, ticket)
            for ref in (ref_of(ticket), ref_of(ticket, venue_id)):
                for view in (View.LOOK_UP, View.OPEN_ORDERS):
                    (seen,) = await venue.look_up(ref, [view])
                    assert isinstance(seen, Seen)
                    assert (seen.status, seen.filled) == (VenueStatus.WAITING, Quantity(0))
            (resting,) = await venue.open_orders(symbol_at(venue))
            assert (resting.client_order_id, resting.stop_price) == (ticket.client_order_id, Price(58_000))
            assert resting.price == ticket.price
            if venue.facts.stop_locks:
                assert (await venue.balances())["BTC"].held == Decimal("0.01" if venue.facts.stop_holds else "0")

            outcome = await venue.cancel(ref_of(ticket, venue_id), expires_ns=venue.now_ns() + 5 * NS)
            assert isinstance(outcome, CancelAccepted)
            await asyncio.sleep(1)
            (seen,) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            assert seen.status is VenueStatus.CANCELLED

        stage.tell(story)
    if name != "binanceusdm":  # where it was no order before its price came
        (order,) = stage.orders()
        assert order.stop_ticks is not None


@EACH_VENUE
def test_a_stop_that_a_price_sets_off_is_told_filled_with_its_trades(name: str) -> None:
    """At the market, whatever that is by then, under the names that it has had from the beginning."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await hold(venue)
            ticket = a_stop(venue, "58000")
            venue_id = await place(venue, ticket)
            stage.quote(57_500)
            await asyncio.sleep(2)
            for ref in (ref_of(ticket), ref_of(ticket, venue_id)):
                for views in (venue.facts.views, (View.CLOSED_ORDERS, View.FILLS)):
                    *_, order, fills = await venue.look_up(ref, views)
                    assert isinstance(order, Seen)
                    assert isinstance(fills, Seen)
                    assert (order.status, order.filled) == (VenueStatus.FILLED, Quantity("0.01"))
                    assert sum((trade.quantity for trade in fills.trades), Quantity(0)) == Quantity("0.01")
                    assert {order.venue_order_id, *(each.venue_order_id for each in fills.trades)} == {venue_id}
            told = await venue.fills_since(symbol_at(venue), ticket.since_ns)
            assert venue_id in {each.venue_order_id for each in told}
            assert await venue.whose(symbol_at(venue), [venue_id]) == {venue_id: ticket.client_order_id}

        stage.tell(story)


@EACH_VENUE
def test_a_stop_with_a_limit_that_is_passed_over_is_told_open_and_not_waiting(name: str) -> None:
    """It was set off, and rests where nobody buys: no protection any more."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await hold(venue)
            ticket = a_stop(venue, "58000", "57900")
            await place(venue, ticket)
            stage.quote(56_000)
            await asyncio.sleep(2)
            (seen,) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            assert seen.status is VenueStatus.OPEN
            (resting,) = await venue.open_orders(symbol_at(venue))
            assert (resting.client_order_id, resting.status) == (ticket.client_order_id, VenueStatus.OPEN)
            assert resting.venue_order_id == seen.venue_order_id
            assert stage.orders()[-1].status is OrderStatus.NEW

            ref = ref_of(ticket, seen.venue_order_id)
            assert isinstance(await venue.cancel(ref, expires_ns=venue.now_ns() + 5 * NS), CancelAccepted)

        stage.tell(story)
    assert stage.orders()[-1].status is OrderStatus.CANCELED


@EACH_VENUE
def test_what_the_private_stream_tells_of_a_stop_agrees_with_the_views(name: str) -> None:
    """Waiting first, and in the end filled."""
    with a_stage(name) as stage:
        told: list[tuple[tuple[str | None, str], VenueStatus | None]] = []

        async def story(venue: Venue) -> None:
            async def listen() -> None:
                async for news in venue.order_news():
                    told.append(((news.client_order_id, news.venue_order_id), news.seen.status))  # noqa: PERF401  # the stream has no end to collect it at

            hearing = asyncio.get_running_loop().create_task(listen())
            await hold(venue)
            await asyncio.sleep(3)
            told.clear()
            await place(venue, a_stop(venue, "58000"))
            stage.quote(57_500)
            await asyncio.sleep(2)
            hearing.cancel()

        stage.tell(story)
    (named, first), *_, (named_last, last) = [each for each in told if each[1] is not None]
    assert (first, last) == (VenueStatus.WAITING, VenueStatus.FILLED)
    assert named == named_last


@EACH_VENUE
def test_a_stop_that_could_never_wait_is_a_final_refusal(name: str) -> None:
    """One for more coins than there are, or for a price that is there already: an answer, not a doubt."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            at = "62000" if venue.facts.holds_positions or not venue.facts.stop_holds else "58000"
            outcome = await venue.place(replace(a_stop(venue, at), quantity=Quantity(5)))
            assert isinstance(outcome, Refused), outcome
            assert outcome.final

        stage.tell(story)


@pytest.mark.parametrize("name", [name for name in VENUES if name not in WITH_STOPS])
def test_where_stops_cannot_be_found_again_none_is_placed(name: str) -> None:
    """Above all no order of another kind, which would sell at once."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            assert not venue.facts.takes_stops
            outcome = await venue.place(a_stop(venue, "58000"))
            assert isinstance(outcome, Refused), outcome

        stage.tell(story)
    assert stage.orders() == []


def test_where_a_stop_needs_a_limit_one_without_is_not_sent() -> None:
    """Coinbase has none that sells at the market; what would be sent instead sells at once."""
    with a_stage("coinbase") as stage:

        async def story(venue: Venue) -> None:
            assert venue.facts.stops_need_limit
            outcome = await venue.place(replace(a_stop(venue, "58000"), price=None))
            assert isinstance(outcome, Refused), outcome
            assert outcome.final

        stage.tell(story)
    assert stage.orders() == []


@pytest.mark.parametrize("name", ["kraken", "bybit"])
def test_a_stop_is_made_smaller_where_it_rests_and_keeps_its_names(name: str) -> None:
    """What it no longer locks is free."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            assert venue.facts.amends
            ticket = a_stop(venue, "58000")
            venue_id = await place(venue, ticket)
            for ref, quantity in ((ref_of(ticket, venue_id), "0.006"), (ref_of(ticket), "0.004")):
                outcome = await venue.amend(ref, Quantity(quantity), expires_ns=venue.now_ns() + 5 * NS)
                assert isinstance(outcome, Accepted), outcome
                await asyncio.sleep(1)
                (seen,) = await venue.look_up(ref, [View.LOOK_UP])
                assert isinstance(seen, Seen)
                assert (seen.quantity, seen.status) == (Quantity(quantity), VenueStatus.WAITING)
                assert seen.venue_order_id == venue_id
            assert (await venue.balances())["BTC"].held == Decimal("0.004")

            await venue.cancel(ref_of(ticket), expires_ns=venue.now_ns() + 5 * NS)
            outcome = await venue.amend(ref_of(ticket), Quantity("0.002"), expires_ns=venue.now_ns() + 5 * NS)
            assert not isinstance(outcome, Accepted)

        stage.tell(story)
    assert len(stage.orders()) == 1
