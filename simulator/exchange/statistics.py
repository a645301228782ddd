"""What the last 24 hours of a symbol were like: open, high, low, volume, counted by the minute.

The window moves a minute at a time. Extremes are recomputed only when the minute that leaves held one of them.
"""

from collections import deque

MINUTE_NS = 60_000_000_000
MINUTES_KEPT_MAX = 1_440


class _Minute:
    __slots__ = ("count", "high", "lots", "low", "number", "open", "opened_ns", "quote_units")

    def __init__(self, number: int, price: int, opened_ns: int) -> None:
        self.number = number
        self.open = self.high = self.low = price
        self.opened_ns = opened_ns
        self.lots = self.quote_units = self.count = 0


class DayStatistics:
    """Trades of the last 24 hours; prices in ticks, None while there were none."""

    __slots__ = ("_minutes", "high", "lots", "low", "quote_units", "trades")

    def __init__(self) -> None:
        self._minutes: deque[_Minute] = deque()
        self.high: int | None = None
        self.low: int | None = None
        self.lots = 0
        self.quote_units = 0
        self.trades = 0

    @property
    def open(self) -> int | None:
        """The first price in the window."""
        return self._minutes[0].open if self._minutes else None

    @property
    def opened_ns(self) -> int:
        """The wall time of the first trade in the window, 0 while there was none."""
        return self._minutes[0].opened_ns if self._minutes else 0

    def add(self, now_ns: int, wall_ns: int, price: int, lots: int, quote_units: int) -> None:
        """Count a trade."""
        self.move_to(now_ns)
        number = now_ns // MINUTE_NS
        if not self._minutes or self._minutes[-1].number != number:
            self._minutes.append(_Minute(number, price, wall_ns))
        minute = self._minutes[-1]
        minute.high, minute.low = max(minute.high, price), min(minute.low, price)
        minute.lots += lots
        minute.quote_units += quote_units
        minute.count += 1
        self.high = price if self.high is None else max(self.high, price)
        self.low = price if self.low is None else min(self.low, price)
        self.lots += lots
        self.quote_units += quote_units
        self.trades += 1

    def move_to(self, now_ns: int) -> None:
        """Forget the minutes that are more than a day old."""
        oldest = now_ns // MINUTE_NS - MINUTES_KEPT_MAX + 1
        minutes = self._minutes
        stale = False
        while minutes and minutes[0].number < oldest:
            gone = minutes.popleft()
            self.lots -= gone.lots
            self.quote_units -= gone.quote_units
            self.trades -= gone.count
            stale = stale or gone.high == self.high or gone.low == self.low
        if stale:
            self.high = max((minute.high for minute in minutes), default=None)
            self.low = min((minute.low for minute in minutes), default=None)
