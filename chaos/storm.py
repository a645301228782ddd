"""The storm: brings every fault of a schedule at its time, heals it at its end, and says so.

It decides nothing. What happens was drawn before the run; this only sets the timers, in the order of the schedule, so
that of two faults due at the same instant the earlier in the schedule comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from chaos.fault import Fault
from chaos.ground import Ground
from chaos.reach import Undo


class Watcher(Protocol):
    """Somebody who is told what the storm does, at the moment it does it."""

    def injected(self, fault: Fault) -> None:
        """A fault acts from now on."""
        ...

    def healed(self, fault: Fault) -> None:
        """It acts no longer."""
        ...


class Storm:
    """A schedule let loose on a ground."""

    def __init__(self, schedule: Sequence[Fault], ground: Ground, watchers: Sequence[Watcher] = ()) -> None:
        self._schedule = tuple(schedule)
        self._ground = ground
        self._watchers = tuple(watchers)
        self._undo: dict[str, Undo] = {}

    @property
    def raging(self) -> tuple[Fault, ...]:
        """The faults that act at present, in the order of the schedule."""
        return tuple(fault for fault in self._schedule if fault.id in self._undo)

    def begin(self, call_at: Callable[[int, Callable[[], None]], object]) -> None:
        """Set a timer for every injection and heal; `call_at(at_ns, fn)` belongs to the world."""
        for fault in self._schedule:
            call_at(fault.at_ns, partial(self._inject, fault))
            call_at(fault.until_ns, partial(self._heal, fault))

    def heal_all(self) -> None:
        """Heal at once whatever still acts; the healed act begins with this."""
        for fault in self._schedule:
            self._heal(fault)

    def _inject(self, fault: Fault) -> None:
        self._undo[fault.id] = fault.inject(self._ground)
        for watcher in self._watchers:
            watcher.injected(fault)

    def _heal(self, fault: Fault) -> None:
        undo = self._undo.pop(fault.id, None)
        if undo is None:
            return
        undo()
        for watcher in self._watchers:
            watcher.healed(fault)
