"""OKX's public channels: tickers, trades, books and candles, each message written once for all who watch.

A `books` watcher gets a snapshot (`prevSeqId` -1) and then changes, each of which names the number of the one before
it. Numbers are those of the exchange's own changes, so a change that is lost on the way shows as a gap.
"""

from __future__ import annotations

import zlib
from typing import Any, Protocol

import msgspec

from simulator.dialects.okx import market_bodies as bodies
from simulator.dialects.okx.bodies import milliseconds
from simulator.dialects.okx.candles import Bar
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.listing import Pair
from simulator.dialects.okx.market_bodies import SEQUENCE_BASE
from simulator.dialects.streams import frame
from simulator.exchange.events import BookChanged, Event, PublicTrade, TickerChanged
from simulator.exchange.ticker import Ticker
from simulator.exchange.timeline import Cancellable

CHECKED_LEVELS = 25
BOOK_DEPTH, SHORT_DEPTH = 400, 5
CANDLE = "candle"
TICKER_EVERY_NS = 100_000_000
REPEAT_NS = 60_000_000_000
"""A book that has not changed for so long says so, with the number of its last message."""

Levels = tuple[tuple[int, int], ...]


class Watcher(Protocol):
    """Somebody who watches channels."""

    def send_frame(self, data: bytes) -> None:
        """Send a frame."""


class Channel:
    """One channel of one instrument, and those who watch it."""

    __slots__ = ("arg", "watchers")

    def __init__(self, name: str, pair: Pair) -> None:
        self.arg = {"channel": name, "instId": pair.id}
        self.watchers: dict[Watcher, None] = {}

    def tell(self, payload: bytes) -> None:
        """Send a message to everybody who watches."""
        data = frame(payload)
        for watcher in self.watchers:
            watcher.send_frame(data)

    def message(self, data: Any) -> bytes:
        """Return a message of one entry."""
        return msgspec.json.encode({"arg": self.arg, "data": [data]})

    def watch(self, watcher: Watcher) -> None:
        """Tell a watcher of everything from now on."""
        self.watchers[watcher] = None


class TickerChannel(Channel):
    """Tickers: told when all that happens at a moment has happened, and no more often than `TICKER_EVERY_NS`."""

    __slots__ = ("_front", "_pair", "_timer", "_told_ns")

    def __init__(self, front: Front, pair: Pair) -> None:
        super().__init__("tickers", pair)
        self._front = front
        self._pair = pair
        self._told_ns = -TICKER_EVERY_NS
        self._timer: Cancellable | None = None

    def see(self) -> None:
        """Note that the ticker is a new one."""
        if self._timer is None and self.watchers:
            wait_ns = self._told_ns + TICKER_EVERY_NS - self._front.timeline.now_ns()
            self._timer = self._front.timeline.call_later(max(0, wait_ns), self._ring)

    def present(self) -> bytes:
        """Return the ticker as a message."""
        return self.message(bodies.ticker(self._front.venue.public.picture.ticker(self._pair.symbol), self._pair))

    def stop(self) -> None:
        """Tell nothing that was not told yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self._told_ns = self._front.timeline.now_ns()
        if self.watchers:
            self.tell(self.present())


class BookChannel(Channel):
    """A book of up to 400 levels: as it was last told, when, and by which number."""

    __slots__ = ("_asks", "_bids", "_front", "_pair", "_sequence", "_timer", "_told_ns")

    def __init__(self, front: Front, pair: Pair) -> None:
        super().__init__("books", pair)
        self._front = front
        self._pair = pair
        self._bids: Levels = ()
        self._asks: Levels = ()
        self._sequence = 0
        self._told_ns = 0
        self._timer: Cancellable | None = None

    def watch(self, watcher: Watcher) -> None:
        """Tell a watcher of everything from now on."""
        super().watch(watcher)
        if self._timer is None:
            self._told_ns = self._front.timeline.now_ns()
            self._timer = self._front.timeline.call_later(REPEAT_NS, self._ring)

    def stop(self) -> None:
        """Repeat nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def see(self, change: BookChanged) -> None:
        """Tell what has changed among the levels shown."""
        shown = self._front.venue.public.picture.book(self._pair.symbol, BOOK_DEPTH)
        told = _changes(self._bids, shown.bids), _changes(self._asks, shown.asks)
        self._bids, self._asks, self._sequence = shown.bids, shown.asks, change.update_id
        self._told_ns = self._front.timeline.now_ns()
        self.tell(self._told("update", *told, change.update_id - 1, change.wall_ns))

    def snapshot(self) -> bytes:
        """Return the whole book as a message; every watcher has it from then on."""
        shown = self._front.venue.public.picture.book(self._pair.symbol, BOOK_DEPTH)
        self._bids, self._asks, self._sequence = shown.bids, shown.asks, shown.update_id
        return self._told("snapshot", shown.bids, shown.asks, None, self._front.timeline.wall_ns())

    def _told(self, action: str, bids: Levels, asks: Levels, previous: int | None, wall_ns: int) -> bytes:
        body = {
            "asks": bodies.levels(asks, self._pair),
            "bids": bodies.levels(bids, self._pair),
            "ts": milliseconds(wall_ns),
            "checksum": self._checksum(wall_ns),
            "prevSeqId": -1 if previous is None else SEQUENCE_BASE + previous,
            "seqId": SEQUENCE_BASE + self._sequence,
        }
        return msgspec.json.encode({"arg": self.arg, "action": action, "data": [body]})

    def _ring(self) -> None:
        self._timer = None
        if not self.watchers:
            return
        now_ns = self._front.timeline.now_ns()
        if now_ns - self._told_ns >= REPEAT_NS:
            self._told_ns = now_ns
            self.tell(self._told("update", (), (), self._sequence, self._front.timeline.wall_ns()))
        self._timer = self._front.timeline.call_later(self._told_ns + REPEAT_NS - now_ns, self._ring)

    def _checksum(self, wall_ns: int) -> int:
        """Return the signed CRC32 over the best levels, bid and ask in turn; 0 since the vendor gave it up."""
        if wall_ns >= self._front.settings.checksums_end_ns:
            return 0
        parts: list[str] = []
        bids, asks = (
            bodies.levels(self._bids[:CHECKED_LEVELS], self._pair),
            bodies.levels(self._asks[:CHECKED_LEVELS], self._pair),
        )
        for number in range(max(len(bids), len(asks))):
            for side in (bids, asks):
                if number < len(side):
                    parts += side[number][:2]
        checksum = zlib.crc32(":".join(parts).encode())
        return checksum - (1 << 32) if checksum >= 1 << 31 else checksum


class CandleChannel(Channel):
    """Candles of one size: told with each trade, and once more, confirmed, when they are over."""

    __slots__ = ("_front", "_pair", "_timer", "bar")

    def __init__(self, front: Front, pair: Pair, bar: Bar) -> None:
        super().__init__(CANDLE + bar.name, pair)
        self.bar = bar
        self._front = front
        self._pair = pair
        self._timer: Cancellable | None = None

    def watch(self, watcher: Watcher) -> None:
        """Tell a watcher of everything from now on."""
        super().watch(watcher)
        if self._timer is None:
            self._wind()

    def see(self) -> None:
        """Tell the candle under way."""
        if self.watchers:
            message = self.present(self._front.timeline.wall_ns())
            if message is not None:
                self.tell(message)

    def present(self, at_ns: int) -> bytes | None:
        """Return the candle of a moment as a message, None while nothing has traded."""
        candles = self._front.venue.public.picture.candles(self._pair.symbol)
        candle = self.bar.at(candles, at_ns)
        if candle is None:
            return None
        return self.message(self.bar.body(candle, self._pair, self._front.timeline.wall_ns()))

    def stop(self) -> None:
        """Forget the end of the candle under way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wind(self) -> None:
        now_ns = self._front.timeline.wall_ns()
        ends_ns = self.bar.start(now_ns) + self.bar.size_ns
        self._timer = self._front.timeline.call_later(ends_ns - now_ns, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if not self.watchers:
            return
        message = self.present(self._front.timeline.wall_ns() - 1)
        if message is not None:
            self.tell(message)
        self._wind()


class Board:
    """The channels of one instrument."""

    def __init__(self, front: Front, pair: Pair) -> None:
        self._front = front
        self.pair = pair
        self.books = BookChannel(front, pair)
        self.tickers = TickerChannel(front, pair)
        self.channels: dict[str, Channel] = {
            "tickers": self.tickers,
            **{name: Channel(name, pair) for name in ("trades", "books5", "bbo-tbt")},
        }
        self.candles: dict[str, CandleChannel] = {}
        self._best: tuple[int | None, ...] = ()
        self._short: tuple[Levels, Levels] = ((), ())
        self._changes = front.venue.public.picture.book(pair.symbol, 0).update_id

    def candle(self, bar: Bar) -> CandleChannel:
        """Return the channel of one size of candles."""
        return self.candles.setdefault(bar.name, CandleChannel(self._front, self.pair, bar))

    def see_ticker(self, ticker: Ticker) -> None:
        """Tell of a new ticker, and of new best prices."""
        self.tickers.see()
        best = (ticker.bid_ticks, ticker.bid_lots, ticker.ask_ticks, ticker.ask_lots)
        if best != self._best:
            self._best = best
            if self.channels["bbo-tbt"].watchers:
                self.channels["bbo-tbt"].tell(self.opening("bbo-tbt"))

    def see_trade(self, trade: PublicTrade) -> None:
        """Tell of a trade."""
        channel = self.channels["trades"]
        if channel.watchers:
            body = {**bodies.trade(trade, self.pair), "count": "1", "seqId": SEQUENCE_BASE + self._changes}
            channel.tell(channel.message(body))
        for candles in self.candles.values():
            candles.see()

    def see_book(self, change: BookChanged) -> None:
        """Tell of changed levels whom they concern."""
        self._changes = change.update_id
        if self.books.watchers:
            self.books.see(change)
        channel = self.channels["books5"]
        if channel.watchers:
            shown = self._front.venue.public.picture.book(self.pair.symbol, SHORT_DEPTH)
            if (shown.bids, shown.asks) != self._short:
                self._short = shown.bids, shown.asks
                channel.tell(self.opening("books5"))

    def opening(self, name: str) -> bytes:
        """Return what a channel that tells whole states says now."""
        if name == "tickers":
            return self.tickers.present()
        picture, channel = self._front.venue.public.picture, self.channels[name]
        shown = picture.book(self.pair.symbol, 1 if name == "bbo-tbt" else SHORT_DEPTH)
        body = bodies.book(shown, self.pair, self._front.timeline.wall_ns())
        if name == "books5":
            body["instId"] = self.pair.id
        return channel.message(body)


class Channels:
    """Every public channel of one OKX."""

    def __init__(self, front: Front) -> None:
        self.boards = {pair.id: Board(front, pair) for pair in front.listing}
        self._by_symbol = {board.pair.symbol: board for board in self.boards.values()}
        self._end = front.venue.public.subscribe(self._hear)

    def forget(self) -> None:
        """Hear nothing any more."""
        self._end()
        for board in self.boards.values():
            board.books.stop()
            board.tickers.stop()
            for candles in board.candles.values():
                candles.stop()

    def _hear(self, event: Event) -> None:
        if isinstance(event, TickerChanged):
            self._by_symbol[event.symbol].see_ticker(event.ticker)
        elif isinstance(event, PublicTrade):
            self._by_symbol[event.symbol].see_trade(event)
        elif isinstance(event, BookChanged):
            self._by_symbol[event.symbol].see_book(event)


def _changes(before: Levels, after: Levels) -> Levels:
    """Return the levels that are new or different, and with 0 lots those that are gone."""
    had, has = dict(before), dict(after)
    changed = [(ticks, lots) for ticks, lots in after if had.get(ticks) != lots]
    return (*((ticks, 0) for ticks in had if ticks not in has), *changed)
