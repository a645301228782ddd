"""The storm: brings every fault of a schedule at its time, heals it at its end, and says so.

It decides nothing. What happens was drawn before the run; this only sets the timers, in the order of the schedule, so
that of two faults due at the same instant the earlier in the schedule comes first. A fault with a condition waits for
it, looking often; what an adversary brings is told like any other, so that it can be written down afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from chaos.fault import Fault
from chaos.ground import Ground
from chaos.reach import Undo

LOOK_NS = 200_000_000
"""How often a fault that waits looks whether its moment has come."""

TURN_NS = 1_000_000_000
"""How often an adversary is asked what it does."""

ADVERSE_MAX = 10_000
"""More faults than this from one adversary are a slip of its code."""


class Watcher(Protocol):
    """Somebody who is told what the storm does, at the moment it does it."""

    def injected(self, fault: Fault) -> None:
        """A fault acts from now on."""
        ...

    def healed(self, fault: Fault) -> None:
        """It acts no longer."""
        ...


class Adversary(Protocol):
    """Somebody who looks at the world while it runs, and strikes where it hurts.

    It is asked every second of virtual time, and returns the faults that begin now: their `at_ns` is set to that
    moment, and each `id` must be new. Whatever chance it uses must come from a seed of its own, or the run cannot be
    repeated. What it did is known afterwards (`Storm.brought`), and `chaos.schedule.written` makes plain lines of it.
    """

    def strikes(self, ground: Ground, now_ns: int) -> Iterable[Fault]:
        """Return the faults that begin now."""
        ...


class Storm:
    """A schedule let loose on a ground."""

    def __init__(
        self,
        schedule: Sequence[Fault],
        ground: Ground,
        watchers: Sequence[Watcher] = (),
        adversaries: Sequence[Adversary] = (),
    ) -> None:
        self._schedule = tuple(schedule)
        self._ground = ground
        self._watchers = tuple(watchers)
        self._adversaries = tuple(adversaries)
        self._undo: dict[str, tuple[Fault, Undo]] = {}
        self._call_at: Callable[[int, Callable[[], None]], object] = lambda at_ns, callback: None
        self._ends_ns = 0
        self._struck = 0
        self.brought: list[Fault] = []
        """Every fault that came, as it came, in that order."""

    @property
    def raging(self) -> tuple[Fault, ...]:
        """The faults that act at present, the oldest first."""
        return tuple(fault for fault, _ in self._undo.values())

    def begin(self, call_at: Callable[[int, Callable[[], None]], object], *, ends_ns: int) -> None:
        """Set a timer for every injection and heal, with the world's `call_at(at_ns, fn)`; all is over at `ends_ns`."""
        self._call_at, self._ends_ns = call_at, ends_ns
        for fault in self._schedule:
            if fault.only_while is None:
                call_at(fault.at_ns, partial(self._inject, fault))
                call_at(fault.until_ns, partial(self._heal, fault))
            else:
                call_at(fault.at_ns, partial(self._await, fault, fault.at_ns))
        if self._adversaries:
            call_at(TURN_NS, partial(self._turn, TURN_NS))

    def heal_all(self) -> None:
        """Heal at once whatever still acts; the healed act begins with this."""
        for fault in self.raging:
            self._heal(fault)

    def _await(self, fault: Fault, now_ns: int) -> None:
        """Bring a fault if its moment has come, else look again, as long as there is time for it."""
        if fault.only_while is not None and fault.only_while.holds(self._ground):
            self._strike(replace(fault, at_ns=now_ns))
        elif now_ns + LOOK_NS + fault.least_ns(fault.on) <= self._ends_ns:
            self._call_at(now_ns + LOOK_NS, partial(self._await, fault, now_ns + LOOK_NS))

    def _turn(self, now_ns: int) -> None:
        for adversary in self._adversaries:
            for fault in adversary.strikes(self._ground, now_ns):
                self._struck += 1
                if self._struck > ADVERSE_MAX:
                    raise ValueError(f"an adversary brought more than {ADVERSE_MAX} faults; let it strike less often")
                self._strike(replace(fault, at_ns=now_ns))
        if now_ns + TURN_NS < self._ends_ns:
            self._call_at(now_ns + TURN_NS, partial(self._turn, now_ns + TURN_NS))

    def _strike(self, fault: Fault) -> None:
        """Bring a fault now, for as long as it lasts and the act goes on."""
        lasting = replace(fault, for_ns=min(fault.for_ns, self._ends_ns - fault.at_ns))
        if lasting.for_ns < lasting.least_ns(lasting.on):
            return
        self._inject(lasting)
        self._call_at(lasting.until_ns, partial(self._heal, lasting))

    def _inject(self, fault: Fault) -> None:
        if fault.id in self._undo:
            raise ValueError(f"the fault {fault.id!r} acts already; give each its own id")
        self._undo[fault.id] = (fault, fault.inject(self._ground))
        self._ground.acting[fault.id] = fault.name
        self.brought.append(fault)
        for watcher in self._watchers:
            watcher.injected(fault)

    def _heal(self, fault: Fault) -> None:
        if fault.id not in self._undo:
            return
        fault, undo = self._undo.pop(fault.id)
        del self._ground.acting[fault.id]
        undo()
        for watcher in self._watchers:
            watcher.healed(fault)
