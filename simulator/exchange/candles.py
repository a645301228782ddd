"""The candles of one symbol, folded from its tape: minutes, hours and days, each so many and no more.

Every size a venue offers is made of one of the three. They live in a picture beside the tape, so a view that lags
shows candles of that time. An interval without trades is filled in when asked for, as venues show it: flat at the
last close, or left out.
"""

from collections import deque
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise

from simulator.exchange.events import PublicTrade
from simulator.exchange.orders import Side

NS = 1_000_000_000
MINUTE_NS, HOUR_NS, DAY_NS, WEEK_NS = 60 * NS, 3_600 * NS, 86_400 * NS, 604_800 * NS
CANDLES_KEPT_MAX = 1_500  # of each of minutes, hours and days with trades in them
FILLED_MAX = 5_000  # candles one question gets, those filled in included
MONDAY_NS = 4 * DAY_NS  # weeks begin on Mondays, and the first of them was 5 January 1970


@dataclass(frozen=True, kw_only=True, slots=True)
class Candle:
    """What traded from `start_ns` on (Unix ns); prices in ticks, `value` in ticks times lots.

    `bought_` is the part of it in which the taker bought. Without trades it is flat, and its ids are 0.
    """

    start_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    lots: int = 0
    value: int = 0
    trades: int = 0
    bought_lots: int = 0
    bought_value: int = 0
    first_id: int = 0
    last_id: int = 0

    def and_then(self, later: "Candle") -> "Candle":
        """Return both as one candle that begins where this one does."""
        return Candle(
            start_ns=self.start_ns,
            open_ticks=self.open_ticks,
            high_ticks=max(self.high_ticks, later.high_ticks),
            low_ticks=min(self.low_ticks, later.low_ticks),
            close_ticks=later.close_ticks,
            lots=self.lots + later.lots,
            value=self.value + later.value,
            trades=self.trades + later.trades,
            bought_lots=self.bought_lots + later.bought_lots,
            bought_value=self.bought_value + later.bought_value,
            first_id=self.first_id or later.first_id,
            last_id=later.last_id or self.last_id,
        )

    def flat(self, start_ns: int) -> "Candle":
        """Return the candle of a later interval in which nothing traded."""
        price = self.close_ticks
        return Candle(start_ns=start_ns, open_ticks=price, high_ticks=price, low_ticks=price, close_ticks=price)


class Candles:
    """The candles of one symbol.

    A trade touches the minute under way and nothing else; a minute that is over goes into its hour and day.
    """

    __slots__ = ("_finished", "_minute")

    def __init__(self) -> None:
        self._finished: dict[int, deque[Candle]] = {
            size_ns: deque(maxlen=CANDLES_KEPT_MAX) for size_ns in (DAY_NS, HOUR_NS, MINUTE_NS)
        }
        self._minute: _Minute | None = None

    def copy(self) -> "Candles":
        """Return candles that know the same and go their own way from here."""
        twin = Candles()
        for size_ns, kept in self._finished.items():
            twin._finished[size_ns].extend(kept)
        twin._minute = copy(self._minute)
        return twin

    def put(self, trade: PublicTrade) -> None:
        """See one more trade."""
        minute = self._minute
        if minute is None or trade.wall_ns >= minute.end_ns:
            if minute is not None:
                for size_ns, kept in self._finished.items():
                    _join(kept, minute.candle(), size_ns)
            minute = self._minute = _Minute(trade)
        minute.add(trade)

    def of(self, size_ns: int, *, until_ns: int | None = None, fill: bool = True) -> list[Candle]:
        """Return the candles of `size_ns`, oldest first; the last may be under way.

        A week begins on a Monday. With `fill`, intervals without trades are there, and up to the one in which
        `until_ns` (Unix ns) lies.

        Raises:
            ValueError: the size is not a multiple of a minute.
        """
        merged: deque[Candle] = deque()
        for candle in self._parts(size_ns):
            _join(merged, candle, size_ns)
        return list(_filled(list(merged), size_ns, until_ns))[-FILLED_MAX:] if fill else list(merged)

    def last(self, size_ns: int) -> Candle | None:
        """Return the last candle of `size_ns` with trades, None if nothing has traded."""
        if self._minute is None:
            return None
        last = self._minute.candle()
        start_ns = start_of(last.start_ns, size_ns)
        for candle in reversed(self._finished[_base(size_ns)]):
            if candle.start_ns < start_ns:
                break
            last = candle.and_then(last)
        return replace(last, start_ns=start_ns)

    def _parts(self, size_ns: int) -> Iterator[Candle]:
        yield from self._finished[_base(size_ns)]
        if self._minute is not None:
            yield self._minute.candle()


class _Minute:
    """The minute under way."""

    __slots__ = (
        *("_bought_lots", "_bought_value", "_first_id", "_last_id", "_lots", "_trades", "_value"),
        *("_close", "_high", "_low", "_open", "_start_ns", "end_ns"),
    )

    def __init__(self, trade: PublicTrade) -> None:
        self._start_ns = trade.wall_ns - trade.wall_ns % MINUTE_NS
        self.end_ns = self._start_ns + MINUTE_NS
        self._open = self._high = self._low = self._close = trade.price_ticks
        self._lots = self._value = self._bought_lots = self._bought_value = self._trades = 0
        self._first_id = self._last_id = trade.trade_id

    def add(self, trade: PublicTrade) -> None:
        """Add a trade."""
        price, lots = trade.price_ticks, trade.quantity_lots
        if price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._lots += lots
        self._value += price * lots
        self._trades += 1
        self._last_id = trade.trade_id
        if trade.side is Side.BUY:
            self._bought_lots += lots
            self._bought_value += price * lots

    def candle(self) -> Candle:
        """Return the minute as it stands."""
        return Candle(
            start_ns=self._start_ns,
            open_ticks=self._open,
            high_ticks=self._high,
            low_ticks=self._low,
            close_ticks=self._close,
            lots=self._lots,
            value=self._value,
            trades=self._trades,
            bought_lots=self._bought_lots,
            bought_value=self._bought_value,
            first_id=self._first_id,
            last_id=self._last_id,
        )


def start_of(at_ns: int, size_ns: int) -> int:
    """Return when the interval of `size_ns` began in which `at_ns` (Unix ns) lies."""
    shift_ns = MONDAY_NS if size_ns % WEEK_NS == 0 else 0
    return at_ns - (at_ns - shift_ns) % size_ns


def _base(size_ns: int) -> int:
    """Return the largest of the kept sizes that makes up `size_ns`."""
    base_ns = next((one for one in (DAY_NS, HOUR_NS, MINUTE_NS) if size_ns % one == 0), None)
    if base_ns is None or size_ns <= 0:
        raise ValueError(f"candles of {size_ns} ns cannot be made of minutes")
    return base_ns


def _join(candles: deque[Candle], candle: Candle, size_ns: int) -> None:
    """Add a candle to those of a larger size."""
    start_ns = start_of(candle.start_ns, size_ns)
    if candles and candles[-1].start_ns == start_ns:
        candles[-1] = candles[-1].and_then(candle)
    else:
        candles.append(candle if candle.start_ns == start_ns else replace(candle, start_ns=start_ns))


def _filled(candles: list[Candle], size_ns: int, until_ns: int | None) -> Iterator[Candle]:
    for candle, following in pairwise(candles):
        yield candle
        yield from _gap(candle, following.start_ns, size_ns)
    if candles:
        last = candles[-1]
        yield last
        if until_ns is not None:
            yield from _gap(last, start_of(until_ns, size_ns) + size_ns, size_ns)


def _gap(candle: Candle, end_ns: int, size_ns: int) -> Iterator[Candle]:
    first_ns = max(candle.start_ns + size_ns, end_ns - FILLED_MAX * size_ns)
    return (candle.flat(start_ns) for start_ns in range(first_ns, end_ns, size_ns))
