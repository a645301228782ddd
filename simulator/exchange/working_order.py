"""An order that the exchange is still working on, and the register of all of them.

This is the exchange's own, changing side of an order; what others see of it is a new record after each change.
"""

from simulator.exchange.ledger import Account
from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, TimeInForce
from simulator.exchange.rejections import UnknownOrder
from simulator.exchange.timeline import Cancellable
from simulator.exchange.triggers import rises


class WorkingOrder:
    """An accepted order; `held` is what it has locked, in smallest units of `held_asset`."""

    __slots__ = (
        "account",
        "created_ns",
        "doom",
        "expiry",
        "filled",
        "held",
        "is_buy",
        "listing",
        "lots",
        "order_id",
        "price",
        "quote_units",
        "request",
        "stop",
        "triggered_ns",
    )

    def __init__(
        self,
        request: OrderRequest,
        account: Account,
        listing: Listing,
        *,
        is_buy: bool,
        price: int | None,
        lots: int,
        stop: int | None = None,
    ) -> None:
        self.request = request
        self.account = account
        self.listing = listing
        self.is_buy = is_buy
        self.price = price  # None for a market order
        self.lots = lots
        self.order_id = 0
        self.created_ns = 0
        self.filled = 0
        self.quote_units = 0
        self.held = 0
        self.stop = stop  # None for an order without a trigger
        self.triggered_ns: int | None = None
        self.doom: Cancellable | None = None  # the timer of an order that matching will silently reject
        self.expiry: Cancellable | None = None  # the timer of an order that is good till a time

    @property
    def remaining(self) -> int:
        """Lots not filled."""
        return self.lots - self.filled

    @property
    def waits(self) -> bool:
        """Whether the order has yet to be triggered."""
        return self.stop is not None and self.triggered_ns is None

    @property
    def rises(self) -> bool:
        """Whether the order is set off by a price at or above its stop price; else by one at or below it."""
        return self.request.trigger is not None and rises(self.is_buy, self.request.trigger)

    @property
    def held_asset(self) -> str:
        """The asset the order pays with."""
        return self.listing.instrument.quote if self.is_buy else self.listing.instrument.base

    @property
    def may_rest(self) -> bool:
        """Whether what does not trade at once waits in the book."""
        return self.request.type is OrderType.LIMIT and self.request.time_in_force is TimeInForce.GTC

    @property
    def open_status(self) -> OrderStatus:
        """The status by what has been filled, were nothing else to happen."""
        if self.waits:
            return OrderStatus.UNTRIGGERED
        if not self.filled:
            return OrderStatus.NEW
        return OrderStatus.PARTIALLY_FILLED if self.remaining else OrderStatus.FILLED

    def copy(self) -> "WorkingOrder":
        """Return an order like this one, without its timers."""
        twin = WorkingOrder(
            self.request,
            self.account,
            self.listing,
            is_buy=self.is_buy,
            price=self.price,
            lots=self.lots,
            stop=self.stop,
        )
        twin.order_id, twin.created_ns, twin.triggered_ns = self.order_id, self.created_ns, self.triggered_ns
        twin.filled, twin.quote_units, twin.held = self.filled, self.quote_units, self.held
        return twin

    def record(self, status: OrderStatus, wall_ns: int, reason: str = "") -> OrderRecord:
        """Return how the order stands now, for others to see."""
        request = self.request
        return OrderRecord(
            order_id=self.order_id,
            client_order_id=request.client_order_id,
            account=request.account,
            symbol=request.symbol,
            side=request.side,
            type=request.type,
            time_in_force=request.time_in_force,
            post_only=request.post_only,
            price_ticks=self.price,
            quantity_lots=self.lots,
            filled_lots=self.filled,
            quote_filled=self.listing.quote_amount(self.quote_units),
            status=status,
            created_ns=self.created_ns,
            updated_ns=wall_ns,
            reason=reason,
            trigger=request.trigger,
            stop_ticks=self.stop,
            triggered_ns=self.triggered_ns,
            expires_ns=request.expires_ns,
            self_trade=request.self_trade,
        )


class Register:
    """The open orders of all accounts, found by either id."""

    def __init__(self) -> None:
        self._orders: dict[int, WorkingOrder] = {}
        self._client_ids: dict[tuple[str, str], int] = {}
        self._of: dict[tuple[str, str], dict[int, WorkingOrder]] = {}  # by (account, symbol)

    def add(self, order: WorkingOrder) -> None:
        """Note an order that is open."""
        request, order_id = order.request, order.order_id
        self._orders[order_id] = order
        if request.client_order_id:
            self._client_ids[request.account, request.client_order_id] = order_id
        key = request.account, request.symbol
        mine = self._of.get(key)
        if mine is None:
            mine = self._of[key] = {}
        mine[order_id] = order

    def remove(self, order: WorkingOrder) -> None:
        """Forget an order that is no longer open."""
        request = order.request
        del self._orders[order.order_id]
        if request.client_order_id:
            del self._client_ids[request.account, request.client_order_id]
        del self._of[request.account, request.symbol][order.order_id]

    def count(self, account: str, symbol: str) -> int:
        """Count the open orders of an account in a symbol."""
        return len(self._of.get((account, symbol), ()))

    def has(self, order_id: int) -> bool:
        """Tell whether an order is open."""
        return order_id in self._orders

    def has_client_id(self, account: str, client_order_id: str) -> bool:
        """Tell whether an open order of the account has this id."""
        return (account, client_order_id) in self._client_ids

    def by_id(self, order_id: int) -> WorkingOrder:
        """Return an order that is known to be open."""
        return self._orders[order_id]

    def all(self) -> list[WorkingOrder]:
        """Return the open orders of everybody, oldest first."""
        return list(self._orders.values())

    def of(self, account: str, symbol: str | None = None) -> list[WorkingOrder]:
        """Return the open orders of an account, oldest first."""
        if symbol is not None:
            return list(self._of.get((account, symbol), {}).values())
        return [order for order in self._orders.values() if order.request.account == account]

    def opposing(self, order: WorkingOrder) -> list[WorkingOrder]:
        """Return the account's own orders in the book that stand on the other side, in no order of importance."""
        mine = self.of(order.request.account, order.request.symbol)
        return [other for other in mine if other.is_buy != order.is_buy and other.order_id in order.listing.book]

    def find(self, account: str, order_id: int | None, client_order_id: str | None, symbol: str | None) -> WorkingOrder:
        """Return the open order that all the given words fit.

        Raises:
            UnknownOrder: none does.
        """
        if order_id is None:
            order_id = self._client_ids.get((account, client_order_id or ""))
        order = None if order_id is None else self._orders.get(order_id)
        if order is None or not _fits(order.request, account, client_order_id, symbol):
            raise UnknownOrder(f"no open order {order_id or ''} {client_order_id or ''}".rstrip())
        return order


def _fits(request: OrderRequest, account: str, client_order_id: str | None, symbol: str | None) -> bool:
    return (
        request.account == account
        and client_order_id in (None, "", request.client_order_id)
        and symbol in (None, request.symbol)
    )
