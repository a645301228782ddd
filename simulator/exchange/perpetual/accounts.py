"""Who has what at an exchange of perpetuals: wallets, positions, open orders; in smallest units, ticks and lots.

Opening a position moves no money: it notes what the lots cost. Closing moves the difference into the wallet, and
the other side of the same trade has noted the same cost with the other sign. So the sum of all wallets, fees and the
insurance, less the sum of all costs, changes only when an account is opened; and all lots sum to zero.
"""

from decimal import Decimal

from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, TimeInForce
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.margin import Leg
from simulator.exchange.timeline import Cancellable


class Holding:
    """An account's position in one contract, and the leverage it has chosen for it."""

    __slots__ = ("cost", "funding", "leverage", "lots", "realised")

    def __init__(self, leverage: int) -> None:
        self.leverage = leverage
        self.lots = self.cost = self.realised = self.funding = 0

    def trade(self, lots: int, value: int) -> int:
        """Add signed lots that cost a signed value; return the profit that this realises."""
        realised = 0
        if self.lots and (lots > 0) != (self.lots > 0):
            closing = min(abs(lots), abs(self.lots))
            closed_value = value * closing // abs(lots)
            closed_cost = self.cost * closing // abs(self.lots)
            realised = -closed_value - closed_cost
            self.cost -= closed_cost
            value -= closed_value
        self.lots += lots
        self.cost += value
        self.realised += realised
        return realised


class Market:
    """One contract as it is traded: its listing, and the prices that margin goes by."""

    __slots__ = ("contract", "index", "last", "listing", "mark", "premiums", "premiums_count")

    def __init__(self, contract: Contract, listing: Listing) -> None:
        self.contract = contract
        self.listing = listing
        self.mark = 0  # ticks; 0 until an index has been given
        self.index = 0
        self.last = 0  # the last price in ticks; 0 until something has traded
        self.premiums = Decimal(0)  # summed since the last funding
        self.premiums_count = 0


class Working:
    """An open order."""

    __slots__ = (
        *("account", "created_ns", "doom", "filled", "is_buy", "lots", "market", "order_id", "price", "quote_units"),
        *("request", "type"),
    )

    def __init__(self, request: OrderRequest, account: "Trader", market: Market, *, is_buy: bool, lots: int) -> None:
        self.request = request
        self.account = account
        self.market = market
        self.is_buy = is_buy
        self.lots = lots
        self.type = request.type
        self.price: int | None = None  # ticks; None for a market order
        self.order_id = self.created_ns = self.filled = self.quote_units = 0
        self.doom: Cancellable | None = None

    @property
    def remaining(self) -> int:
        """Lots not filled."""
        return self.lots - self.filled

    @property
    def may_rest(self) -> bool:
        """Whether what does not trade at once waits in the book."""
        return self.type is OrderType.LIMIT and self.request.time_in_force is TimeInForce.GTC

    @property
    def open_status(self) -> OrderStatus:
        """The status by what has been filled."""
        if not self.filled:
            return OrderStatus.NEW
        return OrderStatus.PARTIALLY_FILLED if self.remaining else OrderStatus.FILLED

    def record(self, status: OrderStatus, wall_ns: int, reason: str) -> OrderRecord:
        """Return how the order stands now, for others to see."""
        request = self.request
        return OrderRecord(
            order_id=self.order_id,
            client_order_id=request.client_order_id,
            account=request.account,
            symbol=request.symbol,
            side=request.side,
            type=self.type,
            time_in_force=request.time_in_force,
            post_only=request.post_only,
            price_ticks=self.price,
            quantity_lots=self.lots,
            filled_lots=self.filled,
            quote_filled=self.market.listing.quote_amount(self.quote_units),
            status=status,
            created_ns=self.created_ns,
            updated_ns=wall_ns,
            reason=reason,
            reduce_only=request.reduce_only,
        )


class Trader:
    """One account; `is_free` marks the house and the insurance, which pay no fees and need no margin."""

    __slots__ = ("client_ids", "holdings", "is_free", "name", "orders", "wallet")

    def __init__(self, name: str, wallet: int, *, is_free: bool = False) -> None:
        self.name = name
        self.wallet = wallet
        self.is_free = is_free
        self.holdings: dict[str, Holding] = {}
        self.orders: dict[int, Working] = {}  # oldest first
        self.client_ids: dict[str, int] = {}

    def holding(self, contract: Contract) -> Holding:
        """Return the account's position in a contract, which may be nothing."""
        found = self.holdings.get(contract.symbol)
        if found is None:
            found = self.holdings[contract.symbol] = Holding(contract.leverage_default)
        return found

    def open_orders(self, symbol: str | None = None) -> list[Working]:
        """Return the open orders, oldest first."""
        return [order for order in self.orders.values() if symbol is None or order.request.symbol == symbol]

    def leg(self, market: Market) -> Leg:
        """Return how the account stands in one contract."""
        holding = self.holding(market.contract)
        bids = asks = 0
        for order in self.orders.values():
            if order.market is not market or order.price is None or order.request.reduce_only:
                continue
            if order.is_buy:
                bids += order.price * order.remaining
            else:
                asks += order.price * order.remaining
        return Leg(
            contract=market.contract,
            unit=market.listing.quote_unit,
            lots=holding.lots,
            cost=holding.cost,
            mark=market.mark,
            leverage=holding.leverage,
            bids=bids,
            asks=asks,
        )
