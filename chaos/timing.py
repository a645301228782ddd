"""When a fault comes and how long it lasts: as written, or drawn from its own stream of chance.

Lengths of real outages are lognormal: most are short and a few are very long, so that a fixed length tests neither.
Chance never makes a fault shorter than its kind allows, nor lets a recurring one come back before it has been healed
for `DWELL_MIN_NS`: without minimum dwell times faults flap and no run gets deep.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.units import DURATION_MAX_NS, NS, UnitInvalid, duration_ns, exact, spoken

DWELL_MIN_NS = NS
"""The least time between the heal of a recurring fault and its next injection."""

IN_STORM_MAX = 1000
"""How many times as likely a fault can be while the market storms."""

SIGMA_MAX = 3
"""A lognormal length wider than this is a slip of the pen: one in twenty would be 140 times its median."""


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """A recurring fault comes every `period_ns`, counted from start to start."""

    period_ns: int

    def gap_ns(self, lasts_ns: int, chance: random.Random) -> int:
        """Return how long the world is well between two injections, of which the earlier lasts `lasts_ns`."""
        del chance
        return max(DWELL_MIN_NS, self.period_ns - lasts_ns)


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """A recurring fault comes after an exponential time without it, of mean `mean_ns`.

    While the market storms it is `in_storm` times as likely: what fails under load fails when everybody trades.
    """

    mean_ns: int
    in_storm: float = 1.0

    def gap_ns(self, lasts_ns: int, chance: random.Random) -> int:
        """Return how long the world is well between two injections, of which the earlier lasts `lasts_ns`."""
        del lasts_ns
        return max(DWELL_MIN_NS, round(chance.expovariate(1.0) * self.mean_ns))


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of virtual time outside of which a fault does not act."""

    from_ns: int
    until_ns: int

    @property
    def lasts_ns(self) -> int:
        """How long it is."""
        return self.until_ns - self.from_ns


def hastened(gap_ns: int, from_ns: int, storms: Sequence[Window], factor: float) -> int:
    """Return how long `gap_ns` of calm hazard takes from a moment on, when storms spend it `factor` times as fast."""
    left, now_ns = float(gap_ns), from_ns
    for storm in storms:
        calm = max(0, storm.from_ns - now_ns)
        if left <= calm:
            break
        left, now_ns = left - calm, now_ns + calm
        stormy = max(0, storm.until_ns - now_ns)
        if left <= stormy * factor:
            return max(DWELL_MIN_NS, round(now_ns - from_ns + left / factor))
        left, now_ns = left - stormy * factor, now_ns + stormy
    return max(DWELL_MIN_NS, round(now_ns - from_ns + left))


@dataclass(frozen=True, kw_only=True)
class Lognormal:
    """A length whose logarithm is normal: half are shorter than `median_ns`, and none is longer than `cap_ns`."""

    median_ns: int
    sigma: float
    cap_ns: int = DURATION_MAX_NS

    def draw_ns(self, chance: random.Random) -> int:
        """Return a length in nanoseconds; it takes one draw, whatever the numbers are."""
        return min(self.cap_ns, round(self.median_ns * math.exp(self.sigma * chance.gauss(0.0, 1.0))))


def read_every(written: object) -> Fixed | Exponential:
    """Read `4h`, `{exponential: 4h}` or `{exponential: 4h, in_storm: 20}`; raise `UnitInvalid`."""
    if not isinstance(written, dict):
        return Fixed(period_ns=duration_ns(written))
    if not {"exponential"} <= set(written) <= {"exponential", "in_storm"}:
        raise UnitInvalid(f"{written!r} is no way to draw a time", "write a fixed time, or {exponential: 4h}")
    factor = exact(written.get("in_storm", 1))
    if not 1 <= factor <= IN_STORM_MAX:
        raise UnitInvalid(f"{factor} times as likely in a storm", f"write a number from 1 to {IN_STORM_MAX}")
    return Exponential(mean_ns=_some_ns(written["exponential"], "{exponential: 4h}"), in_storm=float(factor))


def read_length(written: object) -> int | Lognormal:
    """Read `45s` or `{lognormal: {median: 45s, sigma: 1, cap: 8h}}`; raise `UnitInvalid`."""
    example = "{lognormal: {median: 45s, sigma: 1, cap: 8h}}"
    if not isinstance(written, dict):
        return _some_ns(written, "45s")
    inner = written.get("lognormal")
    if set(written) != {"lognormal"} or not isinstance(inner, dict):
        raise UnitInvalid(f"{written!r} is no way to draw a length", f"write a fixed time, or {example}")
    if not {"median", "sigma"} <= set(inner) <= {"median", "sigma", "cap"}:
        raise UnitInvalid("a lognormal length has a median, a sigma and perhaps a cap", f"write {example}")
    sigma = exact(inner["sigma"])
    if not 0 <= sigma <= SIGMA_MAX:
        raise UnitInvalid(f"a sigma of {sigma} is out of bounds", f"write a number from 0 to {SIGMA_MAX}")
    median_ns = _some_ns(inner["median"], example)
    cap_ns = _some_ns(inner["cap"], example) if "cap" in inner else DURATION_MAX_NS
    if cap_ns < median_ns:
        raise UnitInvalid(f"the cap is below the median of {spoken(median_ns)}", "raise the cap")
    return Lognormal(median_ns=median_ns, sigma=float(sigma), cap_ns=cap_ns)


def read_window(written: object) -> Window:
    """Read `{from: 1h, until: 3h}`; raise `UnitInvalid`."""
    if not isinstance(written, dict) or set(written) != {"from", "until"}:
        raise UnitInvalid(f"{written!r} is no window of time", "write {from: 1h, until: 3h}")
    window = Window(from_ns=duration_ns(written["from"]), until_ns=duration_ns(written["until"]))
    if window.lasts_ns <= 0:
        raise UnitInvalid("the window ends before it begins", "write {from: 1h, until: 3h}")
    return window


def _some_ns(written: object, example: str) -> int:
    value = duration_ns(written)
    if value <= 0:
        raise UnitInvalid(f"{written!r} is no time at all", f"write {example}, say")
    return value
