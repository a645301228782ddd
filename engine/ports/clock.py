"""The two clocks of a node: one that never steps, for ages and waits, and one that tells the time of day, for
messages.
"""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Two clocks in integer nanoseconds."""

    def monotonic_ns(self) -> int:
        """Return a time that never steps back and counts suspended time; its zero means nothing."""
        ...

    def wall_ns(self) -> int:
        """Return unix time; it may be skewed, drift and step."""
        ...
