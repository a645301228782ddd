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
import sys
from asyncio import base_events, events, format_helpers
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, NoReturn

from simulator.kernel.errors import EscapedSimulation, SimulationLivelock

if TYPE_CHECKING:
    from simulator.kernel.host import Host
    from simulator.kernel.world import World

NS = 1_000_000_000


def deadline_ns(when_s: float) -> int:
    """Return the first nanosecond that is not before `when_s`: a timer that fires early spins."""
    nanoseconds = ceil(when_s * NS)
    return nanoseconds + 1 if nanoseconds / NS < when_s else nanoseconds


class HostTask(asyncio.Task[Any]):
    """A task that hashes by its birth number, so that no set of tasks has the order of memory addresses.

    It is named after its host and its coroutine unless a name is given; most tasks live and die without being asked.
    """

    def __init__(self, coro: Coroutine[Any, Any, Any], *, birth: int, host: str, name: str, **options: Any) -> None:
        self._birth = birth
        self._host = host
        super().__init__(coro, name=name, **options)

    def get_name(self) -> str:
        """Return the name, host first."""
        return f"{self._host}/{super().get_name() or getattr(self.get_coro(), '__qualname__', 'task')}"

    def __hash__(self) -> int:
        return self._birth

    def close_quietly(self) -> None:
        """Close a dead machine's coroutine; what its `finally` blocks raise or wait for is nobody's business."""
        self._log_destroy_pending = False
        try:
            self.get_coro().close()
        except Exception:  # the supervised end of everything: last words reach nobody
            return


class HostHandle(asyncio.Handle):
    """A callback that is ready: asyncio's handle, filled in by the loop.

    There are ten of them to a message. asyncio's constructor asks each time whether somebody debugs, and any
    constructor of ours would be the dearest part of `call_soon`.
    """

    __slots__ = ()

    _callback: Callable[..., object]
    _args: tuple[Any, ...]
    _context: Context
    _repr = _source_traceback = None  # nobody debugs

    __init__ = object.__init__

    def cancel(self) -> None:
        """Never run."""
        self._cancelled = True


class HostTimer(asyncio.TimerHandle):
    """A timer of a host, itself what lies on the world's heap: its time puts it into the host's ready queue.

    Filled in by the loop, like a handle: each request sets four of them, and takes back three.
    """

    __slots__ = ("callbacks",)

    _callback: Callable[..., object]
    _args: tuple[Any, ...]
    _loop: HostLoop
    _context: Context
    _when: float
    callbacks: tuple[Callable[[HostTimer], object], ...] | None
    _ok = True
    _repr = _source_traceback = None  # nobody debugs

    __init__ = object.__init__

    def is_due(self) -> bool:
        """Say whether it will still wake somebody: its machine has not died."""
        return self._loop.alive

    def fire(self) -> None:
        """Become ready, unless the host has died meanwhile."""
        loop = self._loop
        if loop.alive:
            loop._ready.append(self)
            if not loop._is_draining:
                loop._wake(loop)

    def cancel(self) -> None:
        """Never run; on the heap the timer is dead from now on."""
        if not self._cancelled:
            self._cancelled = True
            self._callback = self._args = None  # type: ignore[assignment]  # as asyncio does
            self._loop._env.forget(self)


FIRE = (HostTimer.fire,)
"""What the world's heap calls, with the timer."""


class HostLoop(base_events.BaseEventLoop):
    """One boot of one host. A crash ends it; a reboot makes a new one."""

    _ready: Any  # the deque of BaseEventLoop

    def __init__(self, world: World, host: Host) -> None:
        self._is_draining = False
        self.paused = False
        super().__init__()
        self.world = world
        self.host = host
        self._env = world.env
        self._wake = world.wake
        self.create_future = partial(asyncio.Future, loop=self)  # type: ignore[method-assign]  # as asyncio, in C
        self.alive = True
        self.turns = 0
        """How often this machine has run dry: after each turn all its tasks wait for something."""
        self.booted_at_ns = world.now_ns()
        self._dead: list[HostTask] = []
        self._finalizer = self.finish_generator
        self._base_context = host.base_context
        self.set_exception_handler(host.complain)

    # -- time

    def time(self) -> float:
        """Return seconds since this boot, on the clock that never steps."""
        return (self._env._now - self.booted_at_ns) / NS

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> HostTimer:
        """Run `callback` at the first nanosecond not before `when` (seconds on this loop's clock)."""
        return self._set_timer(when, callback, args, context)

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> HostTimer:
        """Run `callback` after `delay` seconds."""
        return self._set_timer((self._env._now - self.booted_at_ns) / NS + delay, callback, args, context)

    def _set_timer(
        self, when: float, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> HostTimer:
        if context is None:
            context = copy_context() if self._is_draining else self._base_context.copy()
        timer: HostTimer = HostTimer()
        timer._callback = callback
        timer._args = args
        timer._loop = self
        timer._context = context
        timer._cancelled = False
        timer._when = when
        timer.callbacks = FIRE
        env = self._env
        env.put(max(env._now, self.booted_at_ns + deadline_ns(when)), timer)
        return timer

    get_debug = bool  # asked for each future, and nobody debugs: no, in C

    # -- callbacks

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` in this host's next turn. Called from outside, it carries the host's own context."""
        draining = self._is_draining
        if context is None:
            context = copy_context() if draining else self._base_context.copy()
        handle: HostHandle = HostHandle()
        handle._callback = callback
        handle._args = args
        handle._context = context
        handle._cancelled = False
        if self.alive:
            self._ready.append(handle)
            if not draining:
                self._wake(self)
        return handle

    def listener(self, callback: Callable[[], object]) -> HostHandle:
        """Return what `stir` makes ready again and again, as a selector does with a socket's handle."""
        handle: HostHandle = HostHandle()
        handle._callback = callback
        handle._args = ()
        handle._context = self._base_context.copy()
        handle._cancelled = False
        return handle

    def stir(self, listener: HostHandle) -> None:
        """Let a listener run in this host's next turn."""
        if self.alive:
            self._ready.append(listener)
            if not self._is_draining:
                self._wake(self)

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there are no threads in here

    def drain(self, callbacks_max: int) -> int:
        """Run what is ready, and what becomes ready meanwhile; return how many callbacks ran."""
        ready, ran = self._ready, 0
        popleft = ready.popleft
        world = self.world
        if world.adopter is not self:  # what is iterated from now on will be finished here, whoever drops it
            world.adopter = self
            sys.set_asyncgen_hooks(None, self._finalizer)
        self._is_draining = True
        self.turns += 1
        events._set_running_loop(self)
        try:
            while ready:
                handle = popleft()
                if not handle._cancelled:
                    try:
                        handle._context.run(handle._callback, *handle._args)
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:  # asyncio's own supervision of a callback
                        self._report(handle, error)
                ran += 1
                if ran > callbacks_max:
                    raise SimulationLivelock(world.now_ns(), callbacks_max, self.task_names())
        finally:
            events._set_running_loop(world.outer_loop)
            self._is_draining = False
        return ran

    def _report(self, handle: asyncio.Handle, error: BaseException) -> None:
        source = format_helpers._format_callback_source(handle._callback, handle._args)  # type: ignore[attr-defined]
        self.call_exception_handler({"message": f"Exception in callback {source}", "exception": error})

    def finish_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
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
        if context is None:
            context = copy_context() if self._is_draining else self._base_context.copy()
        return HostTask(
            coro,
            birth=self.world.next_birth(),
            host=self.host.name,
            name=name or "",
            loop=self,
            context=context,
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
        """Close what died unfinished, unplugged, so that nothing it does can reach anybody."""
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
