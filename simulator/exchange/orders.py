"""What is asked of an exchange, and what it writes down: requests, orders, trades, balances.

Records are immutable snapshots, shared by the truth and by every view of it: a view that lags holds the older
snapshot, never a copy. Times are Unix nanoseconds on the venue's wall clock.

Requests, records and events are msgspec structs: frozen data classes took ten times as long to make, and making them
was half the cost of an order. They hold no cycles, so the garbage collector need not look at them.
"""

from decimal import Decimal
from enum import Enum

import msgspec


class Side(Enum):
    """The side of an order: BUY takes the base asset, SELL gives it."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The side an order of this side trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(Enum):
    """How an order names its price."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    LIQUIDATION = "LIQUIDATION"  # placed by an exchange of perpetuals to close what has no margin left, by no client


class TimeInForce(Enum):
    """What becomes of the part of an order that does not trade at once."""

    GTC = "GTC"  # rests until it is cancelled, or until `expires_ns` where the request has one
    IOC = "IOC"  # expires
    FOK = "FOK"  # all trades at once or nothing does


class Trigger(Enum):
    """On which side of the last price the stop price of an order waits.

    A STOP goes with the market (it buys at or above its stop price, sells at or below it), a TAKE_PROFIT against it.
    """

    STOP = "stop"
    TAKE_PROFIT = "take_profit"


class SelfTrade(Enum):
    """What happens when an order would trade with a resting order of its own account."""

    ALLOW = "allow"
    EXPIRE_TAKER = "expire_taker"  # what is left of the newcomer expires
    EXPIRE_MAKER = "expire_maker"  # the resting order expires, the newcomer goes on
    EXPIRE_BOTH = "expire_both"


class OrderStatus(Enum):
    """Where an order stands; the last four are final."""

    UNTRIGGERED = "UNTRIGGERED"  # waits for the last price to reach its stop price; not in the book
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"

    @property
    def is_open(self) -> bool:
        """True while the order can still trade."""
        return self in OPEN


OPEN = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.UNTRIGGERED)


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order as a client asks for it, in Decimals; nothing about it has been checked.

    With a `trigger` it waits, UNTRIGGERED, until the last price reaches `stop_price`, and then acts as its type
    says: a MARKET order with a trigger is a stop or take-profit, a LIMIT order a stop-limit or take-profit-limit.
    """

    account: str
    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal = Decimal(0)  # in the base asset; 0 where `quote_amount` says how much
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    client_order_id: str = ""
    quote_amount: Decimal | None = None  # a market order for this much of the quote asset, fees not counted
    trigger: Trigger | None = None
    stop_price: Decimal | None = None
    holds_untriggered: bool = True  # whether it locks money before it is triggered, as some venues do
    expires_ns: int | None = None  # good till this Unix time on the venue's clock; only for an order that may rest
    self_trade: SelfTrade = SelfTrade.ALLOW
    reduce_only: bool = False  # refused on spot


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order at one moment."""

    order_id: int
    client_order_id: str  # "" where the client gave none
    account: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    price_ticks: int | None  # None for a market order
    quantity_lots: int
    filled_lots: int
    quote_filled: Decimal  # what the filled lots cost, fees not counted
    status: OrderStatus
    created_ns: int
    updated_ns: int
    reason: str = ""  # why it was cancelled, rejected, expired or amended: one of `reasons`
    trigger: Trigger | None = None
    stop_ticks: int | None = None
    triggered_ns: int | None = None  # when the last price reached its stop price
    expires_ns: int | None = None
    self_trade: SelfTrade = SelfTrade.ALLOW
    reduce_only: bool = False

    @property
    def is_open(self) -> bool:
        """True while the order can still trade."""
        return self.status in OPEN

    @property
    def remaining_lots(self) -> int:
        """What has not been filled, in lots."""
        return self.quantity_lots - self.filled_lots


class TradeRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One account's half of a trade."""

    trade_id: int
    order_id: int
    client_order_id: str
    account: str
    symbol: str
    side: Side
    price_ticks: int
    quantity_lots: int
    fee: Decimal
    fee_asset: str
    maker: bool
    at_ns: int


class Balance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an account holds of one asset; `locked` is what its open orders need."""

    asset: str
    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked
