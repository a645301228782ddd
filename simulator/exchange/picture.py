"""What somebody who has seen a number of events knows of an exchange.

The truth is the picture of all events; a lagging view is the picture of those that have reached it. One fold
makes both, so a view can be late but never inconsistent with the past.
"""

from dataclasses import dataclass

from simulator.exchange.events import PublicTrade
from simulator.exchange.orders import Balance, OrderRecord, TradeRecord
from simulator.exchange.ticker import Ticker

ORDERS_KEPT_MAX = 200_000  # finished orders an account's history keeps
TRADES_KEPT_MAX = 200_000  # trades an account's history keeps
TAPE_KEPT_MAX = 1_000  # public trades a symbol keeps


@dataclass(frozen=True, kw_only=True, slots=True)
class BookSnapshot:
    """Levels of (price in ticks, lots), best first; `update_id` is that of the last change in it."""

    symbol: str
    update_id: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class Picture:
    """Orders, trades, balances, books, tickers and tape as of the last event seen."""

    def order(
        self,
        account: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        symbol: str | None = None,
    ) -> OrderRecord:
        """Return an order by either id; of several with one client order id, the latest.

        Raises:
            UnknownOrder: this picture has no such order.
        """
        raise NotImplementedError

    def open_orders(self, account: str, symbol: str | None = None) -> list[OrderRecord]:
        """Return the open orders, oldest first."""
        raise NotImplementedError

    def closed_orders(self, account: str, symbol: str | None = None) -> list[OrderRecord]:
        """Return the finished orders, in the order in which they finished."""
        raise NotImplementedError

    def orders(self, account: str, symbol: str | None = None) -> list[OrderRecord]:
        """Return open and finished orders, in the order of their ids."""
        raise NotImplementedError

    def trades(self, account: str, symbol: str | None = None) -> list[TradeRecord]:
        """Return the account's trades, oldest first."""
        raise NotImplementedError

    def balances(self, account: str) -> dict[str, Balance]:
        """Return what the account holds, by asset."""
        raise NotImplementedError

    def book(self, symbol: str, depth: int | None = None) -> BookSnapshot:
        """Return the best `depth` levels of each side, or all."""
        raise NotImplementedError

    def ticker(self, symbol: str) -> Ticker:
        """Return the ticker."""
        raise NotImplementedError

    def tape(self, symbol: str, limit: int = TAPE_KEPT_MAX) -> list[PublicTrade]:
        """Return the last public trades, oldest first."""
        raise NotImplementedError
