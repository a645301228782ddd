"""Kraken's public channels (ws.kraken.com/v2): each message is written once for all who watch.

Numbers are JSON numbers with the pair's own decimals, made as text from whole ticks and lots. A ticker speaks at
every trade, or at every change of the best prices, as its subscriber asked; a book speaks at every change of the
levels it shows, with a checksum over the ten best.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Protocol

from simulator.dialects.figures import money
from simulator.dialects.kraken import candles
from simulator.dialects.kraken.clock import rfc3339
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import Pair
from simulator.dialects.streams import frame
from simulator.exchange.candles import MINUTE_NS
from simulator.exchange.events import BookChanged, Event, PublicTrade, TickerChanged
from simulator.exchange.orders import Side
from simulator.exchange.ticker import Ticker

DEPTHS = (10, 25, 100, 500, 1000)
CHECKED_LEVELS = 10
SNAPSHOT_TRADES = 50

Levels = tuple[tuple[int, int], ...]


class Watcher(Protocol):
    """Somebody who watches channels."""

    def send_frame(self, data: bytes) -> None:
        """Send a frame."""


class Channel:
    """One channel of one pair, in one form, and those who watch it."""

    __slots__ = ("watchers",)

    def __init__(self) -> None:
        self.watchers: dict[Watcher, None] = {}

    def tell(self, payload: bytes) -> None:
        """Send a message to everybody who watches."""
        data = frame(payload)
        for watcher in self.watchers:
            watcher.send_frame(data)


class Board:
    """The channels of one pair."""

    def __init__(self, front: Front, pair: Pair) -> None:
        self._front = front
        self.pair = pair
        self.tickers = {"trades": Channel(), "bbo": Channel()}
        self.trades = Channel()
        self.books = {depth: BookChannel(pair, depth) for depth in DEPTHS}
        self.candles = {interval: Channel() for interval in candles.INTERVALS}
        self._seen: Ticker | None = None

    def see_ticker(self, ticker: Ticker) -> None:
        """Tell of a new ticker whom it concerns."""
        before, self._seen = self._seen, ticker
        traded = before is None or before.last_trade_id != ticker.last_trade_id
        best = (ticker.bid_ticks, ticker.bid_lots, ticker.ask_ticks, ticker.ask_lots)
        moved = before is None or best != (before.bid_ticks, before.bid_lots, before.ask_ticks, before.ask_lots)
        payload = b""
        for channel, concerned in ((self.tickers["trades"], traded), (self.tickers["bbo"], moved)):
            if concerned and channel.watchers and ticker.last_ticks is not None:
                payload = payload or self.ticker_message(ticker, "update")
                channel.tell(payload)

    def see_trade(self, trade: PublicTrade) -> None:
        """Tell of a trade whom it concerns."""
        if self.trades.watchers:
            self.trades.tell(self.trade_message((trade,), "update"))
        for interval, channel in self.candles.items():
            if channel.watchers:
                channel.tell(self.candle_message(interval, "update"))

    def see_book(self, change: BookChanged) -> None:
        """Tell of changed levels whom they concern."""
        watched = [book for book in self.books.values() if book.watchers]
        if watched:
            deepest = max(book.depth for book in watched)
            shown = self._front.venue.public.picture.book(self.pair.symbol, deepest)
            for book in watched:
                book.see(shown.bids[: book.depth], shown.asks[: book.depth], change.wall_ns)

    def ticker_message(self, ticker: Ticker, kind: str) -> bytes:
        """Return a ticker as a message."""
        pair = self.pair
        price, quantity = pair.figures.prices, pair.figures.quantities
        opened, last = ticker.open_ticks, ticker.last_ticks
        change = last - opened if opened is not None and last is not None else 0
        per_cent = f"{change * 100 / opened:.2f}" if opened else "0.00"
        volume = quantity.text(ticker.volume_lots)
        mean = price.zero
        if ticker.volume_lots:
            average = ticker.quote_volume / pair.instrument.quantity(ticker.volume_lots)
            mean = money(average, price.places)
        return (
            f'{{"channel":"ticker","type":"{kind}","data":[{{"symbol":"{pair.symbol}",'
            f'"bid":{price.or_zero(ticker.bid_ticks)},"bid_qty":{quantity.text(ticker.bid_lots)},'
            f'"ask":{price.or_zero(ticker.ask_ticks)},"ask_qty":{quantity.text(ticker.ask_lots)},'
            f'"last":{price.or_zero(last)},"volume":{volume},"vwap":{mean},'
            f'"low":{price.or_zero(ticker.low_ticks)},"high":{price.or_zero(ticker.high_ticks)},'
            f'"change":{price.signed(change)},"change_pct":{per_cent},"trades":{ticker.trades},'
            f'"timestamp":"{rfc3339(ticker.at_ns)}"}}]}}'
        ).encode()

    def candle_message(self, interval: int, kind: str) -> bytes:
        """Return the last candles, or the one under way, as a message."""
        kept, size_ns = self._front.venue.public.picture.candles(self.pair.symbol), interval * MINUTE_NS
        last = kept.last(size_ns)
        if kind == "snapshot":
            told = kept.of(size_ns, fill=False)[-candles.SNAPSHOT_CANDLES :]
        else:
            told = [last] if last is not None else []
        return candles.message(told, self.pair, interval, kind, self._front.timeline.wall_ns())

    def trade_message(self, trades: Iterable[PublicTrade], kind: str) -> bytes:
        """Return trades as a message."""
        price, quantity = self.pair.figures.prices, self.pair.figures.quantities
        told = ",".join(
            f'{{"symbol":"{self.pair.symbol}","side":"{"buy" if trade.side is Side.BUY else "sell"}",'
            f'"price":{price.text(trade.price_ticks)},"qty":{quantity.text(trade.quantity_lots)},'
            f'"ord_type":"market","trade_id":{trade.trade_id},"timestamp":"{rfc3339(trade.wall_ns)}"}}'
            for trade in trades
        )
        return f'{{"channel":"trade","type":"{kind}","data":[{told}]}}'.encode()


class BookChannel(Channel):
    """A book as its watchers have it: so many levels a side, and what was told of them last."""

    __slots__ = ("_asks", "_bids", "_pair", "depth")

    def __init__(self, pair: Pair, depth: int) -> None:
        super().__init__()
        self._pair = pair
        self.depth = depth
        self._bids: Levels = ()
        self._asks: Levels = ()

    def see(self, bids: Levels, asks: Levels, wall_ns: int) -> None:
        """Tell what has changed among the levels shown."""
        told = _changes(self._bids, bids), _changes(self._asks, asks)
        self._bids, self._asks = bids, asks
        if any(told):
            self.tell(self._message("update", *told, wall_ns))

    def snapshot(self, bids: Levels, asks: Levels, wall_ns: int) -> bytes:
        """Return the whole book as a message; every watcher has it from then on."""
        self._bids, self._asks = bids, asks
        return self._message("snapshot", bids, asks, wall_ns)

    def _message(self, kind: str, bids: Levels, asks: Levels, wall_ns: int) -> bytes:
        checksum = zlib.crc32((self._digits(self._asks) + self._digits(self._bids)).encode())
        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{self._pair.symbol}",'
            f'"bids":[{self._levels(bids)}],"asks":[{self._levels(asks)}],"checksum":{checksum},'
            f'"timestamp":"{rfc3339(wall_ns)}"}}]}}'
        ).encode()

    def _levels(self, levels: Levels) -> str:
        price, quantity = self._pair.figures.prices, self._pair.figures.quantities
        return ",".join(f'{{"price":{price.text(ticks)},"qty":{quantity.text(lots)}}}' for ticks, lots in levels)

    def _digits(self, levels: Levels) -> str:
        """Return what the checksum covers: prices and quantities without points and leading zeros."""
        price, quantity = self._pair.figures.prices, self._pair.figures.quantities
        texts = ((price.text(ticks), quantity.text(lots)) for ticks, lots in levels[:CHECKED_LEVELS])
        return "".join(text.replace(".", "").lstrip("0") for pair in texts for text in pair)


class Channels:
    """Every public channel of one Kraken."""

    def __init__(self, front: Front) -> None:
        self.boards = {pair.symbol: Board(front, pair) for pair in front.listing}
        self.forget = front.venue.public.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, TickerChanged):
            self.boards[event.symbol].see_ticker(event.ticker)
        elif isinstance(event, PublicTrade):
            self.boards[event.symbol].see_trade(event)
        elif isinstance(event, BookChanged):
            self.boards[event.symbol].see_book(event)


def _changes(before: Levels, after: Levels) -> Levels:
    """Return the levels that are new or different, and with 0 lots those that are gone."""
    had, has = dict(before), dict(after)
    changed = [(ticks, lots) for ticks, lots in after if had.get(ticks) != lots]
    return (*((ticks, 0) for ticks in had if ticks not in has), *changed)
