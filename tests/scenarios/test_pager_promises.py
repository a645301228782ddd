"""A person is called when one is needed, and not when none is: judged on stories told by hand."""

from __future__ import annotations

import pytest

from scenarios.finding import Status
from scenarios.pages import must_page, paged_at_ns
from scenarios.promises.paging import no_false_pages, paged_in_time
from tests.scenarios.stories import Story, ns


@pytest.mark.parametrize(
    ("name", "shorter_s", "longer_s"),
    [("crash", 45, 46), ("outage", 45, 46), ("rate_limit", 60, 61), ("socket_drop", 90, 91)],
)
def test_what_lasts_long_enough_needs_a_person(name: str, shorter_s: float, longer_s: float) -> None:
    """The referee's own table."""
    story = Story()
    assert not must_page(story.fault(name, "binance", 100, shorter_s))
    assert must_page(story.fault(name, "binance", 100, longer_s))


@pytest.mark.parametrize("name", ["ack_lost", "silent_reject"])
def test_what_the_bot_must_bear_alone_needs_nobody(name: str) -> None:
    """Orders in doubt are its daily work."""
    assert not must_page(Story().fault(name, "binance", 100, 3600))


def test_a_full_disk_needs_a_person_where_a_journal_is_kept() -> None:
    """A replica of signals writes nothing down."""
    story = Story()
    story.beat(10, "exec-a")
    story.beat(10, "signal-a", "signal")
    story.fault("disk_full", "signal-a", 100, 300, "journal")
    assert story.judged_by(paged_in_time).exercised == 0

    story.fault("disk_full", "exec-a", 100, 300, "journal")
    assert story.judged_by(paged_in_time).status is Status.BROKEN


def test_a_page_about_what_was_hit_within_a_minute_is_in_time() -> None:
    """Held."""
    story = Story()
    story.fault("crash", "exec-a", 100, 60, "component")
    story.paged(131, "heartbeat/execution/exec-a")

    found = story.judged_by(paged_in_time)

    assert (found.status, found.exercised) == (Status.HELD, 1)


def test_a_dead_component_that_nobody_notices_is_broken() -> None:
    """Broken: no page at all."""
    story = Story()
    story.fault("crash", "exec-a", 100, 60, "component")

    found = story.judged_by(paged_in_time)

    assert found.status is Status.BROKEN
    assert "crash on exec-a rang no pager" in found.detail


def test_a_page_after_a_minute_is_late() -> None:
    """Broken, with how late."""
    story = Story()
    story.fault("outage", "binance", 100, 120, "rest")
    story.paged(175, "venue/binance")

    found = story.judged_by(paged_in_time)

    assert found.status is Status.BROKEN
    assert "only after 75 s" in found.detail


def test_a_page_about_something_else_covers_nothing() -> None:
    """Broken: the pager rang for Binance, and exec-a is dead."""
    story = Story()
    story.fault("outage", "binance", 90, 120, "rest")
    story.fault("crash", "exec-a", 100, 60, "component")
    story.paged(121, "venue/binance")

    assert story.judged_by(paged_in_time).status is Status.BROKEN


def test_what_is_known_already_need_not_ring_twice() -> None:
    """Held: the page of the first outage still stands when the second begins."""
    story = Story()
    story.fault("outage", "binance", 100, 60, "rest")
    story.paged(131, "venue/binance")
    second = story.fault("outage", "binance", 170, 60, "rest")
    story.paged(250, "venue/binance", "resolve")

    assert story.judged_by(paged_in_time).status is Status.HELD
    assert paged_at_ns(second, story.record()) == ns(170)


def test_what_was_resolved_must_ring_again() -> None:
    """Broken: the second outage is a new one."""
    story = Story()
    story.fault("outage", "binance", 100, 60, "rest")
    story.paged(131, "venue/binance")
    story.paged(165, "venue/binance", "resolve")
    story.fault("outage", "binance", 600, 60, "rest")

    assert story.judged_by(paged_in_time).status is Status.BROKEN


def test_without_a_grave_fault_nothing_is_known_about_paging() -> None:
    """Unknown."""
    story = Story()
    story.fault("crash", "exec-a", 100, 10, "component")

    assert story.judged_by(paged_in_time).status is Status.UNKNOWN


def test_a_fault_at_the_very_end_is_not_judged() -> None:
    """Unknown: its minute had not passed."""
    story = Story(ends_s=150)
    story.fault("crash", "exec-a", 100, 50, "component")

    assert story.judged_by(paged_in_time).status is Status.UNKNOWN


def test_pages_with_a_fault_and_silence_without_one_are_right() -> None:
    """Held: one page, and one stretch of ten quiet minutes."""
    story = Story(ends_s=1200)
    story.fault("outage", "binance", 100, 120, "rest")
    story.paged(131, "venue/binance")

    found = story.judged_by(no_false_pages)

    assert (found.status, found.exercised) == (Status.HELD, 2)


def test_a_page_in_good_weather_is_false() -> None:
    """Broken: somebody got up for nothing."""
    story = Story()
    story.fault("outage", "binance", 100, 120, "rest")
    story.paged(700, "venue/kraken")

    found = story.judged_by(no_false_pages)

    assert found.status is Status.BROKEN
    assert "rang in good weather: about venue/kraken" in found.detail


def test_a_page_that_names_a_healthy_place_is_false_whatever_rages_elsewhere() -> None:
    """Broken: Binance is down, and somebody is called about Kraken."""
    story = Story()
    story.fault("outage", "binance", 100, 120, "rest")
    story.paged(150, "venue/kraken")

    assert story.judged_by(no_false_pages).status is Status.BROKEN


def test_a_page_that_names_no_place_may_be_about_any_fault() -> None:
    """Held: the bus, the journal, the books are everybody's."""
    story = Story()
    story.fault("outage", "binance", 100, 120, "rest")
    story.paged(150, "orders/in-doubt")

    assert story.judged_by(no_false_pages).status is Status.HELD


def test_a_page_shortly_after_the_heal_is_still_about_the_fault() -> None:
    """Held: news travels."""
    story = Story()
    story.fault("outage", "binance", 100, 120, "rest")
    story.paged(390, "drift/binance")

    assert story.judged_by(no_false_pages).status is Status.HELD


def test_a_resolve_is_no_page() -> None:
    """Held: nobody is woken by good news."""
    story = Story()
    story.paged(700, "venue/binance", "resolve")

    assert story.judged_by(no_false_pages).status is Status.HELD


def test_where_the_weather_was_never_good_nothing_is_known_about_false_pages() -> None:
    """Unknown: there was no silence to break, and no page."""
    story = Story(ends_s=500)
    story.fault("ack_lost", "binance", 0, 500, "answers")

    assert story.judged_by(no_false_pages).status is Status.UNKNOWN
