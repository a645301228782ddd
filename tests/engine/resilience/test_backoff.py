"""Waits grow up to a bound, and no two loops wait alike."""

from __future__ import annotations

from random import Random

from engine.resilience.backoff import Backoff, BackoffSettings
from tests.engine.resilience.hand_clock import NS


def test_waits_double_up_to_their_bound_and_start_over_after_a_success() -> None:
    """Each is its step and up to a quarter more."""
    backoff = Backoff(Random(7), BackoffSettings(first_ns=NS, max_ns=30 * NS))
    steps = [1, 2, 4, 8, 16, 30, 30]
    waits = [backoff.next_ns() / NS for _ in steps]
    assert all(step <= wait <= 1.25 * step for step, wait in zip(steps, waits, strict=True))
    backoff.reset()
    assert backoff.next_ns() <= 1.25 * NS


def test_it_stays_bounded_for_ever() -> None:
    """A month of failures overflows nothing."""
    backoff = Backoff(Random(7))
    assert all(backoff.next_ns() <= 37.5 * NS for _ in range(10_000))


def test_two_loops_do_not_knock_together() -> None:
    """The same seed repeats, another differs."""
    assert Backoff(Random(1)).next_ns() == Backoff(Random(1)).next_ns()
    assert Backoff(Random(1)).next_ns() != Backoff(Random(2)).next_ns()
