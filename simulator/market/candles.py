"""A file of recorded candles: `timestamp,open,high,low,close,volume`, one row a candle, without a gap."""

from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from simulator.market.recording import RecordingError, Row, duration_text, read_recording

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
CANDLES_MAX = 5_000_000  # rows of one file: nine years of minutes


class CandleSeries:
    """Candles at one interval, in columns; the times are those of the file."""

    __slots__ = ("close", "high", "interval_ns", "low", "open", "path", "start_ns", "volume")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start_ns = 0  # Unix ns of the first candle
        self.interval_ns = 0
        self.open = array("d")
        self.high = array("d")
        self.low = array("d")
        self.close = array("d")
        self.volume = array("d")

    def __len__(self) -> int:
        """Count the candles."""
        return len(self.open)

    @property
    def duration_ns(self) -> int:
        """The time that the candles cover."""
        return len(self) * self.interval_ns


def read_candles(path: Path, *, need_ns: int = 0) -> CandleSeries:
    """Read a candle file that covers more than `need_ns`, so that there is a price at its very end, too.

    Raises:
        RecordingError: the file is missing, malformed, has a gap, or is too short.
    """
    series = read_recording(path, COLUMNS, lambda rows: _parse(path, rows), "candles")
    if series.duration_ns <= need_ns:
        problem = f"covers {duration_text(series.duration_ns)}, the run needs more than {duration_text(need_ns)}"
        raise RecordingError(path, None, problem, "give a longer file or a shorter run")
    return series


def _parse(path: Path, rows: Iterator[Row]) -> CandleSeries:
    series = CandleSeries(path)
    times = array("q")
    line_numbers = array("q")
    for row in rows:
        _append(row, series, times)
        line_numbers.append(row.line)
        if len(times) > CANDLES_MAX:
            raise row.error(f"more than {CANDLES_MAX} candles", "split the file")
    if len(times) < 2:
        problem = f"has {len(times)} candles, which tell no interval"
        raise RecordingError(path, None, problem, "give at least two candles")
    series.start_ns = times[0]
    series.interval_ns = _interval(path, times, line_numbers)
    return series


def _append(row: Row, series: CandleSeries, times: "array[int]") -> None:
    time_ns = row.time_ns()
    if times and time_ns <= times[-1]:
        what = "repeats the time of" if time_ns == times[-1] else "is earlier than"
        problem = f"{row.texts['timestamp']} {what} the row before"
        raise row.error(problem, "sort by timestamp and keep one row of each")
    open_, high, low, close, volume = map(row.number, COLUMNS[1:])
    if low <= 0:
        raise row.error(f"low {low:g} is not a price", "prices must be above zero")
    if high < low:
        raise row.error(f"high {high:g} is below low {low:g}", "correct the row; are the columns swapped?")
    if not (low <= open_ <= high and low <= close <= high):
        raise row.error(f"open {open_:g} or close {close:g} is outside {low:g} to {high:g}", "correct the row")
    if volume < 0:
        raise row.error(f"volume {volume:g} is negative", "volumes must be zero or more")
    times.append(time_ns)
    columns = (series.open, series.high, series.low, series.close, series.volume)
    for column, value in zip(columns, (open_, high, low, close, volume), strict=True):
        column.append(value)


def _interval(path: Path, times: "array[int]", line_numbers: "array[int]") -> int:
    """Return the one distance between all rows; the shortest one that occurs is taken as meant."""
    interval = min(later - sooner for sooner, later in pairwise(times))
    for row in range(1, len(times)):
        distance = times[row] - times[row - 1]
        if distance != interval:
            problem = f"comes {_seconds(distance)} after the row before, not {_seconds(interval)}: a gap"
            raise RecordingError(path, line_numbers[row], problem, "fill the gap or cut the file there")
    return interval


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns / 1e9:g} s"
