"""A timeline whose hands a test turns itself, and the small exchange that most stories play on."""

import heapq
import random
from collections.abc import Callable
from decimal import Decimal
from itertools import count

from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import ChargedIn, FeeSchedule
from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side, TimeInForce

EPOCH_NS = 1_772_323_200_000_000_000  # 2026-03-01
SECOND_NS = 1_000_000_000
SYMBOL = "BTC/USDT"


class HandTimer:
    """A timer of the hand clock."""

    def __init__(self, fn: Callable[[], None]) -> None:
        self.fn: Callable[[], None] | None = fn

    def cancel(self) -> None:
        self.fn = None


class HandClock:
    """A Timeline that stands still until it is turned."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._timers: list[tuple[int, int, HandTimer]] = []
        self._births = count()

    def now_ns(self) -> int:
        return self._now_ns

    def wall_ns(self) -> int:
        return EPOCH_NS + self._now_ns

    def call_later(self, delay_ns: int, fn: Callable[[], None]) -> HandTimer:
        timer = HandTimer(fn)
        heapq.heappush(self._timers, (self._now_ns + delay_ns, next(self._births), timer))
        return timer

    def turn(self, by_ns: int) -> None:
        """Let time pass, and everything that is due in it happen."""
        until_ns = self._now_ns + by_ns
        while self._timers and self._timers[0][0] <= until_ns:
            self._now_ns, _, timer = heapq.heappop(self._timers)
            if timer.fn is not None:
                timer.fn()
        self._now_ns = until_ns


BTC = Instrument(
    symbol=SYMBOL,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    min_notional=Decimal(5),
)
ETH = Instrument(
    symbol="ETH/BTC",
    base="ETH",
    quote="BTC",
    tick_size=Decimal("0.00001"),
    lot_size=Decimal("0.0001"),
    min_quantity=Decimal("0.0001"),
    max_quantity=Decimal(10_000),
    min_notional=Decimal("0.0001"),
)


def small_exchange(
    clock: HandClock | None = None,
    *,
    maker_bps: str = "10",
    taker_bps: str = "10",
    charged_in: ChargedIn = ChargedIn.RECEIVED,
    open_orders_max: int = 200,
) -> Exchange:
    """Return an exchange with two instruments and the funded accounts `ann` and `ben`."""
    exchange = Exchange(
        "small",
        [BTC, ETH],
        clock or HandClock(),
        fees=FeeSchedule(maker_bps=Decimal(maker_bps), taker_bps=Decimal(taker_bps), charged_in=charged_in),
        random=random.Random(7),
        open_orders_max=open_orders_max,
    )
    for account in ("ann", "ben"):
        exchange.open_account(account, {"BTC": Decimal(10), "USDT": Decimal(1_000_000), "ETH": Decimal(100)})
    return exchange


def limit(
    account: str,
    side: Side,
    price: str,
    quantity: str,
    *,
    client_order_id: str = "",
    post_only: bool = False,
    time_in_force: TimeInForce = TimeInForce.GTC,
    symbol: str = SYMBOL,
) -> OrderRequest:
    """Return a request for a limit order."""
    return OrderRequest(
        account=account,
        symbol=symbol,
        side=side,
        type=OrderType.LIMIT,
        price=Decimal(price),
        quantity=Decimal(quantity),
        client_order_id=client_order_id,
        post_only=post_only,
        time_in_force=time_in_force,
    )


def market(account: str, side: Side, quantity: str) -> OrderRequest:
    """Return a request for a market order."""
    return OrderRequest(account=account, symbol=SYMBOL, side=side, type=OrderType.MARKET, quantity=Decimal(quantity))


def average(record: OrderRecord) -> Decimal:
    """Return what a filled unit cost."""
    return record.quote_filled / BTC.quantity(record.filled_lots)
