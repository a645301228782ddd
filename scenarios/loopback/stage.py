"""Sets up a loopback run: venues on real ports, Toxiproxy before each, a nats-server, and a process for each node.

Every node dials by ways of its own, so that a fault can lie between one node and one venue, and a venue can tell the
nodes apart. A node is started from a configuration of its own, which is the scenario's but for where things are
dialled: the URLs in it stay the real ones.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from chaos.ground import Place
from engine.runtime.real.bus import open_bus
from engine.runtime.real.bus_server import BusServer
from engine.runtime.real.clock import RealClock
from scenarios.climates import climate_of
from scenarios.document import read_document
from scenarios.loopback.hearing import Overhearing
from scenarios.loopback.machines import BUS, NodeProcess, RealBus, RealMachines
from scenarios.loopback.toxiproxy import find_toxiproxy
from scenarios.loopback.wires import RealWires
from scenarios.loopback.world import RealWorld
from scenarios.node_wiring import secrets_of
from scenarios.scenario import Scenario
from scenarios.venue_profiles import PROFILES
from scenarios.venue_wiring import VirtualVenue, furnish_venue, start_markets
from simulator.dialects.gate import Gate
from simulator.dialects.peers import PEERS
from simulator.market.climate import Climate
from simulator.market.market import Market
from simulator.serve import LoopbackPorts, origin_of
from simulator.serve.origins import loopback_of
from simulator.services.model import ModelSickness
from simulator.services.pager import NAME as PAGER_NAME
from simulator.services.pager import PagingDesk
from simulator.storage import Disk

TOKEN_ENV = "STORMPROOF_BUS_TOKEN"
COMMAND = (sys.executable, "-m", "scenarios.cli", "node")
LOST_MAX = 100
"""A bus of its own is never given up: a fault may kill it often."""


@dataclass(frozen=True, kw_only=True)
class LoopbackStage:
    """What a run, the storm and the observer touch; see `scenarios.stage`."""

    world: RealWorld
    wires: RealWires
    machines: RealMachines
    venues: Mapping[str, VirtualVenue]
    broker: Overhearing
    bus: RealBus
    pager: PagingDesk
    markets: Mapping[str, Market]
    climate: Climate
    nodes: tuple[str, ...]
    disks: Mapping[str, Disk]
    models: Mapping[str, ModelSickness]

    @property
    def services(self) -> Mapping[str, Place]:
        """What can be taken away besides venues and machines, and under which names it is dialled."""
        return {
            "bus": Place(host=BUS, names=(BUS,)),
            "pager": Place(host="pagerduty", names=(PAGER_NAME,)),
        }


@asynccontextmanager
async def build_loopback(scenario: Scenario, seed: int, folder: Path) -> AsyncIterator[LoopbackStage]:
    """Set up everything a scenario names, on this machine; no node is started yet.

    Raises:
        ToxiproxyMissing: there is none to put between.
        BusServerFailed: there is no nats-server.
    """
    async with AsyncExitStack() as stack:
        wires = RealWires(await stack.enter_async_context(find_toxiproxy(os.environ)))
        token = secrets.token_urlsafe(24)  # tidy: a token that a seed could tell would be no secret
        bus, url = await _bus(stack, folder / "bus", token)
        world = RealWorld(asyncio.get_running_loop(), seed)
        stack.callback(world.close)
        known = secrets_of(scenario.bot)
        venues = {name: _venue(scenario, world, name, known) for name in scenario.world.venues}
        climate = climate_of(scenario.world, world.randomness)
        markets = start_markets(scenario, world, venues, climate)
        pager = PagingDesk(world, routing_key=known[scenario.bot.pager.routing_key_env])
        overhearing = await _overhearing(stack, scenario, world, url, token)
        doors = _Doors(scenario, wires, venues, pager, bus_url=url)
        stack.push_async_callback(doors.ports.close)
        environment = {**os.environ, **known, TOKEN_ENV: token, "STORMPROOF_LIVE": scenario.bot.bot}
        nodes = {name: await _node(scenario, name, doors, folder, environment) for name in scenario.bot.nodes}
        machines = RealMachines(nodes, bus, world.trace)
        stack.callback(machines.close)
        yield LoopbackStage(
            world=world,
            wires=wires,
            machines=machines,
            venues=venues,
            broker=overhearing,
            bus=bus,
            pager=pager,
            markets=markets,
            climate=climate,
            nodes=tuple(nodes),
            disks={},
            models={},
        )


async def _bus(stack: AsyncExitStack, folder: Path, token: str) -> tuple[RealBus, str]:
    """Start the bus's server; it comes back at the same port."""
    clock = RealClock()
    server = await BusServer(folder, token=token, clock=clock).__aenter__()
    url = server.url
    port = int(url.rpartition(":")[2])
    bus = RealBus(lambda: BusServer(folder, token=token, clock=clock, port=port), server)
    stack.push_async_callback(bus.close)
    return bus, url


async def _overhearing(
    stack: AsyncExitStack, scenario: Scenario, world: RealWorld, url: str, token: str
) -> Overhearing:
    opened = open_bus([url], token=token, name="referee", space=scenario.bot.bot, clock=RealClock())
    overhearing = Overhearing(await stack.enter_async_context(opened), world)
    await stack.enter_async_context(overhearing.listening())
    return overhearing


def _venue(scenario: Scenario, world: RealWorld, name: str, known: Mapping[str, str]) -> VirtualVenue:
    venue, account, keys = furnish_venue(scenario, world, world.randomness, name, known)
    gate = Gate(world)
    return VirtualVenue(
        name=name,
        host=name,
        names=tuple(PROFILES[name].applications(venue, gate)),
        account=account,
        exchange=venue.exchange,
        gate=gate,
        venue=venue,
        keys=keys,
    )


class _Doors:
    """The ports behind the ways: of each node its own, so that whoever is dialled knows who it is."""

    def __init__(
        self,
        scenario: Scenario,
        wires: RealWires,
        venues: Mapping[str, VirtualVenue],
        pager: PagingDesk,
        *,
        bus_url: str,
    ) -> None:
        self.ports = LoopbackPorts()
        self._wires = wires
        self._applications = {name: PROFILES[name].applications(one.venue, one.gate) for name, one in venues.items()}
        for served in self._applications.values():
            for application in served.values():
                application[PEERS] = {}
        self._pager = pager
        self._pager_url = scenario.bot.pager.url
        self._bus_port = int(bus_url.rpartition(":")[2])

    async def changes(self, node: str) -> dict[str, Any]:
        """Open a node's ways, and return what they change in its configuration."""
        resolve: dict[str, str] = {}
        for venue, served in self._applications.items():
            for host, application in served.items():
                behind = await self.ports.open(application)
                application[PEERS][behind] = node
                origin = origin_of(host)
                resolve[origin] = loopback_of(origin, self._wires.add(node, venue, host, behind))
        pager = await self.ports.open(self._pager.application())
        resolve[f"https://{PAGER_NAME}"] = f"http://127.0.0.1:{self._wires.add(node, 'pagerduty', PAGER_NAME, pager)}"
        bus = self._wires.add(node, BUS, BUS, self._bus_port)
        return {
            "mode": "live",
            "resolve": resolve,
            "bus": {"url": [f"nats://127.0.0.1:{bus}"], "token_env": TOKEN_ENV},
        }


async def _node(
    scenario: Scenario, name: str, doors: _Doors, folder: Path, environment: Mapping[str, str]
) -> NodeProcess:
    """Write a node's configuration, and return how it is started."""
    written: dict[str, Any] = dict(read_document(scenario.bot_path).values)
    changes = await doors.changes(name)
    bus = {**written.get("bus", {}), **changes.pop("bus")}
    config = folder / f"{name}.yaml"
    with config.open("w", encoding="utf-8") as file:
        YAML().dump({**written, **changes, "bus": bus}, file)
    data = folder / "data"
    return NodeProcess(
        command=(*COMMAND, name, "--config", str(config), "--data", str(data), "--live", "--terse", "--bound"),
        environment=environment,
        says=folder / f"{name}.err",
    )
