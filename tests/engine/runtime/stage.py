"""A small world for the engine's nodes: a bus, a pager, disks, and machines that run what the configuration says."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from engine.domain.messages import Message, PriceSeen, PriceSource, decode, encode, subject_of
from engine.domain.money import Price
from engine.ports.bus import BusUnavailable, RevisionStale
from engine.ports.model import ModelFailed
from engine.ports.store import Store
from engine.runtime.config import BotConfig, bot_config
from engine.runtime.model_host import make_model
from engine.runtime.node import run_node
from engine.runtime.sqlite import SqliteStore
from engine.runtime.surroundings import Surroundings
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services import Broker, BrokerClient, ModelSickness, Pager, SimulatedModel
from simulator.storage import Disk

ROUTING_KEY = "routing"
KEY, SECRET = "key", "c2VjcmV0"
BOT: dict[str, Any] = {
    "bot": "test-bot",
    "nodes": {
        "signal-a": {"zone": "a", "runs": ["signal"]},
        "signal-b": {"zone": "b", "runs": ["signal"]},
        "monitor-a": {"zone": "a", "runs": ["monitor"]},
        "feed-a": {"zone": "a", "runs": ["feed"]},
        "exec-a": {"zone": "a", "runs": ["execution"]},
    },
    "venues": {"binance": {"key_env": "KEY", "secret_env": "SECRET", "share": 1}},
    "instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05}},
    "strategy": {"name": "momentum", "bar": "60s", "lookback": 1},
    "pager": {"routing_key_env": "PAGERDUTY_KEY"},
}


class Stage:
    """One world with a bus and a pager; `boot` adds the nodes that a test is about."""

    def __init__(self, seed: int = 1, **changes: Any) -> None:
        self.world = World(seed)
        self.internet = Internet(self.world)
        self.broker = Broker(self.world, self.internet)
        self.pager = Pager(self.world, self.internet, routing_key=ROUTING_KEY)
        self.config: BotConfig = bot_config({**copy.deepcopy(BOT), **changes})
        self.said: list[tuple[int, Message]] = []
        self.lines: list[str] = []
        self.disks: dict[str, Disk] = {}
        self.leave: dict[str, asyncio.Event] = {}
        self.left: dict[str, int] = {}
        """The nodes that have ended in order, and when."""
        self.disk_is_broken = False
        self.disk_takes_s = 0.002
        self.sickness: dict[str, ModelSickness] = {}
        self.secrets = {"KEY": KEY, "SECRET": SECRET, "PAGERDUTY_KEY": ROUTING_KEY}
        self.broker.tap(self._hear)

    def _hear(self, at_ns: int, subject: str, data: bytes) -> None:
        """Note what components say to each other; journals are read by leaders alone."""
        if not subject.startswith("journal."):
            self.said.append((at_ns, decode(data)))

    def boot(self, *names: str) -> None:
        """Switch nodes of the configuration on."""
        for name in names:
            host = self.world.host(name, self._run, boot=False)
            self.disks[name] = Disk(host)
            host.boot()

    async def _run(self, host: Host) -> None:
        await run_node(host.name, self.config, self.surroundings(host))
        self.left[host.name] = self.world.now_ns()

    def ask_to_leave(self, name: str) -> None:
        """Ask a node to end, as SIGTERM asks a real one."""
        self.world.hosts[name].loop.call_soon(self.leave[name].set)

    def surroundings(self, host: Host) -> Surroundings:
        """Hand a machine what a real process would find around it."""

        async def pace() -> None:
            await asyncio.sleep(self.disk_takes_s)
            if self.disk_is_broken:
                raise OSError("no space left on device")

        async def open_store(name: str) -> Store:
            store = SqliteStore(name, vfs=self.disks[host.name].vfs, pace=pace)
            host.world.at_end.append(store.close)
            return store

        async def open_shared(url: str, _within_ns: int) -> Store:
            return await open_store(url.rpartition("/")[2])

        self.leave[host.name] = asyncio.Event()  # of this boot's loop
        return Surroundings(
            clock=host,
            connectors=lambda: self._connector(host),
            bus=self.bus(host),
            open_store=open_store,
            open_shared=open_shared,
            random=self.world.randomness.stream(f"node/{host.name}/{host.boots}"),
            secrets=self.secrets,
            node=host.name,
            leave=self.leave[host.name],
            log_line=self.lines.append,
            open_model=lambda spec: SimulatedModel(
                host,
                lambda: make_model(spec).predict,
                costs_ns=spec.costs_ns,
                sickness=self.sickness.setdefault(host.name, ModelSickness()),
                failed=ModelFailed,
            ),
        )

    def _connector(self, host: Host) -> aiohttp.BaseConnector:
        """Hand out a connector that a machine without power does not complain of having left open."""
        connector = self.internet.connector(host)
        host.unplug.append(lambda: setattr(connector, "_closed", True))
        return connector

    def bus(self, host: Host) -> BrokerClient:
        """Connect a machine to the bus."""
        return BrokerClient(self.internet, host, unavailable=BusUnavailable, stale=RevisionStale)

    def speak(self, story: Callable[[BrokerClient], Awaitable[None]], name: str = "speaker") -> None:
        """Let a machine of its own talk on the bus, beside whatever else happens."""
        host = self.world.hosts.get(name) or self.world.host(name)

        async def told() -> None:
            await story(self.bus(host))

        host.spawn(told())

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.world.run(self.world.now_ns() + int(seconds * NS))

    def heard(self, kind: type[Any]) -> list[Any]:
        """Return the messages of one kind that the broker accepted, in order."""
        return [message for _, message in self.said if isinstance(message, kind)]

    def pages(self) -> list[tuple[str, str]]:
        """Return what the pager was told: action and dedup key."""
        return [(event.action, event.dedup_key) for event in self.pager.events]


async def price(bus: BrokerClient, last: str, *, venue: str, wall_ns: int) -> None:
    """Publish one price."""
    seen = PriceSeen(
        venue=venue,
        instrument="BTC/USDT",
        bid=None,
        ask=None,
        last=Price(last),
        venue_time_ms=wall_ns // 1_000_000,
        source=PriceSource.STREAM,
        node="feed-a",
    )
    await bus.publish(subject_of(seen), encode(seen))
