"""Back soon after the weather is: judged on stories told by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scenarios.finding import Status
from scenarios.promises.recovery import comebacks, recovered_in_time
from scenarios.record import FaultSeen
from scenarios.recoveries import recoveries_of
from tests.scenarios.stories import Story, ns


def alive(story: Story) -> Story:
    """A story in which the bot does its work every minute, so that no component is down."""
    start = -1_772_323_200 % 60
    for at in range(start, int(story.ends_s), 60):
        name = str(1_772_323_200 + at)
        story.decided(at + 1, name)
        story.handled(at + 1.2, name)
    for at in range(0, int(story.ends_s), 5):
        story.price(at + 0.1)
    story.beat(5, "signal-a", "signal")
    return story


REST = ("outage", "binance", ("rest",), lambda story, at: story.asked(at))
STREAM = ("socket_drop", "kraken", ("stream",), lambda story, at: story.price(at, "kraken"))
MACHINE = ("crash", "signal-a", ("component",), lambda story, at: story.beat(at, "signal-a", "signal"))
Case = tuple[str, str, tuple[str, ...], Callable[[Story, float], None]]


@pytest.mark.parametrize("case", [REST, STREAM, MACHINE], ids=["rest", "stream", "machine"])
def test_what_works_again_within_the_bound_has_recovered(case: Case) -> None:
    """Held: seen to work 119 s after the heal."""
    name, on, blocks, works = case
    story = alive(Story())
    fault = story.fault(name, on, 300, 30, *blocks)
    works(story, 449)

    assert comebacks(story.record())[fault.id] == ns(119)
    found = story.judged_by(recovered_in_time)
    assert (found.status, found.exercised) == (Status.HELD, 1)


@pytest.mark.parametrize("case", [REST, STREAM, MACHINE], ids=["rest", "stream", "machine"])
def test_what_works_again_too_late_is_broken(case: Case) -> None:
    """Broken: seen to work 121 s after the heal."""
    name, on, blocks, works = case
    story = alive(Story())
    story.fault(name, on, 300, 30, *blocks)
    works(story, 451)

    found = story.judged_by(recovered_in_time)

    assert found.status is Status.BROKEN
    assert "the bot needed 121 s" in found.detail


@pytest.mark.parametrize("case", [REST, STREAM, MACHINE], ids=["rest", "stream", "machine"])
def test_what_never_works_again_is_broken(case: Case) -> None:
    """Broken: the connector is never ready again."""
    name, on, blocks, _ = case
    story = alive(Story())
    story.fault(name, on, 300, 30, *blocks)

    assert "did not come back" in story.judged_by(recovered_in_time).detail


def test_a_machine_is_back_when_its_work_is_seen_and_not_when_it_says_so() -> None:
    """A heartbeat is no price."""
    story = alive(Story())
    story.prices = [one for one in story.prices if one.at_ns < ns(310)]
    story.beat(5, "feed-a", "ingestion")
    fault = story.fault("crash", "feed-a", 300, 30, "component")
    story.beat(331, "feed-a", "ingestion")
    assert comebacks(story.record())[fault.id] is None

    story.price(350)
    assert comebacks(story.record())[fault.id] == ns(20)


def test_an_executor_is_back_when_its_books_are_open() -> None:
    """It says what it owns."""
    story = alive(Story())
    story.beat(5, "exec-a")
    fault = story.fault("crash", "exec-a", 300, 30, "component")
    story.beat(331, "exec-a")
    story.believed(341, BTC="0")

    assert comebacks(story.record())[fault.id] == ns(11)


def test_a_request_that_is_still_refused_is_no_recovery() -> None:
    """A ban outlives the fault that led to it."""
    story = alive(Story())
    fault = story.fault("rate_limit", "binance", 300, 30, "rest")
    story.asked(340, status=418, refused=True)
    story.asked(350, status=429, refused=True)
    story.asked(360, status=503, refused=True)
    story.asked(370, status=0, refused=True)
    assert comebacks(story.record())[fault.id] is None

    story.asked(400)
    assert comebacks(story.record())[fault.id] == ns(70)


def test_orders_in_doubt_must_be_resolved_after_answers_can_be_trusted_again() -> None:
    """The last doubt counts."""
    story = alive(Story())
    fault = story.fault("ack_lost", "binance", 300, 60, "answers")
    story.reported(310, "unknown", "d1")
    story.reported(320, "open", "d1")
    story.reported(350, "unknown", "d2")
    assert comebacks(story.record())[fault.id] is None

    story.reported(395, "filled", "d2", filled="0.01")
    assert comebacks(story.record())[fault.id] == ns(35)


def test_no_doubt_left_is_recovered_at_once() -> None:
    """Nothing was outstanding when it healed."""
    story = alive(Story())
    fault = story.fault("silent_reject", "binance", 300, 60, "answers")

    assert comebacks(story.record())[fault.id] == 0


def test_recovery_counts_from_the_last_fault_that_takes_the_same_away() -> None:
    """Two overlapping outages are one."""
    story = alive(Story())
    first = story.fault("outage", "binance", 300, 60, "rest")
    story.fault("rate_limit", "binance", 350, 100, "rest")
    story.asked(460)

    assert comebacks(story.record())[first.id] == ns(10)


def test_a_component_that_is_down_for_longer_than_the_bound_is_broken() -> None:
    """Broken: prices stopped for three minutes and both venues were fine."""
    story = alive(Story())
    story.prices = [one for one in story.prices if not ns(300) <= one.at_ns < ns(500)]
    story.fault("socket_drop", "kraken", 10, 5, "stream")
    story.price(20, "kraken")

    found = story.judged_by(recovered_in_time)

    assert found.status is Status.BROKEN
    assert "ingestion was down for" in found.detail


@pytest.mark.parametrize(("says_s", "status"), [(360, Status.HELD), (361, Status.BROKEN), (None, Status.BROKEN)])
def test_a_cold_machine_leads_with_open_books_within_a_minute_of_its_start(says_s: int | None, status: Status) -> None:
    """That it says it leads is not enough: it must have said what it owns."""
    story = alive(Story())
    story.led(1, "exec-a")
    story.did(300, "standby", "spare-b")
    story.led(309, "spare-b")
    if says_s is not None:
        story.believed(says_s, BTC="0.01")

    found = story.judged_by(recovered_in_time)

    assert (found.status, found.exercised) == (status, 1)


def test_a_recovery_tells_how_new_its_books_were_and_what_was_missing_in_them() -> None:
    """The first start is none; a change before the recovery point, or after the new lead, is not missing."""
    story = alive(Story())
    story.led(1, "exec-a")
    for at in (90, 110, 130, 220):
        story.at_venue(at, "NEW", order_id=at)
    story.powered(120, "exec-a", up=False)
    story.did(200, "standby", "spare-b")
    story.led(209, "spare-b", point_s=100, orders=2)
    story.believed(210, BTC="0.01")
    story.led(400, "exec-a", point_s=399)

    first, second = recoveries_of(story.record())

    assert (first.node, first.after, first.lost_s, first.started_s, first.led_s) == ("spare-b", "exec-a", 120, 200, 210)
    assert (first.point_s, first.behind, first.orders) == (100, 2, 2)
    assert (second.node, second.lost_s, second.started_s, second.led_s) == ("exec-a", None, None, None)


@pytest.mark.parametrize(("paused_s", "excused"), [(310, True), (500, False)])
def test_a_person_who_pauses_does_not_excuse_what_was_down_before(paused_s: float, excused: bool) -> None:
    """Prices stop at 300 s: what is down from a pause on is wanted, and what was down until then is not."""
    story = alive(Story())
    story.prices = [price for price in story.prices if price.at_ns < ns(300)]
    story.did(paused_s, "pause")

    found = story.judged_by(recovered_in_time)

    assert (found.status is not Status.BROKEN) is excused


def test_without_a_fault_nothing_is_known_about_recovery() -> None:
    """Unknown."""
    assert alive(Story()).judged_by(recovered_in_time).status is Status.UNKNOWN


def test_a_fault_whose_bound_reaches_beyond_the_end_is_not_judged() -> None:
    """Unknown: the run ended before it was due."""
    story = alive(Story(ends_s=400))
    story.fault("outage", "binance", 300, 30, "rest")

    assert story.judged_by(recovered_in_time).status is Status.UNKNOWN


def test_faults_carry_what_they_took_away() -> None:
    """The referee reads facts about the world, not names of faults."""
    seen: FaultSeen = Story().fault("anything", "binance", 1, 2, "rest", "stream")
    assert seen.blocks == {"rest", "stream"}
    assert seen.lasted_ns == ns(2)
