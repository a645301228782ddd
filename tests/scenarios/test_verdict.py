"""The verdict: broken over unknown over held, and a checker that fails has not judged."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from scenarios.finding import Finding, Status
from scenarios.promises import PROMISES, judge
from scenarios.record import Record
from scenarios.schema import Expect
from scenarios.slices import Slice, Uptime
from scenarios.verdict import EXIT_CODES, combined, unknowns, uptime_status, verdict_of
from tests.scenarios.stories import EXPECT, Story

HELD, BROKEN, UNKNOWN = Status.HELD, Status.BROKEN, Status.UNKNOWN


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([HELD, HELD], HELD),
        ([HELD, UNKNOWN], UNKNOWN),
        ([HELD, UNKNOWN, BROKEN], BROKEN),
        ([BROKEN, HELD], BROKEN),
        ([], UNKNOWN),
    ],
)
def test_the_gravest_status_is_the_verdict(statuses: list[Status], verdict: Status) -> None:
    """Nothing judged is nothing known."""
    assert combined(statuses) is verdict


def test_each_verdict_has_its_exit_code() -> None:
    """Fixed by the design."""
    assert EXIT_CODES == {HELD: 0, BROKEN: 1, UNKNOWN: 3}


def finding(status: Status) -> Finding:
    """Return a finding of a status."""
    return Finding(name="x", status=status, exercised=1, detail="")


def uptime(*slices: Slice) -> Uptime:
    """Return the uptime of some slices."""
    return Uptime(component="execution", slices=dict(enumerate(slices)))


def test_uptime_decides_only_where_a_target_is_named() -> None:
    """Half up is fine where nobody asked for more."""
    half = uptime(Slice.UP, Slice.DOWN)

    assert uptime_status(half, None) is HELD
    assert uptime_status(half, Decimal("0.5")) is HELD
    assert uptime_status(half, Decimal("0.9995")) is BROKEN
    assert uptime_status(uptime(), Decimal("0.9995")) is UNKNOWN


def test_a_mark_that_never_came_makes_a_held_run_unknown_and_not_a_broken_one() -> None:
    """A scenario in which the danger never came proves nothing."""
    assert verdict_of([finding(HELD)], (), [], {}, {"a": 1}) is HELD
    assert verdict_of([finding(HELD)], (), [], {}, {"a": 1, "b": 0}) is UNKNOWN
    assert verdict_of([finding(BROKEN)], (), [], {}, {"b": 0}) is BROKEN
    assert verdict_of([finding(HELD)], (), [uptime(Slice.DOWN)], {"execution": Decimal("0.9")}, {}) is BROKEN


def test_a_promise_that_was_not_tried_makes_a_run_unknown_where_the_scenario_needs_it() -> None:
    """A failed checker does so anywhere."""
    untried, failed = replace(finding(UNKNOWN), untried=True), finding(UNKNOWN)

    assert verdict_of([finding(HELD), untried], (), [], {}, {}) is HELD
    assert verdict_of([finding(HELD), untried], ("x",), [], {}, {}) is UNKNOWN
    assert verdict_of([finding(HELD), failed], (), [], {}, {}) is UNKNOWN


def test_a_checker_that_throws_has_not_judged() -> None:
    """Unknown, never held; and the others are still asked."""

    def throws(record: Record, expect: Expect) -> Finding:
        raise ZeroDivisionError(f"{record.bot} {expect.recovery_ns}")

    story = Story()
    story.whole_life(10)
    promises = {"throws": throws, **PROMISES}

    findings = {one.name: one for one in judge(story.record(), EXPECT, promises)}

    assert findings["throws"].status is UNKNOWN
    assert "ZeroDivisionError" in findings["throws"].detail
    assert findings["no_duplicate_orders"].status is HELD


def test_what_cannot_be_read_is_not_judged_as_held() -> None:
    """A message that the referee does not understand might be the one that mattered."""
    story = Story()
    story.whole_life(10)
    record = replace(story.record(), unreadable=("order.binance.BTC-USDT at 3.000 s",))

    findings = {one.name: one for one in judge(record, EXPECT)}

    assert findings["no_duplicate_orders"].status is UNKNOWN
    assert "could not be read" in findings["no_duplicate_orders"].detail


def test_a_bot_that_does_nothing_holds_no_promise_but_that_it_does_not_page() -> None:
    """Safety alone is met by silence; that is why silence is not held."""
    findings = {one.name: one.status for one in judge(Story().record(), EXPECT)}

    assert findings.pop("no_false_pages") is HELD
    assert findings.pop("recovered_in_time") is BROKEN  # no price ever came
    assert set(findings.values()) == {UNKNOWN}


def test_every_promise_has_one_name_and_answers_by_it() -> None:
    """The names are fixed by the design."""
    assert list(PROMISES) == [
        "no_duplicate_orders",
        "no_lost_orders",
        "ledger_equals_venue",
        "exposure_within_limit",
        "paged_in_time",
        "no_false_pages",
        "recovered_in_time",
        "no_action_on_stale_data",
        "bans_honoured",
        "attempts_bounded",
        "positions_protected",
        "nothing_left_when_flat",
        "exits_stay_open",
        "restart_idempotent",
        "one_active_executor",
        "killed_means_flat",
        "hard_failure_flattens",
        "optional_services_optional",
    ]
    assert [one.name for one in judge(Story().record(), EXPECT)] == list(PROMISES)


def test_what_keeps_a_run_from_held_is_named() -> None:
    """A promise that nobody needs may stay untried; all else that is not known has a name."""
    untried = replace(finding(UNKNOWN), untried=True)
    failed = replace(finding(UNKNOWN), name="y")

    assert unknowns([untried], (), [uptime()], {}, {"a": 1}) == ()
    assert unknowns([untried, failed], ("x",), [uptime()], {"execution": Decimal("0.9")}, {"b": 0}) == (
        "x, which is needed, was never tried",
        "y could not be judged",
        "execution, which has a target, was never judged",
        "b was never seen",
    )
