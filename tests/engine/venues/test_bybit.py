"""Bybit in the engine: what its answers mean, a window for each request, and what was filled in part and cancelled."""

from __future__ import annotations

import asyncio
import json

import pytest

from engine.domain.evidence import Seen, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Quantity
from engine.domain.trouble import TroubleKind as Kind
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.venues import bybit_signs
from engine.venues.answers import judge
from tests.engine.venues.stage import a_stage, a_ticket, place, ref_of

NOW = 1_772_323_200 * NS
MS = 1_000_000


def said(code: int, text: str = "") -> str:
    """Return a body in Bybit's words."""
    return json.dumps({"retCode": code, "retMsg": text, "result": {}})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, "<html>access too frequent</html>", Kind.BANNED),
        (200, said(10018, "exceeded the IP rate limit"), Kind.BANNED),
        (200, said(10006, "Too many visits."), Kind.THROTTLED),
        (429, "", Kind.THROTTLED),
        (200, said(170005, "Too many new orders"), Kind.THROTTLED),
        (200, said(10000, "Server Timeout"), Kind.UNKNOWN),
        (200, said(10016, "Server error."), Kind.UNKNOWN),
        (200, said(170146, "Order creation timeout."), Kind.UNKNOWN),
        (200, said(170147, "Order cancellation timeout."), Kind.UNKNOWN),
        (200, said(110079, "still processing"), Kind.UNKNOWN),
        (502, "<html></html>", Kind.UNKNOWN),
        (200, said(10002, "time exceeds the time window"), Kind.CLOCK),
        (200, said(170141, "Duplicate clientOrderId."), Kind.DUPLICATE),
        (200, said(170213, "Order does not exist."), Kind.NOT_FOUND),
        (200, said(10003, "API key is invalid."), Kind.AUTH),
        (200, said(170131, "Insufficient balance."), Kind.REJECTED),
        (200, said(10001, "Request parameter error."), Kind.REJECTED),
        (200, said(170210, "New order rejected."), Kind.MAINTENANCE),
        (200, said(999999, "a code of tomorrow"), Kind.UNKNOWN),
    ],
)
def test_an_answer_of_bybit(status: int, body: str, kind: Kind) -> None:
    """A timeout while creating is ccxt's InvalidOrder, and says nothing."""
    answer = bybit_signs.read(status, {}, body)
    assert judge(bybit_signs.SIGNS, "bybit", "place", answer, until_ns=NOW).kind is kind


def test_a_throttle_lasts_until_the_limit_resets() -> None:
    """The header says when; without it, a second."""
    headers = {"x-bapi-limit-reset-timestamp": "1772323201500"}
    assert bybit_signs.until_ns(bybit_signs.read(200, headers, said(10006, "x")), NOW) == 1_772_323_201_500 * MS
    assert bybit_signs.until_ns(bybit_signs.read(200, {}, said(10006, "x")), NOW) == NOW + NS
    assert bybit_signs.until_ns(bybit_signs.read(403, {}, ""), NOW) == NOW + 600 * NS


def test_what_was_filled_in_part_and_then_cancelled_is_not_filled() -> None:
    """ccxt calls it closed."""
    with a_stage("bybit") as stage:

        async def story(venue: Venue) -> Seen:
            ticket = a_ticket(venue, "59990", "2", side=Side.BUY)
            venue_id = await place(venue, ticket)
            stage.quote(59_900, "0.2")
            await asyncio.sleep(1)
            stage.quote(60_000, "0.2")
            await venue.cancel(ref_of(ticket, venue_id), expires_ns=venue.now_ns() + 5 * NS)
            await asyncio.sleep(2)
            (seen,) = await venue.look_up(ref_of(ticket, venue_id), [View.LOOK_UP])
            assert isinstance(seen, Seen)
            return seen

        seen = stage.tell(story)
        assert seen.status is VenueStatus.CANCELLED
        assert Quantity("0") < seen.filled < Quantity("2")
