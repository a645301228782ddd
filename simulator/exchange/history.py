"""One account's affairs as known so far: its orders, trades and balances.

Finished orders are kept as the last immutable record, shared by every view, and the oldest are forgotten beyond a
named bound: a venue's memory of them does not grow with the length of the run.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from simulator.exchange.orders import OPEN, Balance, OrderRecord, TradeRecord
from simulator.exchange.rejections import UnknownOrder

ORDERS_KEPT_MAX = 200_000  # finished orders an account's history keeps
TRADES_KEPT_MAX = 200_000  # trades an account's history keeps


class History:
    """Orders, trades and balances of one account, as of the last event applied."""

    __slots__ = ("_by_client_id", "_finished", "_open", "_orders", "_orders_max", "_trades", "balances")

    def __init__(self, *, orders_max: int = ORDERS_KEPT_MAX, trades_max: int = TRADES_KEPT_MAX) -> None:
        self._orders_max = orders_max
        self._orders: dict[int, OrderRecord] = {}  # in the order of their creation
        self._open: dict[int, None] = {}
        self._finished: deque[int] = deque()  # in the order of their end
        self._by_client_id: dict[str, int] = {}  # the latest order with that id
        self._trades: deque[TradeRecord] = deque(maxlen=trades_max)
        self.balances: dict[str, Balance] = {}

    def copy(self, *, orders_max: int, trades_max: int) -> "History":
        """Return a history that knows the same and may forget sooner."""
        twin = History(orders_max=orders_max, trades_max=trades_max)
        twin._orders.update(self._orders)
        twin._open.update(self._open)
        twin._finished.extend(self._finished)
        twin._by_client_id.update(self._by_client_id)
        twin._trades.extend(self._trades)
        twin.balances.update(self.balances)
        twin._trim()
        return twin

    def put_order(self, record: OrderRecord) -> None:
        """Note how an order stands now."""
        order_id = record.order_id
        before = self._orders.get(order_id)
        self._orders[order_id] = record
        if record.client_order_id:
            self._by_client_id[record.client_order_id] = order_id
        if record.status in OPEN:
            self._open[order_id] = None
            return
        if before is not None and not before.is_open:
            return  # it lost a fill after its end, and has not ended twice
        self._open.pop(order_id, None)
        self._finished.append(order_id)
        self._trim()

    def put_trade(self, trade: TradeRecord) -> None:
        """Note a trade."""
        self._trades.append(trade)

    def order(self, order_id: int | None, client_order_id: str | None) -> OrderRecord:
        """Return an order by either id.

        Raises:
            UnknownOrder: it is not known, or no longer.
        """
        if order_id is None and client_order_id:
            order_id = self._by_client_id.get(client_order_id)
        record = None if order_id is None else self._orders.get(order_id)
        if record is None or (client_order_id and record.client_order_id != client_order_id):
            raise UnknownOrder(f"no order {order_id or ''} {client_order_id or ''}".rstrip())
        return record

    def open_orders(self, symbol: str | None) -> list[OrderRecord]:
        """Return the open orders, oldest first."""
        records = (self._orders[order_id] for order_id in self._open)
        return [record for record in records if symbol is None or record.symbol == symbol]

    def closed_orders(self, symbol: str | None, limit: int | None) -> list[OrderRecord]:
        """Return the last finished orders, in the order of their end."""
        records = (self._orders[order_id] for order_id in reversed(self._finished))
        return _last(records, symbol, limit)

    def orders(self, symbol: str | None, limit: int | None) -> list[OrderRecord]:
        """Return the last orders, in the order of their creation."""
        return _last(reversed(self._orders.values()), symbol, limit)

    def trades(self, symbol: str | None, limit: int | None) -> list[TradeRecord]:
        """Return the last trades, oldest first."""
        return _last(reversed(self._trades), symbol, limit)

    def trades_of(self, record: OrderRecord) -> list[TradeRecord]:
        """Return the trades of one order, oldest first."""
        found: list[TradeRecord] = []
        if record.filled_lots:
            for trade in reversed(self._trades):
                if trade.at_ns < record.created_ns:
                    break
                if trade.order_id == record.order_id:
                    found.append(trade)
        found.reverse()
        return found

    def _trim(self) -> None:
        while len(self._finished) > self._orders_max:
            order_id = self._finished.popleft()
            record = self._orders.pop(order_id)
            if self._by_client_id.get(record.client_order_id) == order_id:
                del self._by_client_id[record.client_order_id]


R = TypeVar("R", OrderRecord, TradeRecord)


def _last(newest_first: Iterable[R], symbol: str | None, limit: int | None) -> list[R]:
    wanted: Iterator[R] = (record for record in newest_first if symbol is None or record.symbol == symbol)
    found = list(islice(wanted, limit))
    found.reverse()
    return found
