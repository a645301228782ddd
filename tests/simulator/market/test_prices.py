"""Fair prices: the same from the same seed, shaped as declared, and true to the candles they replay."""

import math
import random
import statistics
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.market.candles import CandleSeries, read_candles
from simulator.market.chance import normal
from simulator.market.prices import YEAR_NS, Basis, CandleReplay, JumpDiffusion
from simulator.market.recording import RecordingError

SECOND_NS = 1_000_000_000
TICK_NS = 5 * SECOND_NS


def walk(seed: int, steps: int, *, volatility: float = 0.8, jumps_per_day: float = 4.0) -> list[float]:
    process = JumpDiffusion(
        price=60_000,
        volatility=volatility,
        tick_ns=TICK_NS,
        random=random.Random(seed),
        jumps_per_day=jumps_per_day,
    )
    return [process.next_fair().price for _ in range(steps)]


def test_the_first_price_is_the_one_given_and_the_seed_decides_the_rest() -> None:
    assert walk(1, 100) == walk(1, 100)
    assert walk(1, 100) != walk(2, 100)
    assert math.isclose(walk(1, 1)[0], 60_000)


def test_volatility_is_the_one_declared() -> None:
    prices = walk(3, 20_000, jumps_per_day=0)

    moves = [math.log(later / sooner) for sooner, later in pairwise(prices)]
    annual = statistics.stdev(moves) * math.sqrt(YEAR_NS / TICK_NS)
    assert 0.77 < annual < 0.83


def test_jumps_are_seen_and_the_market_is_busy_then() -> None:
    process = JumpDiffusion(
        price=100, volatility=0.0, tick_ns=TICK_NS, random=random.Random(4), jumps_per_day=500, jump_bps=50
    )

    fairs = [process.next_fair() for _ in range(17_280)]

    jumps = [later for sooner, later in pairwise(fairs) if sooner.price != later.price]
    assert 400 < len(jumps) < 600
    assert all(fair.activity > 1 for fair in jumps)


@pytest.mark.parametrize("change", [{"price": 0.0}, {"price": math.nan}, {"volatility": -1.0}, {"tick_ns": 0}])
def test_a_process_that_makes_no_sense_is_refused(change: dict[str, float]) -> None:
    declared = {"price": 100.0, "volatility": 0.5, "tick_ns": TICK_NS, **change}

    with pytest.raises(ValueError, match=next(iter(change))):
        JumpDiffusion(**declared, random=random.Random(1))  # type: ignore[arg-type]


def test_normal_deviates_are_normal() -> None:
    chance = random.Random(5)
    draws = [normal(chance) for _ in range(20_000)]

    assert abs(statistics.fmean(draws)) < 0.03
    assert 0.98 < statistics.stdev(draws) < 1.02
    assert 0.025 < sum(abs(draw) > 2 for draw in draws) / len(draws) < 0.065


def candles(*rows: tuple[float, float, float, float], volume: float = 1.0) -> CandleSeries:
    series = CandleSeries(Path("made.csv"))
    series.interval_ns = 60 * SECOND_NS
    for open_, high, low, close in rows:
        for column, value in zip(
            (series.open, series.high, series.low, series.close, series.volume),
            (open_, high, low, close, volume),
            strict=True,
        ):
            column.append(value)
    return series


ROW = st.tuples(*[st.floats(1, 1e6, allow_nan=False)] * 4).map(
    lambda row: (row[0], max(row), min(row), row[3])  # open, high, low, close
)


@given(st.lists(ROW, min_size=1, max_size=5), st.sampled_from([1, 2, 5, 10, 15]), st.integers(0, 99))
def test_each_candle_is_opened_touches_both_extremes_and_is_closed(
    rows: list[tuple[float, float, float, float]], tick_s: int, seed: int
) -> None:
    replay = CandleReplay(candles(*rows), tick_ns=tick_s * SECOND_NS, random=random.Random(seed))

    for open_, high, low, close in rows:
        prices = [replay.next_fair().price for _ in range(60 // tick_s)]
        assert (prices[0], prices[-1]) == (open_, close)
        assert max(prices) <= high * (1 + 1e-12)
        assert min(prices) >= low * (1 - 1e-12)
        assert high in prices
        assert low in prices


def test_either_extreme_may_come_first() -> None:
    replay = CandleReplay(candles(*[(100, 110, 90, 100)] * 50), tick_ns=TICK_NS, random=random.Random(6))

    firsts = {replay_first([replay.next_fair().price for _ in range(12)]) for _ in range(50)}

    assert firsts == {"high", "low"}


def replay_first(prices: list[float]) -> str:
    return "high" if prices.index(110) < prices.index(90) else "low"


def test_volume_says_how_busy_a_candle_was() -> None:
    series = candles((100, 101, 99, 100), (100, 101, 99, 100))
    series.volume[1] = 3.0

    replay = CandleReplay(series, tick_ns=15 * SECOND_NS, random=random.Random(7))

    assert [replay.next_fair().activity for _ in range(8)] == [0.5] * 4 + [1.5] * 4


def test_after_the_last_candle_there_is_no_price() -> None:
    replay = CandleReplay(candles((100, 101, 99, 100)), tick_ns=15 * SECOND_NS, random=random.Random(8))
    for _ in range(4):
        replay.next_fair()

    with pytest.raises(RecordingError, match="after the last candle"):
        replay.next_fair()


@pytest.mark.parametrize("tick_s", [20, 30, 7])
def test_a_tick_that_does_not_fit_the_candles_is_refused(tick_s: int) -> None:
    with pytest.raises(RecordingError, match=f"market tick of {tick_s} s"):
        CandleReplay(candles((100, 101, 99, 100)), tick_ns=tick_s * SECOND_NS, random=random.Random(9))


def test_a_file_is_replayed_from_its_first_row_whatever_its_date(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text(
        "timestamp,open,high,low,close,volume\n2021-01-01T00:00:00,7,8,6,7,1\n2021-01-01T00:01:00,7,8,6,7,1\n"
    )

    replay = CandleReplay(read_candles(path), tick_ns=TICK_NS, random=random.Random(10))

    assert replay.next_fair().price == 7


def test_a_basis_stays_near_its_offset() -> None:
    basis = Basis(random=random.Random(11), offset_bps=2.0, noise_bps=0.5)

    away = [(basis.apply(100.0) / 100 - 1) * 1e4 for _ in range(20_000)]

    assert 1.9 < statistics.fmean(away) < 2.1
    assert 0.45 < statistics.stdev(away) < 0.55
    basis.offset_bps = 500.0  # a venue pulled away from the others
    assert basis.apply(100.0) > 104.9
