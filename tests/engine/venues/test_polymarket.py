"""What is different where questions are traded: matches that must be settled, and orders named by what was signed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.domain.evidence import Seen, Trade, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Quantity
from engine.domain.ticket import OrderRef, Refused, Ticket, Unknown
from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.venues import polymarket_signs
from engine.venues.answers import judge
from engine.venues.ccxt_polymarket import PolymarketByToken, pins_of, ticker
from engine.venues.polymarket import Polymarket
from simulator.dialects.gate import Rule
from simulator.exchange.orders import TradeRecord
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.network.toxics import LinkSpeed
from tests.engine.venues.stage import QUESTION, Stage, a_stage, a_ticket, kinds, place, ref_of, symbol_at

MANY = "0.1"
"""A hundred shares, where the figures of other venues' tests are scaled."""


def settling(stage: Stage, *, after_s: float, fails: Callable[[tuple[TradeRecord, ...]], bool] | None = None) -> None:
    """Let matches be settled, or fail, so many seconds after they were made."""
    assert isinstance(stage.exchange, PredictionExchange)
    stage.exchange.settlement_delay_ns = int(after_s * NS)
    stage.exchange.settlement_fails = fails


async def shown(venue: Venue, ticket: Ticket) -> Seen:
    """Look an order up by its name."""
    (seen, *_) = await venue.look_up(ref_of(ticket), [View.LOOK_UP])
    assert isinstance(seen, Seen)
    return seen


def test_a_match_is_no_fill_before_it_is_settled() -> None:
    """Until then the order is open and nothing has moved; afterwards all views say the same."""
    with a_stage("polymarket") as stage:
        settling(stage, after_s=5)

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, "61000", MANY)
            before = await venue.balances()
            venue_id = await place(venue, ticket)
            early = await shown(venue, ticket)
            assert (early.status, early.filled) == (VenueStatus.OPEN, Quantity(0))
            assert await venue.fills_since(ticket.instrument, ticket.since_ns) == ()
            assert {asset: each.total for asset, each in (await venue.balances()).items()} == {
                asset: each.total for asset, each in before.items()
            }

            await asyncio.sleep(6)
            late = await shown(venue, ticket)
            assert (late.status, late.filled) == (VenueStatus.FILLED, Quantity(100))
            (trade,) = await venue.fills_since(ticket.instrument, ticket.since_ns)
            assert (trade.venue_order_id, trade.quantity, trade.side) == (venue_id, Quantity(100), Side.BUY)
            base = ticket.instrument.split("/")[0]
            assert (await venue.balances())[base].total - before[base].total == 100 - trade.fee

        stage.tell(story)


def test_a_match_that_cannot_be_settled_never_was_a_fill() -> None:
    """Stream and history say that it was taken back, and the order has ended with nothing."""
    with a_stage("polymarket") as stage:
        settling(stage, after_s=2, fails=lambda _halves: True)
        told: list[Trade] = []

        async def listen(venue: Venue) -> None:
            async for each in venue.order_news():
                told.extend(each.seen.trades)

        async def story(venue: Venue) -> None:
            listening = asyncio.get_running_loop().create_task(listen(venue))
            await asyncio.sleep(1)
            ticket = a_ticket(venue, "61000", MANY)
            await place(venue, ticket)
            assert (await shown(venue, ticket)).status is VenueStatus.OPEN
            await asyncio.sleep(10)
            end = await shown(venue, ticket)
            assert (end.status, end.filled) == (VenueStatus.CANCELLED, Quantity(0))
            told.extend(await venue.fills_since(ticket.instrument, ticket.since_ns))
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

        stage.tell(story)
        assert [trade.taken_back for trade in told] == [True] * 2


def test_of_several_matches_those_that_are_settled_count() -> None:
    """One of them fails: the order has ended with the rest."""
    with a_stage("polymarket") as stage:
        failed: list[int] = []

        def fails(halves: tuple[TradeRecord, ...]) -> bool:
            failed.append(halves[0].trade_id)
            return len(failed) == 1

        settling(stage, after_s=2, fails=fails)

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, "61000", "1.5")  # more than the best level has
            await place(venue, ticket)
            await asyncio.sleep(10)
            end = await shown(venue, ticket)
            trades = await venue.fills_since(ticket.instrument, ticket.since_ns)
            assert end.status is VenueStatus.CANCELLED
            settled = sum((trade.quantity for trade in trades if not trade.taken_back), Quantity(0))
            assert end.filled == settled == Quantity(500)

        stage.tell(story)


def test_a_maker_is_told_his_own_side_of_a_match() -> None:
    """ccxt tells the taker's to both; history and stream name it alike."""
    with a_stage("polymarket") as stage:
        told: list[Trade] = []

        async def listen(venue: Venue) -> None:
            async for each in venue.order_news():
                told.extend(each.seen.trades)

        async def story(venue: Venue) -> None:
            listening = asyncio.get_running_loop().create_task(listen(venue))
            await asyncio.sleep(1)
            ticket = a_ticket(venue, "59990", MANY)
            venue_id = await place(venue, ticket)
            stage.quote(59_000)
            await asyncio.sleep(3)
            (trade,) = await venue.fills_since(ticket.instrument, ticket.since_ns)
            assert (trade.side, trade.price, trade.quantity) == (Side.BUY, ticket.price, Quantity(100))
            assert (trade.venue_order_id, trade.client_order_id) == (venue_id, ticket.client_order_id)
            assert trade.fee == 0
            assert {one.trade_id for one in told} == {trade.trade_id}
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

        stage.tell(story)


def test_a_successor_finds_an_order_by_what_was_signed() -> None:
    """Nobody was told the venue's name for it, and the process that sent it is gone."""
    with a_stage("polymarket") as stage:

        async def sent(venue: Venue) -> Ticket:
            ticket = a_ticket(venue, "61000", MANY)
            rule = Rule(kind="ack_lost", endpoints=frozenset({"orders"}))
            stage.gate.add(rule)
            outcome = await venue.place(ticket)
            stage.gate.remove(rule)
            assert isinstance(outcome, Unknown)
            await asyncio.sleep(2)
            return ticket

        ticket = stage.tell(sent)
        stage.venue = stage.connected()

        async def story(venue: Venue) -> None:
            evidence = await venue.look_up(ref_of(ticket), venue.facts.views)
            assert kinds(evidence) == ["Seen", "Seen"]
            nameless = replace(ref_of(ticket), side=None)
            assert kinds(await venue.look_up(nameless, [View.LOOK_UP])) == ["ViewFailed"]
            another = replace(ref_of(ticket), quantity=Quantity(99))
            assert kinds(await venue.look_up(another, venue.facts.views)) == ["NotSeen", "NotSeen"]

        stage.tell(story)


def test_the_same_intent_is_never_executed_twice_even_when_it_is_over() -> None:
    """The same bytes are signed each time, so the venue refuses the second."""
    with a_stage("polymarket") as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue, "61000", MANY)
            await place(venue, ticket)
            assert (await shown(venue, ticket)).status is VenueStatus.FILLED
            outcome = await venue.place(ticket)
            assert isinstance(outcome, Unknown)
            assert outcome.trouble.kind is Kind.DUPLICATE

        stage.tell(story)
        assert len(stage.orders()) == 1


def test_a_request_that_arrives_after_its_end_does_nothing() -> None:
    """The time in its headers is its only bound, so it is counted back from the end."""
    with a_stage("polymarket") as stage:

        async def story(venue: Venue) -> None:
            await venue.balances()
            stage.internet.link("engine", "polymarket").speed = LinkSpeed(delay_ns=4 * NS)
            outcome = await venue.place(a_ticket(venue, "61000", MANY, lives_ns=3 * NS))
            assert isinstance(outcome, Refused)
            assert outcome.trouble.kind is Kind.CLOCK

        stage.tell(story)
        assert stage.orders() == []


def test_what_open_orders_want_is_not_free() -> None:
    """The venue tells totals only."""
    with a_stage("polymarket") as stage:

        async def story(venue: Venue) -> None:
            await place(venue, a_ticket(venue, "50000", MANY))
            await place(venue, a_ticket(venue, "70000", "0.2", side=Side.SELL, decision="2"))
            held = {asset: (each.held, each.total) for asset, each in (await venue.balances()).items() if each.held}
            assert held == {
                "USDC": (Decimal(50), Decimal(200_000)),
                symbol_at(venue).split("/")[0]: (Decimal(200), Decimal(2_000)),
            }

        stage.tell(story)


def test_a_question_that_is_answered_is_not_traded() -> None:
    """ccxt cannot read its prices; it is left out before."""
    with a_stage("polymarket") as stage:
        assert isinstance(stage.exchange, PredictionExchange)
        stage.exchange.resolve(QUESTION.condition, QUESTION.yes)
        stage.world.run(stage.world.now_ns() + NS)

        async def story(venue: Venue) -> None:
            with pytest.raises(KeyError):
                venue.instrument(symbol_at(venue))

        stage.tell(story)


def test_of_an_event_the_questions_that_are_over_are_left_out() -> None:
    """ccxt compares their prices with floats, which the texts that we read cannot be compared with."""
    question = {
        "outcomes": '["Yes", "No"]',
        "clobTokenIds": '["1", "2"]',
        "outcomePrices": '["1", "0"]',
        "active": True,
    }
    over = {**question, "conditionId": "0x1", "slug": "rain", "closed": True}
    resolved = {**question, "conditionId": "0x2", "slug": "hail", "umaResolutionStatus": "resolved"}
    live = {**question, "conditionId": "0x3", "slug": "snow", "closed": False}
    ex = PolymarketByToken()
    (market,) = ex.parse_event_to_markets({"slug": "weather", "markets": [over, resolved, live]})
    assert [outcome["outcome"] for outcome in market["outcomes"]] == ["WEATHER_SNOW:YES/USDC", "WEATHER_SNOW:NO/USDC"]


def test_an_intent_is_signed_alike_whenever_it_is_signed() -> None:
    """Salt and time follow from what was meant, and from nothing else."""
    first = pins_of("spaaaabbbbbbbbbbbb", 1_772_323_200_123_000_000)
    assert first == pins_of("spaaaabbbbbbbbbbbb", 1_772_323_200_123_000_000)
    assert first["timestamp"] == "1772323200123"
    assert 0 < int(first["salt"]) < 2**52
    assert first["salt"] != pins_of("spaaaabbbbbbbbbbbc", 1_772_323_200_123_000_000)["salt"]


def test_a_request_says_a_time_at_which_it_dies_when_it_should() -> None:
    """A minute before its end, and never a time to come."""
    now_ns = 1_772_323_200 * NS
    ref = OrderRef(client_order_id="a", instrument="X:YES/USDC", venue_order_id="0x1", since_ns=now_ns)
    dialect = Polymarket()
    assert dialect.cancel_params(ref, expires_ns=now_ns + 5 * NS, now_ns=now_ns) == {"stamp": 1_772_323_200 - 55}
    assert dialect.cancel_params(ref, expires_ns=now_ns + 90 * NS, now_ns=now_ns) == {"stamp": 1_772_323_200}


@pytest.mark.parametrize(
    ("bid", "ask", "told"),
    [
        ("0.4", "0.6", ("0.4", "0.6", "0.5")),
        ("0", "0.6", (None, "0.6", "0.6")),
        ("0.4", "1", ("0.4", None, "0.4")),
        ("", "", (None, None, None)),
    ],
)
def test_a_side_that_nobody_quotes_is_no_price(bid: str, ask: str, told: tuple[str | None, ...]) -> None:
    price = ticker(bid, ask, at_ms=None)
    assert (price["bid"], price["ask"], price["last"]) == told


@pytest.mark.parametrize(
    ("operation", "status", "sentence", "kind"),
    [
        ("place", 200, "not enough balance / allowance", Kind.REJECTED),
        ("place", 400, "order 0xab is invalid. Price (0.5) breaks minimum tick size rule: 0.01", Kind.REJECTED),
        ("place", 400, "invalid post-only order: order crosses book", Kind.REJECTED),
        ("place", 400, "a sentence of tomorrow", Kind.REJECTED),
        ("place", 400, "order 0xab is invalid. Duplicated.", Kind.DUPLICATE),
        ("place", 400, "the market is not yet ready to process new orders", Kind.MAINTENANCE),
        ("place", 503, "Trading is currently cancel-only. New orders are not accepted.", Kind.MAINTENANCE),
        ("place", 503, "upstream timed out", Kind.UNKNOWN),
        ("place", 425, None, Kind.MAINTENANCE),
        ("place", 400, None, Kind.UNKNOWN),
        ("place", 404, None, Kind.UNKNOWN),
        ("place", 500, "could not insert order", Kind.UNKNOWN),
        ("place", 401, "Unauthorized/Invalid api key", Kind.CLOCK),
        ("look_up", 401, "Unauthorized/Invalid api key", Kind.AUTH),
        ("look_up", 404, "order not found", Kind.NOT_FOUND),
        ("look_up", 404, None, Kind.UNKNOWN),
        ("cancel", 200, {"0xab": "order can't be found - already canceled or matched"}, Kind.NOT_FOUND),
        ("cancel", 200, {"0xab": "the cancel could not be processed"}, Kind.UNKNOWN),
        ("place", 429, "Too Many Requests", Kind.THROTTLED),
        ("fills", 403, None, Kind.BANNED),
    ],
)
def test_a_refusal_is_read_from_its_sentence(
    operation: str, status: int, sentence: str | dict[str, str] | None, kind: Kind
) -> None:
    """A page that is not the venue's own says nothing about an order."""
    said = {"not_canceled": sentence} if isinstance(sentence, dict) else {"error": sentence}
    body = "<html>blocked</html>" if sentence is None else json.dumps(said)
    answer = polymarket_signs.read(status, {}, body)
    assert judge(polymarket_signs.SIGNS, "polymarket", operation, answer, until_ns=None).kind is kind
