"""A venue's clock, as it can be known from here: our own clock that never steps, anchored to what the venue said.

The wall clock is believed only until the venue has been asked for the first time, since hosts drift and step, and
signatures, request expiries, bans and the law of absence all go by the venue's time. An answer bounds the anchor
from both sides: the venue read its clock after we asked and before we heard. The anchor moves only when it lies
outside these bounds, so that a coarse answer (Kraken tells whole seconds) does not make it tremble.
"""

from __future__ import annotations

from engine.ports.clock import Clock


class VenueClock:
    """Tells the venue's time; as a `Clock`, its wall clock is the venue's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._anchor_ns = clock.wall_ns() - clock.monotonic_ns()
        self._measured_ns: int | None = None

    def monotonic_ns(self) -> int:
        """Return our own clock that never steps."""
        return self._clock.monotonic_ns()

    def wall_ns(self) -> int:
        """Return the venue's unix time as estimated now."""
        return self._clock.monotonic_ns() + self._anchor_ns

    def told(self, venue_ns: int, *, resolution_ns: int, asked_ns: int, heard_ns: int) -> int:
        """Learn from an answer; `asked_ns` and `heard_ns` are monotonic. Return venue minus our wall clock, now."""
        lowest = venue_ns - heard_ns
        highest = venue_ns + resolution_ns - asked_ns
        if not lowest <= self._anchor_ns <= highest:
            self._anchor_ns = (lowest + highest) // 2
        self._measured_ns = heard_ns
        return self.wall_ns() - self._clock.wall_ns()

    def doubt(self) -> None:
        """Forget that the clock was measured: the venue did not accept a timestamp."""
        self._measured_ns = None

    def trusted(self, age_ns_max: int) -> bool:
        """Tell whether the last measurement is younger than this."""
        return self._measured_ns is not None and self.monotonic_ns() - self._measured_ns <= age_ns_max
