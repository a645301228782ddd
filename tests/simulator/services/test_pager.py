"""The pager: PagerDuty's answers, and one open incident per dedup key."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from simulator.kernel import World
from simulator.network import Internet
from simulator.services import Pager

TRIGGER = {
    "routing_key": "R",
    "event_action": "trigger",
    "dedup_key": "venue/binance",
    "payload": {"summary": "Binance does not answer", "source": "monitor-a", "severity": "critical"},
}


def send(*bodies: Any) -> tuple[Pager, list[tuple[int, Any]]]:
    """Post the bodies one after another; return the pager and its answers."""
    world = World()
    internet = Internet(world)
    pager = Pager(world, internet, routing_key="R")
    client = world.host("client")
    answers: list[tuple[int, Any]] = []

    async def post() -> None:
        async with aiohttp.ClientSession(connector=internet.connector(client)) as session:
            for body in bodies:
                async with session.post("https://events.pagerduty.com/v2/enqueue", json=body) as answer:
                    answers.append((answer.status, await answer.json()))

    world.run(1)
    world.complete(client.spawn(post()))
    world.close()
    return pager, answers


def test_a_trigger_opens_an_incident_and_a_resolve_closes_it() -> None:
    pager, answers = send(TRIGGER, TRIGGER, {**TRIGGER, "event_action": "resolve"})

    assert answers[0] == (202, {"status": "success", "message": "Event processed", "dedup_key": "venue/binance"})
    assert [event.action for event in pager.events] == ["trigger", "trigger", "resolve"]
    assert not pager.open


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"routing_key": "other"}, "routing_key"),
        ({"event_action": "shout"}, "event_action"),
        ({"payload": None}, "payload"),
        ({"payload": {**TRIGGER["payload"], "severity": "dire"}}, "payload.severity"),  # type: ignore[dict-item]
        ({"payload": {**TRIGGER["payload"], "summary": " "}}, "payload.summary"),  # type: ignore[dict-item]
        ({"event_action": "resolve", "dedup_key": None}, "dedup_key"),
    ],
)
def test_an_invalid_event_is_refused_and_pages_nobody(change: dict[str, Any], complaint: str) -> None:
    pager, [(status, answer)] = send({**TRIGGER, **change})

    assert status == 400
    assert complaint in answer["errors"][0]
    assert not pager.events
