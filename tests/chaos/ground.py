"""A small real ground for faults: one venue with its door and its matching, one machine of a bot, one client."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

import aiohttp
import apsw
from aiohttp import web

from chaos.ground import Ground, Place, Sites
from simulator.dialects.gate import Gate
from simulator.dialects.streams import StreamSocket
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRequest, OrderType, Side, Trigger
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import Host, World
from simulator.market.climate import Climate
from simulator.market.ladder import Ladder
from simulator.market.market import TICK_NS, Market, Outlet
from simulator.market.prices import Basis, JumpDiffusion
from simulator.network import Internet
from simulator.services.model import ModelSickness
from simulator.storage import Disk

T = TypeVar("T")
NAME = "api.binance.com"
BTC = Instrument(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    min_notional=Decimal(5),
)


@dataclass(frozen=True)
class SmallVenue:
    """A venue as faults see it."""

    name: str
    host: str
    names: tuple[str, ...]
    gate: Gate
    exchange: Exchange
    venue: Venue
    keys: tuple[ApiKey, ...]


@dataclass
class SmallBus:
    """A bus as faults see it."""

    sync_ns: int = 1_000_000
    delivers_twice: Callable[[], bool] | None = None


@dataclass
class SmallWorld:
    """One venue, one machine, one client; virtual time moves when told."""

    world: World = field(default_factory=lambda: World(seed=7))

    def __post_init__(self) -> None:
        self.internet = Internet(self.world)
        self.gate = Gate(self.world)
        self.exchange = Exchange(
            "binance",
            [BTC],
            self.world,
            fees=FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
            random=random.Random(7),
        )
        self.exchange.open_account("main", {"USDT": Decimal(1_000_000), "BTC": Decimal(1)})
        self.beats: list[int] = []
        self.world.host("binance", self._serve)
        self.client = self.world.host("client")
        self.world.host("exec-a", self._beat)
        self.doors = Venue(self.exchange, self.world)
        key = ApiKey(account="main", key="key", secret="secret")
        self.doors.issue_key(key)
        venue = SmallVenue("binance", "binance", (NAME,), self.gate, self.exchange, self.doors, (key,))
        self.disk = Disk(self.world.hosts["exec-a"])
        self.market = self._market()
        self.ground = Ground(
            venues={"binance": venue},
            machines=self.world,
            wires=self.internet,
            timers=self.world,
            bus=SmallBus(),
            sites=Sites(
                venues=("binance",),
                nodes={"exec-a": "a"},
                markets=(BTC.symbol,),
                services=("pager",),
                regions={"tokyo": ("a", "binance")},
            ),
            disks={"exec-a": self.disk},
            markets={BTC.symbol: self.market},
            models={"exec-a": ModelSickness()},
            services={"bus": Place(host="binance", names=(NAME,)), "pager": Place(host="binance", names=(NAME,))},
        )

    def _market(self) -> Market:
        chance = random.Random(7)
        process = JumpDiffusion(
            price=60_000,
            volatility=0.0,
            tick_ns=TICK_NS,
            random=chance,
            jumps_per_day=0,
            jump_bps=0,
            climate=Climate(random=chance, tick_ns=TICK_NS),
            correlation=0,
        )
        market = Market(BTC.symbol, process, self.world)
        market.add(Outlet(self.exchange, BTC.symbol, basis=Basis(random=chance), ladder=Ladder(BTC, random=chance)))
        market.start()
        return market

    async def _serve(self, host: Host) -> None:
        async def hello(_request: web.Request) -> web.Response:
            return web.Response(text="hello")

        app = web.Application()
        app.router.add_get("/", hello)
        await self.internet.serve(host, app, [NAME])

    async def _beat(self, host: Host) -> None:
        while True:
            self.beats.append(host.world.now_ns())
            await asyncio.sleep(1)

    async def asking(self) -> str:
        """Ask the venue something from the client's machine."""
        session = aiohttp.ClientSession(connector=self.internet.connector(self.client))
        async with session, session.get(f"https://{NAME}/") as response:
            return await response.text()

    async def dialled(self) -> aiohttp.ClientSession:
        """Return a session that has a connection open."""
        session = aiohttp.ClientSession(connector=self.internet.connector(self.client))
        await self.asking_on(session)
        return session

    async def asking_on(self, session: aiohttp.ClientSession) -> str:
        """Ask the venue something in a session."""
        async with session.get(f"https://{NAME}/") as response:
            return await response.text()

    def ask(self) -> str:
        """Ask the venue something, and return the answer or the name of what went wrong."""
        try:
            return self.complete(self.asking())
        except aiohttp.ClientError as error:
            return type(error).__name__

    def open_database(self) -> apsw.Connection:
        """Open a database on the disk of exec-a."""
        database = apsw.Connection("test.sqlite", vfs=self.disk.vfs)
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        return database

    def socket(self) -> StreamSocket:
        """Make the venue's end of a stream that leads nowhere."""
        return StreamSocket(asyncio.Transport(), "public", "exec-a")

    def stop_below(self, price: int) -> None:
        """Buy a little at the market, and place a stop below."""
        self._submit("entry", Side.BUY, OrderType.MARKET)
        self._submit("stop", Side.SELL, OrderType.MARKET, trigger=Trigger.STOP, stop_price=Decimal(price))

    def _submit(self, client_order_id: str, side: Side, kind: OrderType, **terms: Any) -> None:
        self.exchange.submit(
            OrderRequest(
                account="main",
                symbol="BTC/USDT",
                side=side,
                type=kind,
                quantity=Decimal("0.001"),
                client_order_id=client_order_id,
                **terms,
            )
        )

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the client do some work, and virtual time pass as long as it takes."""
        return self.world.complete(self.client.spawn(work))

    def order(self, client_order_id: str) -> str:
        """Place a resting order, let the matching think, and return where the order then stands."""
        self._submit(client_order_id, Side.BUY, OrderType.LIMIT, price=Decimal(50_000))
        self.world.run(self.world.now_ns() + 1_000_000_000)
        return self.exchange.truth.order("main", client_order_id=client_order_id).status.value
