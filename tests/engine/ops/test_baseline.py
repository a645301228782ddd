"""Baselines: what is usual is learned, an increase is told, and a new usual is accepted in the end."""

from hypothesis import given
from hypothesis import strategies as st

from engine.ops.baseline import LEARNED_FROM, PATIENCE, ErrorBaseline, LatencyBaseline

MS = 1_000_000


def usual_errors(calls: int = 100, failures: int = 1) -> ErrorBaseline:
    baseline = ErrorBaseline()
    for _ in range(30):
        baseline.above(calls, failures)
    return baseline


def test_an_error_rate_above_its_own_past_is_an_increase() -> None:
    baseline = usual_errors()
    assert not baseline.above(100, 3)
    assert baseline.above(100, 8)


def test_the_same_rate_is_no_increase_where_it_is_usual() -> None:
    assert not usual_errors(failures=8).above(100, 9)


def test_nothing_is_unusual_before_something_is_usual() -> None:
    baseline = ErrorBaseline()
    assert [baseline.above(10, 10) for _ in range(LEARNED_FROM)] == [False] * LEARNED_FROM


def test_two_failures_are_weather_however_few_the_calls() -> None:
    assert not usual_errors(failures=0).above(2, 2)


def test_an_increase_does_not_hide_itself_by_being_learned() -> None:
    baseline = usual_errors(failures=0)
    assert all(baseline.above(100, 30) for _ in range(PATIENCE))


def test_what_lasts_becomes_the_new_usual() -> None:
    baseline = usual_errors(failures=0)
    told = [baseline.above(100, 30) for _ in range(PATIENCE + 40)]
    assert not told[-1]


def test_a_p99_must_be_slow_in_itself_and_against_its_past() -> None:
    baseline = LatencyBaseline(floor_ns=1000 * MS, factor=4)
    for _ in range(20):
        baseline.above(50 * MS)
    assert not baseline.above(900 * MS)
    assert baseline.above(1100 * MS)

    slow = LatencyBaseline(floor_ns=1000 * MS, factor=4)
    for _ in range(20):
        slow.above(600 * MS)
    assert not slow.above(1100 * MS)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
def test_the_usual_rate_is_always_a_share(periods: list[tuple[int, int]]) -> None:
    baseline = ErrorBaseline()
    for calls, failures in periods:
        baseline.above(calls, min(calls, failures))
    assert 0 <= baseline.rate <= 1


def test_an_increase_is_over_when_requests_succeed_and_not_when_few_or_none_are_made() -> None:
    """An open breaker lets little through."""
    baseline = usual_errors(calls=20, failures=0)
    assert baseline.above(20, 10)

    assert baseline.above(0, 0)
    assert baseline.above(3, 2)
    assert baseline.above(4, 1)

    assert not baseline.above(4, 0)
    assert not baseline.above(3, 2)
