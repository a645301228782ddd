"""The engine's own work from a market's event to the order's bytes at the venue's door, commit included.

One machine runs the whole bot: it hears the price, decides at the end of the bar, asks the rules of risk, journals the
intent and sends the order. What is counted is all that this machine does from the event on, whatever for, so the figure
is an upper bound. The journal is a real file; what the kernel does for its syncs is measured by itself and taken off.
Venue and broker are other machines, and not counted. The floor is ccxt's part of it: the same order through ccxt alone,
with a canned answer.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

import apsw

from engine.domain.errors import BusUnavailable, RevisionStale
from engine.ports.store import Store
from engine.runtime.config import BotConfig, bot_config
from engine.runtime.node import run_node
from engine.runtime.sqlite import SqliteStore
from engine.runtime.surroundings import Surroundings
from scenarios.bench.booth import MIDDLE, SECRET, Booth
from scenarios.bench.figure import Figure, Target
from scenarios.bench.rest import Pair, place
from simulator.dialects.gate import RequestSeen
from simulator.kernel import NS, Host
from simulator.services import Broker, BrokerClient

BARS, WARM_UP_BARS = 220, 20
BAR_S = 10
EVENT_NS = 6 * NS // 5
"""How long before a bar's end its event is: the venue tells tickers once a second."""
TARGET = Target(at_most=3.0)
ROUNDS = 3
NODE = "core-a"


def config() -> BotConfig:
    """Return a bot of one node that turns at each bar, and does nothing else while an order is on its way."""
    return bot_config(
        {
            "bot": "bench",
            "nodes": {NODE: {"zone": "a", "runs": ["feed", "signal", "execution", "monitor"]}},
            "venues": {"binance": {"key_env": "KEY", "secret_env": "SECRET", "share": 1}},
            "instruments": {"BTC/USDT": {"size": 0.02, "limit": 0.05}},
            "strategy": {"name": "momentum", "bar": f"{BAR_S}s", "lookback": 1},
            "execution": {"not_after": "9s"},
            "signal": {"settle": "1ms"},
            "reconcile": {"every": "1h"},
            "risk": {"loss_per_day": "100%"},  # a bot that turns for the sake of it pays fees all day
            "monitor": {"heartbeat_every": "600s", "missed_after": "1500s", "degraded_after": "1500s"},
            "pager": {"routing_key_env": "PAGER"},
        }
    )


class SyncedFile(apsw.VFSFile):
    """A file that tells how much processor time its syncs took."""

    def __init__(self, vfs: str, name: Any, flags: list[int], note: Callable[[float], None]) -> None:
        super().__init__(vfs, name, flags)
        self._note = note

    def xSync(self, flags: int) -> None:  # noqa: N802  # SQLite's name
        began_s = time.process_time()
        super().xSync(flags)
        self._note(time.process_time() - began_s)


class SyncedFiles(apsw.VFS):
    """The platform's own files, with their syncs measured."""

    def __init__(self, note: Callable[[float], None]) -> None:
        self._note = note
        super().__init__("synced", "")

    def xOpen(self, name: Any, flags: list[int]) -> SyncedFile:  # noqa: N802  # SQLite's name
        return SyncedFile("", name, flags, self._note)


class Machine:
    """Counts the processor time of everything that one machine runs, without its syncs."""

    def __init__(self, host: Host) -> None:
        self.total_s = 0.0
        drain = host.loop.drain

        def timed(callbacks_max: int) -> int:
            began_s = time.process_time()
            ran = drain(callbacks_max)
            self.total_s += time.process_time() - began_s
            return ran

        host.loop.drain = timed  # type: ignore[method-assign]  # the loop of this one machine, for the bench

    def spare(self, sync_s: float) -> None:
        """Take off what a sync took."""
        self.total_s -= sync_s


class Turning:
    """A world in which the price turns before the end of each bar, and the bot with it."""

    def __init__(self, folder: Path) -> None:
        self._booth = Booth("binance")
        self._world = self._booth.world
        self._folder = folder
        self._broker = Broker(self._world, self._booth.internet)
        self._began_s = 0.0
        self.costs_s: list[float] = []
        """Of each bar whose event led to an order: what the machine did from the one to the other."""
        self._booth.gate.subscribe(self._arrived)
        self._machine = Machine(self._world.host(NODE, self._run))
        self._files = SyncedFiles(self._machine.spare)
        self._next(0)

    def measure(self) -> list[float]:
        """Let all bars pass; return the costs without those of the first bars, which warm up."""
        self._world.run(self._world.now_ns() + (BARS + 1) * BAR_S * NS)
        gc.unfreeze()
        self._booth.close()
        self._files.unregister()
        return self.costs_s[WARM_UP_BARS:]

    async def _run(self, host: Host) -> None:
        async def open_store(name: str) -> Store:
            return SqliteStore(str(self._folder / name), vfs="synced")

        await run_node(
            NODE,
            config(),
            Surroundings(
                clock=host,
                connectors=lambda: self._booth.internet.connector(host),
                bus=BrokerClient(self._booth.internet, host, unavailable=BusUnavailable, stale=RevisionStale),
                open_store=open_store,
                random=Random(1),
                secrets={"KEY": "the-key", "SECRET": SECRET, "PAGER": "none"},
                node=NODE,
            ),
        )

    def _next(self, bar: int) -> None:
        """Let the event of a bar happen shortly before its end."""
        bar_ns = BAR_S * NS
        ends_ns = (self._world.wall_ns() // bar_ns + 1) * bar_ns
        wait_ns = ends_ns - EVENT_NS - self._world.wall_ns()
        self._world.call_later(wait_ns if wait_ns > 0 else wait_ns + bar_ns, lambda: self._turn(bar))

    def _turn(self, bar: int) -> None:
        price = MIDDLE + (100 if bar % 2 else -100)
        self._booth.quote(price)
        self._booth.trade(self._booth.ticks(price))
        if bar == WARM_UP_BARS:
            gc.collect()
            gc.freeze()  # what the simulation has piled up is not the engine's garbage
        self._began_s = self._machine.total_s
        self._next(bar + 1)

    def _arrived(self, request: RequestSeen) -> None:
        if request.endpoint == "orders" and request.method == "POST":
            self.costs_s.append(self._machine.total_s - self._began_s)


def play() -> list[float]:
    """Return what each order of one round cost, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        return [1000 * cost_s for cost_s in Turning(Path(folder)).measure()]


def measure() -> list[Figure]:
    """Return the engine's processor time for one order, at its 99th percentile, beside ccxt's part of it.

    Of a few rounds the best: whoever else uses the machine only adds to it.
    """
    pair = Pair("binance", place)
    pair.ours()
    floor_ms = 1000 * min(pair.floor() for _ in range(3))
    rounds = [play() for _ in range(ROUNDS)]
    cuts = min((quantiles(costs_ms, n=100) for costs_ms in rounds), key=lambda cuts: cuts[98])
    worst_ms, orders = max(map(max, rounds)), sum(map(len, rounds))
    detail = f"median {cuts[49]:.2f} ms; worst of all {ROUNDS} rounds, {orders} orders, {worst_ms:.2f} ms"
    return [
        Figure(
            name="market event to order bytes, P99",
            value=round(cuts[98], 3),
            unit="ms of processor time",
            ours="all that the bot's machine does from the event to the order's arrival, the commit without its sync",
            floor=f"ccxt alone makes, signs and parses such an order in {floor_ms:.2f} ms",
            target=TARGET,
            detail=detail,
        )
    ]
