"""A recorded market in a CSV file: named columns, one event a row, oldest first, read line by line.

A replay is evidence only if the file is what it seems to be, so nothing is repaired here: whatever is wrong is named
with its line and what to do about it, and nothing is loaded. Timestamps are ISO 8601 (UTC where no offset is given)
or Unix milliseconds; columns that nobody asked for are ignored.
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_MS_MIN, _MS_MAX = 10**11, 10**14  # 1973 to 5138; a count of seconds falls below
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RecordingError(Exception):
    """A recorded file cannot be used: `problem` on `line` (None: the file as a whole), and the `remedy`."""

    def __init__(self, path: Path, line: int | None, problem: str, remedy: str) -> None:
        where = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {problem}; {remedy}")
        self.path = path
        self.line = line
        self.problem = problem
        self.remedy = remedy


class Row:
    """One line of the file: `texts` by column."""

    __slots__ = ("_path", "line", "texts")

    def __init__(self, path: Path, line: int, texts: dict[str, str]) -> None:
        self._path = path
        self.line = line
        self.texts = texts

    def number(self, column: str) -> float:
        """Return a column as a finite number; raise `RecordingError`."""
        text = self.texts[column]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(f"{column} is {text!r}, not a number", "fill in the value; nothing is invented here")
        return value

    def time_ns(self) -> int:
        """Return the timestamp in Unix nanoseconds; raise `RecordingError`."""
        text = self.texts["timestamp"]
        if text.isascii() and text.isdigit():
            value = int(text[:20])
            if not _MS_MIN <= value < _MS_MAX:
                raise self.error(f"timestamp {text} is not in milliseconds", "give Unix milliseconds or ISO 8601")
            return value * 1_000_000
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self.error(f"timestamp {text!r} is not a time", "give Unix milliseconds or ISO 8601") from None
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
        return since // timedelta(microseconds=1) * 1_000

    def error(self, problem: str, remedy: str) -> RecordingError:
        """Return an error that names this line."""
        return RecordingError(self._path, self.line, problem, remedy)


def read_recording(path: Path, columns: Sequence[str], parse: Callable[[Iterator[Row]], T], what: str) -> T:
    """Return what `parse` makes of the rows of a file; `what` names them, as in "candles".

    Raises:
        RecordingError: the file is missing, is no CSV text, or has not the columns; or what `parse` raises.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return parse(_rows(path, columns, lines, what))
    except OSError as error:
        problem = (error.strerror or type(error).__name__).lower()
        raise RecordingError(path, None, f"cannot be read ({problem})", "check the path and its rights") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(path, None, f"is not a CSV text ({error})", "save it as comma-separated UTF-8") from None


def duration_text(duration_ns: int) -> str:
    """Return a duration in hours as a person reads it."""
    return f"{duration_ns / 3.6e12:.4g} h"


def _rows(path: Path, columns: Sequence[str], lines: Iterable[str], what: str) -> Iterator[Row]:
    reader = csv.reader(lines)
    places = _places(path, columns, next(reader, None), what)
    for row in reader:
        if not row:
            continue  # a blank line, as editors leave at the end
        if len(row) <= max(places):
            problem = f"{len(row)} fields are too few"
            raise RecordingError(path, reader.line_num, problem, "complete the row or remove it from the end")
        texts = {column: row[place].strip() for column, place in zip(columns, places, strict=True)}
        yield Row(path, reader.line_num, texts)


def _places(path: Path, columns: Sequence[str], header: list[str] | None, what: str) -> list[int]:
    wanted = ",".join(columns)
    if header is None:
        raise RecordingError(path, None, "is empty", f"give a header '{wanted}' and the {what} below it")
    names = [name.strip().lower() for name in header]
    missing = [name for name in columns if name not in names]
    if missing:
        raise RecordingError(path, 1, f"no column {', '.join(missing)}", f"the header must name {wanted}")
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise RecordingError(path, 1, f"two columns {', '.join(twice)}", "keep one of each")
    return [names.index(name) for name in columns]
