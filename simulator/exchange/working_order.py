"""An order that the exchange is still working on, and the register of all of them.

This is the exchange's own, changing side of an order; what others see of it is a new record after each change.
"""

from simulator.exchange.ledger import Account
from simulator.exchange.listing import Listing
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, TimeInForce
from simulator.exchange.rejections import UnknownOrder
from simulator.exchange.timeline import Cancellable


class WorkingOrder:
    """An accepted order; `held` is what it has locked, in smallest units of `held_asset`."""

    __slots__ = (
        "account",
        "created_ns",
        "doom",
        "filled",
        "held",
        "is_buy",
        "listing",
        "lots",
        "order_id",
        "price",
        "quote_units",
        "request",
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
        self.doom: Cancellable | None = None  # the timer of an order that matching will silently reject

    @property
    def remaining(self) -> int:
        """Lots not filled."""
        return self.lots - self.filled

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
        if not self.filled:
            return OrderStatus.NEW
        return OrderStatus.PARTIALLY_FILLED if self.remaining else OrderStatus.FILLED

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
        )


class Register:
    """The open orders of all accounts, found by either id."""

    def __init__(self) -> None:
        self._orders: dict[int, WorkingOrder] = {}
        self._client_ids: dict[tuple[str, str], int] = {}
        self._counts: dict[tuple[str, str], int] = {}  # by (account, symbol)

    def add(self, order: WorkingOrder) -> None:
        """Note an order that is open."""
        request = order.request
        self._orders[order.order_id] = order
        if request.client_order_id:
            self._client_ids[request.account, request.client_order_id] = order.order_id
        self._counts[request.account, request.symbol] = self.count(request.account, request.symbol) + 1

    def remove(self, order: WorkingOrder) -> None:
        """Forget an order that is no longer open."""
        request = order.request
        del self._orders[order.order_id]
        self._client_ids.pop((request.account, request.client_order_id), None)
        self._counts[request.account, request.symbol] -= 1

    def count(self, account: str, symbol: str) -> int:
        """Count the open orders of an account in a symbol."""
        return self._counts.get((account, symbol), 0)

    def has_client_id(self, account: str, client_order_id: str) -> bool:
        """Tell whether an open order of the account has this id."""
        return (account, client_order_id) in self._client_ids

    def by_id(self, order_id: int) -> WorkingOrder:
        """Return an order that is known to be open."""
        return self._orders[order_id]

    def of(self, account: str, symbol: str | None) -> list[WorkingOrder]:
        """Return the open orders of an account, oldest first."""
        wanted = (order for order in self._orders.values() if order.request.account == account)
        return [order for order in wanted if symbol is None or order.request.symbol == symbol]

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
