"""Bounds on unavailability, all one-sided: with `confidence` the truth is not above what is returned.

Units are runs, or cycles of up and down, never neighbouring slices of one run: outages come in clusters, and slices
that fail together are one piece of evidence. The formulas and how well each covers are in Trivedi and Bobbio,
"Reliability and Availability Engineering" (2017), and, for binomial counts, Clopper and Pearson, Biometrika 26 (1934).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bound:
    """An estimate of a share of time, and what it is not above."""

    estimate: float
    upper: float


def binomial(bad: int, runs: int, *, confidence: float = 0.95) -> Bound:
    """Return the Clopper-Pearson bound on the chance that a run is bad; with none bad it is about 3 over `runs`."""
    from scipy.stats import beta  # heavy, and only certificates want it

    if not 0 <= bad <= runs or runs < 1:
        raise ValueError(f"{bad} bad of {runs} runs")
    upper = 1.0 if bad == runs else float(beta.ppf(confidence, bad + 1, runs - bad))
    return Bound(estimate=bad / runs, upper=upper)


def cycles(up_s: Sequence[float], down_s: Sequence[float], *, confidence: float = 0.95) -> Bound:
    """Return the log-transformed ratio bound over cycles of time up and time down, for down times of any shape.

    The plain ratio plus its error is too narrow by up to a tenth for few cycles; on the log scale it is not.

    Raises:
        ValueError: fewer than two cycles, or no down time at all (bound that by `unseen`).
    """
    from scipy.stats import t

    count = len(up_s)
    if count != len(down_s) or count < 2:
        raise ValueError("at least two cycles, each with a time up and a time down")
    whole = [up + down for up, down in zip(up_s, down_s, strict=True)]
    ratio = sum(down_s) / sum(whole)
    if ratio <= 0:
        raise ValueError("nothing was ever down")
    rest = [down - ratio * cycle for down, cycle in zip(down_s, whole, strict=True)]
    error = math.sqrt(sum(one * one for one in rest) / (count - 1)) / (statistics.fmean(whole) * math.sqrt(count))
    return Bound(estimate=ratio, upper=min(1.0, ratio * math.exp(float(t.ppf(confidence, count - 1)) * error / ratio)))


def exponential_cycles(up_s: Sequence[float], down_s: Sequence[float], *, confidence: float = 0.95) -> Bound:
    """Return the exact bound where times up and times down are both exponential; too narrow where they are not."""
    from scipy.stats import f

    count = len(up_s)
    if count != len(down_s) or count < 1 or sum(up_s) <= 0:
        raise ValueError("at least one cycle, with a time up")
    odds = sum(down_s) / sum(up_s)
    upper = odds * float(f.ppf(confidence, 2 * count, 2 * count))
    return Bound(estimate=odds / (1 + odds), upper=upper / (1 + upper))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen of one kind of weather: how often it comes in a day, and the bad seconds of each run of it."""

    per_day: float
    bad_s: tuple[float, ...]
    longest_s: float
    """The longest that one occurrence can keep a component down, where none of the runs showed any."""

    @property
    def mean_s(self) -> float:
        """Bad seconds of an occurrence, on average."""
        return statistics.fmean(self.bad_s)


def conditioned(kinds: Sequence[Seen], *, confidence: float = 0.95) -> Bound:
    """Return the share of a day that is bad, from runs that each hold one occurrence of one kind.

    Kinds that were seen to do harm are summed with their errors, on the log scale. Each kind of which `n` runs did none
    adds its own: the chance that an occurrence does harm is below `1 - (1 - confidence) ** (1 / n)`, and it then does
    what is possible at most. Overlaps of kinds are taken to be rare.
    """
    from scipy.stats import norm

    harmful = [one for one in kinds if any(one.bad_s)]
    mean_s = sum(one.per_day * one.mean_s for one in harmful)
    variance = sum(
        one.per_day**2 * statistics.variance(one.bad_s) / len(one.bad_s) for one in harmful if len(one.bad_s) > 1
    )
    upper_s = 0.0
    if mean_s:
        upper_s = mean_s * math.exp(float(norm.ppf(confidence)) * math.sqrt(variance) / mean_s)
    for one in kinds:
        if not any(one.bad_s):
            upper_s += one.per_day * binomial(0, len(one.bad_s), confidence=confidence).upper * one.longest_s
    return Bound(estimate=mean_s / DAY_S, upper=min(1.0, upper_s / DAY_S))


def borne_per_day(kind: Seen, budget_s: float, *, confidence: float = 0.95) -> float:
    """Return how many occurrences of a kind a day's budget would bear if it had it all to itself."""
    upper_s = conditioned([Seen(per_day=1.0, bad_s=kind.bad_s, longest_s=kind.longest_s)], confidence=confidence).upper
    return math.inf if upper_s == 0 else budget_s / (upper_s * DAY_S)


DAY_S = 86_400.0
