"""OKX in the engine: what its answers mean, and that a submit's expiry is where the venue reads it."""

from __future__ import annotations

import asyncio
import json

import pytest
from msgspec.structs import replace

from engine.domain.evidence import Seen, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.ticket import Accepted, OrderType, Ticket
from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.venues import okx_signs
from engine.venues.answers import judge
from simulator.network.toxics import LinkSpeed
from tests.engine.venues.stage import BTC, a_stage, a_ticket, place, ref_of

NOW = 1_772_323_200 * NS


def envelope(code: str, text: str) -> str:
    """Return a gateway's refusal."""
    return json.dumps({"code": code, "msg": text, "data": []})


def of_an_order(code: str, text: str, *, outer: str = "1") -> str:
    """Return the refusal of the one order in a request."""
    return json.dumps({"code": outer, "msg": "", "data": [{"ordId": "", "sCode": code, "sMsg": text}]})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, envelope("50011", "Too Many Requests"), Kind.THROTTLED),
        (429, "<html></html>", Kind.THROTTLED),
        (200, of_an_order("50011", "Rate limit reached."), Kind.THROTTLED),
        (200, envelope("50061", "maximum order rate limit"), Kind.THROTTLED),
        (503, envelope("50001", "Service temporarily unavailable."), Kind.UNKNOWN),
        (400, envelope("50004", "API endpoint request timeout."), Kind.UNKNOWN),
        (200, envelope("50013", "Systems are busy."), Kind.UNKNOWN),
        (500, envelope("50026", "System error."), Kind.UNKNOWN),
        (502, "<html></html>", Kind.UNKNOWN),
        (401, envelope("50102", "Timestamp request expired"), Kind.CLOCK),
        (400, envelope("50036", "expTime"), Kind.CLOCK),
        (401, envelope("50111", "Invalid OK-ACCESS-KEY"), Kind.AUTH),
        (401, envelope("50113", "Invalid Sign"), Kind.AUTH),
        (200, of_an_order("51016", "Client order ID already exists."), Kind.DUPLICATE),
        (200, of_an_order("51410", "already under cancelling status"), Kind.DUPLICATE),
        (200, of_an_order("51008", "Insufficient balance"), Kind.REJECTED),
        (200, of_an_order("51008", "Insufficient balance", outer="2"), Kind.REJECTED),
        (200, of_an_order("51121", "multiple of the lot size"), Kind.REJECTED),
        (200, of_an_order("51022", "Contract suspended."), Kind.MAINTENANCE),
        (200, of_an_order("51400", "Order cancellation failed"), Kind.NOT_FOUND),
        (200, envelope("51603", "Order does not exist"), Kind.NOT_FOUND),
        (200, envelope("0", ""), Kind.UNKNOWN),
        (200, envelope("59999", "a code of tomorrow"), Kind.UNKNOWN),
    ],
)
def test_an_answer_of_okx(status: int, body: str, kind: Kind) -> None:
    """The order's own code decides where there is one."""
    answer = okx_signs.read(status, {}, body)
    assert judge(okx_signs.SIGNS, "okx", "place", answer, until_ns=NOW).kind is kind


def test_a_finished_id_protects_nothing() -> None:
    """OKX takes the id of a finished order again, as the engine's facts say."""
    with a_stage("okx") as stage:

        async def story(venue: Venue) -> None:
            ticket = a_ticket(venue)
            venue_id = await place(venue, ticket)
            await venue.cancel(ref_of(ticket, venue_id), expires_ns=venue.now_ns() + 5 * NS)
            await asyncio.sleep(2)
            assert isinstance(await venue.place(a_ticket(venue)), Accepted)
            assert not venue.facts.id_protects

        stage.tell(story)
        assert len(stage.orders()) == 2


def a_stop(venue: Venue, *, lives_ns: int = 5 * NS) -> Ticket:
    """A stop that sells a hundredth of a coin at 58000."""
    ticket = a_ticket(venue, None, side=Side.SELL, lives_ns=lives_ns)
    return replace(ticket, type=OrderType.STOP, stop_price=Price(58_000))


@pytest.mark.parametrize(("delay_s", "arrives"), [(2, True), (4, False)])
def test_a_stop_that_arrives_too_late_dies_of_the_age_of_its_signature(delay_s: int, arrives: bool) -> None:
    """Algo orders have no expiry, so what may live for three seconds is signed as if it were 27 seconds old."""
    with a_stage("okx") as stage:

        async def story(venue: Venue) -> None:
            ticket = a_stop(venue, lives_ns=3 * NS)
            stage.internet.link("engine", "okx").speed = LinkSpeed(delay_ns=delay_s * NS)
            assert isinstance(await venue.place(ticket), Accepted) == arrives

        stage.tell(story)
        assert len(stage.orders()) == int(arrives)


def test_a_stop_whose_coins_are_gone_when_it_is_set_off_is_told_rejected() -> None:
    """It locks nothing while it waits: by look-up, in the list of those that ended, and in the stream."""
    with a_stage("okx") as stage:
        told: list[VenueStatus | None] = []

        async def story(venue: Venue) -> None:
            async def listen() -> None:
                async for news in venue.order_news():
                    told.append(news.seen.status)  # noqa: PERF401  # the stream has no end to collect it at

            hearing = asyncio.get_running_loop().create_task(listen())
            await asyncio.sleep(3)
            stop = a_stop(venue)
            venue_id = await place(venue, stop)
            assert await venue.place(a_ticket(venue, "61000", "2", side=Side.SELL, decision="2"))
            stage.quote(57_500)
            await asyncio.sleep(2)
            for view in (View.LOOK_UP, View.CLOSED_ORDERS):
                for ref in (ref_of(stop), ref_of(stop, venue_id)):
                    (seen,) = await venue.look_up(ref, [view])
                    assert isinstance(seen, Seen)
                    assert (seen.status, seen.reason) == (VenueStatus.REJECTED, "51008")
            hearing.cancel()

        stage.tell(story)
    assert (told[0], told[-1]) == (VenueStatus.WAITING, VenueStatus.REJECTED)


def test_a_fill_of_a_stop_is_known_as_its_by_an_engine_that_has_forgotten_it() -> None:
    """After a start nothing is remembered: whose the order is tells a look-up of it."""
    with a_stage("okx") as stage:

        async def before(venue: Venue) -> tuple[Ticket, str]:
            stop = a_stop(venue)
            venue_id = await place(venue, stop)
            stage.quote(57_500)
            await asyncio.sleep(2)
            return stop, venue_id

        stop, venue_id = stage.tell(before)
        stage.venue = stage.connected()

        async def after(venue: Venue) -> None:
            (fill,) = await venue.fills_since(BTC, stop.since_ns)
            assert (fill.client_order_id, fill.venue_order_id) == (stop.client_order_id, venue_id)
            assert fill.quantity == Quantity("0.01")
            requests = len(stage.seen)
            await venue.fills_since(BTC, stop.since_ns)
            assert len(stage.seen) == requests + 1

        stage.tell(after)
        stage.venue = stage.connected()

        async def by_name(venue: Venue) -> None:
            (_, fills) = await venue.look_up(ref_of(stop, venue_id), [View.LOOK_UP, View.FILLS])
            assert isinstance(fills, Seen)
            assert [each.venue_order_id for each in fills.trades] == [venue_id]
            alone = await venue.look_up(ref_of(stop, venue_id), [View.FILLS])
            assert len(alone) == 1

        stage.tell(by_name)
