"""Keeps the processes of one bot running on one machine, and takes them along when it ends.

A process that ends is started again, ever more slowly, and never given up: one that stays away leaves open orders
behind. Only one that refuses to begin (`REFUSED`) the first time ends everything, for then a person has made a mistake
and is still there to read about it. The processes are no part of the terminal's group, so that an interrupt from the
keyboard reaches the supervisor alone, which ends them in order. Each holds the end of a pipe for its standard input: it
ends in order when the supervisor is gone, even by SIGKILL, on every system.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.domain.errors import EngineError
from engine.ports.clock import Clock
from engine.runtime.supervision import RestartBounds
from engine.services.duty import NS

REFUSED = 2
"""The exit code of a process that must not begin as it was told to."""
KILLED_WITHIN_NS = 5 * NS
"""How long the system may take to bury a killed process."""


class ChildRefused(EngineError):
    """A process refuses to begin; it has said why on standard error."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} refuses to begin")


@dataclass(frozen=True, kw_only=True)
class Child:
    """One process to be kept running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


class Supervisor:
    """Runs processes until it is told to end them.

    Args:
        told: is called with a sentence whenever one ended and is started again.
    """

    def __init__(
        self, children: Sequence[Child], *, clock: Clock, bounds: RestartBounds, told: Callable[[str], None]
    ) -> None:
        self._children = tuple(children)
        self._clock = clock
        self._bounds = bounds
        self._told = told
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._ending = asyncio.Event()

    @property
    def pids(self) -> dict[str, int]:
        """Return the numbers of the processes that run."""
        return {name: process.pid for name, process in self._running.items()}

    async def run(self) -> None:
        """Keep all running until `end`; raise `ChildRefused` within an exception group."""
        async with asyncio.TaskGroup() as group:
            for child in self._children:
                group.create_task(self._keep(child), name=f"keep-{child.name}")

    async def end(self, *, within_ns: int) -> list[str]:
        """Ask all to end, kill those that have not within a time, and return their names."""
        self._ending.set()
        for process in self._running.values():
            _signal(process, signal.SIGTERM)
        until_ns, late = self._clock.monotonic_ns() + within_ns, []
        for name, process in list(self._running.items()):
            if not await _ended(process, within_ns=until_ns - self._clock.monotonic_ns()):
                late.append(name)
                _signal(process, signal.SIGKILL)
                await _ended(process, within_ns=KILLED_WITHIN_NS)
        return late

    async def _keep(self, child: Child) -> None:
        delay_ns = self._bounds.first_ns
        failures_ns: deque[int] = deque(maxlen=self._bounds.restarts_max + 1)
        while not self._ending.is_set():
            began_ns = self._clock.monotonic_ns()
            code = await self._live(child)
            if self._ending.is_set():
                return
            if code == REFUSED and not failures_ns:
                raise ChildRefused(child.name)
            now_ns = self._clock.monotonic_ns()
            failures_ns.append(now_ns)
            delay_ns = self._bounds.first_ns if now_ns - began_ns > self._bounds.window_ns else delay_ns
            often = len(failures_ns) == failures_ns.maxlen and now_ns - failures_ns[0] < self._bounds.window_ns
            again = f"{'it fails again and again, and ' if often else ''}it is started again in {delay_ns / NS:g} s"
            self._told(f"{child.name} has ended ({_shown(code)}); {again}")
            await self._unless_ending(delay_ns)
            delay_ns = min(delay_ns * 2, self._bounds.most_ns)

    async def _live(self, child: Child) -> int:
        """Run one process to its end, and return its exit code, or the negative number of the signal."""
        process = await asyncio.create_subprocess_exec(
            *child.command, stdin=asyncio.subprocess.PIPE, env=dict(child.environment), start_new_session=True
        )
        self._running[child.name] = process
        if self._ending.is_set():
            _signal(process, signal.SIGTERM)
        try:
            return await process.wait()
        finally:
            if process.returncode is not None:
                del self._running[child.name]

    async def _unless_ending(self, delay_ns: int) -> None:
        try:
            async with asyncio.timeout(delay_ns / NS):
                await self._ending.wait()
        except TimeoutError:
            return


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(number)


async def _ended(process: asyncio.subprocess.Process, *, within_ns: int) -> bool:
    """Wait for the end of a process for at most a time; tell whether it came."""
    try:
        async with asyncio.timeout(max(0, within_ns) / NS):
            await process.wait()
    except TimeoutError:
        return False
    return True


def _shown(code: int) -> str:
    try:
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with {code}"
    except ValueError:
        return f"with {code}"
