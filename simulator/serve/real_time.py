"""Real time as a venue's timeline: the machine's clocks, as fast as they run or faster, and timers in order.

This is the one file of the simulator that reads a real clock. A venue cannot tell: it is given the same three
functions as in a virtual world. It must not be used inside of one, and cannot be: the world's walls refuse it.

Timers have a heap of their own, and one timer of the loop is wound for the earliest. asyncio's heap does not keep the
order of timers that are due in the same instant, and here order is a promise (the views tell events in it). What is due
is called in one go, but only what was due when it began: a market that cannot keep up with its speed ticks late, and
requests are still answered.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections.abc import Callable
from itertools import count

NS = 1_000_000_000

SPEED_MIN, SPEED_MAX = 0.001, 10_000.0
"""How fast time may go; faster than this a loop of Python does nothing but tick."""

CANCELLED_KEPT_MAX = 1_000
"""So many cancelled timers may lie in the heap, or as many as live ones; then they are swept out."""


class RealTimer:
    """A function that will be called; it can be cancelled."""

    __slots__ = ("_on_cancel", "at_ns", "fn")

    def __init__(self, at_ns: int, fn: Callable[[], None], on_cancel: Callable[[], None]) -> None:
        self.at_ns = at_ns
        self.fn: Callable[[], None] | None = fn
        self._on_cancel = on_cancel

    def cancel(self) -> None:
        """Forget the function; do nothing if it was called or cancelled."""
        if self.fn is not None:
            self.fn = None
            self._on_cancel()


class RealTimeline:
    """A venue's time on this machine: `speed` venue seconds pass in each real one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, speed: float = 1.0) -> None:
        """Begin now, with the wall clock of the machine.

        Raises:
            ValueError: `speed` is not a number from `SPEED_MIN` to `SPEED_MAX`.
        """
        if not SPEED_MIN <= speed <= SPEED_MAX:
            raise ValueError(f"a speed of {speed:g}; give a number from {SPEED_MIN:g} to {SPEED_MAX:g}")
        self.speed = speed
        self._loop = loop
        self._born_ns = time.monotonic_ns()
        self._epoch_ns = time.time_ns()
        self._heap: list[tuple[int, int, RealTimer]] = []
        self._numbers = count()
        self._cancelled = 0
        self._winding: asyncio.TimerHandle | None = None

    def now_ns(self) -> int:
        """Return venue time since the beginning; it never goes back."""
        return int((time.monotonic_ns() - self._born_ns) * self.speed)

    def wall_ns(self) -> int:
        """Return Unix time: the machine's own at speed 1, running ahead of it at any higher one."""
        return self._epoch_ns + int((time.time_ns() - self._epoch_ns) * self.speed)

    def real_ns(self, venue_ns: int) -> int:
        """Return how long a span of venue time lasts on the machine's clock, rounded up."""
        return math.ceil(venue_ns / self.speed)

    def call_later(self, delay_ns: int, fn: Callable[[], None], /) -> RealTimer:
        """Call `fn` in `delay_ns` of venue time, or as soon as possible after; in the order of (time, this call)."""
        timer = RealTimer(self.now_ns() + max(0, delay_ns), fn, self._note_cancelled)
        heapq.heappush(self._heap, (timer.at_ns, next(self._numbers), timer))
        if self._heap[0][2] is timer:
            self._wind()
        return timer

    def close(self) -> None:
        """Let time end: no timer fires any more."""
        self._heap.clear()
        self._wind()

    def _wind(self) -> None:
        if self._winding is not None:
            self._winding.cancel()
            self._winding = None
        if self._heap:
            wait_ns = self.real_ns(max(0, self._heap[0][0] - self.now_ns()))
            self._winding = self._loop.call_later(wait_ns / NS, self._ring)

    def _ring(self) -> None:
        self._winding = None
        as_of_ns, heap = self.now_ns(), self._heap
        while heap and heap[0][0] <= as_of_ns:
            _, _, timer = heapq.heappop(heap)
            self._fire(timer)
        self._wind()

    def _fire(self, timer: RealTimer) -> None:
        fn, timer.fn = timer.fn, None
        if fn is None:
            self._cancelled -= 1
            return
        try:
            fn()
        except Exception as error:  # the loop supervises its callbacks; so do we, for the others are due as well
            self._loop.call_exception_handler({"message": "a bug in a timer of a venue", "exception": error})

    def _note_cancelled(self) -> None:
        self._cancelled += 1
        if self._cancelled > max(CANCELLED_KEPT_MAX, len(self._heap) // 2):
            self._heap[:] = [entry for entry in self._heap if entry[2].fn is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0
