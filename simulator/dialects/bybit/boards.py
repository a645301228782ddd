"""Bybit's public topics of one category: ticker, trades, candles and books of every pair.

A message is encoded and framed once and written to everybody who holds its topic. Tickers and books begin with a
snapshot; trades and candles begin when there are some.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from simulator.dialects.bybit import ids, market_bodies
from simulator.dialects.bybit.bodies import SIDES
from simulator.dialects.bybit.books import DepthTopic
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.limits import MS
from simulator.dialects.bybit.listing import Listed
from simulator.dialects.bybit.public import INTERVALS
from simulator.dialects.bybit.topics import Pace, Topic
from simulator.exchange.candles import Candle, start_of
from simulator.exchange.events import BookChanged, Event, PublicTrade, TickerChanged
from simulator.exchange.timeline import Cancellable

TRADES_PER_MESSAGE_MAX = 1024


class TickerTopic(Topic):
    """The 24-hour ticker of one pair."""

    __slots__ = ("_front", "_listed", "_pace")

    def __init__(self, front: Front, listed: Listed) -> None:
        super().__init__(f"tickers.{listed.id}")
        self._front = front
        self._listed = listed
        self._pace = Pace(front.timeline, front.settings.ticker_interval_ns, self._speak)

    def nudge(self) -> None:
        """Note that the ticker has changed."""
        if self.holders:
            self._pace.nudge()

    def snapshot(self) -> bytes:
        """Return the ticker as it is."""
        ticker = self._front.venue.public.picture.ticker(self._listed.symbol)
        data = market_bodies.day(ticker, self._listed)
        at_ms = self._front.wall_ms()
        body = {"topic": self.name, "ts": at_ms, "type": "snapshot", "cs": ticker.last_trade_id, "data": data}
        return msgspec.json.encode(body)

    def retire(self) -> None:
        """Say nothing more."""
        self._pace.stop()

    def _speak(self) -> None:
        if self.holders:
            self.tell(self.snapshot())


class TradesTopic(Topic):
    """The tape of one pair; what trades at one moment is one message."""

    __slots__ = ("_front", "_listed", "_pace", "_trades")

    def __init__(self, front: Front, listed: Listed) -> None:
        super().__init__(f"publicTrade.{listed.id}")
        self._front = front
        self._listed = listed
        self._trades: list[PublicTrade] = []
        self._pace = Pace(front.timeline, 0, self._speak)

    def see(self, trade: PublicTrade) -> None:
        """Take a trade."""
        if self.holders:
            self._trades.append(trade)
            if len(self._trades) >= TRADES_PER_MESSAGE_MAX:
                self._speak()
            else:
                self._pace.nudge()

    def retire(self) -> None:
        """Say nothing more."""
        self._pace.stop()

    def _speak(self) -> None:
        if not self._trades:
            return
        data = [
            {
                "i": ids.execution(trade.trade_id),
                "T": trade.wall_ns // MS,
                "p": self._listed.price(trade.price_ticks),
                "v": self._listed.quantity(trade.quantity_lots),
                "S": SIDES[trade.side],
                "s": self._listed.id,
                "BT": False,
                "RPI": False,
                "seq": trade.trade_id,
            }
            for trade in self._trades
        ]
        self._trades.clear()
        body = {"topic": self.name, "ts": self._front.wall_ms(), "type": "snapshot", "data": data}
        self.tell(msgspec.json.encode(body))


class CandleTopic(Topic):
    """The candles of one pair and size: the one under way, and each once more when it closes."""

    __slots__ = ("_close", "_front", "_interval", "_listed", "_pace", "_size_ns")

    def __init__(self, front: Front, listed: Listed, interval: str) -> None:
        super().__init__(f"kline.{interval}.{listed.id}")
        self._front = front
        self._listed = listed
        self._interval = interval
        self._size_ns = INTERVALS[interval]
        self._close: Cancellable | None = None
        self._pace = Pace(front.timeline, front.settings.kline_interval_ns, self._speak)

    def nudge(self) -> None:
        """Note that something has traded."""
        if self.holders:
            self._pace.nudge()
            if self._close is None:
                wall_ns = self._front.timeline.wall_ns()
                left_ns = start_of(wall_ns, self._size_ns) + self._size_ns - wall_ns
                self._close = self._front.timeline.call_later(left_ns, self._end)

    def retire(self) -> None:
        """Say nothing more."""
        self._pace.stop()
        if self._close is not None:
            self._close.cancel()
            self._close = None

    def _end(self) -> None:
        self._close = None
        self._pace.stop()
        self._tell(confirm=True)

    def _speak(self) -> None:
        self._tell(confirm=False)

    def _tell(self, *, confirm: bool) -> None:
        candle: Candle | None = self._front.venue.public.picture.candles(self._listed.symbol).last(self._size_ns)
        if candle is None or not self.holders:
            return
        at_ms = self._front.wall_ms()
        body = market_bodies.stream_candle(candle, self._listed, self._interval, self._size_ns, at_ms, confirm=confirm)
        self.tell(msgspec.json.encode(body))


class Board:
    """The topics of one pair."""

    def __init__(self, front: Front, listed: Listed) -> None:
        self.ticker = TickerTopic(front, listed)
        self.trades = TradesTopic(front, listed)
        self.candles = [CandleTopic(front, listed, interval) for interval in INTERVALS]
        self.books = [
            DepthTopic(front, listed, depth, interval_ns)
            for depth, interval_ns in front.settings.depth_intervals_ns.items()
        ]

    @property
    def topics(self) -> list[TickerTopic | TradesTopic | CandleTopic | DepthTopic]:
        """All of them."""
        return [self.ticker, self.trades, *self.candles, *self.books]


class Boards:
    """Every public topic of one Bybit; only spot has any."""

    def __init__(self, front: Front) -> None:
        self._boards = {listed.symbol: Board(front, listed) for listed in front.listing}
        self.spot: Mapping[str, TickerTopic | TradesTopic | CandleTopic | DepthTopic] = {
            topic.name: topic for board in self._boards.values() for topic in board.topics
        }
        self._unsubscribe = front.venue.public.subscribe(self._hear)

    def retire(self) -> None:
        """End everything: other boards take their place."""
        self._unsubscribe()
        for topic in self.spot.values():
            topic.retire()

    def _hear(self, event: Event) -> None:
        if isinstance(event, TickerChanged):
            self._boards[event.symbol].ticker.nudge()
        elif isinstance(event, PublicTrade):
            board = self._boards[event.symbol]
            board.trades.see(event)
            for candles in board.candles:
                candles.nudge()
        elif isinstance(event, BookChanged):
            for book in self._boards[event.symbol].books:
                book.see(event)
