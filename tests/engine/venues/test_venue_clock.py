"""The venue's clock is known from its answers, and from nothing that can step."""

from __future__ import annotations

from engine.venues.venue_clock import VenueClock
from tests.engine.resilience.hand_clock import NS, HandClock


def measured(clock: HandClock, ahead_s: float, *, resolution_ns: int = 1_000_000) -> VenueClock:
    """Return the clock of a venue that is so far ahead of ours, read with a round trip of 200 ms."""
    venue_clock = VenueClock(clock)
    true_ns = clock.wall_ns() + int(ahead_s * NS)
    asked_ns = clock.monotonic_ns()
    clock.pass_s(0.1)
    told_ns = (true_ns + NS // 10) // resolution_ns * resolution_ns
    clock.pass_s(0.1)
    venue_clock.told(told_ns, resolution_ns=resolution_ns, asked_ns=asked_ns, heard_ns=clock.monotonic_ns())
    return venue_clock


def test_before_it_is_asked_the_venue_has_our_time() -> None:
    """There is nothing better."""
    clock = HandClock()
    assert VenueClock(clock).wall_ns() == clock.wall_ns()


def test_an_answer_sets_it_to_within_half_a_round_trip() -> None:
    """Two seconds ahead are two seconds ahead."""
    clock = HandClock()
    venue_clock = measured(clock, 2.0)
    assert abs(venue_clock.wall_ns() - clock.wall_ns() - 2 * NS) <= NS // 10 + 1_000_000


def test_steps_of_our_wall_clock_do_not_move_it() -> None:
    """Or a step would let requests outlive their expiry."""
    clock = HandClock()
    venue_clock = measured(clock, 0.0)
    before_ns = venue_clock.wall_ns()
    clock.step_s(3600)
    assert venue_clock.wall_ns() == before_ns
    clock.pass_s(5)
    assert venue_clock.wall_ns() == before_ns + 5 * NS


def test_a_coarse_answer_that_agrees_does_not_make_it_tremble() -> None:
    """Kraken tells whole seconds."""
    clock = HandClock()
    assert measured(clock, 0.0, resolution_ns=NS).wall_ns() == clock.wall_ns()
    ahead = measured(clock, 5.0, resolution_ns=NS).wall_ns() - clock.wall_ns()
    assert abs(ahead - 5 * NS) <= NS


def test_it_is_trusted_for_a_while_and_not_after_a_refused_timestamp() -> None:
    """Then it is read again."""
    clock = HandClock()
    assert not VenueClock(clock).trusted(300 * NS)
    venue_clock = measured(clock, 0.0)
    assert venue_clock.trusted(300 * NS)
    clock.pass_s(301)
    assert not venue_clock.trusted(300 * NS)
    venue_clock = measured(clock, 0.0)
    venue_clock.doubt()
    assert not venue_clock.trusted(300 * NS)
