"""Recorded trades: read with every mistake named, and replayed as the tape showed them."""

import random
from pathlib import Path

import pytest

from simulator.market.prices import CandleReplay
from simulator.market.recording import RecordingError
from simulator.market.replays import open_replay
from simulator.market.trades import TradeReplay, read_trades

SECOND_NS = 1_000_000_000
TICK_NS = 5 * SECOND_NS
HEADER = "timestamp,price,amount,side"
TAPE = f"""{HEADER}
1750000000000,100.0,1,buy
1750000004000,101.0,2,sell
1750000004000,102.0,1,buy
1750000011000,99.5,4,sell
1750000020000,100.5,2,buy
"""


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "trades.csv"
    path.write_text(TAPE)
    return path


def test_a_tick_shows_the_last_trade_and_how_much_was_traded_meanwhile(tape: Path) -> None:
    replay = TradeReplay(read_trades(tape), tick_ns=TICK_NS)

    seen = [replay.next_fair() for _ in range(6)]

    assert [fair.price for fair in seen] == [100.0, 102.0, 102.0, 99.5, 100.5, 100.5]
    assert [fair.activity for fair in seen] == [0.4, 1.2, 0.0, 1.6, 0.8, 0.0]


@pytest.mark.parametrize(
    ("line", "row", "complaint"),
    [
        (3, "1749999999999,1,1,buy", "earlier"),
        (3, "1750000001000,nan,1,buy", "price is 'nan'"),
        (3, "1750000001000,-1,1,buy", "not a price"),
        (3, "1750000001000,1,0,buy", "no trade"),
        (3, "1750000001000,1,1,hold", "side"),
        (3, "yesterday,1,1,buy", "not a time"),
        (3, "1750000001000,1", "too few"),
    ],
)
def test_a_row_that_is_no_trade_is_named_with_its_line(tmp_path: Path, line: int, row: str, complaint: str) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(f"{HEADER}\n1750000000000,1,1,buy\n{row}\n")

    with pytest.raises(RecordingError, match=complaint) as refused:
        read_trades(path)

    assert refused.value.line == line


@pytest.mark.parametrize(("text", "complaint"), [("", "empty"), (HEADER, "no trades"), ("price,amount\n", "no column")])
def test_a_file_without_trades_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(text)

    with pytest.raises(RecordingError, match=complaint):
        read_trades(path)


def test_a_file_that_is_too_short_for_the_run_is_refused(tape: Path) -> None:
    with pytest.raises(RecordingError, match="give a longer file"):
        read_trades(tape, need_ns=60 * SECOND_NS)


def test_the_header_tells_candles_from_trades(tape: Path, tmp_path: Path) -> None:
    candles = tmp_path / "candles.csv"
    rows = "".join(f"{1750000000000 + n * 60_000},1,2,1,2,5\n" for n in range(3))
    candles.write_text("timestamp,open,high,low,close,volume\n" + rows)
    settings = {"need_ns": SECOND_NS, "tick_ns": TICK_NS}

    assert isinstance(open_replay(tape, random=random.Random(1), **settings), TradeReplay)
    assert isinstance(open_replay(candles, random=random.Random(1), **settings), CandleReplay)
    with pytest.raises(RecordingError, match="cannot be read"):
        open_replay(tmp_path / "nothing.csv", random=random.Random(1), **settings)
