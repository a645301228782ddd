"""A venue of futures on a machine of its own, with a house that quotes and an index that follows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.dialects import binanceusdm
from simulator.dialects.binanceusdm.refusals import REJECTIONS
from simulator.dialects.gate import Gate, RequestSeen
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.venue import ApiKey
from simulator.kernel import World
from simulator.network import Internet
from tests.simulator.dialects.row import ACCOUNT, KEY, Row
from tests.simulator.dialects.stage import MS, OPEN_WORLDS, Stage

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
FEES = FeeSchedule(maker_bps=Decimal(2), taker_bps=Decimal(5), charged_in=ChargedIn.QUOTE)
CONTRACTS = (
    Contract(
        symbol=BTC,
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        min_notional=Decimal(50),
    ),
    Contract(
        symbol=ETH,
        base="ETH",
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(10_000),
        min_notional=Decimal(20),
    ),
)
ROW = Row(
    name="binanceusdm",
    applications=binanceusdm.applications,
    instruments=CONTRACTS,
    fees=FEES,
    refusals=REJECTIONS,
    symbols=(BTC, ETH),
)


class UsdmStage(Stage):
    """One venue of futures and its clients in virtual time."""

    def __init__(self, settings: Any = None, **lags: int) -> None:
        self.world = World(7)
        OPEN_WORLDS.append(self.world)
        self.internet = Internet(self.world)
        self.name, self.row, self.settings = ROW.name, ROW, settings
        self.btc, self.eth = BTC, ETH
        self.futures = PerpetualExchange(
            self.name, CONTRACTS, self.world, fees=FEES, random=self.world.randomness.stream("exchange/usdm")
        )
        self.exchange: Any = self.futures
        for account in (ACCOUNT, "other"):
            self.futures.open_account(account, {"USDT": Decimal(20_000)})
        self.doors = PerpetualVenue(self.futures, self.world, **lags)
        self.venue: Any = self.doors
        self.doors.issue_key(ApiKey(account=ACCOUNT, key=KEY, secret=ROW.secret))
        self.gate = Gate(self.world)
        self.seen: list[RequestSeen] = []
        self.gate.subscribe(self.seen.append)
        self.complaints: list[object] = []
        self.world.on_complaint = lambda host, text, error: self.complaints.append(error or text)
        self.server = self.world.host(self.name, self._serve)
        self.client = self.world.host("client")
        self.move(BTC, "60000")
        self.move(ETH, "3000")
        self.world.run(MS)

    def move(self, symbol: str, price: str, *, quantity: str = "10") -> None:
        """Let house and index go to a price, and print a trade there."""
        self.quote(symbol, price, quantity=quantity)
        self.futures.set_index(symbol, Decimal(price))

    def other(self, side: Side, quantity: str, price: str) -> None:
        """Let somebody else place a limit order."""
        self.futures.submit(
            OrderRequest(
                account="other",
                symbol=BTC,
                side=side,
                type=OrderType.LIMIT,
                quantity=Decimal(quantity),
                price=Decimal(price),
            )
        )
