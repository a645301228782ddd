"""What happened on an exchange, in the order in which it happened.

Two families: an account's own affairs (orders, trades, balances) feed its private stream, the market's (trades,
book, ticker) feed the public one. An event is a fact with its virtual time; what a reader sees of it, and when, is
the business of the views.
"""

from collections.abc import Callable

import msgspec

from simulator.exchange.orders import Balance, OrderRecord, Side, TradeRecord
from simulator.exchange.perpetual.records import Funding, Mark, Position, WaitingOrder
from simulator.exchange.prediction.records import Resolution, Settlement
from simulator.exchange.ticker import Ticker


class OrderChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order is new, was filled in part or whole, or ended; `trade` is the fill that changed it, if one did."""

    at_ns: int
    record: OrderRecord
    trade: TradeRecord | None = None


class Traded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account traded; it follows the `OrderChanged` of the same fill."""

    at_ns: int
    trade: TradeRecord


class BalanceChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account holds another amount of an asset, or another part of it is locked."""

    at_ns: int
    account: str
    balance: Balance


class PublicTrade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trade on the tape, without names; `side` is the taker's. `wall_ns` is the venue's Unix time."""

    at_ns: int
    wall_ns: int
    trade_id: int
    symbol: str
    side: Side
    price_ticks: int
    quantity_lots: int


class BookChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Levels of a book have new totals: (price in ticks, lots), 0 lots where the level is gone.

    `update_id` counts the changes of this symbol's book by one, from 1.
    """

    at_ns: int
    wall_ns: int
    symbol: str
    update_id: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class TickerChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The best prices, the last trade, or the day's statistics of a symbol changed."""

    at_ns: int
    symbol: str
    ticker: Ticker


class PositionChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account holds another position; it follows the trades that changed it. Only exchanges of perpetuals tell."""

    at_ns: int
    position: Position


class FundingPaid(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account paid or received funding; the balance that follows has it. Only exchanges of perpetuals tell."""

    at_ns: int
    funding: Funding


class WaitingOrderChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that waits for a price is new, was set off, or ended. Only exchanges of perpetuals tell."""

    at_ns: int
    record: WaitingOrder


class MarkChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The mark price, the index or the funding rate of a contract changed. Only exchanges of perpetuals tell."""

    at_ns: int
    mark: Mark


class SettlementChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A match came further on its way through the chain. Only prediction markets tell."""

    at_ns: int
    settlement: Settlement


class FillReversed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A match failed to settle and is taken back; it follows the `OrderChanged` that has the fill no more.

    What the account had locked for it is free again. Only prediction markets tell.
    """

    at_ns: int
    settlement: Settlement


class MarketResolved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The question of a prediction market has been answered."""

    at_ns: int
    resolution: Resolution


PrivateEvent = (
    OrderChanged
    | Traded
    | BalanceChanged
    | PositionChanged
    | FundingPaid
    | WaitingOrderChanged
    | SettlementChanged
    | FillReversed
)
PublicEvent = PublicTrade | BookChanged | TickerChanged | MarkChanged | MarketResolved
Event = PrivateEvent | PublicEvent
Listener = Callable[[Event], None]


class EventStream:
    """Tells every listener of the events that concern it, at once, in the order of subscription."""

    __slots__ = ("_routes", "_subscriptions")

    def __init__(self) -> None:
        self._subscriptions: tuple[tuple[Listener, tuple[type, ...]], ...] = ()
        self._routes: dict[type, tuple[Listener, ...]] = {}  # who hears of a kind, made when it first comes

    def subscribe(self, listener: Listener, *kinds: type) -> Callable[[], None]:
        """Call `listener` with each event of these kinds, or of all, from now on; return what ends that.

        A listener must not place or cancel orders: the exchange is in the middle of something when it calls.
        """
        subscription = (listener, kinds)
        self._change((*self._subscriptions, subscription))
        return lambda: self._change(tuple(one for one in self._subscriptions if one is not subscription))

    def publish(self, event: Event) -> None:
        """Tell every listener whom it concerns of `event`."""
        kind = type(event)
        route = self._routes.get(kind)
        if route is None:
            route = tuple(listener for listener, kinds in self._subscriptions if not kinds or kind in kinds)
            self._routes[kind] = route
        for listener in route:
            listener(event)

    def _change(self, subscriptions: tuple[tuple[Listener, tuple[type, ...]], ...]) -> None:
        self._subscriptions = subscriptions
        self._routes.clear()
