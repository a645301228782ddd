"""The asyncio loop of one simulated machine, on the world's heap.

asyncio asks three things of a loop: run what is ready, wake it at a time, and say what time it is. Here the
ready queue is drained by the world, timers are events on the one heap that everything shares (two heaps would
give two orders), and time is the host's: nanoseconds since its boot, so that code which stores a monotonic
reading across a reboot is found out as it would be on a real machine.

Rejected: a selector that jumps ahead under the stock loop (two heaps, and a third of the speed), and a task
factory instead of `create_task` (Python 3.13.0 then names tasks "None").

asyncio alone is not deterministic: a TaskGroup cancels its children in the order of a set, which is the order of
memory addresses. Tasks here hash by birth number, set before asyncio first hashes them.
"""

from __future__ import annotations

import asyncio
import math
import sys
from asyncio import base_events, events
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, Any, NoReturn

from simpy.events import Event

from simulator.kernel.errors import EscapedSimulation, SimulationLivelock

if TYPE_CHECKING:
    from simulator.kernel.host import Host
    from simulator.kernel.world import World

NS = 1_000_000_000


def deadline_ns(when_s: float) -> int:
    """Return the first nanosecond that is not before `when_s`: a timer that fires early spins."""
    nanoseconds = math.ceil(when_s * NS)
    return nanoseconds + 1 if nanoseconds / NS < when_s else nanoseconds


class HostTask(asyncio.Task[Any]):
    """A task that hashes by its birth number, so that no set of tasks has the order of memory addresses."""

    def __init__(self, coro: Coroutine[Any, Any, Any], *, birth: int, **options: Any) -> None:
        self._birth = birth
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._birth

    def close_quietly(self) -> None:
        """Close a dead machine's coroutine; what its `finally` blocks raise or wait for is nobody's business."""
        self._log_destroy_pending = False
        try:
            self.get_coro().close()
        except Exception:  # the supervised end of everything: last words reach nobody
            return


class HostTimer(asyncio.TimerHandle):
    """A timer of a host: its event on the world's heap puts it into the host's ready queue."""

    __slots__ = ("event",)

    _loop: HostLoop
    event: Event

    def fire(self, _event: Event) -> None:
        """Become ready, unless the host has died meanwhile."""
        self._loop.make_ready(self)


class HostLoop(base_events.BaseEventLoop):
    """One boot of one host. A crash ends it; a reboot makes a new one."""

    _ready: Any  # the deque of BaseEventLoop

    def __init__(self, world: World, host: Host) -> None:
        self._is_draining = False
        super().__init__()
        self.world = world
        self.host = host
        self.alive = True
        self.booted_at_ns = world.now_ns()
        self._dead: list[HostTask] = []
        self._base_context = host.base_context
        self.set_exception_handler(host.complain)

    # -- time

    def time(self) -> float:
        """Return seconds since this boot, on the clock that never steps."""
        return (self.world.env._now - self.booted_at_ns) / NS

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> HostTimer:
        """Run `callback` at the first nanosecond not before `when` (seconds on this loop's clock)."""
        timer = HostTimer(when, callback, args, self, context or self._context_for_foreign_caller())
        env = self.world.env
        delay_ns = self.booted_at_ns + deadline_ns(when) - self.world.now_ns()
        timer.event = env.call_in(max(0, delay_ns), timer.fire)
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self.world.env.forget(handle.event)  # type: ignore[attr-defined]

    # -- callbacks

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` in this host's next turn. Called from outside, it carries the host's own context."""
        handle = asyncio.Handle(callback, args, self, context or self._context_for_foreign_caller())
        self.make_ready(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there are no threads in here

    def _context_for_foreign_caller(self) -> Context | None:
        """None (the caller's own context) inside this loop; a fresh copy of the host's context from elsewhere."""
        return None if self._is_draining else self._base_context.copy()

    def make_ready(self, handle: asyncio.Handle) -> None:
        """Queue a handle; a dead host's handles go nowhere."""
        if not self.alive:
            return
        self._ready.append(handle)
        if not self._is_draining:
            self.world.wake(self)

    def drain(self, callbacks_max: int) -> int:
        """Run what is ready, and what becomes ready meanwhile; return how many callbacks ran."""
        ready, ran = self._ready, 0
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=None, finalizer=self._finish_generator)
        outer = events._get_running_loop()  # a notebook's own loop, for one
        self._is_draining = True
        events._set_running_loop(self)
        try:
            while ready:
                handle = ready.popleft()
                if not handle._cancelled:
                    handle._run()
                ran += 1
                if ran > callbacks_max:
                    raise SimulationLivelock(self.world.now_ns(), callbacks_max, self.task_names())
        finally:
            events._set_running_loop(outer)
            self._is_draining = False
            sys.set_asyncgen_hooks(*hooks)
        return ran

    def _finish_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Close an async generator that nobody holds any more, as asyncio does; a dead machine closes nothing."""
        if self.alive:
            self.create_task(generator.aclose(), name="aclose")

    # -- tasks

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> HostTask:
        """Start a task on this host, named after the host and its coroutine unless a name is given."""
        return HostTask(
            coro,
            birth=self.world.next_birth(),
            loop=self,
            name=f"{self.host.name}/{name or getattr(coro, '__qualname__', 'task')}",
            context=context or self._context_for_foreign_caller(),
            **options,
        )

    def tasks(self) -> list[HostTask]:
        """Return the unfinished tasks, oldest first."""
        unfinished = [task for task in asyncio.all_tasks(self) if isinstance(task, HostTask)]
        return sorted(unfinished, key=hash)

    def task_names(self) -> list[str]:
        """Return the names of the unfinished tasks, oldest first."""
        return [task.get_name() for task in self.tasks()]

    # -- what a simulated machine has not got

    def is_running(self) -> bool:
        """Say whether a callback of this loop is being run."""
        return self._is_draining

    def die(self) -> None:
        """Stop for ever: what is ready is dropped, and no `finally` runs, for the dead tasks stay referenced."""
        self._dead = self.tasks()
        self.alive = False
        self._ready.clear()

    def bury(self) -> None:
        """Close what died unfinished, at the end of the world, when nothing it does can reach anybody."""
        if self.alive:
            self.die()
        for task in self._dead:
            task.close_quietly()
        self._dead.clear()
        self._closed = True  # asyncio warns of a loop that was never closed

    def _write_to_self(self) -> None:
        """Nothing to wake: there is no selector."""

    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise EscapedSimulation(what, self.host.name, instead)

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override]
        """Refuse: there are no threads in here."""
        self._refuse("loop.run_in_executor", "a coroutine that takes virtual time")

    async def getaddrinfo(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: names resolve inside the simulated internet."""
        self._refuse("loop.getaddrinfo", "Internet.connector")

    async def create_connection(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: there are no sockets in here."""
        self._refuse("loop.create_connection", "Internet.connect")

    async def create_server(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: there are no sockets in here."""
        self._refuse("loop.create_server", "Internet.serve")
