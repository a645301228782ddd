"""The bot's machines in the loopback world: each node a process, killed, stopped and started by its number.

They fit `chaos.reach.Machines`. Losing power is SIGKILL, standing still SIGSTOP; a machine boots when its process is
started again on the same folder. The bus is one of them. Clocks cannot be bent: all processes share the machine's.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.runtime.real.bus_server import BusServer
from scenarios.loopback.wires import NotOnLoopback
from simulator.kernel.trace import Trace

BUS = "bus"


@dataclass(frozen=True, kw_only=True)
class NodeProcess:
    """How a node is started: what is run, in which environment, and where what it says is kept."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    says: Path


class RealMachines:
    """Processes by name. `unexpected` tells those that ended by themselves, and with which code."""

    def __init__(self, nodes: Mapping[str, NodeProcess], bus: RealBus, trace: Trace) -> None:
        self._nodes = nodes
        self._bus = bus
        self._trace = trace
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.unexpected: list[str] = []

    def is_on(self, name: str) -> bool:
        """Tell whether it runs."""
        return self._bus.is_on if name == BUS else name in self._running

    def crash(self, name: str) -> None:
        """Kill it at once."""
        self._trace.record("host_crashed", name)
        if name == BUS:
            self._bus.crash()
        elif (process := self._running.pop(name, None)) is not None:
            process.kill()
            process.wait()

    def reboot(self, name: str) -> None:
        """Start it again; one that runs is left alone."""
        if self.is_on(name):
            return
        self._trace.record("host_booted", name)
        if name == BUS:
            self._bus.reboot()
            return
        node = self._nodes[name]
        with node.says.open("ab") as says:
            self._running[name] = subprocess.Popen(
                node.command,
                env=dict(node.environment),
                stdin=subprocess.PIPE,  # it ends when we do
                stdout=subprocess.DEVNULL,
                stderr=says,
                start_new_session=True,
            )

    def pause(self, name: str) -> None:
        """Let it stand still."""
        self._trace.record("host_paused", name)
        self._signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let it go on."""
        self._trace.record("host_resumed", name)
        self._signal(name, signal.SIGCONT)

    def step_clock(self, name: str, by_ns: int) -> None:
        """Raise `NotOnLoopback`."""
        raise NotOnLoopback(f"{name} shares its clock with this machine ({by_ns} ns)")

    def drift_clock(self, name: str, ppm: int) -> int:
        """Raise `NotOnLoopback`."""
        raise NotOnLoopback(f"{name} shares its clock with this machine ({ppm} ppm)")

    def look(self) -> None:
        """Start those again that have ended by themselves, as whoever supervises them would."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self.unexpected.append(f"{name} ended by itself with {process.returncode}")
                self._trace.record("host_crashed", name)
                del self._running[name]
                self.reboot(name)

    def close(self) -> None:
        """End all of them at once: what they have said and done is known."""
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.communicate()
        self._running.clear()

    def _signal(self, name: str, number: signal.Signals) -> None:
        if name in self._running:
            self._running[name].send_signal(number)


class RealBus:
    """The bus's server, which can be killed and held down; it fits what chaos knows of a broker."""

    def __init__(self, make: Callable[[], BusServer], server: BusServer) -> None:
        self.sync_ns = 0
        self.delivers_twice: Callable[[], bool] | None = None
        self.is_on = True
        self._make = make
        self._server = server
        self._turn: asyncio.Task[None] | None = None

    def crash(self) -> None:
        """Kill it, and do not let it be started again."""
        self.is_on = False
        if self._server.pid is not None:
            os.kill(self._server.pid, signal.SIGKILL)
        self._then(self._down())

    def reboot(self) -> None:
        """Start it on what it had stored."""
        self.is_on = True
        self._then(self._up())

    async def close(self) -> None:
        """End it."""
        if self._turn is not None:
            await self._turn
        if self.is_on:
            await self._down()

    def _then(self, work: object) -> None:
        before = self._turn

        async def turn() -> None:
            if before is not None:
                await before
            await work  # type: ignore[misc]

        self._turn = asyncio.create_task(turn(), name="bus-machine")

    async def _down(self) -> None:
        await self._server.__aexit__(None, None, None)

    async def _up(self) -> None:
        self._server = await self._make().__aenter__()
