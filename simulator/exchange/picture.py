"""What somebody who has seen a number of events knows of an exchange.

The truth is the picture of all events; a lagging view is the picture of those that have reached it. One fold
makes both, so a view can be late but never contradict its own past.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from simulator.exchange.candles import Candles
from simulator.exchange.events import (
    BalanceChanged,
    BookChanged,
    Event,
    OrderChanged,
    PublicTrade,
    TickerChanged,
    Traded,
)
from simulator.exchange.history import ORDERS_KEPT_MAX, TRADES_KEPT_MAX, History
from simulator.exchange.orders import Balance, OrderRecord, TradeRecord
from simulator.exchange.rejections import UnknownOrder, UnknownSymbol
from simulator.exchange.ticker import Ticker
from simulator.exchange.view_faults import Veil

R = TypeVar("R", OrderRecord, TradeRecord)

TAPE_KEPT_MAX = 1_000  # public trades a symbol keeps


@dataclass(frozen=True, kw_only=True, slots=True)
class BookSnapshot:
    """Levels of (price in ticks, lots), best first; `update_id` is that of the last change in it."""

    symbol: str
    update_id: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class _Market:
    """The public side of one symbol."""

    __slots__ = ("asks", "bids", "candles", "tape", "ticker", "update_id")

    def __init__(self, ticker: Ticker) -> None:
        self.ticker = ticker
        self.update_id = 0
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.tape: deque[PublicTrade] = deque(maxlen=TAPE_KEPT_MAX)
        self.candles = Candles()

    def copy(self) -> "_Market":
        twin = _Market(self.ticker)
        twin.update_id = self.update_id
        twin.bids.update(self.bids)
        twin.asks.update(self.asks)
        twin.tape.extend(self.tape)
        twin.candles = self.candles.copy()
        return twin


class Picture:
    """Orders, trades, balances, books, tickers and tape as of the last event seen.

    What it has not heard of is empty: an account without orders and one that it does not know look the same.
    """

    def __init__(
        self,
        tickers: Iterable[Ticker],
        *,
        orders_max: int = ORDERS_KEPT_MAX,
        trades_max: int = TRADES_KEPT_MAX,
    ) -> None:
        """Begin with nothing but these tickers; histories keep so many finished orders and trades an account."""
        self._orders_max = orders_max
        self._trades_max = trades_max
        self._markets = {ticker.symbol: _Market(ticker) for ticker in tickers}
        self._histories: dict[str, History] = {}
        self._nothing = History()
        self.veils: list[Veil] = []

    def remember(self, *, orders_max: int, trades_max: int) -> None:
        """From now on keep so many finished orders and trades of each account, here and in copies."""
        self._orders_max, self._trades_max = orders_max, trades_max
        bounds = {"orders_max": orders_max, "trades_max": trades_max}
        self._histories = {account: history.copy(**bounds) for account, history in self._histories.items()}

    def copy(self, *, orders_max: int | None = None, trades_max: int | None = None) -> "Picture":
        """Return a picture of the same that goes its own way from here, with bounds of its own."""
        bounds = {
            "orders_max": self._orders_max if orders_max is None else orders_max,
            "trades_max": self._trades_max if trades_max is None else trades_max,
        }
        twin = type(self)((), **bounds)
        twin._markets = {symbol: market.copy() for symbol, market in self._markets.items()}
        twin._histories = {account: history.copy(**bounds) for account, history in self._histories.items()}
        return twin

    def apply(self, event: Event) -> None:
        """See one more event."""
        if isinstance(event, BookChanged):
            self._apply_book(event)
        elif isinstance(event, OrderChanged):
            self._history(event.record.account).put_order(event.record)
        elif isinstance(event, BalanceChanged):
            self._history(event.account).balances[event.balance.asset] = event.balance
        elif isinstance(event, TickerChanged):
            self._markets[event.symbol].ticker = event.ticker
        elif isinstance(event, PublicTrade):
            market = self._markets[event.symbol]
            market.tape.append(event)
            market.candles.put(event)
        elif isinstance(event, Traded):
            self._history(event.trade.account).put_trade(event.trade)

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
        record = self._read(account).order(order_id, client_order_id)
        if symbol is not None and record.symbol != symbol:
            raise UnknownOrder(f"order {record.order_id} is not in {symbol}")
        if self.veils and sum(veil.hides(record) for veil in self.veils):  # not any(): all of them draw
            raise UnknownOrder(f"order {record.order_id} is not found yet")
        for veil in self.veils:
            record = veil.shown(record)
        return record

    def open_orders(self, account: str, symbol: str | None = None) -> list[OrderRecord]:
        """Return the open orders, oldest first."""
        records = self._read(account).open_orders(symbol)
        for veil in self.veils:
            records = [record for record in records if not veil.misses(record)]
        return records

    def closed_orders(self, account: str, symbol: str | None = None, *, limit: int | None = None) -> list[OrderRecord]:
        """Return the last `limit` finished orders, or all, in the order in which they finished."""
        records = self._read(account).closed_orders(symbol, limit)
        return self._remembered(records, lambda record: record.updated_ns) if self.veils else records

    def orders(self, account: str, symbol: str | None = None, *, limit: int | None = None) -> list[OrderRecord]:
        """Return the last `limit` orders, or all, open and finished, in the order of their creation."""
        records = self._read(account).orders(symbol, limit)
        if not self.veils:
            return records
        return [record for record in records if record.is_open or not self._is_forgotten(record.updated_ns)]

    def trades(self, account: str, symbol: str | None = None, *, limit: int | None = None) -> list[TradeRecord]:
        """Return the account's last `limit` trades, or all, oldest first."""
        trades = self._read(account).trades(symbol, limit)
        return self._remembered(trades, lambda trade: trade.at_ns) if self.veils else trades

    def trades_of(self, record: OrderRecord) -> list[TradeRecord]:
        """Return the trades of one order, oldest first."""
        trades = self._read(record.account).trades_of(record)
        return self._remembered(trades, lambda trade: trade.at_ns) if self.veils else trades

    def balances(self, account: str) -> dict[str, Balance]:
        """Return what the account holds, by asset."""
        balances = dict(self._read(account).balances)
        for veil in self.veils:
            balances = {asset: veil.counted(balance) for asset, balance in balances.items()}
        return balances

    def accounts(self) -> list[str]:
        """Return the names of the accounts heard of, in that order."""
        return list(self._histories)

    def book(self, symbol: str, depth: int | None = None) -> BookSnapshot:
        """Return the best `depth` levels of each side, or all.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        market = self._market(symbol)
        return BookSnapshot(
            symbol=symbol,
            update_id=market.update_id,
            bids=tuple(sorted(market.bids.items(), reverse=True)[:depth]),
            asks=tuple(sorted(market.asks.items())[:depth]),
        )

    def ticker(self, symbol: str) -> Ticker:
        """Return the symbol at a glance.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        return self._market(symbol).ticker

    def tape(self, symbol: str, limit: int = TAPE_KEPT_MAX) -> list[PublicTrade]:
        """Return the last `limit` public trades, oldest first.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        newest = list(islice(reversed(self._market(symbol).tape), limit))
        newest.reverse()
        return newest

    def candles(self, symbol: str) -> Candles:
        """Return the symbol's candles, to be read.

        Raises:
            UnknownSymbol: it is not traded here.
        """
        return self._market(symbol).candles

    def _remembered(self, rows: list[R], at_ns: Callable[[R], int]) -> list[R]:
        return [row for row in rows if not self._is_forgotten(at_ns(row))]

    def _is_forgotten(self, at_ns: int) -> bool:
        return any(veil.forgets(at_ns) for veil in self.veils)

    def _apply_book(self, event: BookChanged) -> None:
        market = self._markets[event.symbol]
        market.update_id = event.update_id
        for levels, changes in ((market.bids, event.bids), (market.asks, event.asks)):
            for price, lots in changes:
                if lots:
                    levels[price] = lots
                else:
                    levels.pop(price, None)

    def _history(self, account: str) -> History:
        history = self._histories.get(account)
        if history is None:
            history = self._histories[account] = History(orders_max=self._orders_max, trades_max=self._trades_max)
        return history

    def _read(self, account: str) -> History:
        return self._histories.get(account, self._nothing)

    def _market(self, symbol: str) -> _Market:
        try:
            return self._markets[symbol]
        except KeyError:
            raise UnknownSymbol(f"{symbol} is not traded here") from None
