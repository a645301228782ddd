"""The time a venue lives in: a clock that never steps, a wall clock, and timers.

A venue is given its time and never asks for it. The simulated world fits this shape, and so does a test that
turns the hands itself.
"""

from collections.abc import Callable
from typing import Protocol


class Cancellable(Protocol):
    """A timer that has not fired yet."""

    def cancel(self) -> None:
        """Forget the timer; do nothing if it has fired."""


class Timeline(Protocol):
    """The clocks and timers of one venue."""

    def now_ns(self) -> int:
        """Return virtual nanoseconds; they never go back."""

    def wall_ns(self) -> int:
        """Return Unix nanoseconds on the venue's own wall clock."""

    def call_later(self, delay_ns: int, fn: Callable[[], None], /) -> Cancellable:
        """Call `fn` once, `delay_ns` nanoseconds from now, in the order of (time, moment of this call)."""
