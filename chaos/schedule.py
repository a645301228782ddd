"""The schedule of a run: every fault with its time and target, drawn up front from the seed.

Nothing is decided while the run goes on. Each line of a scenario has an id, each injection an id under it, and each
draws from a stream of its own, seeded by a hash of the root seed and that id. Taking one line or one injection out
therefore leaves every other where it was, which is what makes a failing schedule shrinkable. (One generator for
the whole schedule would be shorter, and every removal would redraw the rest.)

Chance never makes a fault shorter than its kind allows, nor lets a recurring one come back before it has been healed
for `DWELL_MIN_NS`: without minimum dwell times faults flap and no run gets deep.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from chaos.fault import Aim, Fault
from chaos.ground import Sites
from chaos.units import NS, spoken
from simulator.kernel.randomness import Randomness

DWELL_MIN_NS = NS
"""The least time between the heal of a recurring fault and its next injection."""

BUS = "bus"
"""What faults of the bus are thrown at; there is one."""

INJECTIONS_MAX = 10_000
"""More injections than this from one line are a slip of the pen."""


class NothingMatches(ValueError):
    """A selector chose nothing. `what` says why, `remedy` names what could be chosen."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """A recurring fault comes every `period_ns`, counted from start to start."""

    period_ns: int

    def gap_ns(self, lasts_ns: int, chance: random.Random) -> int:
        """Return how long the world is well between two injections that each last `lasts_ns`."""
        del chance
        return max(DWELL_MIN_NS, self.period_ns - lasts_ns)


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """A recurring fault comes after an exponential time without it, of mean `mean_ns`."""

    mean_ns: int

    def gap_ns(self, lasts_ns: int, chance: random.Random) -> int:
        """Return how long the world is well between two injections that each last `lasts_ns`."""
        del lasts_ns
        return max(DWELL_MIN_NS, round(chance.expovariate(1.0) * self.mean_ns))


@dataclass(frozen=True, kw_only=True)
class FaultLine:
    """One line of a scenario's `faults`: a kind, a selector, and when it comes."""

    id: str
    kind: type[Fault]
    on: str
    at_ns: int | None = None
    every: Fixed | Exponential | None = None
    for_ns: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lasts_ns(self) -> int:
        """How long each injection lasts."""
        return self.kind.for_default_ns if self.for_ns is None else self.for_ns


def draw(lines: Sequence[FaultLine], *, seed: int, sites: Sites, horizon_ns: int) -> tuple[Fault, ...]:
    """Return every injection before `horizon_ns`, in order of time; none outlasts it, so that all ends healed.

    Raises `NothingMatches` where a selector chooses nothing.
    """
    randomness = Randomness(seed)
    faults = [one for line in lines for one in _of_line(line, randomness, sites, horizon_ns)]
    return tuple(sorted(faults, key=lambda one: (one.at_ns, one.id)))


def targets(selector: str, aims_at: Aim, sites: Sites, chance: random.Random) -> tuple[str, ...]:
    """Return what a selector stands for, as names of what the fault aims at.

    `binance`, `any_venue`; `node/exec-a`, `node/feed-*`, `zone/a` (its machines), `any_node`; `zone/a`, `any_zone` for
    what hits a whole zone; `link/a->kraken` (from a zone or node to a venue, a node or the bus); `bus`; `BTC/USDT`,
    `BTC/USDT@binance`, `any_market`; `sentiment`, `analytics`, `pager`.
    """
    names = tuple(_names(aims_at, sites))
    if selector == f"any_{aims_at.value}" and names:
        return (chance.choice(names),)
    chosen = tuple(name for name in names if _chooses(selector, name, aims_at, sites))
    if not chosen:
        raise NothingMatches(f"{selector!r} chooses no {aims_at.value}", f"choose {_offer(aims_at, sites)}")
    return chosen


def _names(aims_at: Aim, sites: Sites) -> Iterator[str]:
    """Every name that a fault of this aim can be thrown at."""
    match aims_at:
        case Aim.VENUE:
            yield from sites.venues
        case Aim.NODE:
            yield from sites.nodes
        case Aim.ZONE:
            yield from sites.zones
        case Aim.BUS:
            yield BUS
        case Aim.SENTIMENT | Aim.ANALYTICS | Aim.PAGER:
            yield from (name for name in sites.services if name == aims_at.value)
        case Aim.LINK:
            sources = (*sites.zones, *sites.nodes)
            yield from (f"{one}->{two}" for one in sources for two in (*sites.venues, BUS, *sites.nodes) if one != two)
        case Aim.MARKET:
            yield from sites.markets
            yield from (f"{symbol}@{venue}" for symbol in sites.markets for venue in sites.venues)


def _chooses(selector: str, name: str, aims_at: Aim, sites: Sites) -> bool:
    scope, _, pattern = selector.partition("/")
    match aims_at:
        case Aim.NODE:
            subject = {"node": name, "zone": sites.nodes[name]}.get(scope)
            return subject is not None and fnmatchcase(subject, pattern)
        case Aim.ZONE | Aim.LINK:
            return scope == aims_at.value and fnmatchcase(name, pattern)
        case Aim.MARKET if "@" not in selector:
            return "@" not in name and fnmatchcase(name, selector)
    return fnmatchcase(name, selector)


def _offer(aims_at: Aim, sites: Sites) -> str:
    if aims_at is Aim.NODE:
        nodes = ", ".join(f"node/{name}" for name in sites.nodes)
        zones = ", ".join(f"zone/{zone}" for zone in sites.zones)
        return f"any_node, or one of {nodes}, {zones}"
    if aims_at is Aim.LINK:
        return f"link/{(*sites.zones, 'a')[0]}->{(*sites.venues, BUS)[0]}, say"
    prefix = "zone/" if aims_at is Aim.ZONE else ""
    names = ", ".join(prefix + name for name in _names(aims_at, sites))
    return f"any_{aims_at.value} or one of {names}"


def _of_line(line: FaultLine, randomness: Randomness, sites: Sites, horizon_ns: int) -> Iterator[Fault]:
    arrivals = random.Random(randomness.sub_seed(f"fault/{line.id}"))
    for number, at_ns in enumerate(_times(line, arrivals, horizon_ns)):
        occurrence = line.id if line.every is None else f"{line.id}#{number}"
        chance = random.Random(randomness.sub_seed(f"fault/{occurrence}/target"))
        chosen = targets(line.on, line.kind.aims_at, sites, chance)
        for target in chosen:
            own = occurrence if len(chosen) == 1 else f"{occurrence}/{target}"
            lasts_ns = min(line.lasts_ns, horizon_ns - at_ns)
            sub_seed = randomness.sub_seed(f"fault/{own}")
            yield line.kind(id=own, on=target, at_ns=at_ns, for_ns=lasts_ns, seed=sub_seed, **line.parameters)


def _times(line: FaultLine, chance: random.Random, horizon_ns: int) -> Iterator[int]:
    every = line.every
    at_ns = line.at_ns
    if at_ns is None and every is not None:
        at_ns = every.gap_ns(line.lasts_ns, chance)
    for _ in range(INJECTIONS_MAX):
        if at_ns is None or at_ns + line.kind.for_min_ns > horizon_ns:
            return
        yield at_ns
        if every is None:
            return
        at_ns += line.lasts_ns + every.gap_ns(line.lasts_ns, chance)
    raise NothingMatches(
        f"{line.id} comes more than {INJECTIONS_MAX} times within {spoken(horizon_ns)}", "let it come less often"
    )
