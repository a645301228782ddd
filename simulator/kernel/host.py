"""A simulated machine: a name, a place, a loop while it runs, two clocks, and the factory that boots it again.

Two clocks, because real machines have two. The first never steps and counts from boot (`monotonic_ns`); it drives
the loop, leases and ages. The second is on the wall (`wall_ns`): it may be wrong, drift, or jump, and it is
what stamps messages.

A crash is a power cut: links and disks are unplugged first, then the loop stops, and no `finally` runs. The dead
tasks stay referenced until they are buried, at a moment that the world chooses, since Python would run their `finally`
blocks at the moment they are collected.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.kernel.errors import HostIsDown
from simulator.kernel.loop import HostLoop, HostTask

if TYPE_CHECKING:
    from simulator.kernel.world import World

COMPLAINTS_MAX = 100
"""How many unhandled errors of a host are kept for the report."""

T = TypeVar("T")
Factory = Callable[["Host"], Coroutine[Any, Any, object]]


class Host:
    """One machine of the simulated world. Made by `World.host`, crashed and rebooted by the world."""

    def __init__(self, world: World, name: str, factory: Factory | None, zone: str) -> None:
        self.world = world
        self.name = name
        self.zone = zone
        self.factory = factory
        self.boots = 0
        self.complaints: deque[str] = deque(maxlen=COMPLAINTS_MAX)
        self.base_context = Context()
        self.unplug: list[Callable[[], None]] = []
        """What a crash does first: each entry cuts one link or disk off, at once and silently."""
        self.after_burial: list[Callable[[], None]] = []
        """What follows a burial: who kept something for the dead of this machine lets go of it."""
        self._skew_ns = 0
        self._drift_ppm = 0
        self._drift_since_ns = 0
        self._loop: HostLoop | None = None
        self._main: asyncio.Task[object] | None = None
        """Kept, as `asyncio.run` keeps its own: what waits for nothing but itself would be collected as garbage."""
        self._graves: list[HostLoop] = []

    # -- life

    @property
    def alive(self) -> bool:
        """Say whether the machine is running."""
        return self._loop is not None

    @property
    def loop(self) -> HostLoop:
        """The loop of the present boot; raises `HostIsDown` between a crash and a reboot."""
        if self._loop is None:
            raise HostIsDown(self.name)
        return self._loop

    def boot(self) -> None:
        """Start a new loop and, on it, the factory's coroutine."""
        if self._loop is not None:
            return
        self.boots += 1
        self.base_context = Context()
        self._loop = HostLoop(self.world, self)
        if self.factory is not None:
            self._main = self.spawn(self.factory(self), "main")

    def crash(self) -> None:
        """Lose power: unplug links and disks, stop the loop, keep its dead tasks for the burial."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        for cut in self.unplug:
            cut()
        loop.die()
        self._graves.append(loop)

    def pause(self) -> None:
        """Stand still: nothing runs, what arrives waits, and both clocks go on, as in a suspended virtual machine."""
        if self._loop is not None:
            self._loop.paused = True

    def resume(self) -> None:
        """Go on with all that waits. One that was never paused, or has been switched off, is left alone."""
        if self._loop is not None and self._loop.paused:
            self._loop.paused = False
            self.world.wake(self._loop)

    @property
    def has_dead(self) -> bool:
        """Say whether a former boot waits for its burial."""
        return bool(self._graves)

    def bury_dead(self) -> None:
        """Close every task that former boots left unfinished, the oldest boot first."""
        while self._graves:
            self._graves.pop(0).bury()
        for follow in self.after_burial:
            follow()

    def bury(self) -> None:
        """Close every task that this machine left unfinished: it will not run again."""
        if self._loop is not None:
            self._graves.append(self._loop)
            self._loop = None
        self.bury_dead()

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str | None = None) -> asyncio.Task[T]:
        """Start a task on this machine; safe from outside it."""
        return self.loop.create_task(coroutine, name=name)

    def tasks(self) -> list[HostTask]:
        """Return the unfinished tasks of the present boot, oldest first."""
        return self._loop.tasks() if self._loop is not None else []

    # -- clocks

    def monotonic_ns(self) -> int:
        """Return nanoseconds since this boot, on the clock that never steps."""
        loop = self._loop
        if loop is None:
            raise HostIsDown(self.name)
        return loop._env._now - loop.booted_at_ns

    def wall_ns(self) -> int:
        """Return what this machine believes the time to be, in unix nanoseconds."""
        now_ns: int = self.world.env._now
        drift_ns = (now_ns - self._drift_since_ns) * self._drift_ppm // 1_000_000
        return self.world.epoch_ns + now_ns + self._skew_ns + drift_ns

    def step_clock(self, by_ns: int) -> None:
        """Make the wall clock jump by `by_ns`, forward or back."""
        self._skew_ns += by_ns

    def drift_clock(self, ppm: int) -> int:
        """Let the wall clock gain `ppm` microseconds a second from now on (negative: lose).

        Return what it had gained by its former drift, in nanoseconds, which stays.
        """
        now_ns = self.world.now_ns()
        gained_ns = (now_ns - self._drift_since_ns) * self._drift_ppm // 1_000_000
        self._skew_ns += gained_ns
        self._drift_since_ns, self._drift_ppm = now_ns, ppm
        return gained_ns

    # -- trouble

    def complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep an error that no code of the machine handled; asyncio's exception handler. The dead say nothing."""
        if loop is not self._loop:
            return
        error = context.get("exception")
        text = f"{context.get('message', '')}: {error!r}" if error is not None else str(context.get("message"))
        self.complaints.append(text)
        self.world.on_complaint(self, text, error)
