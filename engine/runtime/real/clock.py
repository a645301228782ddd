"""The machine's two clocks: one that never steps and counts suspended time, and the time of day.

A lease that was taken before the machine slept must be over when it wakes, so ages are not told by Python's
`monotonic`, which stands still meanwhile on Linux. Where there is no `CLOCK_BOOTTIME` (macOS), the monotonic clock
itself counts on through a sleep.
"""

import time

_NEVER_STEPS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class RealClock:
    """See `engine.ports.clock.Clock`."""

    def monotonic_ns(self) -> int:
        """Return the time since the machine was switched on, sleep included."""
        return time.clock_gettime_ns(_NEVER_STEPS)

    def wall_ns(self) -> int:
        """Return unix time as this machine believes it to be."""
        return time.time_ns()
