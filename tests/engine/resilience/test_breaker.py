"""A breaker opens after three failures in thirty seconds, and finds its way back by probing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.resilience.breaker import Breaker, BreakerSettings, BreakerState
from tests.engine.resilience.hand_clock import NS, HandClock


def broken(clock: HandClock) -> Breaker:
    """Return a breaker that has just opened."""
    breaker = Breaker("orders", clock)
    for _ in range(3):
        assert breaker.admit()
        breaker.failed()
    return breaker


def is_in(breaker: Breaker, state: BreakerState) -> bool:
    """Ask anew each time: a type checker believes that a state once seen stays."""
    return breaker.state is state


def test_three_failures_within_thirty_seconds_refuse_the_next_request_at_once() -> None:
    """No timeout is waited for."""
    breaker = broken(HandClock())
    assert is_in(breaker, BreakerState.OPEN)
    assert not breaker.admit()
    assert breaker.wait_ns == 5 * NS


def test_failures_slide_out_of_the_window() -> None:
    """Three failures over more than thirty seconds leave it closed; the last three count, not a fixed grid."""
    clock = HandClock()
    breaker = Breaker("orders", clock)
    for pause_s in (20, 20, 8):
        breaker.failed()
        clock.pass_s(pause_s)
    assert is_in(breaker, BreakerState.CLOSED)
    breaker.failed()
    assert is_in(breaker, BreakerState.OPEN)


def test_successes_between_do_not_hide_failures() -> None:
    """A venue that fails every second request is sick."""
    breaker = Breaker("orders", HandClock())
    for _ in range(3):
        breaker.succeeded()
        breaker.failed()
    assert is_in(breaker, BreakerState.OPEN)


def test_after_its_time_one_probe_passes_and_decides() -> None:
    """The second request waits for the first."""
    clock = HandClock()
    breaker = broken(clock)
    clock.pass_s(5)
    assert breaker.admit()
    assert is_in(breaker, BreakerState.HALF_OPEN)
    assert not breaker.admit()

    breaker.succeeded()
    assert is_in(breaker, BreakerState.CLOSED)
    assert breaker.admit()


def test_a_failed_probe_opens_it_for_twice_as_long_up_to_a_bound() -> None:
    """And one success later it starts over."""
    clock = HandClock()
    breaker = broken(clock)
    waits_s = []
    for _ in range(6):
        clock.pass_s(breaker.wait_ns / NS)
        assert breaker.admit()
        breaker.failed()
        waits_s.append(breaker.wait_ns / NS)
    assert waits_s == [10, 20, 40, 60, 60, 60]


def test_a_probe_that_never_reports_does_not_block_the_way_back() -> None:
    """Its task may have been cancelled, or hang."""
    clock = HandClock()
    breaker = broken(clock)
    clock.pass_s(5)
    assert breaker.admit()
    clock.pass_s(14)
    assert not breaker.admit()
    clock.pass_s(1)
    assert breaker.admit()
    breaker.abandoned()
    assert breaker.admit()


def test_steps_of_the_wall_clock_mean_nothing() -> None:
    """Ages are measured on the clock that never steps."""
    clock = HandClock()
    breaker = broken(clock)
    clock.step_s(3600)
    assert not breaker.admit()
    clock.step_s(-7200)
    clock.pass_s(5)
    assert breaker.admit()


def test_each_change_is_told() -> None:
    """So that states are visible on the bus."""
    told: list[tuple[str, BreakerState]] = []
    clock = HandClock()
    breaker = Breaker("orders", clock, on_change=lambda name, state: told.append((name, state)))
    for _ in range(4):
        breaker.failed()
    clock.pass_s(5)
    breaker.admit()
    breaker.succeeded()
    breaker.succeeded()
    states = [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
    assert told == [("orders", state) for state in states]


@given(st.lists(st.tuples(st.floats(0, 40), st.sampled_from(["fail", "succeed", "ask"])), max_size=60))
def test_it_never_refuses_for_longer_than_its_bound(moves: list[tuple[float, str]]) -> None:
    """Whatever happens, a request passes again within a minute of silence."""
    clock = HandClock()
    breaker = Breaker("orders", clock, BreakerSettings())
    for pause_s, move in moves:
        clock.pass_s(pause_s)
        {"fail": breaker.failed, "succeed": breaker.succeeded, "ask": breaker.admit}[move]()
    clock.pass_s(60)
    assert breaker.admit()


def test_when_something_beside_it_has_come_back_a_probe_passes_at_once() -> None:
    clock = HandClock()
    breaker = Breaker("binance/account", clock)
    for _ in range(3):
        breaker.failed()
    assert not breaker.admit()

    breaker.probe_soon()

    assert breaker.admit()
    assert not breaker.admit()
