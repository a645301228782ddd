"""A small world for dialects: one venue on a machine of its own, a house that quotes, and unmodified ccxt clients.

Only ccxt's clock is replaced, as documented for virtual time; its requests, signatures, parsers and streams are its
own.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp

from simulator.dialects.gate import Gate, RequestSeen
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import Side
from simulator.exchange.venue import ApiKey
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from tests.simulator.dialects.row import ACCOUNT, BTC, ETH, SECRET, Row
from tests.simulator.dialects.table import TABLE, VENUES

MS = 1_000_000

ccxt_socket: Any = importlib.import_module("ccxt.async_support.base.ws.client")
INSTRUMENTS = {name: row.instruments for name, row in TABLE.items()}
FEES = {name: row.fees for name, row in TABLE.items()}

__all__ = [
    "ACCOUNT",
    "BTC",
    "ETH",
    "FEES",
    "INSTRUMENTS",
    "OPEN_WORLDS",
    "SECRET",
    "VENUES",
    "Stage",
    "client",
    "placed",
    "taken",
]

OPEN_WORLDS: list[World] = []
"""Worlds that a test has opened; `conftest.py` closes them."""


class Stage:
    """One venue and its clients in virtual time."""

    def __init__(self, name: str, settings: Any = None, **lags: int) -> None:
        self.world = World(7)
        OPEN_WORLDS.append(self.world)
        self.internet = Internet(self.world)
        self.name = name
        self.row = TABLE[name]
        self.btc, self.eth = self.row.symbols
        self.core_btc, self.core_eth = (one.symbol for one in self.row.instruments)
        self.exchange: Any = (self.row.exchange or spot)(self.row, self.world)
        quote = self.row.instruments[0].quote
        held = {asset: Decimal(10 if asset == "ETH" else 2) for asset in self.row.holds}
        for account in (ACCOUNT, "other"):
            self.exchange.open_account(account, {**held, quote: Decimal(200_000)})
            if self.row.fund is not None:
                self.row.fund(self.exchange, account)
        self.venue = self.row.venue(self.exchange, self.world, **lags)
        self.venue.issue_key(
            ApiKey(account=ACCOUNT, key=self.row.key, secret=self.row.secret, passphrase=self.row.passphrase)
        )
        self.gate = Gate(self.world)
        self.seen: list[RequestSeen] = []
        self.gate.subscribe(self.seen.append)
        self.complaints: list[object] = []
        self.world.on_complaint = lambda host, text, error: self.complaints.append(error or text)
        self.settings = settings if settings is not None else self.row.settings
        self.server = self.world.host(name, self._serve)
        self.client = self.world.host("client")
        for instrument, price in zip(self.row.instruments, ("60000", "3000"), strict=False):
            self.quote(instrument.symbol, price)
        self.world.run(MS)

    async def _serve(self, host: Host) -> None:
        for hostname, application in self.row.applications(self.venue, self.gate, self.settings).items():
            await self.internet.serve(host, application, [hostname])
        await asyncio.sleep(1e9)

    def quote(self, symbol: str, middle: str, *, levels: int = 5, quantity: str = "1", trade: bool = True) -> None:
        """Let the house quote around `middle`, one in a thousand apart, and print a trade there."""
        instrument = self.exchange.instrument(symbol)
        price, lots = self._ticks(symbol, middle), instrument.lots(Decimal(quantity) * self.row.size_scale)
        step = price // 1000
        bids = [(price - step * n, lots) for n in range(1, levels + 1)]
        asks = [(price + step * n, lots) for n in range(1, levels + 1)]
        self.exchange.quote(symbol, bids, asks)
        if self.row.follow is not None:
            self.row.follow(self.exchange, symbol, Decimal(middle))
        if trade:
            self.exchange.print_trade(symbol, Side.BUY, price, lots)

    def level(self, middle: float, number: int) -> float:
        """Return the price of bitcoin that the house quotes so many levels above (or below) `middle`."""
        price = self._ticks(self.core_btc, str(middle))
        return float(self.exchange.instrument(self.core_btc).price(price + price // 1000 * number))

    def _ticks(self, symbol: str, price: str) -> int:
        scale = self.row.price_scales[symbol != self.core_btc]
        ticks: int = self.exchange.instrument(symbol).ticks(Decimal(price) * scale)
        return ticks

    def pass_time(self, seconds: float) -> None:
        """Let time pass before a story begins."""
        self._run(asyncio.sleep(seconds))

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do something `seconds` from now, outside of any machine."""
        self.world.call_later(int(seconds * NS), lambda: (act(), None)[1])

    def tell(self, story: Callable[[Any], Awaitable[Any]], **config: Any) -> Any:
        """Run a story with a ccxt.pro client on the client machine and return what it returns."""

        async def told() -> Any:
            async with aiohttp.ClientSession(connector=self.internet.connector(self.client)) as session:
                exchange = client(self, session, **config)
                exchange.own_session = False
                try:
                    return await story(exchange)
                finally:
                    await exchange.close()

        return self._run(told())

    def tell_step_by_step(self, story: Callable[[Any, Callable[[Any], Any]], None], **config: Any) -> None:
        """Tell a synchronous story: it is given a ccxt.pro client and what runs a coroutine of it to its end."""

        async def opened() -> Any:
            session = aiohttp.ClientSession(connector=self.internet.connector(self.client))
            exchange = client(self, session, **config)
            exchange.own_session = False
            return session, exchange

        session, exchange = self._run(opened())
        try:
            story(exchange, self._run)
        finally:
            self._run(exchange.close())
            self._run(session.close())

    def browse(self, story: Callable[[aiohttp.ClientSession], Awaitable[Any]]) -> Any:
        """Run a story with a plain HTTP session on the client machine."""

        async def told() -> Any:
            async with aiohttp.ClientSession(connector=self.internet.connector(self.client)) as session:
                return await story(session)

        return self._run(told())

    def _run(self, coroutine: Any) -> Any:
        original = ccxt_socket.Exchange
        world = self.world

        class Clocked(original):  # type: ignore[misc, valid-type]
            @staticmethod
            def milliseconds() -> int:
                return world.wall_ns() // MS

        ccxt_socket.Exchange = Clocked
        try:
            result = self.world.complete(self.client.spawn(coroutine))
            self.world.run(self.world.now_ns() + NS)  # let what was closed end
        finally:
            ccxt_socket.Exchange = original
        assert not self.complaints, self.complaints
        return result

    def restart(self) -> None:
        """Cut the venue's power and boot it again."""
        self.world.crash(self.name)
        self.world.reboot(self.name)


def client(stage: Stage, session: aiohttp.ClientSession, **config: Any) -> Any:
    """Return ccxt.pro's own class for the venue, with the world's clock and a seeded source of ids."""
    base: Any = getattr(importlib.import_module(stage.row.client), stage.name)
    world, chance = stage.world, stage.world.randomness.stream("ccxt")

    class Clocked(base):  # type: ignore[misc]
        def milliseconds(self) -> int:
            return world.wall_ns() // MS

        def seconds(self) -> int:
            return world.wall_ns() // NS

        def microseconds(self) -> int:
            return world.wall_ns() // 1000

        def uuid(self, *_: Any) -> str:
            return f"{chance.getrandbits(128):032x}"

        def uuid16(self, *_: Any) -> str:
            return f"{chance.getrandbits(64):016x}"

        def uuid22(self, *_: Any) -> str:
            return f"{chance.getrandbits(88):022x}"

    row = stage.row
    keys = row.credentials(row.key, config.pop("secret", row.secret), row.passphrase)
    options = {**keys, "enableRateLimit": False, "session": session, **row.config, **config}
    return Clocked({"asyncio_loop": stage.client.loop, **options})


def spot(row: Row, world: World) -> Exchange:
    """Return a spot exchange for a row."""
    chance = world.randomness.stream(f"exchange/{row.name}")
    return Exchange(row.name, row.instruments, world, fees=row.fees, random=chance)


async def placed(exchange: Any, *, price: float = 59_000, amount: float = 0.01, **params: object) -> Any:
    """Place a limit order to buy bitcoin and return it as it is looked up."""
    row = TABLE[exchange.id]
    order = await exchange.create_order(row.btc, "limit", "buy", row.size(amount), row.price(price), params)
    return await exchange.fetch_order(order["id"], row.btc)


async def taken(exchange: Any, side: str, amount: float) -> Any:
    """Place a market order in bitcoin and return what ccxt returns for it."""
    row = TABLE[exchange.id]
    price = None if row.market_limits is None else row.market_limits[side == "sell"]
    return await exchange.create_order(row.btc, "market", side, row.size(amount), price)
