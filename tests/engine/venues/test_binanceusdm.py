"""Binance's perpetuals over real HTTP bytes: positions as the coins of a spot account, and stops under one name."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.domain.evidence import Seen, VenueStatus, View
from engine.domain.instrument import Instrument, Side
from engine.domain.money import Price, Quantity
from engine.domain.safety import Purpose
from engine.domain.ticket import Accepted, OrderType, Refused, Ticket, TimeInForce
from engine.domain.trouble import TroubleKind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.venues import binance_signs
from engine.venues.answers import judge
from engine.venues.binanceusdm_signs import SIGNS
from tests.engine.venues.stage import PERPETUAL, Stage, a_stage, a_ticket, place, ref_of


def an_exit(venue: Venue, side: Side, quantity: str, decision: str = "out") -> Ticket:
    """An order that leaves a position at whatever price there is."""
    price = "50000" if side is Side.SELL else "70000"
    ticket = a_ticket(venue, price, quantity, side=side, time_in_force=TimeInForce.IOC, decision=decision)
    return replace(ticket, purpose=Purpose.EXIT)


def a_stop(venue: Venue, stop_price: str) -> Ticket:
    """A stop that leaves a long position at the market."""
    ticket = replace(a_ticket(venue, side=Side.SELL, decision="stop"), type=OrderType.STOP, price=None)
    return replace(ticket, stop_price=Price(stop_price), purpose=Purpose.PROTECT)


async def totals(venue: Venue) -> tuple[Decimal, Decimal]:
    """Return contracts and money, as they would be in a spot account."""
    balances = await venue.balances()
    return balances[PERPETUAL].total if PERPETUAL in balances else Decimal(0), balances["USDT"].total


def in_the_market(stage: Stage) -> tuple[Decimal, Decimal]:
    """Return what all fills of the account have changed: contracts, and money with fees."""
    contracts = money = Decimal(0)
    for trade in stage.exchange.truth.trades("main"):
        instrument, sign = stage.exchange.instrument(PERPETUAL), 1 if trade.side.value == "BUY" else -1
        quantity = instrument.quantity(trade.quantity_lots) * sign
        contracts, money = contracts + quantity, money - quantity * instrument.price(trade.price_ticks) - trade.fee
    return contracts, money


def test_an_account_is_read_as_coins_and_money_while_it_is_long_turned_short_and_flat() -> None:
    """Whatever the mark does meanwhile: only fills change what is told."""
    with a_stage("binanceusdm") as stage:

        async def story(venue: Venue) -> None:
            for number, (side, quantity, middle) in enumerate(
                [(Side.BUY, "0.02", 60_500), (Side.BUY, "0.01", 59_000), (Side.SELL, "0.05", 61_000)]
            ):
                price = "70000" if side is Side.BUY else "50000"
                await place(venue, a_ticket(venue, price, quantity, side=side, decision=str(number)))
                stage.quote(middle)
                await asyncio.sleep(1)
                contracts, money = in_the_market(stage)
                assert await totals(venue) == (contracts, 200_000 + money)
            assert (await totals(venue))[0] == Decimal("-0.02")
            await place(venue, an_exit(venue, Side.BUY, "0.02"))
            contracts, money = in_the_market(stage)
            assert await totals(venue) == (Decimal(0), 200_000 + money)

        stage.tell(story)


def test_what_leaves_a_position_never_turns_it_round() -> None:
    """An exit for more than there is leaves what there is, and one for nothing is refused for good."""
    with a_stage("binanceusdm") as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "70000", "0.01", decision="in"))
            ticket = an_exit(venue, Side.SELL, "0.03")
            venue_id = await place(venue, ticket)
            (seen,) = await venue.look_up(ref_of(ticket, venue_id), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            assert (seen.status, seen.filled, seen.quantity) == (VenueStatus.FILLED, Quantity("0.01"), Quantity("0.01"))
            assert (await totals(venue))[0] == 0
            outcome = await venue.place(an_exit(venue, Side.SELL, "0.01", "again"))
            assert isinstance(outcome, Refused)
            assert outcome.final

        stage.tell(story)


def test_a_small_rest_can_be_left() -> None:
    """Less than the least value of an order, which holds for entries only."""
    with a_stage("binanceusdm") as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "70000", "0.001", decision="in"))
            stage.quote(40_000)
            terms = venue.instrument(PERPETUAL)
            rest, price = Quantity("0.001"), Price(40_000)
            assert terms.refusal(rest, price) is not None
            assert terms.refusal(rest, price, closes=True) is None
            ticket = replace(an_exit(venue, Side.SELL, "0.001"), price=Price(39_000))
            assert isinstance(await venue.place(ticket), Accepted)
            await asyncio.sleep(1)
            assert (await totals(venue))[0] == 0

        stage.tell(story)


def test_a_process_that_has_just_begun_tells_a_stop_and_what_it_became_as_one_order() -> None:
    """Its fills carry the name under which it was placed, by every view and without that name being known."""
    with a_stage("binanceusdm") as stage:
        ticket_of: list[Ticket] = []

        async def before(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "70000", "0.01", decision="in"))
            ticket_of.append(a_stop(venue, "58000"))
            await place(venue, ticket_of[0])
            stage.quote(57_500)
            await asyncio.sleep(2)

        stage.tell(before)
        stage.venue = stage.connected()

        async def after(venue: Venue) -> None:
            ticket = ticket_of[0]
            *_, stop = await venue.fills_since(PERPETUAL, venue.now_ns() - 60 * NS)
            assert stop.client_order_id == ticket.client_order_id
            assert stop.venue_order_id.startswith("algo-")
            for view in (View.LOOK_UP, View.CLOSED_ORDERS):
                (seen,) = await venue.look_up(ref_of(ticket), [view])
                assert isinstance(seen, Seen)
                assert (seen.status, seen.venue_order_id) == (VenueStatus.FILLED, stop.venue_order_id)
            (fills,) = await venue.look_up(ref_of(ticket, stop.venue_order_id), [View.FILLS])
            assert isinstance(fills, Seen)
            assert [trade.trade_id for trade in fills.trades] == [stop.trade_id]

        stage.tell(after)


def test_a_stop_that_is_set_off_when_nothing_is_left_to_close_is_told_rejected() -> None:
    """As the venue says: it has done nothing, and nothing waits any more."""
    with a_stage("binanceusdm") as stage:

        async def story(venue: Venue) -> None:
            ticket = a_stop(venue, "58000")
            await place(venue, ticket)
            stage.quote(57_500)
            await asyncio.sleep(2)
            (seen,) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            assert (seen.status, seen.filled) == (VenueStatus.REJECTED, Quantity(0))

        stage.tell(story)
    assert stage.orders() == []


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (-2022, "ReduceOnly Order is rejected.", TroubleKind.REJECTED),
        (-2019, "Margin is insufficient.", TroubleKind.REJECTED),
        (-4164, "Order's notional must be no smaller than 50 (unless you choose reduce only).", TroubleKind.REJECTED),
        (-5022, "the Post Only order will be rejected.", TroubleKind.REJECTED),
        (-4116, "ClientOrderId is duplicated.", TroubleKind.DUPLICATE),
        (-4088, "User can not place order currently", TroubleKind.MAINTENANCE),
        (-5028, "Timestamp for this request is outside of the ME recvWindow.", TroubleKind.CLOCK),
        (-1007, "Timeout waiting for response from backend server.", TroubleKind.UNKNOWN),
    ],
)
def test_an_answer_is_sorted_by_what_may_be_done_next(code: int, text: str, kind: TroubleKind) -> None:
    """In the words of the spot exchange and in those that only futures have."""
    answer = binance_signs.read(400, {}, json.dumps({"code": code, "msg": text}))
    assert judge(SIGNS, "binanceusdm", "place", answer, until_ns=None).kind is kind


@pytest.mark.parametrize("symbol", ["BTC/USDT:USDT", "BTC/USDT", "RAIN:YES/USDC"])
def test_only_of_a_contract_can_less_than_nothing_be_held(symbol: str) -> None:
    """And it is an asset of its own; the answer to a question is none, though it has a colon in its name."""
    terms = Instrument(
        symbol=symbol,
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        quantity_min=Quantity("0.001"),
        settle="USDT" if symbol == "BTC/USDT:USDT" else None,
    )
    assert terms.may_short is (symbol == "BTC/USDT:USDT")
    assert terms.asset == {"BTC/USDT": "BTC", "RAIN:YES/USDC": "RAIN:YES"}.get(symbol, symbol)
