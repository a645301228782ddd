"""The futures' public streams (fstream.binance.com): what is said of a contract, to all who hold its channels.

As on spot a message is encoded and framed once. Depth carries `pu`, the last update id of the message before.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.dialects.binance.bodies import change
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.klines import INTERVALS, KlineStream
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.pace import Channel, Pace
from simulator.dialects.binance.stream_bodies import mini_message
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.figures import Scale, money
from simulator.exchange.events import BookChanged, Event, MarkChanged, PublicTrade, TickerChanged
from simulator.exchange.orders import Side
from simulator.exchange.perpetual.records import Mark
from simulator.exchange.ticker import Ticker

DEPTHS = {"depth@100ms": 100, "depth": 250, "depth@250ms": 250, "depth@500ms": 500}
SYMBOL_CHANNELS = (
    *("ticker", "miniTicker", "bookTicker", "trade", "aggTrade", "markPrice", "markPrice@1s", *DEPTHS),
    *(f"kline_{interval}" for interval in INTERVALS),
)
ALL_CHANNELS = ("!ticker@arr", "!miniTicker@arr", "!bookTicker", "!markPrice@arr", "!markPrice@arr@1s")


class Channels:
    """Every public stream of one venue of futures."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._everybody = {name: Channel(name) for name in ALL_CHANNELS}
        self._boards = {listed.symbol: Board(front, listed, self._everybody) for listed in front.listing}
        self.forget = front.doors.public.subscribe(self._hear)

    def find(self, name: str) -> list[Channel] | None:
        """Return the channels under a stream's name: none for a symbol that is not listed; None for no such name."""
        if name in self._everybody:
            return [self._everybody[name]]
        stream_id, _, kind = name.partition("@")
        if kind not in SYMBOL_CHANNELS or not stream_id.isalnum() or stream_id != stream_id.lower():
            return None
        listed = self._front.listing.by_stream_id.get(stream_id)
        return [] if listed is None else [self._boards[listed.symbol].channels[kind]]

    def _hear(self, event: Event) -> None:
        match event:
            case TickerChanged():
                self._boards[event.symbol].see_ticker(event.ticker)
            case PublicTrade():
                self._boards[event.symbol].see_trade(event)
            case BookChanged():
                self._boards[event.symbol].see_book(event)
            case MarkChanged():
                self._boards[event.mark.symbol].see_mark(event.mark)
            case _:
                pass


class Board:
    """The streams of one contract."""

    def __init__(self, front: Front, listed: Listed, everybody: dict[str, Channel]) -> None:
        self.channels = {kind: Channel(f"{listed.stream_id}@{kind}") for kind in SYMBOL_CHANNELS}
        self._everybody = everybody
        self._listed = listed
        self._ticker: Ticker | None = None
        self._mark: Mark | None = None
        self._best: tuple[int | None, int, int | None, int] = (None, 0, None, 0)
        self._update_id = 0
        self._tickers = Pace(front, front.settings.ticker_interval_ns, self._speak_tickers)
        self._marks = [
            Pace(front, interval_ns, lambda wall_ns, names=names: self._speak_mark(names, wall_ns))  # type: ignore[misc]
            for names, interval_ns in (
                (("markPrice", "!markPrice@arr"), front.usdm.mark_interval_ns),
                (("markPrice@1s", "!markPrice@arr@1s"), 1_000 * MS),
            )
        ]
        self._klines = [KlineStream(front, listed, self.channels[f"kline_{name}"], name) for name in INTERVALS]
        self._depths = [
            DepthStream(front, listed, self.channels[name], interval_ms * MS) for name, interval_ms in DEPTHS.items()
        ]

    def see_ticker(self, ticker: Ticker) -> None:
        """Take a new ticker to whom it concerns."""
        self._ticker = ticker
        if any(self._holds(kind) for kind in ("ticker", "miniTicker")):
            self._tickers.nudge()
        best = (ticker.bid_ticks, ticker.bid_lots, ticker.ask_ticks, ticker.ask_lots)
        if best != self._best:
            self._best = best
            self._update_id += 1
            self._tell("bookTicker", "!bookTicker", lambda: best_message(ticker, self._listed, self._update_id))

    def see_trade(self, trade: PublicTrade) -> None:
        """Take a trade to whom it concerns."""
        for kind in ("trade", "aggTrade"):
            if self.channels[kind].holders:
                self.channels[kind].tell(trade_message(trade, self._listed, kind))
        for kline in self._klines:
            kline.see()

    def see_book(self, changed: BookChanged) -> None:
        """Take changed levels to whom they concern."""
        for depth in self._depths:
            depth.see(changed)

    def see_mark(self, mark: Mark) -> None:
        """Take a new mark to whom it concerns."""
        self._mark = mark
        for pace in self._marks:
            pace.nudge()

    def _holds(self, kind: str) -> bool:
        everybody = self._everybody.get(f"!{kind}@arr")
        return bool(self.channels[kind].holders or (everybody is not None and everybody.holders))

    def _tell(self, kind: str, everybody: str, message: object) -> None:
        channel, every = self.channels[kind], self._everybody[everybody]
        if channel.holders or every.holders:
            assert callable(message)
            payload: bytes = message()
            channel.tell(payload)
            if every.holders:
                every.tell(payload if everybody == "!bookTicker" else b"[" + payload + b"]")

    def _speak_tickers(self, wall_ns: int) -> None:
        ticker = self._ticker
        if ticker is None or ticker.last_ticks is None:
            return
        self._tell("ticker", "!ticker@arr", lambda: day_message(ticker, self._listed, wall_ns // MS))
        self._tell("miniTicker", "!miniTicker@arr", lambda: mini_message(ticker, self._listed, wall_ns // MS))

    def _speak_mark(self, names: tuple[str, str], wall_ns: int) -> None:
        mark = self._mark
        if mark is not None:
            self._tell(*names, lambda: mark_message(mark, self._listed, wall_ns // MS))


class DepthStream:
    """The changes of one book, gathered for an interval."""

    def __init__(self, front: Front, listed: Listed, channel: Channel, interval_ns: int) -> None:
        self._listed = listed
        self._channel = channel
        self._first_id = self._last_id = 0
        self._levels: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._pace = Pace(front, interval_ns, self._speak)

    def see(self, changed: BookChanged) -> None:
        """Gather changed levels, if anybody listens."""
        if not self._channel.holders:
            return
        self._first_id = self._first_id or changed.update_id
        self._last_id = changed.update_id
        for levels, news in zip(self._levels, (changed.bids, changed.asks), strict=True):
            levels.update(news)
        self._pace.nudge()

    def _speak(self, wall_ns: int) -> None:
        figures, at_ms = self._listed.figures, wall_ns // MS
        bids, asks = (_levels(levels.items(), figures.prices, figures.quantities) for levels in self._levels)
        payload = (
            f'{{"e":"depthUpdate","E":{at_ms},"T":{at_ms},"s":"{self._listed.id}","U":{self._first_id},'
            f'"u":{self._last_id},"pu":{self._first_id - 1},"b":[{bids}],"a":[{asks}]}}'
        )
        self._first_id = 0
        for levels in self._levels:
            levels.clear()
        self._channel.tell(payload.encode())


def _levels(levels: Iterable[tuple[int, int]], prices: Scale, quantities: Scale) -> str:
    return ",".join(f'["{prices.text(ticks)}","{quantities.text(lots)}"]' for ticks, lots in levels)


def day_message(ticker: Ticker, listed: Listed, at_ms: int) -> bytes:
    """Return a `24hrTicker` message, which has no best prices here."""
    price, quantity = listed.figures.prices.or_zero, listed.figures.quantities.text
    moved, per_cent, mean = change(ticker, listed)
    return (
        f'{{"e":"24hrTicker","E":{at_ms},"s":"{listed.id}","p":"{moved}","P":"{per_cent}","w":"{mean}",'
        f'"c":"{price(ticker.last_ticks)}","Q":"{quantity(ticker.last_lots)}","o":"{price(ticker.open_ticks)}",'
        f'"h":"{price(ticker.high_ticks)}","l":"{price(ticker.low_ticks)}","v":"{quantity(ticker.volume_lots)}",'
        f'"q":"{money(ticker.quote_volume, PLACES)}","O":{at_ms - 86_400_000},"C":{at_ms},'
        f'"F":{ticker.last_trade_id - ticker.trades + 1},"L":{ticker.last_trade_id},"n":{ticker.trades}}}'
    ).encode()


def best_message(ticker: Ticker, listed: Listed, update_id: int) -> bytes:
    """Return a `bookTicker` message."""
    price, quantity, at_ms = listed.figures.prices.or_zero, listed.figures.quantities.text, ticker.at_ns // MS
    return (
        f'{{"e":"bookTicker","u":{update_id},"s":"{listed.id}","b":"{price(ticker.bid_ticks)}",'
        f'"B":"{quantity(ticker.bid_lots)}","a":"{price(ticker.ask_ticks)}","A":"{quantity(ticker.ask_lots)}",'
        f'"T":{at_ms},"E":{at_ms}}}'
    ).encode()


def trade_message(trade: PublicTrade, listed: Listed, kind: str) -> bytes:
    """Return a `trade` or `aggTrade` message."""
    at_ms, number = trade.wall_ns // MS, trade.trade_id
    ids = f'"a":{number},' if kind == "aggTrade" else f'"t":{number},'
    span = f'"f":{number},"l":{number},' if kind == "aggTrade" else ""
    tail = "" if kind == "aggTrade" else '"X":"MARKET",'
    return (
        f'{{"e":"{kind}","E":{at_ms},"T":{at_ms},"s":"{listed.id}",{ids}'
        f'"p":"{listed.figures.prices.text(trade.price_ticks)}",'
        f'"q":"{listed.figures.quantities.text(trade.quantity_lots)}",{span}{tail}'
        f'"m":{"true" if trade.side is Side.SELL else "false"}}}'
    ).encode()


def mark_message(mark: Mark, listed: Listed, at_ms: int) -> bytes:
    """Return a `markPriceUpdate` message."""
    marked, index = (money(listed.instrument.price(one), PLACES) for one in (mark.mark_ticks, mark.index_ticks))
    return (
        f'{{"e":"markPriceUpdate","E":{at_ms},"s":"{listed.id}","p":"{marked}","i":"{index}","P":"{index}",'
        f'"r":"{mark.funding_rate:.8f}","T":{mark.funding_ns // MS}}}'
    ).encode()
