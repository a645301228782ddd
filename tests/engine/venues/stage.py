"""A small world for the venue adapter: one simulated venue with a house that quotes, and the engine on a machine of
its own.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from aiohttp import web

from engine.domain.evidence import Evidence
from engine.domain.identity import Identity
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.ticket import Accepted, OrderRef, OrderType, Ticket, TimeInForce
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from engine.resilience.breaker import BreakerState
from engine.venues import Credentials, connect, open_door
from simulator.dialects import binance, binanceusdm, bybit, coinbase, kraken, okx, polymarket
from simulator.dialects.gate import Gate, RequestSeen
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRecord
from simulator.exchange.orders import Side as HouseSide
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.venue import ApiKey
from simulator.exchange.venue import Venue as SimulatedVenue
from simulator.kernel import Host, World
from simulator.network import Internet

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BTC = "BTC/USDT"
MS = 1_000_000
PASSPHRASE = "a phrase of this test"
SECRET = base64.b64encode(b"a secret of this test").decode()
PERPETUAL = "BTC/USDT:USDT"
APPLICATIONS: Mapping[str, Callable[[Any, Gate], dict[str, web.Application]]] = {
    "binance": binance.applications,
    "binanceusdm": binanceusdm.applications,
    "kraken": kraken.applications,
    "okx": okx.applications,
    "bybit": bybit.applications,
    "coinbase": coinbase.applications,
    "polymarket": polymarket.applications,
}
FEES = {
    "binance": FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    "binanceusdm": FeeSchedule(maker_bps=Decimal(2), taker_bps=Decimal(5), charged_in=ChargedIn.QUOTE),
    "coinbase": FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
    "bybit": FeeSchedule(maker_bps=Decimal(10), taker_bps=Decimal(10)),
    "okx": FeeSchedule(maker_bps=Decimal(8), taker_bps=Decimal(10)),
    "kraken": FeeSchedule(maker_bps=Decimal(25), taker_bps=Decimal(40), charged_in=ChargedIn.QUOTE),
}
VENUES = ("binance", "binanceusdm", "kraken", "okx", "bybit", "coinbase", "polymarket")
QUESTION = PredictionMarket(
    condition="Bitcoin up",
    yes="bitcoin/yes",
    no="bitcoin/no",
    tick_size=Decimal("0.0001"),
    min_quantity=Decimal("0.01"),
    fee_rate=Decimal("0.02"),
)
"""What is traded where there are questions: a share is worth what a hundred-thousandth of a coin is elsewhere."""
PRICE_SCALE, SIZE_SCALE = Decimal("0.00001"), Decimal(1000)


class Stage:
    """One venue at 60000, the bot's account with two coins and 200,000 dollars, and the adapter on the machine
    `engine`.
    """

    def __init__(self, name: str, *, rest_lag_ns: int = 50 * MS) -> None:
        self.name = name
        self.world = World(7)
        self.internet = Internet(self.world)
        self.exchange: Any = _exchange(name, self.world)
        opened: Any = PerpetualVenue if name == "binanceusdm" else SimulatedVenue
        self.simulated = opened(self.exchange, self.world, rest_lag_ns=rest_lag_ns)
        self.key = ApiKey(account="main", key="the-key", secret=SECRET, passphrase=PASSPHRASE)
        if name == "coinbase":
            self.key = coinbase.issued("main")
        if name == "polymarket":
            self.key = polymarket.issued("main")
        self.simulated.issue_key(self.key)
        self.gate = Gate(self.world)
        self.garbage: Callable[[web.Request], Awaitable[web.StreamResponse | None]] | None = None
        """What answers instead of the venue, unless it returns None."""
        self.seen: list[RequestSeen] = []
        self.gate.subscribe(self.seen.append)
        self.breakers: list[tuple[str, BreakerState]] = []
        self.waits: list[tuple[int, bool]] = []
        """When each wait that was imposed ends, on the venue's clock, and whether it is a ban."""
        self.complaints: list[object] = []
        self.world.on_complaint = lambda host, text, error: self.complaints.append(error or text)
        server = self.world.host(name)
        self.world.complete(server.spawn(self._serve(server, name)))
        self.engine = self.world.host("engine")
        self.venue = self.connected()
        self.quote(60_000)
        self.world.run(self.world.now_ns() + NS)

    def connected(self) -> Venue:
        """Return a new adapter for the engine's machine, not yet opened."""
        return connect(
            self.name,
            door=open_door(
                self.name,
                self.engine,
                on_breaker=lambda breaker, state: self.breakers.append((breaker, state)),
                on_wait=lambda until_ns, banned: self.waits.append((until_ns, banned)),
            ),
            credentials=self.credentials(),
            connectors=lambda: self.internet.connector(self.engine),
            random=self.world.randomness.stream(f"engine/{self.engine.boots}"),
        )

    def credentials(self) -> Credentials:
        """Return the account's key as the engine is given it."""
        known = polymarket.credentials(self.key)["walletAddress"] if self.name == "polymarket" else self.key.key
        return Credentials(api_key=known, secret=self.key.secret, passphrase=PASSPHRASE)

    async def _serve(self, host: Host, name: str) -> None:
        @web.middleware
        async def garble(request: web.Request, handler: Handler) -> web.StreamResponse:
            answer = None if self.garbage is None else await self.garbage(request)
            return await handler(request) if answer is None else answer

        for hostname, application in APPLICATIONS[name](self.simulated, self.gate).items():
            application.middlewares.append(garble)
            await self.internet.serve(host, application, [hostname])

    def quote(self, middle: int, quantity: str = "1") -> None:
        """Let the house quote five levels on each side, one in a thousand apart, and print a trade."""
        instrument = self.exchange.instrument(traded_by(self.name))
        price_scale, size_scale = scales(self.name)
        ticks = instrument.ticks(Decimal(middle) * price_scale)
        lots = instrument.lots(Decimal(quantity) * size_scale)
        step = ticks // 1000
        if self.name == "binanceusdm":
            self.exchange.set_index(PERPETUAL, Decimal(middle))
        bids = [(ticks - step * n, lots) for n in range(1, 6)]
        self.exchange.quote(instrument.symbol, bids, [(ticks + step * n, lots) for n in range(1, 6)])
        self.exchange.print_trade(instrument.symbol, HouseSide.BUY, ticks, lots)

    def tell(self, story: Callable[[Venue], Awaitable[T]], *, opened: bool = True, within_s: int = 3600) -> T:
        """Run a story on the engine's machine, close the venue, and return what the story returned."""

        async def told() -> T:
            try:
                if opened:
                    await self.venue.open()
                return await story(self.venue)
            finally:
                await self.venue.close()

        return self.world.complete(self.engine.spawn(told()), within_ns=within_s * NS)

    def orders(self) -> list[OrderRecord]:
        """Return the account's orders as the venue's truth has them."""
        orders: list[OrderRecord] = self.exchange.truth.orders("main")
        return orders

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do something `seconds` from now, outside of any machine."""
        self.world.call_later(int(seconds * NS), lambda: (act(), None)[1])


@contextmanager
def a_stage(name: str, *, rest_lag_ns: int = 50 * MS) -> Iterator[Stage]:
    """Open a stage, and end its world: machines buried, and nothing complained about."""
    stage = Stage(name, rest_lag_ns=rest_lag_ns)
    try:
        yield stage
    finally:
        stage.world.close()
    assert not stage.complaints, stage.complaints


def a_ticket(
    venue: Venue,
    price: str | None = "50000",
    quantity: str = "0.01",
    *,
    side: Side = Side.BUY,
    time_in_force: TimeInForce = TimeInForce.GTC,
    decision: str = "1",
    lives_ns: int = 5 * NS,
) -> Ticket:
    """Return a submit that lives for five seconds from now; where there are questions its figures are scaled."""
    price_scale, size_scale = scales(venue.facts.name)
    identity = Identity(bot="bot", strategy="s", instrument=BTC, decision=decision, leg=venue.facts.name)
    return Ticket(
        client_order_id=identity.client_order_id,
        instrument=symbol_at(venue),
        side=side,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        time_in_force=time_in_force,
        quantity=Quantity(Decimal(quantity) * size_scale),
        price=None if price is None else Price((Decimal(price) * price_scale).normalize()),
        expires_ns=venue.now_ns() + lives_ns,
        since_ns=venue.now_ns() + lives_ns - 10 * NS,
    )


async def place(venue: Venue, ticket: Ticket) -> str:
    """Place an order that must be accepted; return the venue's id after its views have caught up."""
    outcome = await venue.place(ticket)
    assert isinstance(outcome, Accepted), outcome
    await asyncio.sleep(1)
    return outcome.venue_order_id


def ref_of(ticket: Ticket, venue_order_id: str | None = None) -> OrderRef:
    """Return how to name the order of a ticket."""
    return OrderRef(
        client_order_id=ticket.client_order_id,
        instrument=ticket.instrument,
        venue_order_id=venue_order_id,
        since_ns=ticket.expires_ns - 10 * NS,
        side=ticket.side,
        quantity=ticket.quantity,
        price=ticket.price,
        stop=ticket.type is OrderType.STOP,
    )


def kinds(evidence: tuple[Evidence, ...]) -> list[str]:
    """Return what each reading was, by class name."""
    return [type(reading).__name__ for reading in evidence]


def symbol_at(venue: Venue) -> str:
    """Return what the engine calls that which is traded here."""
    return {"polymarket": "BITCOIN_UP:YES/USDC", "binanceusdm": PERPETUAL}.get(venue.facts.name, BTC)


def traded_by(name: str) -> str:
    """Return what the venue calls it."""
    return {"polymarket": QUESTION.yes, "binanceusdm": PERPETUAL}.get(name, BTC)


def coins_at(name: str) -> int:
    """Return how many coins the account has, before figures are scaled; none where positions are held instead."""
    return 0 if name == "binanceusdm" else 2


def scales(name: str) -> tuple[Decimal, Decimal]:
    """Return by what the figures of these tests are multiplied at a venue: prices, and quantities."""
    return (PRICE_SCALE, SIZE_SCALE) if name == "polymarket" else (Decimal(1), Decimal(1))


def _exchange(name: str, world: World) -> Exchange | PerpetualExchange:
    """Return the venue's truth with the bot's account; where positions are held it holds none, and no coins."""
    random = world.randomness.stream(f"exchange/{name}")
    if name == "binanceusdm":
        perpetual = PerpetualExchange(name, [_perpetual()], world, fees=FEES[name], random=random)
        perpetual.open_account("main", {"USDT": Decimal(200_000)})
        return perpetual
    if name == "polymarket":
        asked = PredictionExchange(name, [QUESTION], world, random=random)
        asked.settlement_delay_ns = 100 * MS
        asked.open_account("main", {"USDC": Decimal(202_000)})
        asked.split("main", QUESTION.condition, Decimal(2_000))
        return asked
    exchange = Exchange(name, [_btc(name)], world, fees=FEES[name], random=random)
    exchange.open_account("main", {"BTC": Decimal(2), "USDT": Decimal(200_000)})
    return exchange


def _perpetual() -> Contract:
    return Contract(
        symbol=PERPETUAL,
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        min_notional=Decimal(50),
    )


def _btc(name: str) -> Instrument:
    tick, lot, least = {
        "binance": ("0.01", "0.00001", "0.00001"),
        "kraken": ("0.1", "0.00000001", "0.00005"),
        "coinbase": ("0.01", "0.00000001", "0.00000001"),
        "bybit": ("0.01", "0.000001", "0.00001"),
        "okx": ("0.1", "0.00000001", "0.00001"),
    }[name]
    return Instrument(
        symbol=BTC,
        base="BTC",
        quote="USDT",
        tick_size=Decimal(tick),
        lot_size=Decimal(lot),
        min_quantity=Decimal(least),
        max_quantity=Decimal(9000),
        min_notional=Decimal(5),
    )
