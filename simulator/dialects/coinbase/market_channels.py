"""Coinbase's market channels: ticker, ticker_batch, level2 and market_trades, made once for all who watch a product.

The book speaks at every change of any level, by its new total; nothing but the connection's own sequence number tells
of a lost message, and ccxt does not look at it.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.dialects.coinbase.bodies import change
from simulator.dialects.coinbase.clock import rfc3339
from simulator.dialects.coinbase.envelope import Message, Watcher
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.listing import Product
from simulator.exchange.events import BookChanged, Event, PublicTrade, TickerChanged
from simulator.exchange.ticker import Ticker
from simulator.exchange.timeline import Cancellable

TICKER, TICKER_BATCH, LEVEL2, TRADES = "ticker", "ticker_batch", "level2", "market_trades"
CHANNELS = (TICKER, TICKER_BATCH, LEVEL2, TRADES)
SPOKEN = {LEVEL2: "l2_data"}
"""The names that channels answer by, where they are others than those they are asked for by."""
EPOCH = "1970-01-01T00:00:00Z"
SNAPSHOT_TRADES = 50

Levels = Iterable[tuple[int, int]]


class Board:
    """The channels of one product, and who watches them."""

    def __init__(self, front: Front, product: Product) -> None:
        self._front = front
        self._product = product
        self.watchers: dict[str, dict[Watcher, None]] = {channel: {} for channel in CHANNELS}
        self._last_trade_id = front.venue.public.picture.ticker(product.symbol).last_trade_id

    def snapshot(self, channel: str) -> Message:
        """Return what a subscription begins with."""
        picture, symbol = self._front.venue.public.picture, self._product.symbol
        if channel == LEVEL2:
            book = picture.book(symbol)
            return self._wrapped(channel, self._levels("snapshot", book.bids, book.asks, EPOCH))
        if channel == TRADES:
            return self._wrapped(channel, self._trades("snapshot", picture.tape(symbol, SNAPSHOT_TRADES)))
        return self._wrapped(channel, self._ticker("snapshot", picture.ticker(symbol), channel))

    def see(self, event: TickerChanged | PublicTrade | BookChanged) -> None:
        """Tell of an event whom it concerns."""
        if isinstance(event, PublicTrade):
            self._tell(TRADES, self.watchers[TRADES] and self._trades("update", (event,)))
        elif isinstance(event, BookChanged):
            at = rfc3339(event.wall_ns)
            self._tell(LEVEL2, self.watchers[LEVEL2] and self._levels("update", event.bids, event.asks, at))
        elif event.ticker.last_trade_id != self._last_trade_id:
            self._last_trade_id = event.ticker.last_trade_id
            self._tell(TICKER, self.watchers[TICKER] and self._ticker("update", event.ticker, TICKER))

    def see_batch(self) -> None:
        """Tell of the ticker as it is now whoever wants it at intervals."""
        if self.watchers[TICKER_BATCH]:
            ticker = self._front.venue.public.picture.ticker(self._product.symbol)
            self._tell(TICKER_BATCH, self._ticker("update", ticker, TICKER_BATCH))

    def _tell(self, channel: str, events: object) -> None:
        if isinstance(events, str):
            message = self._wrapped(channel, events)
            for watcher in tuple(self.watchers[channel]):
                watcher.tell(message)

    def _wrapped(self, channel: str, events: str) -> Message:
        return Message(SPOKEN.get(channel, channel), self._front.timeline.wall_ns(), events)

    def _ticker(self, kind: str, ticker: Ticker, channel: str) -> str:
        product = self._product
        low, high = product.price(ticker.low_ticks), product.price(ticker.high_ticks)
        best = (
            f',"best_bid":"{product.price(ticker.bid_ticks)}","best_bid_quantity":"{product.size(ticker.bid_lots)}"'
            f',"best_ask":"{product.price(ticker.ask_ticks)}","best_ask_quantity":"{product.size(ticker.ask_lots)}"'
        )
        return (
            f'{{"type":"{kind}","tickers":[{{"type":"ticker","product_id":"{product.id}",'
            f'"price":"{product.price(ticker.last_ticks)}","volume_24_h":"{product.size(ticker.volume_lots)}",'
            f'"low_24_h":"{low}","high_24_h":"{high}","low_52_w":"{low}","high_52_w":"{high}",'
            f'"price_percent_chg_24_h":"{change(ticker)}"{best if channel == TICKER else ""}}}]}}'
        )

    def _trades(self, kind: str, trades: Iterable[PublicTrade]) -> str:
        """Return trades, the newest first."""
        product = self._product
        told = [
            f'{{"product_id":"{product.id}","trade_id":"{trade.trade_id}","price":"{product.price(trade.price_ticks)}",'
            f'"size":"{product.size(trade.quantity_lots)}","time":"{rfc3339(trade.wall_ns)}",'
            f'"side":"{trade.side.value}"}}'
            for trade in trades
        ]
        return f'{{"type":"{kind}","trades":[{",".join(reversed(told))}]}}'

    def _levels(self, kind: str, bids: Levels, asks: Levels, at: str) -> str:
        product = self._product
        told = [
            f'{{"side":"{side}","event_time":"{at}","price_level":"{product.price(ticks)}",'
            f'"new_quantity":"{product.size(lots)}"}}'
            for side, levels in (("bid", bids), ("offer", asks))
            for ticks, lots in levels
        ]
        return f'{{"type":"{kind}","product_id":"{product.id}","updates":[{",".join(told)}]}}'


class Channels:
    """Every market channel of one Coinbase."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self.boards = {product.id: Board(front, product) for product in front.listing}
        self._by_symbol = {product.symbol: self.boards[product.id] for product in front.listing}
        self._end = front.venue.public.subscribe(self._hear)
        self._timer: Cancellable | None = None

    def watch(self, channel: str, product_id: str, watcher: Watcher) -> None:
        """Tell `watcher` of a channel of a product from now on."""
        self.boards[product_id].watchers[channel][watcher] = None
        if channel == TICKER_BATCH and self._timer is None:
            self._wind()

    def leave(self, channel: str, product_id: str, watcher: Watcher) -> None:
        """Undo `watch`."""
        self.boards[product_id].watchers[channel].pop(watcher, None)

    def forget(self) -> None:
        """Hear no more: something else is served from now on."""
        self._end()
        if self._timer is not None:
            self._timer.cancel()

    def _hear(self, event: Event) -> None:
        if isinstance(event, TickerChanged | PublicTrade | BookChanged):
            self._by_symbol[event.symbol].see(event)

    def _wind(self) -> None:
        self._timer = self._front.timeline.call_later(self._front.settings.batch_tickers_ns, self._ring)

    def _ring(self) -> None:
        self._timer = None
        for board in self.boards.values():
            board.see_batch()
        if any(board.watchers[TICKER_BATCH] for board in self.boards.values()):
            self._wind()
