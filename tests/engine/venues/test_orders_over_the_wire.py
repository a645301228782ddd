"""Orders over real HTTP bytes to simulated venues, on good days and bad ones."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.domain.evidence import NotSeen, Seen, VenueStatus, View, ViewFailed
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.ticket import Accepted, CancelAccepted, Refused, TimeInForce, Unknown
from engine.domain.trouble import TroubleKind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from simulator.dialects.call import EndpointKind
from simulator.dialects.gate import Rule
from tests.engine.venues.stage import (
    VENUES,
    a_stage,
    a_ticket,
    coins_at,
    kinds,
    place,
    ref_of,
    scales,
    symbol_at,
    traded_by,
)

EACH_VENUE = pytest.mark.parametrize("name", VENUES)
ORDERS: frozenset[EndpointKind] = frozenset({"orders"})


@EACH_VENUE
def test_what_a_venue_declares_is_learned_when_it_is_opened(name: str) -> None:
    """Steps and minimums, exactly."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            btc = venue.instrument(symbol_at(venue))
            truth = stage.exchange.instrument(traded_by(name))
            price_scale, size_scale = scales(name)
            assert (btc.tick_size, btc.lot_size) == (truth.tick_size, truth.lot_size)
            assert btc.quantity_min == Quantity(5 if name == "polymarket" else truth.min_quantity)
            assert (await venue.quote(btc.symbol)).last == Price(60_000 * price_scale)
            balances = await venue.balances()
            coins = balances[btc.asset].total if btc.asset in balances else 0
            assert (coins, balances[btc.quote].free) == (coins_at(name) * size_scale, Decimal(200_000))
            with pytest.raises(KeyError):
                venue.instrument("DOGE/USDT")

        stage.tell(story)


@EACH_VENUE
def test_an_order_rests_is_found_by_every_way_and_is_cancelled(name: str) -> None:
    """By client id while the venue's is not known, and by that afterwards."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue)
            venue_id = await place(venue, ticket)
            for ref in (ref_of(ticket), ref_of(ticket, venue_id)):
                for view in (View.LOOK_UP, View.OPEN_ORDERS):
                    (seen,) = await venue.look_up(ref, [view])
                    assert isinstance(seen, Seen)
                    assert (seen.status, seen.venue_order_id) == (VenueStatus.OPEN, venue_id)
            assert [order.client_order_id for order in await venue.open_orders(symbol_at(venue))] == [
                ticket.client_order_id
            ]

            outcome = await venue.cancel(ref_of(ticket), expires_ns=venue.now_ns() + 5 * NS)
            assert isinstance(outcome, CancelAccepted)
            await asyncio.sleep(1)
            (seen,) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            assert (seen.status, seen.filled) == (VenueStatus.CANCELLED, Quantity(0))
            assert await venue.open_orders(symbol_at(venue)) == ()

        stage.tell(story)


@EACH_VENUE
def test_a_fill_is_told_with_its_price_and_fee(name: str) -> None:
    """The look-up that finds it filled reads its trades at once."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, "61000")
            await place(venue, ticket)
            *_, order, fills = await venue.look_up(ref_of(ticket), venue.facts.views)
            assert isinstance(order, Seen)
            assert isinstance(fills, Seen)
            assert (order.status, order.filled) == (VenueStatus.FILLED, ticket.quantity)
            (trade,) = fills.trades
            (truth,) = stage.exchange.truth.trades("main")
            assert order.cost == (None if name == "okx" else trade.price * trade.quantity)
            paid_in = symbol_at(venue).split("/")[0] if truth.fee_asset == traded_by(name) else truth.fee_asset
            assert (trade.fee, trade.fee_asset) == (truth.fee, paid_in)
            (again,) = await venue.fills_since(symbol_at(venue), venue.now_ns() - 60 * NS)
            assert again == replace(trade, client_order_id=ticket.client_order_id)

        stage.tell(story)


@EACH_VENUE
def test_an_order_that_never_was_is_seen_by_no_view(name: str) -> None:
    """Every declared view says so."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "61000", decision="another"))
            evidence = await venue.look_up(ref_of(a_ticket(venue)), venue.facts.views)
            assert kinds(evidence) == ["NotSeen"] * len(venue.facts.views)

        stage.tell(story)


@EACH_VENUE
@pytest.mark.parametrize("price", ["50000", "61000"])
def test_a_lost_answer_is_unknown_and_found_by_looking(name: str, price: str) -> None:
    """Whether the order rests, or was filled before anybody looked (ccxt#2599)."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, price)
            rule = Rule(kind="ack_lost", endpoints=ORDERS)
            stage.gate.add(rule)
            outcome = await venue.place(ticket)
            stage.gate.remove(rule)
            assert isinstance(outcome, Unknown)
            await asyncio.sleep(1)
            assert "Seen" in kinds(await venue.look_up(ref_of(ticket), venue.facts.views))

        stage.tell(story)
        assert len(stage.orders()) == 1


@EACH_VENUE
def test_fills_alone_betray_an_order_whose_answer_was_lost(name: str) -> None:
    """A fill names the venue's id only: whose it is, is looked up."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "61000", decision="known"))
            ticket = a_ticket(venue, "61000")
            rule = Rule(kind="ack_lost", endpoints=ORDERS)
            stage.gate.add(rule)
            await venue.place(ticket)
            stage.gate.remove(rule)
            await asyncio.sleep(1)
            (seen,) = await venue.look_up(ref_of(ticket), [View.FILLS])
            assert isinstance(seen, Seen)
            assert [trade.quantity for trade in seen.trades] == [ticket.quantity]
            (other,) = await venue.look_up(ref_of(a_ticket(venue, decision="never sent")), [View.FILLS])
            assert isinstance(other, NotSeen)

        stage.tell(story)


@EACH_VENUE
@pytest.mark.parametrize(
    "rule",
    [
        Rule(kind="error", status=500),
        Rule(kind="error", status=503),
        Rule(kind="error", status=504, executes=True),
        Rule(kind="hang"),
        Rule(kind="hang", executes=True),
        Rule(kind="slow", delay_ns=20 * NS),
    ],
    ids=lambda rule: f"{rule.kind}-{rule.status}-{rule.executes}",
)
def test_an_answer_that_does_not_tell_is_unknown(name: str, rule: Rule) -> None:
    """5xx, silence, lateness: for a submit and for a cancel; reads say that they failed."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.gate.add(rule)
            ticket = a_ticket(venue)
            outcome = await venue.place(ticket)
            cancel = await venue.cancel(ref_of(ticket), expires_ns=venue.now_ns() + 5 * NS)
            evidence = await venue.look_up(ref_of(ticket), [View.OPEN_ORDERS])
            stage.gate.remove(rule)
            if (name, rule.status) == ("polymarket", 503):  # says in words that it takes none
                assert isinstance(outcome, Refused)
                assert outcome.trouble.kind is TroubleKind.MAINTENANCE
            else:
                assert isinstance(outcome, Unknown)
                assert isinstance(cancel, Unknown)
            assert kinds(evidence) == ["ViewFailed"]

        stage.tell(story)


@EACH_VENUE
def test_a_refused_connection_is_unknown_and_costs_no_patience(name: str) -> None:
    """Whether a byte left us is not known here."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            stage.world.crash(name)
            began_ns = stage.world.now_ns()
            assert isinstance(await venue.place(a_ticket(venue)), Unknown)
            assert stage.world.now_ns() - began_ns <= 7 * NS + 1000

        stage.tell(story)


@EACH_VENUE
def test_funds_and_filters_are_final_refusals(name: str) -> None:
    """Nothing was executed, nothing ever will be."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            little = {"binanceusdm": "0.001"}.get(name, "0.00006")  # ccxt itself refuses less than a lot
            for ticket in (a_ticket(venue, quantity="1000"), a_ticket(venue, quantity=little, price="10")):
                outcome = await venue.place(ticket)
                assert isinstance(outcome, Refused)
                assert outcome.final
                assert outcome.trouble.kind is TroubleKind.REJECTED

        stage.tell(story)
        assert stage.orders() == []


@EACH_VENUE
def test_a_resting_id_that_is_sent_again_is_looked_up_not_refused(name: str) -> None:
    """nautilus#4215: the repeated id was booked as a rejection that never was."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue)
            venue_id = await place(venue, ticket)
            outcome = await venue.place(ticket)
            if name == "coinbase":  # answers with the order that has the id
                assert outcome == Accepted(venue_order_id=venue_id)
                return
            assert isinstance(outcome, Unknown)
            assert outcome.trouble.kind is TroubleKind.DUPLICATE

        stage.tell(story)
        assert len(stage.orders()) == 1


@EACH_VENUE
def test_a_cancel_of_what_is_not_there_is_no_evidence(name: str) -> None:
    """Unknown, and the kind says why."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            outcome = await venue.cancel(ref_of(a_ticket(venue)), expires_ns=venue.now_ns() + 5 * NS)
            assert isinstance(outcome, Unknown)
            assert outcome.trouble.kind is TroubleKind.NOT_FOUND

        stage.tell(story)


@EACH_VENUE
def test_immediate_and_maker_orders_end_by_themselves(name: str) -> None:
    """What finds no match is expired or cancelled; a maker that would take is refused."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, time_in_force=TimeInForce.IOC)
            if name == "polymarket":  # takes no order that could do nothing
                assert isinstance(await venue.place(ticket), Refused)
            else:
                await place(venue, ticket)
                (seen,) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
                assert isinstance(seen, Seen)
                assert seen.status in (VenueStatus.EXPIRED, VenueStatus.CANCELLED)
            maker = a_ticket(venue, "61000", time_in_force=TimeInForce.POST_ONLY, decision="2")
            assert isinstance(await venue.place(maker), Refused | Accepted)
            await asyncio.sleep(1)
            market = a_ticket(venue, None, side=Side.SELL, decision="3")
            await place(venue, market)

        stage.tell(story)
        assert [trade.client_order_id for trade in stage.exchange.truth.trades("main")][-1]
        assert len(stage.exchange.truth.trades("main")) == 1


def test_a_view_that_lags_says_no_and_then_yes() -> None:
    """hummingbot#601: not found right after creation."""
    with a_stage("binance", rest_lag_ns=3 * NS) as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue)
            assert isinstance(await venue.place(ticket), Accepted)
            assert kinds(await venue.look_up(ref_of(ticket), [View.LOOK_UP])) == ["NotSeen"]
            await asyncio.sleep(4)
            assert kinds(await venue.look_up(ref_of(ticket), [View.LOOK_UP])) == ["Seen"]

        stage.tell(story)


def test_failed_views_say_which_and_why() -> None:
    """A view that failed is not a view that is silent."""
    with a_stage("binance") as stage:

        async def story(venue: Venue) -> None:
            stage.gate.add(Rule(kind="error", endpoints=frozenset({"account", "orders"})))
            evidence = await venue.look_up(ref_of(a_ticket(venue)), venue.facts.views)
            assert all(isinstance(reading, ViewFailed) for reading in evidence)

        stage.tell(story)
