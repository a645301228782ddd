"""Recording a venue through unmodified ccxt: what is written can be replayed, and nothing half-written is left."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from scenarios.problem import UsageError
from scenarios.recording.pages import Wanted, text
from scenarios.recording.recorder import check, record
from simulator.dialects.gate import Rule
from simulator.market.candles import read_candles
from simulator.market.trades import read_trades
from tests.simulator.dialects.stage import BTC, Stage

MINUTES = 12


@pytest.fixture(params=["binance", "kraken"])
def stage(request: pytest.FixtureRequest) -> Stage:
    """A venue on which BTC was traded every twenty seconds for twelve minutes."""
    stage = Stage(request.param)
    for n in range(3 * MINUTES):
        stage.later(20 * n + 5, lambda n=n: stage.quote(BTC, f"{60_000 + 10 * (n % 7)}"))  # type: ignore[misc]
    stage.pass_time(60 * MINUTES + 5)
    return stage


def taken(stage: Stage, path: Path, kind: str, **change: Any) -> int:
    """Record the first ten minutes; return how many rows were written."""
    begin_ms = stage.world.epoch_ns // 1_000_000
    span: dict[str, Any] = {"symbol": stage.btc, "from_ms": begin_ms, "to_ms": begin_ms + 600_000, **change}

    async def story(exchange: Any) -> int:
        return await record(exchange, Wanted(**span), kind, path)

    rows: int = stage.tell(story)
    return rows


def test_recorded_candles_can_be_replayed(stage: Stage, tmp_path: Path) -> None:
    rows = taken(stage, tmp_path / "candles.csv", "candles")

    series = read_candles(tmp_path / "candles.csv")
    assert rows == len(series) == 10
    assert series.start_ns == stage.world.epoch_ns
    assert all(low <= close <= high for low, close, high in zip(series.low, series.close, series.high, strict=True))
    assert max(series.high) == 60_060


def test_recorded_trades_are_those_of_the_tape(stage: Stage, tmp_path: Path) -> None:
    rows = taken(stage, tmp_path / "trades.csv", "trades")

    series = read_trades(tmp_path / "trades.csv")
    assert rows == len(series) == 31  # one when the venue opened, then three a minute
    assert math.isclose(series.price[-1], 60_000 + 10 * (29 % 7))


def test_a_venue_that_stumbles_is_waited_for(stage: Stage, tmp_path: Path) -> None:
    rule = Rule(kind="error", status=503, endpoints=frozenset({"public"}))
    stage.gate.add(rule)
    stage.later(2.5, lambda: stage.gate.remove(rule))

    assert taken(stage, tmp_path / "candles.csv", "candles") == 10


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"symbol": "BTC/NOTHING"}, "has no BTC/NOTHING"), ({"from_ms": 60_000, "to_ms": 120_000}, "choose a later one")],
)
def test_what_is_not_there_is_refused_and_no_file_is_left(
    stage: Stage, tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        taken(stage, tmp_path / "candles.csv", "candles", **change)

    assert not list(tmp_path.iterdir())


def test_a_recording_that_fails_keeps_the_older_file(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_text("an older recording")

    with pytest.raises(UsageError):
        taken(stage, path, "candles", from_ms=60_000, to_ms=120_000)

    assert path.read_text() == "an older recording"
    assert [one.name for one in tmp_path.iterdir()] == ["candles.csv"]


def test_a_recording_with_a_gap_is_refused_before_anybody_replays_it(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv.partial"
    rows = "".join(f"{1_750_000_000_000 + minute * 60_000},1,1,1,1,1\n" for minute in (0, 1, 5))
    path.write_text("timestamp,open,high,low,close,volume\n" + rows)

    with pytest.raises(UsageError, match=r"candles.csv cannot be replayed \(row 4\).*a gap"):
        check(path, "candles", tmp_path / "candles.csv")


@pytest.mark.parametrize(
    ("number", "written"), [(1e-8, "0.00000001"), (60000.1, "60000.1"), (5, "5"), (1e22, "1" + "0" * 22)]
)
def test_numbers_are_written_without_an_exponent(number: float, written: str) -> None:
    assert text(number) == written
