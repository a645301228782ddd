"""SimPy's environment, in integer nanoseconds from zero, that can also forget an event.

SimPy cannot take an event back once it is scheduled. A bot guards every wait with a timeout and cancels
nearly all of them, so a day of trading would leave millions of dead events on the heap: measured, 100,000
cancelled one-hour timeouts cost three quarters of the speed. `forget` marks an event dead and the heap is
swept when half of it is dead. (time, priority, id) is a total order, so sweeping cannot change what happens.

SimPy marks a processed event by `callbacks is None`; the same mark serves here. An `Alarm` is the least that the
heap takes for an event: nearly everything in a world is one (a timer, a piece of data on its way), nobody waits for
it, and making SimPy's own event for each cost a fifth of the speed. These are private names of SimPy 4.1.2: the
version is pinned, and the tests of this folder run on every supported Python.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import Any, ClassVar

import simpy
from simpy.core import EmptySchedule, Infinity
from simpy.events import NORMAL, Event

SWEEP_MIN = 256
"""Fewer dead events than this are not worth a sweep."""

NEVER = Infinity
"""What `peek` answers when nothing is scheduled."""


class Alarm:
    """Something that happens once, at its time, to whom it was made for; it can be forgotten."""

    __slots__ = ("_callback", "callbacks")

    _ok: ClassVar[bool] = True

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback = callback
        self.callbacks: tuple[Callable[[Any], object], ...] | None = RING

    def ring(self) -> None:
        """Happen."""
        self._callback()


RING = (Alarm.ring,)
"""What SimPy's step calls, with the alarm; None in its place once it has happened or was forgotten."""

RUN = (lambda errand: errand(),)
"""What SimPy's step calls, with the errand."""


class Errand(partial[object]):
    """A call that is made once, at its time, and cannot be forgotten: data on its way, the most frequent of all.

    It is made without a line of Python.
    """

    callbacks: ClassVar[tuple[Callable[[Any], object], ...]] = RUN
    _ok: ClassVar[bool] = True


class SimEnvironment(simpy.Environment):
    """One heap for everything that happens, in integer nanoseconds."""

    _now: int  # SimPy would take a float, too

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self._dead = 0

    def call_in(self, delay_ns: int, callback: Callable[[Event], None]) -> Event:
        """Schedule `callback(event)` to run `delay_ns` from now; return the event, which can be forgotten."""
        event = Event(self)
        event._ok = True
        event._value = None
        event.callbacks = [callback]
        self.schedule(event, NORMAL, delay_ns)
        return event

    def put(self, at_ns: int, alarm: Any) -> None:
        """Let an alarm, an errand, or anything shaped like one happen at `at_ns`, which has not passed."""
        heappush(self._queue, (at_ns, NORMAL, next(self._eid), alarm))

    def forget(self, event: Any) -> None:
        """Take back a scheduled event: its callbacks will never run. Forgetting a past event does nothing."""
        if event.callbacks is None:
            return
        event.callbacks = None
        self._dead += 1
        if self._dead >= SWEEP_MIN and self._dead * 2 > len(self._queue):
            self._queue[:] = [entry for entry in self._queue if entry[3].callbacks is not None]
            heapq.heapify(self._queue)
            self._dead = 0

    def peek(self) -> int | float:
        """Return the time of the next living event in ns, or `NEVER`."""
        queue: list[Any] = self._queue
        while queue and queue[0][3].callbacks is None:
            heappop(queue)
            self._dead -= 1
        return queue[0][0] if queue else NEVER

    def step(self) -> None:
        """Process the next living event, as SimPy does; raise what a failed event that nobody defused carries."""
        if not self.step_until(NEVER):
            raise EmptySchedule

    def step_until(self, until_ns: float) -> bool:
        """Process the next living event unless it is later than `until_ns`; say whether there was one."""
        queue: list[Any] = self._queue
        while queue:
            event = queue[0][3]
            callbacks = event.callbacks
            if callbacks is None:
                heappop(queue)
                self._dead -= 1
                continue
            at_ns = queue[0][0]
            if at_ns > until_ns:
                return False
            heappop(queue)
            self._now = at_ns
            if callbacks is RUN:
                event()
                return True
            event.callbacks = None  # SimPy's own mark of a processed event
            if callbacks is RING:
                event._callback()  # as it would ring, without the way there: most events are alarms
                return True
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
            return True
        return False

    def advance_to(self, at_ns: int) -> None:
        """Move the clock to `at_ns` when nothing is due before it; never back."""
        if at_ns > self._now:
            self._now = at_ns

    def holds(self, wanted: Callable[[Any], bool]) -> bool:
        """Say whether something that is wanted, and not forgotten, is still to happen; looks at the whole heap."""
        return any(entry[3].callbacks is not None and wanted(entry[3]) for entry in self._queue)

    def __len__(self) -> int:
        """Count the events on the heap, dead ones included."""
        return len(self._queue)
