"""A file of recorded candles: `timestamp,open,high,low,close,volume`, one row a candle, oldest first.

A replay is evidence only if the file is what it seems to be, so the reader repairs nothing: a gap, a NaN, a row
out of order is named with its line and what to do about it, and nothing is loaded. Timestamps are ISO 8601 (UTC
where no offset is given) or Unix milliseconds; other columns are ignored.
"""

import csv
import math
from array import array
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
CANDLES_MAX = 5_000_000  # rows of one file: nine years of minutes
_MS_MIN, _MS_MAX = 10**11, 10**14  # 1973 to 5138; a count of seconds falls below
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CandleFileError(Exception):
    """A candle file cannot be used: `problem` on `line` (None: the file as a whole), and the `remedy`."""

    def __init__(self, path: Path, line: int | None, problem: str, remedy: str) -> None:
        where = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {problem}; {remedy}")
        self.path = path
        self.line = line
        self.problem = problem
        self.remedy = remedy


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
        CandleFileError: the file is missing, malformed, has a gap, or is too short.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            series = _parse(path, lines)
    except OSError as error:
        problem = (error.strerror or type(error).__name__).lower()
        raise CandleFileError(path, None, f"cannot be read ({problem})", "check the path and its rights") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CandleFileError(path, None, f"is not a CSV text ({error})", "save it as comma-separated UTF-8") from None
    if series.duration_ns <= need_ns:
        problem = f"covers {_hours(series.duration_ns)}, the run needs more than {_hours(need_ns)}"
        raise CandleFileError(path, None, problem, "give a longer file or a shorter run")
    return series


def _parse(path: Path, lines: Iterable[str]) -> CandleSeries:
    reader = csv.reader(lines)
    places = _header(path, reader)
    series = CandleSeries(path)
    times = array("q")
    line_numbers = array("q")
    for row in reader:
        if not row:
            continue  # a blank line, as editors leave at the end
        _Row(path, reader.line_num, row, places).append_to(series, times)
        line_numbers.append(reader.line_num)
        if len(times) > CANDLES_MAX:
            raise CandleFileError(path, reader.line_num, f"more than {CANDLES_MAX} candles", "split the file")
    if len(times) < 2:
        problem = f"has {len(times)} candles, which tell no interval"
        raise CandleFileError(path, None, problem, "give at least two candles")
    series.start_ns = times[0]
    series.interval_ns = _interval(path, times, line_numbers)
    return series


def _header(path: Path, rows: Iterator[list[str]]) -> list[int]:
    header = next(rows, None)
    wanted = ",".join(COLUMNS)
    if header is None:
        raise CandleFileError(path, None, "is empty", f"give a header '{wanted}' and the candles below it")
    names = [name.strip().lower() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise CandleFileError(path, 1, f"no column {', '.join(missing)}", f"the header must name {wanted}")
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise CandleFileError(path, 1, f"two columns {', '.join(twice)}", "keep one of each")
    return [names.index(name) for name in COLUMNS]


class _Row:
    """One line of the file, with all that can be wrong about it."""

    def __init__(self, path: Path, line: int, row: list[str], places: list[int]) -> None:
        self._path = path
        self._line = line
        if len(row) <= max(places):
            raise self._error(f"{len(row)} fields are too few", "complete the row or remove it from the end")
        self._timestamp, *self._texts = (row[place].strip() for place in places)

    def append_to(self, series: CandleSeries, times: "array[int]") -> None:
        time_ns = self._time()
        if times and time_ns <= times[-1]:
            what = "repeats the time of" if time_ns == times[-1] else "is earlier than"
            raise self._error(f"{self._timestamp} {what} the row before", "sort by timestamp and keep one row of each")
        open_, high, low, close, volume = map(self._number, COLUMNS[1:], self._texts)
        if low <= 0:
            raise self._error(f"low {low:g} is not a price", "prices must be above zero")
        if high < low:
            raise self._error(f"high {high:g} is below low {low:g}", "correct the row; are the columns swapped?")
        if not (low <= open_ <= high and low <= close <= high):
            raise self._error(f"open {open_:g} or close {close:g} is outside {low:g} to {high:g}", "correct the row")
        if volume < 0:
            raise self._error(f"volume {volume:g} is negative", "volumes must be zero or more")
        times.append(time_ns)
        for column, value in zip(
            (series.open, series.high, series.low, series.close, series.volume),
            (open_, high, low, close, volume),
            strict=True,
        ):
            column.append(value)

    def _number(self, column: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self._error(f"{column} is {text!r}, not a number", "fill in the value; candles are not invented here")
        return value

    def _time(self) -> int:
        text = self._timestamp
        if text.isascii() and text.isdigit():
            value = int(text[:20])
            if not _MS_MIN <= value < _MS_MAX:
                raise self._error(f"timestamp {text} is not in milliseconds", "give Unix milliseconds or ISO 8601")
            return value * 1_000_000
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self._error(f"timestamp {text!r} is not a time", "give Unix milliseconds or ISO 8601") from None
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
        return since // timedelta(microseconds=1) * 1_000

    def _error(self, problem: str, remedy: str) -> CandleFileError:
        return CandleFileError(self._path, self._line, problem, remedy)


def _interval(path: Path, times: "array[int]", line_numbers: "array[int]") -> int:
    """Return the one distance between all rows; the shortest one that occurs is taken as meant."""
    interval = min(later - sooner for sooner, later in pairwise(times))
    for row in range(1, len(times)):
        distance = times[row] - times[row - 1]
        if distance != interval:
            problem = f"comes {_seconds(distance)} after the row before, not {_seconds(interval)}: a gap"
            raise CandleFileError(path, line_numbers[row], problem, "fill the gap or cut the file there")
    return interval


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns / 1e9:g} s"


def _hours(duration_ns: int) -> str:
    return f"{duration_ns / 3.6e12:.4g} h"
