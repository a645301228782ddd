"""The machine's clocks, in the two ways in which the engine reads them."""

from datetime import UTC, datetime

from engine.runtime.real.clock import RealClock

YEAR_NS = 365 * 86_400 * 1_000_000_000


def test_one_clock_tells_the_year_and_the_other_never_goes_back() -> None:
    clock = RealClock()
    ages = [clock.monotonic_ns() for _ in range(1000)]

    assert ages == sorted(ages)
    assert clock.wall_ns() > (datetime(2026, 1, 1, tzinfo=UTC).year - 1970) * YEAR_NS
