"""Binance's public streams (stream.binance.com): subscriptions, and the messages that go out to all who hold one.

A message is encoded and framed once and written to every subscriber. Tickers speak at most once a second, as the
venue's do; best prices and trades speak at once; depth speaks ten times a second and carries what changed since.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from simulator.dialects.binance.front import MS, Front
from simulator.dialects.binance.klines import INTERVALS, KlineStream
from simulator.dialects.binance.listing import Listed
from simulator.dialects.binance.pace import Channel, Pace
from simulator.dialects.binance.stream_bodies import best_message, day_message, mini_message, trade_message
from simulator.dialects.figures import Scale
from simulator.exchange.events import BookChanged, Event, PublicTrade, TickerChanged
from simulator.exchange.ticker import Ticker

SYMBOL_CHANNELS = (
    *("ticker", "miniTicker", "bookTicker", "trade", "aggTrade", "depth", "depth@100ms", "depth@1000ms"),
    *(f"kline_{interval}" for interval in INTERVALS),
)
ALL_CHANNELS = ("!ticker@arr", "!miniTicker@arr", "!bookTicker")


class Channels:
    """Every public stream of one Binance."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._everybody = {name: Channel(name) for name in ALL_CHANNELS}
        self._boards = {listed.symbol: Board(front, listed, self._everybody) for listed in front.listing}
        self.forget = front.venue.public.subscribe(self._hear)

    def find(self, name: str) -> list[Channel] | None:
        """Return the channels under a stream's name: none for a symbol that is not listed.

        Returns None where no stream can have that name.
        """
        if name in self._everybody:
            return [self._everybody[name]]
        stream_id, _, kind = name.partition("@")
        if kind not in SYMBOL_CHANNELS or not stream_id.isalnum() or stream_id != stream_id.lower():
            return None
        listed = self._front.listing.by_stream_id.get(stream_id)
        return [] if listed is None else [self._boards[listed.symbol].channels[kind]]

    def _hear(self, event: Event) -> None:
        if isinstance(event, TickerChanged):
            self._boards[event.symbol].see_ticker(event.ticker)
        elif isinstance(event, PublicTrade):
            self._boards[event.symbol].see_trade(event)
        elif isinstance(event, BookChanged):
            self._boards[event.symbol].see_book(event)


class Board:
    """The streams of one symbol."""

    def __init__(self, front: Front, listed: Listed, everybody: dict[str, Channel]) -> None:
        self.channels = {kind: Channel(f"{listed.stream_id}@{kind}") for kind in SYMBOL_CHANNELS}
        self._everybody = everybody
        self._listed = listed
        self._ticker: Ticker | None = None
        self._best: tuple[int | None, int, int | None, int] = (None, 0, None, 0)
        self._update_id = 0
        self._tickers = Pace(front, front.settings.ticker_interval_ns, self._speak_tickers)
        self._klines = [
            KlineStream(front, listed, self.channels[f"kline_{interval}"], interval) for interval in INTERVALS
        ]
        self._depths = [
            DepthStream(front, listed, (self.channels["depth@100ms"],), front.settings.depth_interval_ns),
            DepthStream(
                front,
                listed,
                (self.channels["depth"], self.channels["depth@1000ms"]),
                front.settings.depth_interval_ns * 10,
            ),
        ]

    def see_ticker(self, ticker: Ticker) -> None:
        """Take a new ticker to whom it concerns."""
        self._ticker = ticker
        if self._holds("ticker", "!ticker@arr") or self._holds("miniTicker", "!miniTicker@arr"):
            self._tickers.nudge()
        best = (ticker.bid_ticks, ticker.bid_lots, ticker.ask_ticks, ticker.ask_lots)
        if best != self._best:
            self._best = best
            self._update_id += 1
            if self._holds("bookTicker", "!bookTicker"):
                payload = best_message(ticker, self._listed, self._update_id)
                self.channels["bookTicker"].tell(payload)
                self._everybody["!bookTicker"].tell(payload)

    def see_trade(self, trade: PublicTrade) -> None:
        """Take a trade to whom it concerns."""
        for kind in ("trade", "aggTrade"):
            if self.channels[kind].holders:
                self.channels[kind].tell(trade_message(trade, self._listed, kind))
        for kline in self._klines:
            kline.see()

    def see_book(self, change: BookChanged) -> None:
        """Take changed levels to whom they concern."""
        for depth in self._depths:
            depth.see(change)

    def _holds(self, kind: str, everybody: str) -> bool:
        return bool(self.channels[kind].holders or self._everybody[everybody].holders)

    def _speak_tickers(self, wall_ns: int) -> None:
        ticker = self._ticker
        if ticker is None or ticker.last_ticks is None:
            return
        for kind, everybody, message in (
            ("ticker", "!ticker@arr", day_message),
            ("miniTicker", "!miniTicker@arr", mini_message),
        ):
            if self._holds(kind, everybody):
                payload = message(ticker, self._listed, wall_ns // MS)
                self.channels[kind].tell(payload)
                if self._everybody[everybody].holders:
                    self._everybody[everybody].tell(b"[" + payload + b"]")


class DepthStream:
    """The changes of one book, gathered for an interval: first and last update id, and levels with their new totals."""

    def __init__(self, front: Front, listed: Listed, channels: Iterable[Channel], interval_ns: int) -> None:
        self._listed = listed
        self._channels = tuple(channels)
        self._first_id = 0
        self._last_id = 0
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self._pace = Pace(front, interval_ns, self._speak)

    def see(self, change: BookChanged) -> None:
        """Gather changed levels, if anybody listens."""
        if not any(channel.holders for channel in self._channels):
            return
        if not self._first_id:
            self._first_id = change.update_id
        self._last_id = change.update_id
        self._bids.update(change.bids)
        self._asks.update(change.asks)
        self._pace.nudge()

    def _speak(self, wall_ns: int) -> None:
        prices, quantities = self._listed.figures.prices, self._listed.figures.quantities
        payload = (
            f'{{"e":"depthUpdate","E":{wall_ns // MS},"s":"{self._listed.id}","U":{self._first_id},'
            f'"u":{self._last_id},"b":{_levels(self._bids, prices, quantities)},'
            f'"a":{_levels(self._asks, prices, quantities)}}}'
        ).encode()
        self._first_id = 0
        self._bids.clear()
        self._asks.clear()
        for channel in self._channels:
            channel.tell(payload)


def _levels(levels: dict[int, int], prices: Scale, quantities: Scale) -> str:
    pairs = ",".join(f'["{prices.text(ticks)}","{quantities.text(lots)}"]' for ticks, lots in levels.items())
    return f"[{pairs}]"


def names_in_path(path: str, query: str) -> tuple[list[str], bool]:
    """Return the streams that a connection's address names, and whether its messages are wrapped.

    `/ws/a/b` and `/stream?streams=a/b`; ccxt connects to `/ws/0`, whose `0` is no stream and is passed over.
    """
    if path.startswith("/stream"):
        pairs = dict(piece.partition("=")[::2] for piece in query.split("&"))
        return [unquote(name) for name in pairs.get("streams", "").split("/") if name], True
    return [unquote(name) for name in path.removeprefix("/ws").split("/") if name], False
