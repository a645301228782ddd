"""The arithmetic of certificates, against figures of the tables and against what it claims: that it covers."""

from __future__ import annotations

import math
import random

import pytest

from scenarios.certify.estimators import Bound, Seen, binomial, borne_per_day, conditioned, cycles, exponential_cycles


@pytest.mark.parametrize(("bad", "runs"), [(0, 5_990), (1, 9_486), (2, 12_590), (3, 15_505), (5, 21_024), (10, 33_921)])
def test_so_many_runs_are_needed_for_three_and_a_half_nines(bad: int, runs: int) -> None:
    """Just enough, and one fewer is not."""
    assert binomial(bad, runs).upper <= 5e-4
    assert binomial(bad, runs - 2).upper > 5e-4


def test_the_bound_of_none_bad_is_the_exact_rule_of_three() -> None:
    """1 - 0.05^(1/n)."""
    assert binomial(0, 59).upper == pytest.approx(1 - 0.05 ** (1 / 59))
    assert binomial(3, 3) == Bound(estimate=1.0, upper=1.0)


@pytest.mark.parametrize(("count", "factor"), [(5, 2.98), (10, 2.12), (30, 1.53), (100, 1.26)])
def test_the_exact_bound_for_exponential_times_has_its_known_factor(count: int, factor: float) -> None:
    """What the odds are multiplied by."""
    bound = exponential_cycles([1_000.0] * count, [1.0] * count)

    assert bound.upper / (1 - bound.upper) * 1_000 == pytest.approx(factor, abs=0.01)


@pytest.mark.parametrize(("draw", "least"), [("exponential", 0.93), ("lognormal", 0.86)])
def test_the_bound_over_cycles_covers_what_it_says(draw: str, least: float) -> None:
    """Thirty cycles, many times over: the truth is below the bound about as often as was promised."""
    chance = random.Random(7)
    mean_s = 60.0 if draw == "exponential" else 60.0 * math.exp(1.1**2 / 2)
    truth = mean_s / (mean_s + 86_400)
    covered = 0
    for _ in range(600):
        up = [chance.expovariate(1 / 86_400) for _ in range(30)]
        down = [
            chance.expovariate(1 / 60) if draw == "exponential" else 60 * math.exp(1.1 * chance.gauss(0, 1))
            for _ in range(30)
        ]
        covered += cycles(up, down).upper >= truth

    assert covered / 600 >= least


def test_cycles_without_any_down_time_are_not_bounded_by_a_ratio() -> None:
    """A zero has no logarithm, and is no proof."""
    with pytest.raises(ValueError, match="nothing was ever down"):
        cycles([1.0, 2.0], [0.0, 0.0])


def test_a_kind_that_did_no_harm_still_costs_what_it_might() -> None:
    """Three in n of the worst, as often as it comes."""
    clean = Seen(per_day=3.0, bad_s=(0.0,) * 200, longest_s=130.0)

    bound = conditioned([clean])

    assert bound.estimate == 0
    assert bound.upper * 86_400 == pytest.approx(3.0 * 130 * (1 - 0.05 ** (1 / 200)))


def test_harm_is_summed_by_how_often_it_comes() -> None:
    """And the bound lies above the mean by what the runs scatter."""
    often = Seen(per_day=2.0, bad_s=(10.0, 10.0, 10.0, 10.0), longest_s=130.0)
    seldom = Seen(per_day=0.1, bad_s=(0.0, 100.0, 0.0, 100.0), longest_s=130.0)

    bound = conditioned([often, seldom])

    assert bound.estimate * 86_400 == pytest.approx(2 * 10 + 0.1 * 50)
    assert bound.estimate < bound.upper < 2 * bound.estimate


def test_the_conditioned_bound_covers_what_it_says() -> None:
    """Bad times that are mostly none and sometimes long, a hundred runs, many times over."""
    chance = random.Random(7)
    truth_s = 0.3 * 40.0
    covered = 0
    for _ in range(400):
        bad = tuple(chance.expovariate(1 / 40) if chance.random() < 0.3 else 0.0 for _ in range(100))
        covered += conditioned([Seen(per_day=1.0, bad_s=bad, longest_s=600.0)]).upper * 86_400 >= truth_s

    assert covered / 400 >= 0.92


def test_the_budget_of_a_day_bears_so_many() -> None:
    """43.2 seconds at stops of ten to twelve."""
    kind = Seen(per_day=0.5, bad_s=(10.0, 12.0) * 20, longest_s=130.0)

    assert 3.8 < borne_per_day(kind, 43.2) < 3.95
