"""Escalation: what may wait rings when nobody took it in hand for five minutes, and neither earlier nor afterwards."""

from __future__ import annotations

import pytest

from scenarios.escalations import waiting_of
from scenarios.finding import Status
from scenarios.promises.paging import no_false_pages, paged_in_time
from tests.scenarios.stories import Story, ns

SLOW = "latency/binance/place"


def slow(until_s: float = 800) -> Story:
    """A venue is slow, the bot says so, and the pager is told of nothing."""
    story = Story()
    story.fault("latency", "binance", 90, until_s, "answers")
    story.alerted(100, until_s, SLOW)
    return story


@pytest.mark.parametrize(("rings_s", "status"), [(401, Status.HELD), (459, Status.HELD), (461, Status.BROKEN)])
def test_what_nobody_takes_in_hand_for_five_minutes_rings_within_another(rings_s: int, status: Status) -> None:
    story = slow()
    story.paged(rings_s, f"bot/{SLOW}")

    assert story.judged_by(paged_in_time).status is status


@pytest.mark.parametrize("excuse", ["over", "in hand", "no monitor", "no pager", "a deploy", "must not wait"])
def test_what_is_over_or_in_hand_or_cannot_ring_need_not(excuse: str) -> None:
    story = slow(until_s=450 if excuse == "over" else 800)
    match excuse:
        case "in hand":
            story.did(390, "acknowledge", SLOW)
        case "no monitor":
            story.fault("crash", "monitor-a", 200, 20, "component")
        case "no pager":
            story.fault("pager_down", "pager", 380, 60, "service")
        case "a deploy":
            story.did(300, "deploy", "monitor-a")
        case "must not wait":
            story.alerts = []
            story.alerted(100, 800, "optional/sentiment")

    assert "waited for somebody" not in story.judged_by(paged_in_time).detail


def test_another_alert_in_hand_and_a_page_about_another_are_no_excuse() -> None:
    story = slow()
    story.did(390, "acknowledge", "latency/kraken/place")
    story.paged(410, "bot/latency/kraken/place")

    assert "waited for somebody" in story.judged_by(paged_in_time).detail


@pytest.mark.parametrize(
    ("rings_s", "in_hand_s", "complaint"),
    [
        (401, None, ""),
        (396, None, ""),
        (394, None, "had not waited"),
        (500, 450, "was in somebody's hand"),
        (452, 450, ""),
    ],
)
def test_what_may_wait_rings_neither_early_nor_when_it_is_in_hand(
    rings_s: int, in_hand_s: int | None, complaint: str
) -> None:
    story = slow()
    if in_hand_s is not None:
        story.did(in_hand_s, "acknowledge", SLOW)
    story.paged(rings_s, f"bot/{SLOW}")

    found = story.judged_by(no_false_pages)

    assert (found.status is Status.BROKEN) == bool(complaint)
    assert complaint in found.detail


def test_an_alert_holds_while_one_machine_says_so_and_is_over_when_nobody_repeats_it() -> None:
    """And when it comes again it waits again."""
    story = Story()
    story.alerted(100, 200, SLOW)
    story.alerted(150, 300, SLOW, node="exec-b")
    story.alerted(600, 700, SLOW)
    story.alerts = [one for one in story.alerts if one.raised or one.at_ns < ns(650)]

    assert [(one.start_ns, one.end_ns) for one in waiting_of(story.record())] == [
        (ns(100), ns(301)),
        (ns(600), ns(660 + 180)),
    ]
