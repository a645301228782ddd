"""What markets share: they move together as declared, storms come and go, and trading begets trading."""

import math
import random
import statistics
from itertools import pairwise

import pytest

from simulator.market.bursts import Bursts
from simulator.market.climate import Climate
from simulator.market.prices import YEAR_NS, JumpDiffusion

SECOND_NS = 1_000_000_000
TICK_NS = 5 * SECOND_NS
HOUR_NS = 3600 * SECOND_NS


def moves(climate: Climate, seed: int, ticks: int, *, correlation: float) -> list[float]:
    """Return the log moves of one market without jumps."""
    process = JumpDiffusion(
        price=100,
        volatility=0.5,
        tick_ns=TICK_NS,
        random=random.Random(seed),
        jumps_per_day=0,
        climate=climate,
        correlation=correlation,
    )
    prices = [process.next_fair().price for _ in range(ticks)]
    return [math.log(later / sooner) for sooner, later in pairwise(prices)]


def test_two_markets_correlate_by_the_product_of_their_loadings() -> None:
    one = Climate(random=random.Random(1), tick_ns=TICK_NS)
    other = Climate(random=random.Random(1), tick_ns=TICK_NS)

    bitcoin, ether = moves(one, 2, 20_000, correlation=0.9), moves(other, 3, 20_000, correlation=0.8)

    assert 0.70 < statistics.correlation(bitcoin, ether) < 0.74


def test_it_does_not_matter_which_market_asks_first() -> None:
    def drawn(order: str) -> dict[str, list[tuple[float, bool]]]:
        climate = Climate(random=random.Random(5), tick_ns=TICK_NS, storm_every_ns=HOUR_NS)
        seen: dict[str, list[tuple[float, bool]]] = {"a": [], "b": []}
        for tick in range(2_000):
            for name in order:
                seen[name].append((climate.factor(tick), climate.is_stormy(tick)))
        return seen

    assert drawn("ab") == drawn("ba")
    assert drawn("ab")["a"] == drawn("ab")["b"]


def test_storms_come_last_and_shake_as_declared() -> None:
    settings = {"storm_every_ns": 4 * HOUR_NS, "storm_lasts_ns": HOUR_NS // 2, "storm_volatility": 4.0}
    climate = Climate(random=random.Random(7), tick_ns=TICK_NS, **settings)  # type: ignore[arg-type]
    again = Climate(random=random.Random(7), tick_ns=TICK_NS, **settings)  # type: ignore[arg-type]
    ticks = 200 * HOUR_NS // TICK_NS

    stormy = [climate.is_stormy(tick) for tick in range(ticks)]
    walk = moves(again, 8, ticks, correlation=0.0)

    spells = sum(1 for before, now in pairwise(stormy) if now and not before)
    assert 30 < spells < 60
    assert 0.05 < sum(stormy) / ticks < 0.2
    calm = statistics.stdev(move for move, storm in zip(walk, stormy[1:], strict=True) if not storm)
    storm = statistics.stdev(move for move, storm in zip(walk, stormy[1:], strict=True) if storm)
    assert 3.8 < storm / calm < 4.2
    assert 0.48 < calm * math.sqrt(YEAR_NS / TICK_NS) < 0.52


def test_a_climate_without_storms_is_always_calm() -> None:
    climate = Climate(random=random.Random(1), tick_ns=TICK_NS)

    assert not any(climate.is_stormy(tick) for tick in range(10_000))


@pytest.mark.parametrize("change", [{"tick_ns": 0}, {"storm_every_ns": 0}, {"storm_volatility": 0.0}])
def test_a_climate_that_makes_no_sense_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="give a positive number"):
        Climate(random=random.Random(1), **{"tick_ns": TICK_NS, **change})  # type: ignore[arg-type]


def test_a_correlation_needs_a_climate() -> None:
    with pytest.raises(ValueError, match="a climate to go with it"):
        JumpDiffusion(price=1, volatility=1, tick_ns=TICK_NS, random=random.Random(1), correlation=0.5)


def test_trades_come_in_bursts_around_the_usual_pace() -> None:
    bursts = Bursts(random=random.Random(9), tick_ns=TICK_NS, branching=0.7)

    trades = [bursts.next() for _ in range(50_000)]

    assert 0.9 < statistics.mean(trades) < 1.1
    assert statistics.correlation(trades[:-1], trades[1:]) > 0.05
    assert statistics.variance(trades) > 1.2  # a Poisson process without memory has 1


def test_without_branching_the_past_does_not_matter() -> None:
    bursts = Bursts(random=random.Random(9), tick_ns=TICK_NS, branching=0.0)

    trades = [bursts.next() for _ in range(50_000)]

    assert abs(statistics.correlation(trades[:-1], trades[1:])) < 0.02
    assert 0.95 < statistics.variance(trades) < 1.05


def test_a_market_that_would_never_calm_down_is_refused() -> None:
    with pytest.raises(ValueError, match="branching"):
        Bursts(random=random.Random(1), tick_ns=TICK_NS, branching=1.0)
