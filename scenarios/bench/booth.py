"""A world with one venue and one unmodified ccxt client, for the figures that need both."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt.pro

from scenarios.venue_profiles import PROFILES
from scenarios.wiring import LINK
from simulator.dialects.gate import Gate
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import Side
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import NS, Host, World
from simulator.network import Internet

SYMBOL = "BTC/USDT"
MIDDLE, STEP, LEVELS = Decimal(60_000), Decimal(10), 5
SECRET = base64.b64encode(b"a secret of the bench").decode()
MS = 1_000_000


class Booth:
    """One venue, its house quoting on both sides, and one machine with a ccxt.pro client. Close it after use."""

    def __init__(self, name: str) -> None:
        profile = PROFILES[name]
        self.name = name
        self.world = World(1)
        self.internet = Internet(self.world, speed=LINK)
        self.exchange = Exchange(
            name,
            [profile.instrument(SYMBOL)],
            self.world,
            fees=profile.fees,
            random=self.world.randomness.stream(f"exchange/{name}"),
        )
        self.exchange.open_account("main", {"BTC": Decimal(1000), "USDT": Decimal(10**9)})
        self.gate = Gate(self.world)
        venue = Venue(
            self.exchange,
            self.world,
            rest_lag_ns=profile.rest_lag_ns,
            public_lag_ns=profile.public_lag_ns,
            private_lag_ns=profile.private_lag_ns,
        )
        venue.issue_key(ApiKey(account="main", key="the-key", secret=SECRET))
        applications = profile.applications(venue, self.gate)

        async def serve(host: Host) -> None:
            for hostname, application in applications.items():
                await self.internet.serve(host, application, [hostname])

        self._lots = self.exchange.instrument(SYMBOL).lots(Decimal(1))
        self.quote(MIDDLE)
        self.trade(self.ticks(MIDDLE))
        self.world.host(name, serve)
        self.client = self.world.host("client")
        self.world.run(NS)

    def quote(self, middle: Decimal) -> None:
        """Let the house quote around `middle`."""
        instrument = self.exchange.instrument(SYMBOL)
        price, step, lots = instrument.ticks(middle), instrument.ticks(STEP), instrument.lots(Decimal(100))
        bids = [(price - step * level, lots) for level in range(1, LEVELS + 1)]
        asks = [(price + step * level, lots) for level in range(1, LEVELS + 1)]
        self.exchange.quote(SYMBOL, bids, asks)

    def ticks(self, price: Decimal) -> int:
        """Return a price in the ticks in which the exchange trades."""
        return self.exchange.instrument(SYMBOL).ticks(price)

    def trade(self, price_ticks: int) -> None:
        """Let strangers trade at a price: one event that every ticker tells."""
        self.exchange.print_trade(SYMBOL, Side.BUY, price_ticks, self._lots)

    def tell(self, story: Callable[[Any], Awaitable[Any]], **config: Any) -> Any:
        """Run a story with a ccxt.pro client, in virtual time, and return what it returns."""
        socket: Any = importlib.import_module("ccxt.async_support.base.ws.client")
        original = socket.Exchange
        socket.Exchange = clocked(original, self.world)

        async def told() -> Any:
            async with aiohttp.ClientSession(connector=self.internet.connector(self.client)) as session:
                exchange = clocked(getattr(ccxt.pro, self.name), self.world)(
                    {**credentials(), "session": session, "asyncio_loop": self.client.loop, **config}
                )
                exchange.own_session = False
                try:
                    return await story(exchange)
                finally:
                    await exchange.close()

        try:
            return self.world.complete(self.client.spawn(told()))
        finally:
            socket.Exchange = original

    def close(self) -> None:
        """End the world."""
        self.world.close()


def credentials() -> dict[str, Any]:
    """Return what a client of the bench is configured with; its own pacing is off, in ours and in the floor."""
    return {"apiKey": "the-key", "secret": SECRET, "enableRateLimit": False}


def clocked(base: Any, world: World) -> Any:
    """Return ccxt's class with the world's wall clock."""

    class Clocked(base):  # type: ignore[misc]
        @staticmethod
        def milliseconds() -> int:
            return world.wall_ns() // MS

        @staticmethod
        def seconds() -> int:
            return world.wall_ns() // NS

        @staticmethod
        def microseconds() -> int:
            return world.wall_ns() // 1000

    return Clocked
