"""What becomes of positions: each promise held, broken and unknown, on records written by hand."""

from __future__ import annotations

from scenarios.finding import Status
from scenarios.promises.exits import exits_stay_open
from scenarios.promises.hard import hard_failure_flattens
from scenarios.promises.killed import killed_means_flat
from scenarios.promises.protection import nothing_left_when_flat, positions_protected
from scenarios.schema import Expect
from tests.scenarios.stories import BTC, Story

HELD, BROKEN, UNKNOWN = Status.HELD, Status.BROKEN, Status.UNKNOWN
PROTECTED = Expect.model_validate({"exposure": {BTC: "0.05"}, "warm_up": "0s", "protection": "10s"})


def bought(at_s: float = 100) -> Story:
    """Return a story in which 0.01 BTC was bought at Binance."""
    story = Story()
    story.at_venue(at_s, "NEW")
    story.at_venue(at_s, "FILLED", filled="0.01")
    story.traded(at_s, "buy")
    return story


def sold(story: Story, at_s: float, status: str = "FILLED", order_id: int = 9) -> None:
    """Let a sale of it stand at the venue, and trade where it is filled."""
    filled = "0.01" if status == "FILLED" else "0"
    story.at_venue(at_s, status, "d9", side="sell", order_id=order_id, filled=filled)
    if status == "FILLED":
        story.traded(at_s, "sell", order_id=order_id)


def stopped(story: Story, at_s: float, status: str = "UNTRIGGERED") -> None:
    """Let a stop of the position's size stand at the venue."""
    story.at_venue(at_s, status, "stop", side="sell", order_id=5, is_stop=True)


def test_a_position_with_a_stop_in_time_is_protected() -> None:
    story = bought()
    stopped(story, 105)

    found = story.judged_by(positions_protected, PROTECTED)

    assert found.status is HELD
    assert found.exercised == 1


def test_a_position_whose_stop_comes_late_is_not() -> None:
    """Nor is one whose stop has been cancelled."""
    late, gone = bought(), bought()
    stopped(late, 120)
    stopped(gone, 105)
    stopped(gone, 300, "CANCELED")

    assert "without a stop for 20 s" in late.judged_by(positions_protected, PROTECTED).detail
    assert "without a stop for 900 s" in gone.judged_by(positions_protected, PROTECTED).detail


def test_no_stop_is_asked_for_where_the_venue_takes_no_orders_or_the_scenario_wants_none() -> None:
    story = bought()
    story.fault("outage", "binance", 101, 60, "rest")
    stopped(story, 200)

    assert story.judged_by(positions_protected, PROTECTED).status is HELD
    assert story.judged_by(positions_protected).status is UNKNOWN
    assert Story().judged_by(positions_protected, PROTECTED).status is UNKNOWN


def test_nobody_can_be_blamed_for_leaving_a_position_that_nobody_buys() -> None:
    """The clock stands while that book is empty, and not because another one is."""
    for on, status in ((f"{BTC}@binance", HELD), (BTC, HELD), (f"{BTC}@kraken", BROKEN)):
        story = bought()
        stopped(story, 105)
        stopped(story, 200, "CANCELED")
        story.fault("liquidity_vanishes", on, 190, 60)
        sold(story, 201, "NEW")
        sold(story, 255)
        assert story.judged_by(positions_protected, PROTECTED).status is status, on


def test_who_keeps_a_position_has_no_excuse_in_an_empty_book() -> None:
    """A stop can rest there as well as anywhere; only who sells finds nobody."""
    story = bought()
    story.fault("liquidity_vanishes", BTC, 95, 60)
    stopped(story, 155)

    assert "without a stop for 55 s" in story.judged_by(positions_protected, PROTECTED).detail


def test_nothing_rests_when_the_position_is_gone() -> None:
    story = bought()
    stopped(story, 105)
    sold(story, 200)
    stopped(story, 201, "CANCELED")

    found = story.judged_by(nothing_left_when_flat)

    assert found.status is HELD
    assert found.exercised == 1
    assert bought().judged_by(nothing_left_when_flat).status is UNKNOWN


def test_a_stop_that_outlives_its_position_breaks_the_promise() -> None:
    story = bought()
    stopped(story, 105)
    sold(story, 200)

    found = story.judged_by(nothing_left_when_flat)

    assert found.status is BROKEN
    assert "1000 s with nothing to close" in found.detail


def test_an_exit_is_served_by_an_order_in_time() -> None:
    story = bought()
    story.decided(200, "d9", target="0")
    sold(story, 210, "NEW")

    assert story.judged_by(exits_stay_open).status is HELD


def test_an_exit_that_is_not_sent_breaks_the_promise() -> None:
    story = bought()
    story.decided(200, "d9", target="0")

    found = story.judged_by(exits_stay_open)

    assert found.status is BROKEN
    assert "waited for 30 s" in found.detail


def test_an_exit_waits_for_its_venue_and_for_no_other() -> None:
    """And one that the next decision takes back is none."""
    shut, other, overruled = bought(), bought(), bought()
    shut.fault("outage", "binance", 195, 60, "rest")
    other.fault("outage", "kraken", 195, 60, "rest")
    overruled.decided(205, "d10")
    for story in (shut, other, overruled):
        story.decided(200, "d9", target="0")

    assert shut.judged_by(exits_stay_open).status is UNKNOWN
    assert other.judged_by(exits_stay_open).status is BROKEN
    assert overruled.judged_by(exits_stay_open).status is UNKNOWN


def test_a_kill_leaves_nothing() -> None:
    story = bought()
    story.did(300, "kill")
    sold(story, 310)

    found = story.judged_by(killed_means_flat)

    assert found.status is HELD
    assert found.exercised == 2
    assert bought().judged_by(killed_means_flat).status is UNKNOWN


def test_a_position_an_order_or_a_new_beginning_after_a_kill_breaks_the_promise() -> None:
    held, resting, begun = bought(), Story(), Story()
    resting.at_venue(290, "NEW")
    begun.at_venue(500, "NEW", order_id=3)
    for story in (held, resting, begun):
        story.did(300, "kill")

    assert "was held at binance after the kill" in held.judged_by(killed_means_flat).detail
    assert "rested at binance after the kill" in resting.judged_by(killed_means_flat).detail
    assert "was placed at binance after the kill" in begun.judged_by(killed_means_flat).detail


def test_after_a_person_has_re_armed_a_new_beginning_is_fine() -> None:
    story = Story()
    story.did(300, "kill")
    story.did(450, "rearm")
    story.at_venue(500, "NEW", order_id=3)

    assert story.judged_by(killed_means_flat).status is HELD


def test_a_kill_waits_for_a_venue_that_is_down_and_no_longer() -> None:
    waited, forgotten = bought(), bought()
    for story in (waited, forgotten):
        story.fault("outage", "binance", 290, 200, "rest")
        story.did(300, "kill")
    sold(waited, 520)

    assert waited.judged_by(killed_means_flat).status is HELD
    assert forgotten.judged_by(killed_means_flat).status is BROKEN


def executing(story: Story) -> Story:
    """Let exec-a be the machine that executes."""
    story.beat(1, "exec-a")
    return story


def test_a_bot_that_cannot_remember_leaves_its_positions() -> None:
    left, kept = executing(bought()), executing(bought())
    for story in (left, kept):
        story.fault("disk_full", "exec-a", 200, 400, "journal")
    sold(left, 290)

    assert left.judged_by(hard_failure_flattens).status is HELD
    assert "was not closed after disk_full" in kept.judged_by(hard_failure_flattens).detail


def test_a_machine_that_has_a_standby_a_short_trouble_and_a_flat_bot_prove_nothing() -> None:
    spared, short = executing(bought()), executing(bought())
    spared.beat(1, "exec-b")
    spared.fault("disk_full", "exec-a", 200, 400, "journal")
    short.fault("disk_full", "exec-a", 200, 90, "journal")

    assert spared.judged_by(hard_failure_flattens).status is UNKNOWN
    assert short.judged_by(hard_failure_flattens).status is UNKNOWN


def test_a_position_behind_a_long_outage_is_closed_when_the_venue_is_back() -> None:
    closed, kept = executing(bought()), executing(bought())
    for story in (closed, kept):
        story.fault("outage", "binance", 200, 500, "rest", "stream")
    sold(closed, 750)

    assert closed.judged_by(hard_failure_flattens).status is HELD
    assert kept.judged_by(hard_failure_flattens).status is BROKEN
