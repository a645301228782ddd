"""The candle file: what it may look like, and each way in which it may not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.market.candles import read_candles
from simulator.market.recording import RecordingError

HEADER = "timestamp,open,high,low,close,volume"
ROWS = [
    "2026-01-01 00:00:00.000000,100,110,90,105,7",
    "2026-01-01 00:01:00.000000,105,106,104,104,8",
    "2026-01-01 00:02:00.000000,104,104,103,103.5,0",
]
MINUTE_NS = 60_000_000_000
JANUARY_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(*lines: str) -> Path:
        path = tmp_path / "candles.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return to_file


def test_a_good_file_is_read_as_it_is(write: Write) -> None:
    series = read_candles(write(HEADER, *ROWS))

    assert (len(series), series.start_ns, series.interval_ns) == (3, JANUARY_NS, MINUTE_NS)
    assert series.duration_ns == 3 * MINUTE_NS
    assert list(series.open) == [100, 105, 104]
    assert list(series.high) == [110, 106, 104]
    assert list(series.low) == [90, 104, 103]
    assert list(series.close) == [105, 104, 103.5]
    assert list(series.volume) == [7, 8, 0]


@pytest.mark.parametrize(
    "times",
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
        ("2026-01-01T01:00:00+01:00", "2026-01-01T01:01:00+01:00"),
        ("1767225600000", "1767225660000"),
    ],
)
def test_times_may_be_iso_or_unix_milliseconds(write: Write, times: tuple[str, str]) -> None:
    series = read_candles(write(HEADER, *(f"{time},100,110,90,105,7" for time in times)))

    assert (series.start_ns, series.interval_ns) == (JANUARY_NS, MINUTE_NS)


def test_columns_may_stand_anywhere_and_others_are_ignored(write: Write) -> None:
    series = read_candles(
        write(
            "\ufeffVolume, close,low,high,open,trades,timestamp",
            "7,105,90,110,100,x,1767225600000",
            "8,104,104,106,105,y,1767225660000",
            "",
        )
    )

    assert list(series.open) == [100, 105]
    assert list(series.volume) == [7, 8]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-01-01 00:01:00,105,106,104,nan,8", "close is 'nan'"),
        ("2026-01-01 00:01:00,105,106,,104,8", "low is ''"),
        ("2026-01-01 00:01:00,105,inf,104,104,8", "high is 'inf'"),
        ("2026-01-01 00:01:00,105,106,104,104", "5 fields are too few"),
        ("2026-01-01 00:01:00,105,106,0,104,8", "low 0 is not a price"),
        ("2026-01-01 00:01:00,105,106,-4,104,8", "low -4 is not a price"),
        ("2026-01-01 00:01:00,105,104,106,105,8", "high 104 is below low 106"),
        ("2026-01-01 00:01:00,109,106,104,105,8", "open 109 or close 105 is outside 104 to 106"),
        ("2026-01-01 00:01:00,105,106,104,105,-8", "volume -8 is negative"),
        ("2026-01-01 00:00:00,105,106,104,105,8", "repeats the time of the row before"),
        ("2025-12-31 23:59:00,105,106,104,105,8", "is earlier than the row before"),
        ("yesterday,105,106,104,105,8", "'yesterday' is not a time"),
        ("1767225660,105,106,104,105,8", "1767225660 is not in milliseconds"),
        ("2026-01-01 00:01:30,105,106,104,105,8", "comes 90 s after the row before, not 30 s"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_a_remedy(write: Write, text: str, problem: str) -> None:
    with pytest.raises(RecordingError) as error:
        read_candles(write(HEADER, ROWS[0], text, ROWS[2]))

    assert error.value.line == 3
    assert problem in error.value.problem
    assert str(error.value).endswith(f"candles.csv, line 3: {error.value.problem}; {error.value.remedy}")


def test_a_gap_is_named_where_it_ends(write: Write) -> None:
    path = write(HEADER, *ROWS, "", "2026-01-01 00:06:00,104,104,103,103.5,0", "2026-01-01 00:07:00,104,104,103,103,0")

    with pytest.raises(RecordingError) as error:
        read_candles(path)

    assert error.value.line == 6
    assert "comes 240 s after the row before, not 60 s" in error.value.problem
    assert "cut the file there" in error.value.remedy


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        ([HEADER], None, "has 0 candles"),
        ([HEADER, ROWS[0]], None, "has 1 candles"),
        (["timestamp,open,high,low,close", *ROWS], 1, "no column volume"),
        (["timestamp,open,open,high,low,close,volume", *ROWS], 1, "two columns open"),
        (ROWS, 1, "no column timestamp, open, high, low, close, volume"),
    ],
)
def test_a_bad_header_or_no_rows_are_named(write: Write, lines: list[str], line: int | None, problem: str) -> None:
    with pytest.raises(RecordingError) as error:
        read_candles(write(*lines))

    assert error.value.line == line
    assert problem in error.value.problem


def test_a_file_that_is_not_there_not_a_file_empty_or_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "binary.csv").write_bytes(b"timestamp,open\n\xff\xfe\x00")

    problems = {}
    for name in ("missing.csv", ".", "empty.csv", "binary.csv"):
        with pytest.raises(RecordingError) as error:
            read_candles(tmp_path / name)
        problems[name] = error.value.problem

    assert "no such file" in problems["missing.csv"]
    assert "is a directory" in problems["."]
    assert problems["empty.csv"] == "is empty"
    assert "not a CSV text" in problems["binary.csv"]


def test_a_file_shorter_than_the_run_is_refused_before_the_run(write: Write) -> None:
    path = write(HEADER, *ROWS)

    assert len(read_candles(path, need_ns=3 * MINUTE_NS - 1)) == 3
    with pytest.raises(RecordingError, match=r"covers 0\.05 h, the run needs more than 1 h"):
        read_candles(path, need_ns=60 * MINUTE_NS)
