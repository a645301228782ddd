"""Nothing that a venue's failure leaves in a log or on a page may hold what signs a request."""

from __future__ import annotations

import pytest

from engine.domain.evidence import View, ViewFailed
from engine.ports.venue import Venue
from engine.venues.answers import shown
from simulator.dialects.gate import Rule
from tests.engine.venues.stage import VENUES, a_stage, a_ticket, ref_of


@pytest.mark.parametrize("name", VENUES)
def test_a_lost_answer_to_a_signed_request_is_told_without_its_signature(name: str) -> None:
    with a_stage(name) as stage:
        stage.gate.add(Rule(kind="ack_lost", endpoints=frozenset({"account"})))

        async def story(venue: Venue) -> list[str]:
            evidence = await venue.look_up(ref_of(a_ticket(venue)), [View.OPEN_ORDERS, View.LOOK_UP])
            return [str(one.trouble) for one in evidence if isinstance(one, ViewFailed)]

        told = stage.tell(story)

    assert told
    assert not any(word in text for text in told for word in ("signature", "timestamp", "nonce", "API-Sign"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("GET https://api.x.com/v3/order?a=1&signature=ff", "OSError: GET https://api.x.com/v3/order?…"),
        ("wss://x.com/ws?listenKey=k, closed", "OSError: wss://x.com/ws?… closed"),
        ("'https://x.com/a?b=c' refused", "OSError: 'https://x.com/a?…' refused"),
        ("https://x.com/plain refused", "OSError: https://x.com/plain refused"),
    ],
)
def test_an_address_is_told_without_its_query(text: str, told: str) -> None:
    assert shown(OSError(text)) == told
