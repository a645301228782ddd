"""How far a run has got, as lines in a log."""

from __future__ import annotations

import io

from scenarios.report.progress import LINE_EVERY_S, written
from scenarios.run import Progress

DAY_S = 86_400.0


def reached(virtual_s: float, wall_s: float, *raging: str) -> Progress:
    """Return how far a run of ten days has got."""
    return Progress(virtual_s=virtual_s, total_s=10 * DAY_S, wall_s=wall_s, raging=raging)


def test_a_log_gets_a_line_a_minute_and_one_at_the_end() -> None:
    """Told is how far, how fast, how long still, and what rages."""
    log = io.StringIO()
    write = written("a soak", log)

    write(reached(DAY_S / 2, LINE_EVERY_S / 2))
    write(reached(DAY_S, LINE_EVERY_S))
    write(reached(1.1 * DAY_S, LINE_EVERY_S + 1))
    write(reached(5 * DAY_S, 5 * LINE_EVERY_S, "outage binance"))
    write(reached(10 * DAY_S, 5 * LINE_EVERY_S + 1))

    assert log.getvalue().splitlines() == [
        "a soak: 1d of 10d (10.0%) after 1m, 1,440×, about 9m left; good weather",
        "a soak: 5d of 10d (50.0%) after 5m, 1,440×, about 5m left; outage binance",
        "a soak: 10d of 10d (100.0%) after 5m 1s, 2,870×, about 0s left; good weather",
    ]
