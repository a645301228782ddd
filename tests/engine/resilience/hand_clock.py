"""A clock that a test moves by hand."""

from __future__ import annotations

NS = 1_000_000_000


class HandClock:
    """Both clocks of a node, moved together, or the wall clock stepped on its own."""

    def __init__(self, wall_ns: int = 1_772_323_200 * NS) -> None:
        self._monotonic_ns = 0
        self._wall_ns = wall_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def wall_ns(self) -> int:
        return self._wall_ns

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self._monotonic_ns += int(seconds * NS)
        self._wall_ns += int(seconds * NS)

    def step_s(self, seconds: float) -> None:
        """Set the wall clock forward or back."""
        self._wall_ns += int(seconds * NS)
