"""The world: one heap, one seed, one trace, and the machines on it.

`run` is the whole of virtual time: let every machine that has something ready run dry, then take the next event
off the heap. Nothing else moves the clock. What runs is decided by the heap's total order (time, priority, id)
and by the order in which machines were woken, so the same seed gives the same run.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from asyncio import events
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Self, TypeVar

from simulator.kernel.environment import NEVER, RING, Alarm, SimEnvironment
from simulator.kernel.errors import SimulationDeadlock, SimulationLivelock
from simulator.kernel.escapes import Escapes
from simulator.kernel.host import Factory, Host
from simulator.kernel.loop import HostLoop, HostTimer
from simulator.kernel.randomness import Randomness
from simulator.kernel.trace import Trace

T = TypeVar("T")

LIVELOCK_WINDOW_NS = 1_000_000
CALLBACKS_MAX = 200_000
"""More callbacks than this within one virtual millisecond are a livelock."""

QUIET_MAX_NS = 3_600_000_000_000
"""If no machine has run for a virtual hour while tasks wait, a free-running process is hiding a deadlock."""

CALLBACKS_PER_COLLECTION = 50_000
"""How many callbacks run between two collections of Python's cyclic garbage: a quarter of an hour of a bot on three
venues. More would be cheaper; but what is taken while a venue is gone, and connections fail, is never given back."""

SETTLED_AFTER_CALLBACKS = 200_000
"""How many run before the first, which looks at everything and is dear."""

EPOCH_NS = 1_772_323_200_000_000_000
"""2026-03-01T00:00:00Z: what the wall clocks show at virtual time 0 unless told otherwise."""


class Timer(Alarm):
    """A callback of the world itself, outside of any machine; it can be cancelled."""

    __slots__ = ("_env",)

    def __init__(self, env: SimEnvironment, delay_ns: int, callback: Callable[[], None]) -> None:
        self._callback = callback
        self.callbacks = RING
        self._env = env
        env.put(env._now + delay_ns, self)

    def cancel(self) -> None:
        """Take the callback back; after it has run this does nothing."""
        self._env.forget(self)


class World:
    """A world in virtual time, used as a context: at its end the machines left unfinished are buried."""

    def __init__(self, seed: int = 0, *, epoch_ns: int = EPOCH_NS) -> None:
        self.env = SimEnvironment()
        self.epoch_ns = epoch_ns
        self.randomness = Randomness(seed)
        self.trace = Trace(self.now_ns)
        self.escapes = Escapes()
        self.hosts: dict[str, Host] = {}
        self.steps = 0
        self.callbacks = 0
        self.while_running: list[Callable[[], AbstractContextManager[object]]] = []
        """What must hold while virtual time runs: each entry is entered by `run` and left after it."""
        self.at_end: list[Callable[[], None]] = []
        """What is left to do when every machine is buried."""
        self.on_complaint: Callable[[Host, str, object], None] = lambda host, text, error: None
        self._awake: deque[HostLoop] = deque()
        self.wake = self._awake.append
        """Notes that a machine has something to run, in its turn."""
        self.adopter: HostLoop | None = None
        """The machine on which async generators that are iterated now will be finished."""
        self.outer_loop: asyncio.AbstractEventLoop | None = None
        """The loop in which the world itself runs: a notebook's, for one."""
        self._births = 0
        self._busy_since_ns = 0
        self._livelock_above = CALLBACKS_MAX
        self._last_turn_ns = 0
        self._collect_at = SETTLED_AFTER_CALLBACKS
        self._has_settled = False

    # -- time

    def now_ns(self) -> int:
        """Return virtual time: nanoseconds since the world began."""
        return self.env._now

    def wall_ns(self) -> int:
        """Return the true unix time in nanoseconds; a host's own clock may differ."""
        return self.epoch_ns + self.env._now

    def call_later(self, delay_ns: int, callback: Callable[[], None]) -> Timer:
        """Run `callback` in `delay_ns`, outside of any machine."""
        if delay_ns < 0:
            raise ValueError(f"delay_ns is {delay_ns}; the past cannot be scheduled")
        return Timer(self.env, delay_ns, callback)

    def call_at(self, at_ns: int, callback: Callable[[], None]) -> Timer:
        """Run `callback` at virtual time `at_ns`, outside of any machine."""
        return self.call_later(at_ns - self.now_ns(), callback)

    # -- machines

    def host(self, name: str, factory: Factory | None = None, *, zone: str = "", boot: bool = True) -> Host:
        """Add a machine, and boot it unless told not to. `factory(host)` is its main coroutine at every boot."""
        if name in self.hosts:
            raise ValueError(f"there is a host {name!r} already")
        host = self.hosts[name] = Host(self, name, factory, zone)
        if boot:
            host.boot()
        return host

    def crash(self, name: str) -> None:
        """Cut the power of a machine."""
        self.trace.record("host_crashed", name)
        self.hosts[name].crash()

    def reboot(self, name: str) -> None:
        """Start a machine again from its factory; one that runs is left alone."""
        self.trace.record("host_booted", name)
        self.hosts[name].boot()

    def is_on(self, name: str) -> bool:
        """Tell whether a machine has power."""
        return self.hosts[name].alive

    def pause(self, name: str) -> None:
        """Let a machine stand still, as a hypervisor does, until `resume`."""
        self.trace.record("host_paused", name)
        self.hosts[name].pause()

    def resume(self, name: str) -> None:
        """Let a machine that stands still go on."""
        self.trace.record("host_resumed", name)
        self.hosts[name].resume()

    def step_clock(self, name: str, by_ns: int) -> None:
        """Make the wall clock of a machine jump by `by_ns`."""
        self.hosts[name].step_clock(by_ns)

    def drift_clock(self, name: str, ppm: int) -> int:
        """Let the wall clock of a machine drift; see `Host.drift_clock`."""
        return self.hosts[name].drift_clock(ppm)

    def next_birth(self) -> int:
        """Return the next task's birth number."""
        self._births += 1
        return self._births

    # -- running

    def run(self, until_ns: int) -> None:
        """Run until virtual time `until_ns`. Raises a `KernelError` where time itself is broken."""
        with self._running():
            self._turn_until(until_ns)
            self.env.advance_to(until_ns)

    def complete(self, task: asyncio.Task[T], within_ns: int = 3_600_000_000_000) -> T:
        """Run until `task` is done and return its result; raise TimeoutError after `within_ns`."""
        with self._running():
            self._turn_until(self.now_ns() + within_ns, task)
        if not task.done():
            raise TimeoutError(f"{task.get_name()} is not done after {within_ns / 1e9:.3f} virtual seconds")
        return task.result()

    def bury_dead(self) -> None:
        """Close what machines that lost power left unfinished, and let go of it: a long run would drown in its dead.

        Call it between two runs. Their links and disks are unplugged, so that what they still do reaches nobody.
        """
        dead = [host for host in self.hosts.values() if host.has_dead]
        if not dead:
            return
        with self._running(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # nobody was left to close their sessions
            for host in dead:
                host.bury_dead()
            self._settle()

    def close(self) -> None:
        """End the world: bury every machine, in the order in which they were made."""
        with self._running():
            for host in self.hosts.values():
                for cut in host.unplug:
                    cut()
            for host in self.hosts.values():
                host.bury()
        while self.at_end:
            self.at_end.pop()()
        gc.unfreeze()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Hold the walls up, and choose ourselves when Python collects cycles: finalisers are events too."""
        collecting = gc.isenabled()
        hooks = sys.get_asyncgen_hooks()
        outer, self.outer_loop = self.outer_loop, events._get_running_loop()
        with ExitStack() as walls:
            walls.enter_context(self.escapes.refused())
            for wall in self.while_running:
                walls.enter_context(wall())
            gc.disable()
            try:
                yield
            finally:
                self.adopter, self.outer_loop = None, outer
                sys.set_asyncgen_hooks(*hooks)
                if collecting:
                    gc.enable()

    def _turn_until(self, until_ns: int, task: asyncio.Task[T] | None = None) -> None:
        env, awake = self.env, self._awake
        while True:
            while awake:
                loop = awake.popleft()
                if not loop.paused:  # else it is woken when it may go on
                    self._turn(loop)
            if task is not None and task.done():
                return
            if not env.step_until(until_ns):
                if env.peek() == NEVER:
                    self._stop_if_tasks_wait()
                return
            self.steps += 1
            if env._now - self._last_turn_ns > QUIET_MAX_NS:
                self._stop_if_tasks_wait()

    def _turn(self, loop: HostLoop) -> None:
        """Let one machine run dry."""
        now_ns: int = self.env._now
        self._last_turn_ns = now_ns
        if now_ns - self._busy_since_ns > LIVELOCK_WINDOW_NS:
            self._busy_since_ns, self._livelock_above = now_ns, self.callbacks + CALLBACKS_MAX
        self.callbacks += loop.drain(CALLBACKS_MAX)
        if self.callbacks > self._livelock_above:
            raise SimulationLivelock(now_ns, CALLBACKS_MAX, loop.task_names())
        if self.escapes.seen:
            self.escapes.raise_first()
        if self.callbacks >= self._collect_at:
            self._collect_at = self.callbacks + CALLBACKS_PER_COLLECTION
            if self._has_settled:
                gc.collect()
            else:
                self._settle()

    def _settle(self) -> None:
        """Collect all that is garbage by now; of what is left, modules above all, nothing is looked at again.

        Only here, right after a collection, and when machines have died: what is frozen at any other moment, as each
        run begins, takes with it the connections that live at that moment, and a month of them is never let go.
        """
        self._has_settled = True
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _stop_if_tasks_wait(self) -> None:
        """Raise `SimulationDeadlock` if machines wait, and nothing on the heap will ever wake one of them."""
        self._last_turn_ns = self.now_ns()
        if self.env.holds(lambda entry: isinstance(entry, HostTimer) and entry.is_due()):
            return
        blocked = [task.get_name() for host in self.hosts.values() for task in host.tasks()]
        if blocked:
            raise SimulationDeadlock(self.now_ns(), blocked)
