"""Two buses that one story is told on: the simulator's broker in virtual time, and a nats-server of our own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol, TypeAlias

from engine.ports.bus import Bus, BusUnavailable, RevisionStale
from engine.ports.clock import Clock
from engine.runtime.real.bus import open_bus
from engine.runtime.real.bus_server import BusServer
from engine.runtime.real.clock import RealClock
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services import Broker, BrokerClient

TOKEN = "made for this test"


class Stage(Protocol):
    """What a story is told on."""

    clock: Clock
    noticed_s: float
    """By then a process has noticed that the server was gone, and has found it again if it is back."""

    async def bus(self) -> Bus:
        """Return one more process's bus."""
        ...

    async def kill(self) -> None:
        """Kill the server as it stands; it comes back by itself, soon."""
        ...

    async def take_away(self) -> None:
        """Take the server away."""
        ...

    async def bring_back(self) -> None:
        """Start it again, with what it had stored."""
        ...


Story: TypeAlias = Callable[[Stage], Awaitable[None]]
Perform: TypeAlias = Callable[[Story], None]


class SimulatedStage:
    """A broker on a machine of its own, which loses its power without a word; the story's processes share another."""

    noticed_s = 12.0

    def __init__(self, world: World, internet: Internet, host: Host) -> None:
        self.clock: Clock = host
        self._world = world
        self._internet = internet
        self._host = host

    async def bus(self) -> Bus:
        return BrokerClient(self._internet, self._host, unavailable=BusUnavailable, stale=RevisionStale)

    async def kill(self) -> None:
        await self.take_away()
        self._world.call_later(NS // 4, lambda: self._world.reboot("bus"))

    async def take_away(self) -> None:
        self._world.crash("bus")

    async def bring_back(self) -> None:
        self._world.reboot("bus")


def perform_simulated(story: Story, _: Path) -> None:
    """Tell a story in virtual time."""
    world = World(1)
    internet = Internet(world)
    Broker(world, internet)
    host = world.host("story")

    async def tell() -> None:
        await story(SimulatedStage(world, internet, host))

    try:
        world.complete(host.spawn(tell()))
    finally:
        world.close()


class RealStage:
    """A nats-server with its supervisor, and connections over real sockets, which a kill closes."""

    noticed_s = 1.0

    def __init__(self, folder: Path, connections: AsyncExitStack) -> None:
        self.clock: Clock = RealClock()
        self._folder = folder
        self._connections = connections
        self._server = BusServer(folder, token=TOKEN, clock=self.clock)

    async def bus(self) -> Bus:
        opened = open_bus([self._server.url], token=TOKEN, name="story", space="bot", clock=self.clock)
        return await self._connections.enter_async_context(opened)

    async def kill(self) -> None:
        assert self._server.pid is not None
        os.kill(self._server.pid, signal.SIGKILL)

    async def take_away(self) -> None:
        await self._server.__aexit__(None, None, None)

    async def bring_back(self) -> None:
        port = int(self._server.url.rpartition(":")[2])
        self._server = BusServer(self._folder, token=TOKEN, clock=self.clock, port=port)
        await self._server.__aenter__()


def perform_real(story: Story, folder: Path) -> None:
    """Tell a story to a real server, in real time."""

    async def tell() -> None:
        async with AsyncExitStack() as connections:
            stage = RealStage(folder / "bus", connections)
            await stage._server.__aenter__()
            try:
                await story(stage)
            finally:
                await stage.take_away()

    asyncio.run(tell())


async def next_within(subscription: object, seconds: float) -> object:
    """Return the next message of a subscription, or fail."""
    async with asyncio.timeout(seconds):
        return await anext(subscription)  # type: ignore[call-overload]
