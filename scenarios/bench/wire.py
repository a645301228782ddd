"""From a market's message to an order's bytes on real sockets: what the engine takes, with disk and bus beside it.

A whole bot runs in this process, on a real nats-server, a real disk and a venue that another process serves. Its
strategy turns at the end of each bar, and of each order are taken, on the machine's clock:

    feed       from the arrival of a price's bytes until the price is handed to the bus
    signal     from the moment at which a decision is due until it is handed to the bus
    execution  from the arrival of the decision until the order's bytes are handed to the system, commit included
    disk       of that, what SQLite's syncs took
    bus        from the handing over of the price, and of the decision, until who needs it has it

What is told is feed, signal and execution without the disk, added up; the waits that are meant (for the end of a bar,
for its prices to settle) are nobody's. Unlike the other figures it is a time and no ratio; where Linux tells for how
long this process was ready and other processes had the processor, that is taken off, and told beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
import apsw

from engine.ports.store import Store
from engine.runtime.config import BotConfig, bot_config
from engine.runtime.node import run_node
from engine.runtime.real.bus_address import BusAddress
from engine.runtime.real.bus_server import BusServer, BusServerFailed
from engine.runtime.real.clock import RealClock
from engine.runtime.real.sockets import RealConnector
from engine.runtime.real.surroundings import real_surroundings
from engine.runtime.resolving import Socket, resolved
from engine.runtime.sqlite import SqliteStore
from engine.runtime.surroundings import Surroundings
from scenarios.bench.figure import Figure, Target

BAR_S, SETTLE_MS = 2, 1
ORDERS, WARM_UP_ORDERS = 150, 10
LASTS_S_MAX = 900
TARGET = Target(at_most=5.0)
NODE, VENUE, TOKEN = "core-a", "binance", "bench-of-the-wire"
SCHEDULE = Path("/proc/thread-self/schedstat")
JUST_BEFORE_NS = 4_000_000
SERVE = (sys.executable, "-m", "scenarios.cli", "serve", VENUE)
TURNS = f'''
from engine.ports.strategy import ZERO, Hold, View


class Turns:
    """Holds, and does not hold, bar by bar."""

    bars_needed = 1

    def decide(self, view: View) -> Hold:
        return Hold(view.size if view.bars[-1].end_ns // {BAR_S * 10**9} % 2 else ZERO)
'''


def starved_ns() -> int:
    """Return for how long this thread was ready to run and did not, where the system tells; 0 elsewhere."""
    try:
        return int(SCHEDULE.read_text().split()[1])
    except (OSError, IndexError):
        return 0


@dataclass
class Spans:
    """What was noted, in nanoseconds of the machine's clock."""

    feed: list[int] = field(default_factory=list)
    signal: list[int] = field(default_factory=list)
    execution: list[int] = field(default_factory=list)
    disk: list[int] = field(default_factory=list)
    price_hop: list[int] = field(default_factory=list)
    decision_hop: list[int] = field(default_factory=list)
    starved: list[int] = field(default_factory=list)
    came_ns: int = 0
    came_starved_ns: int = 0
    due_starved_ns: int = 0
    delivered_starved_ns: int = 0
    told_ns: int = 0
    decided_ns: int = 0
    delivered_ns: int | None = None
    synced_ns: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def synced(self, took_ns: int) -> None:
        """Note a sync."""
        self.synced_ns += took_ns

    def bytes_came(self) -> None:
        """Note that bytes came from the venue."""
        self.came_ns, self.came_starved_ns = time.perf_counter_ns(), starved_ns()

    def bytes_go(self, data: bytes) -> None:
        """Note that bytes go to the venue; the first order after a decision ends a chain."""
        if self.delivered_ns is not None and data.startswith(b"POST /api/v3/order"):
            starved = starved_ns() - self.delivered_starved_ns
            self.execution.append(time.perf_counter_ns() - self.delivered_ns - max(self.synced_ns, starved))
            self.starved.append(starved)
            self.disk.append(self.synced_ns)
            self.delivered_ns = None
            if len(self.execution) >= ORDERS:
                self.enough.set()

    def bus_told(self, subject: str) -> None:
        """Note that something is handed to the bus."""
        now_ns = time.perf_counter_ns()
        if subject.startswith("price."):
            self.told_ns = now_ns
            self.feed.append(now_ns - self.came_ns - starved_ns() + self.came_starved_ns)
        elif subject.startswith("decision."):
            self.decided_ns = now_ns
            late_ns = time.time_ns() % (BAR_S * 10**9)  # tidy: a decision is due by the time of day
            self.signal.append(max(0, late_ns - SETTLE_MS * 10**6 - starved_ns() + self.due_starved_ns))

    def bus_tells(self, subject: str) -> None:
        """Note that something came from the bus."""
        now_ns = time.perf_counter_ns()
        if subject.startswith("price."):
            self.price_hop.append(now_ns - self.told_ns)
        elif subject.startswith("decision."):
            self.decision_hop.append(now_ns - self.decided_ns)
            self.delivered_ns, self.synced_ns, self.delivered_starved_ns = now_ns, 0, starved_ns()


class TimedBus:
    """A bus that notes what passes; everything else of it is as it was."""

    def __init__(self, bus: Any, spans: Spans) -> None:
        self._bus = bus
        self._spans = spans

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def publish(self, subject: str, data: bytes) -> None:
        self._spans.bus_told(subject)
        await self._bus.publish(subject, data)

    async def enqueue(self, subject: str, data: bytes, *, message_id: str) -> int:
        self._spans.bus_told(subject)
        return int(await self._bus.enqueue(subject, data, message_id=message_id))

    def subscribe(self, pattern: str, **bounds: Any) -> Any:
        return TimedReading(self._bus.subscribe(pattern, **bounds), self._spans)

    def consume(self, pattern: str, **bounds: Any) -> Any:
        return TimedReading(self._bus.consume(pattern, **bounds), self._spans)


class TimedReading:
    """A subscription that notes what it brings."""

    def __init__(self, inlet: Any, spans: Spans) -> None:
        self._inlet = inlet
        self._spans = spans

    def __aiter__(self) -> TimedReading:
        return self

    async def __anext__(self) -> Any:
        message = await self._inlet.__anext__()
        self._spans.bus_tells(message.subject)
        return message

    def close(self) -> None:
        self._inlet.close()


class TimedConnector(RealConnector):
    """A connector that notes the bytes of its connections."""

    def __init__(self, resolve: Mapping[Socket, Socket], spans: Spans) -> None:
        super().__init__(resolve, None)
        self._spans = spans

    async def _create_connection(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> Any:
        protocol: Any = await super()._create_connection(req, traces, timeout)
        receive, write, spans = protocol.data_received, protocol.transport.write, self._spans

        def data_received(data: bytes) -> None:
            spans.bytes_came()
            receive(data)

        class Told:
            """The transport, whose writes are noted."""

            def __getattr__(self, name: str) -> Any:
                return getattr(transport, name)

            def write(self, data: bytes) -> None:
                spans.bytes_go(bytes(data[:32]))
                write(data)

            def writelines(self, parts: list[bytes]) -> None:
                self.write(b"".join(parts))

        transport = protocol.transport
        protocol.data_received, protocol.transport = data_received, Told()
        return protocol


class SyncedFile(apsw.VFSFile):
    """A file that tells how long its syncs took."""

    def __init__(self, name: Any, flags: list[int], note: Callable[[int], None]) -> None:
        super().__init__("", name, flags)
        self._note = note

    def xSync(self, flags: int) -> None:  # noqa: N802  # SQLite's name
        began_ns = time.perf_counter_ns()
        super().xSync(flags)
        self._note(time.perf_counter_ns() - began_ns)


class SyncedFiles(apsw.VFS):
    """The platform's own files, with their syncs measured."""

    def __init__(self, note: Callable[[int], None]) -> None:
        self._note = note
        super().__init__("wire-synced", "")

    def xOpen(self, name: Any, flags: list[int]) -> SyncedFile:  # noqa: N802  # SQLite's name
        return SyncedFile(name, flags, self._note)


def measure() -> list[Figure]:
    """Measure it once, over some minutes."""
    serve = subprocess.Popen(SERVE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    spans = Spans()
    files = SyncedFiles(spans.synced)
    try:
        assert serve.stdout is not None
        ready = json.loads(serve.stdout.readline())
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_run(Path(folder), ready, spans))
        return [figure_of(spans)]
    except BusServerFailed as missing:
        return [_figure(None, str(missing))]
    finally:
        files.unregister()
        serve.terminate()
        serve.wait()


def figure_of(spans: Spans) -> Figure:
    """Return the figure, with what it consists of beside."""
    parts = (spans.signal, spans.execution)
    own_ms = [sum(each) / 1e6 for each in zip(*(part[WARM_UP_ORDERS:] for part in parts), strict=False)]
    if len(own_ms) < ORDERS // 2:
        return _figure(None, f"only {len(own_ms)} orders were sent within {LASTS_S_MAX} s")
    feed_ms = [one / 1e6 for one in spans.feed]
    value = _p99(own_ms) + _p99(feed_ms)
    shown = {name: [one / 1e6 for one in getattr(spans, name)] for name in ("feed", "signal", "execution")}
    beside = ("disk", "starved", "price_hop", "decision_hop")
    shown |= {name: [one / 1e6 for one in getattr(spans, name)] for name in beside}
    detail = ", ".join(f"{name} {median(told):.2f}/{_p99(told):.2f}" for name, told in shown.items())
    return _figure(value, f"median/P99 in ms of {len(own_ms)} orders: {detail}")


def _figure(value: float | None, detail: str) -> Figure:
    return Figure(
        name="market message to order bytes, P99",
        value=value,
        unit="ms",
        ours="feed, signal and execution of a real node",
        floor="a time, not a ratio; the disk's syncs and the bus's hops are beside it",
        target=TARGET,
        detail=detail,
    )


def _p99(told: list[float]) -> float:
    return quantiles(told, n=100)[98]


async def _run(folder: Path, ready: Mapping[str, Any], spans: Spans) -> None:
    """Run the bot until enough orders were sent, or for as long as it may take."""
    config, secrets = _config(folder, ready)
    async with _around(folder, config, secrets, spans) as around:
        running = asyncio.create_task(run_node(NODE, config, around))
        watching = asyncio.create_task(_note_when_due(spans))
        with suppress(TimeoutError):
            async with asyncio.timeout(LASTS_S_MAX):
                await spans.enough.wait()
        for task in (running, watching):
            task.cancel()
        await asyncio.gather(running, watching, return_exceptions=True)


async def _note_when_due(spans: Spans) -> None:
    """Note just before each decision is due for how long others have had the processor."""
    while True:
        left_ns = BAR_S * 10**9 - time.time_ns() % (BAR_S * 10**9) - JUST_BEFORE_NS  # tidy: the time of day, as above
        await asyncio.sleep((left_ns if left_ns > 0 else left_ns + BAR_S * 10**9) / 1e9)
        spans.due_starved_ns = starved_ns()
        await asyncio.sleep(2 * JUST_BEFORE_NS / 1e9)


def _config(folder: Path, ready: Mapping[str, Any]) -> tuple[BotConfig, dict[str, str]]:
    """Return a bot of one node, and the keys that the venue has made up for it."""
    (folder / "turns.py").write_text(TURNS, encoding="utf-8")
    told = {
        "bot": "wire-bench",
        "mode": "live",
        "nodes": {NODE: {"zone": "a", "runs": ["feed", "signal", "execution", "monitor"]}},
        "venues": {VENUE: {"key_env": "KEY", "secret_env": "SECRET", "share": 1}},
        "instruments": {"BTC/USDT": {"size": 0.01, "limit": 0.02}},
        "strategy": {"name": "turns", "use": "./turns.py:Turns", "bar": f"{BAR_S}s"},
        "signal": {"settle": f"{SETTLE_MS}ms", "gather": "1ms"},
        "risk": {"loss_per_day": "100%"},  # a bot that turns for the sake of it pays fees all day
        "pager": {"url": "http://127.0.0.1:9/nobody", "routing_key_env": "PAGER"},
        "resolve": ready[VENUE]["hosts"],
    }
    keys = ready[VENUE]["credentials"]
    return bot_config(told, folder=folder), {"KEY": keys["apiKey"], "SECRET": keys["secret"], "PAGER": "0" * 32}


@asynccontextmanager
async def _around(
    folder: Path, config: BotConfig, secrets: Mapping[str, str], spans: Spans
) -> AsyncIterator[Surroundings]:
    """Return what a real node has around it, each part of it noting times."""

    async def open_store(name: str) -> Store:
        os.makedirs(folder / NODE, exist_ok=True)
        return SqliteStore(str(folder / NODE / name), vfs="wire-synced")

    async with BusServer(folder / "bus", token=TOKEN, clock=RealClock()) as server:
        bus = BusAddress(urls=(server.url,), token=TOKEN)
        async with real_surroundings(config, NODE, data=folder, secrets=secrets, bus=bus) as real:
            yield replace(
                real,
                bus=TimedBus(real.bus, spans),
                connectors=lambda: TimedConnector(resolved(config.resolve), spans),
                open_store=open_store,
            )
