"""A file of recorded trades: `timestamp,price,amount,side`, one row a trade, and its replay.

Trades come when they come, so there are no gaps to find; what is checked is their order, and that each is a trade.
Between trades the price stands, as on the tape itself.
"""

from array import array
from collections.abc import Iterator
from pathlib import Path

from simulator.market.fair import Fair
from simulator.market.recording import RecordingError, Row, duration_text, read_recording

COLUMNS = ("timestamp", "price", "amount", "side")
TRADES_MAX = 20_000_000  # rows of one file
SIDES = ("buy", "sell")


class TradeSeries:
    """Trades in columns; times in Unix nanoseconds, as in the file."""

    __slots__ = ("amount", "path", "price", "time_ns")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.time_ns = array("q")
        self.price = array("d")
        self.amount = array("d")

    def __len__(self) -> int:
        """Count the trades."""
        return len(self.price)

    @property
    def duration_ns(self) -> int:
        """The time from the first trade to the last."""
        return self.time_ns[-1] - self.time_ns[0] if len(self) else 0


def read_trades(path: Path, *, need_ns: int = 0) -> TradeSeries:
    """Read a trade file that covers at least `need_ns`.

    Raises:
        RecordingError: the file is missing, malformed, out of order, or too short.
    """
    series = read_recording(path, COLUMNS, lambda rows: _parse(path, rows), "trades")
    if not len(series):
        raise RecordingError(path, None, "has no trades", "give at least one")
    if series.duration_ns < need_ns:
        problem = f"covers {duration_text(series.duration_ns)}, the run needs {duration_text(need_ns)}"
        raise RecordingError(path, None, problem, "give a longer file or a shorter run")
    return series


def _parse(path: Path, rows: Iterator[Row]) -> TradeSeries:
    series = TradeSeries(path)
    for row in rows:
        time_ns, price, amount = row.time_ns(), row.number("price"), row.number("amount")
        if series.time_ns and time_ns < series.time_ns[-1]:
            raise row.error(f"{row.texts['timestamp']} is earlier than the row before", "sort by timestamp")
        if price <= 0:
            raise row.error(f"price {price:g} is not a price", "prices must be above zero")
        if amount <= 0:
            raise row.error(f"amount {amount:g} is no trade", "amounts must be above zero")
        if row.texts["side"].lower() not in SIDES:
            raise row.error(f"side is {row.texts['side']!r}", "give buy or sell, the side of the taker")
        if len(series) >= TRADES_MAX:
            raise row.error(f"more than {TRADES_MAX} trades", "split the file")
        series.time_ns.append(time_ns)
        series.price.append(price)
        series.amount.append(amount)
    return series


class TradeReplay:
    """Recorded trades, tick by tick: the price is the last trade's, the activity what was traded meanwhile."""

    def __init__(self, series: TradeSeries, *, tick_ns: int) -> None:
        """Begin with the first trade, whatever its date."""
        ticks = max(1, series.duration_ns // tick_ns)
        self._series = series
        self._tick_ns = tick_ns
        self._usual_amount = sum(series.amount) / ticks or 1.0
        self._next = 0
        self._tick = 0

    def next_fair(self) -> Fair:
        """Return the price of the next tick; after the last trade it stands, and nothing is traded."""
        series = self._series
        until_ns = series.time_ns[0] + self._tick * self._tick_ns
        self._tick += 1
        amount, seen = 0.0, self._next
        while seen < len(series) and series.time_ns[seen] <= until_ns:
            amount += series.amount[seen]
            seen += 1
        self._next = seen
        return Fair(series.price[seen - 1], amount / self._usual_amount)
