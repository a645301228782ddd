"""A small real ground for faults: one venue with its door and its matching, one machine of a bot, one client."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from chaos.ground import Ground
from simulator.dialects.gate import Gate
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.kernel import Host, World
from simulator.network import Internet

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
        self.exchange.open_account("main", {"USDT": Decimal(1_000_000)})
        self.beats: list[int] = []
        self.world.host("binance", self._serve)
        self.client = self.world.host("client")
        self.world.host("exec-a", self._beat)
        venue = SmallVenue("binance", "binance", (NAME,), self.gate, self.exchange)
        self.ground = Ground(venues={"binance": venue}, machines=self.world, wires=self.internet)

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

    def ask(self) -> str:
        """Ask the venue something, and return the answer or the name of what went wrong."""

        async def asking() -> str:
            session = aiohttp.ClientSession(connector=self.internet.connector(self.client))
            async with session, session.get(f"https://{NAME}/") as response:
                return await response.text()

        try:
            return self.complete(asking())
        except aiohttp.ClientError as error:
            return type(error).__name__

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the client do some work, and virtual time pass as long as it takes."""
        return self.world.complete(self.client.spawn(work))

    def order(self, client_order_id: str) -> str:
        """Place a resting order, let the matching think, and return where the order then stands."""
        self.exchange.submit(
            OrderRequest(
                account="main",
                symbol="BTC/USDT",
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity=Decimal("0.001"),
                price=Decimal(50_000),
                client_order_id=client_order_id,
            )
        )
        self.world.run(self.world.now_ns() + 1_000_000_000)
        return self.exchange.truth.order("main", client_order_id=client_order_id).status.value
