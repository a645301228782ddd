"""A small world for dialects: one venue on a machine of its own, a house that quotes, and unmodified ccxt clients.

Only ccxt's clock is replaced, as documented for virtual time; its requests, signatures, parsers and streams are its
own.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt.pro
from aiohttp import web

from simulator.dialects import binance, kraken
from simulator.dialects.gate import Gate, RequestSeen
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import Side
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import NS, Host, World
from simulator.network import Internet

MS = 1_000_000

ccxt_socket: Any = importlib.import_module("ccxt.async_support.base.ws.client")
ACCOUNT = "main"
SECRET = base64.b64encode(b"a secret that nobody knows").decode()
BTC, ETH = "BTC/USDT", "ETH/USDT"

INSTRUMENTS = {
    "binance": (
        Instrument(
            symbol=BTC,
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.00001"),
            min_quantity=Decimal("0.00001"),
            max_quantity=Decimal(9000),
            min_notional=Decimal(5),
        ),
        Instrument(
            symbol=ETH,
            base="ETH",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.0001"),
            min_quantity=Decimal("0.0001"),
            max_quantity=Decimal(9000),
            min_notional=Decimal(5),
        ),
    ),
    "kraken": (
        Instrument(
            symbol=BTC,
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.1"),
            lot_size=Decimal("0.00000001"),
            min_quantity=Decimal("0.00005"),
            max_quantity=Decimal(10_000),
            min_notional=Decimal("0.5"),
        ),
        Instrument(
            symbol=ETH,
            base="ETH",
            quote="USDT",
            tick_size=Decimal("0.01"),
            lot_size=Decimal("0.00000001"),
            min_quantity=Decimal("0.002"),
            max_quantity=Decimal(100_000),
            min_notional=Decimal("0.5"),
        ),
    ),
}
FEES = {
    "binance": FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    "kraken": FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
}
MAKERS: dict[str, Callable[..., dict[str, web.Application]]] = {
    "binance": binance.applications,
    "kraken": kraken.applications,
}

VENUES = tuple(MAKERS)

OPEN_WORLDS: list[World] = []
"""Worlds that a test has opened; `conftest.py` closes them."""


class Stage:
    """One venue and its clients in virtual time."""

    def __init__(self, name: str, settings: Any = None, **lags: int) -> None:
        self.world = World(7)
        OPEN_WORLDS.append(self.world)
        self.internet = Internet(self.world)
        self.name = name
        self.exchange = Exchange(
            name,
            INSTRUMENTS[name],
            self.world,
            fees=FEES[name],
            random=self.world.randomness.stream(f"exchange/{name}"),
        )
        self.exchange.open_account(ACCOUNT, {"BTC": Decimal(2), "ETH": Decimal(10), "USDT": Decimal(200_000)})
        self.exchange.open_account("other", {"BTC": Decimal(2), "USDT": Decimal(200_000)})
        self.venue = Venue(self.exchange, self.world, **lags)
        self.venue.issue_key(ApiKey(account=ACCOUNT, key="the-key", secret=SECRET))
        self.gate = Gate(self.world)
        self.seen: list[RequestSeen] = []
        self.gate.subscribe(self.seen.append)
        self.complaints: list[object] = []
        self.world.on_complaint = lambda host, text, error: self.complaints.append(error or text)
        self.settings = settings
        self.server = self.world.host(name, self._serve)
        self.client = self.world.host("client")
        self.quote(BTC, "60000")
        self.quote(ETH, "3000")
        self.world.run(MS)

    async def _serve(self, host: Host) -> None:
        for hostname, application in MAKERS[self.name](self.venue, self.gate, self.settings).items():
            await self.internet.serve(host, application, [hostname])
        await asyncio.sleep(1e9)

    def quote(self, symbol: str, middle: str, *, levels: int = 5, quantity: str = "1", trade: bool = True) -> None:
        """Let the house quote around `middle`, one in a thousand apart, and print a trade there."""
        instrument = self.exchange.instrument(symbol)
        price, lots = instrument.ticks(Decimal(middle)), instrument.lots(Decimal(quantity))
        step = price // 1000
        bids = [(price - step * n, lots) for n in range(1, levels + 1)]
        asks = [(price + step * n, lots) for n in range(1, levels + 1)]
        self.exchange.quote(symbol, bids, asks)
        if trade:
            self.exchange.print_trade(symbol, Side.BUY, price, lots)

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
    base: Any = getattr(ccxt.pro, stage.name)
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

    options = {"apiKey": "the-key", "secret": SECRET, "enableRateLimit": False, "session": session, **config}
    return Clocked({"asyncio_loop": stage.client.loop, **options})


async def placed(exchange: Any, *, price: float = 59_000, amount: float = 0.01, **params: object) -> Any:
    """Place a limit order to buy bitcoin and return it as it is looked up."""
    order = await exchange.create_order(BTC, "limit", "buy", amount, price, params)
    return await exchange.fetch_order(order["id"], BTC)
