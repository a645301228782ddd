"""OKX in the engine: what its answers mean, and that a submit's expiry is where the venue reads it."""

from __future__ import annotations

import asyncio
import json

import pytest

from engine.domain.ticket import Accepted
from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.venues import okx_signs
from engine.venues.answers import judge
from tests.engine.venues.stage import a_stage, a_ticket, place, ref_of

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
