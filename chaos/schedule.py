"""The schedule of a run: every fault with its time and target, drawn up front from the seed.

Nothing is decided while the run goes on. Each line of a scenario has an id, each injection an id under it, and each
draws from a stream of its own, seeded by a hash of the root seed and that id. Taking one line or one injection out
therefore leaves every other where it was, which is what makes a failing schedule shrinkable. (One generator for
the whole schedule would be shorter, and every removal would redraw the rest.)

A drawn schedule can be told as lines again, one an injection, with nothing left to chance: `line_of(fault)` is the
line, `written(fault)` its form in a scenario file (`id`, `inject`, `on`, `at`, `for`, `with`, and `seed`, which is the
injection's own stream of chance). Drawing such lines gives the very same faults back, with any root seed and whichever
of them are left: `draw([line_of(one) for one in faults]) == faults`. So a schedule can be cut down in memory and saved
as a scenario.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from chaos.condition import Condition
from chaos.fault import Aim, Fault
from chaos.ground import ENDPOINTS, Sites
from chaos.parameter import parameters_of
from chaos.timing import Exponential, Fixed, Lognormal, Window, hastened
from chaos.units import spoken
from simulator.kernel.randomness import Randomness

BUS = "bus"
"""What faults of the bus are thrown at; there is one."""

SCOPED = (Aim.NODE, Aim.ZONE, Aim.REGION, Aim.LINK, Aim.ENDPOINT)
"""Aims whose selectors say what they choose from: `zone/a`, `link/a->kraken`."""

INJECTIONS_MAX = 10_000
"""More injections than this from one line are a slip of the pen."""


class NothingMatches(ValueError):
    """A selector chose nothing. `what` says why, `remedy` names what could be chosen."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


@dataclass(frozen=True, kw_only=True)
class FaultLine:
    """One line of a scenario's `faults`: a kind, a selector, and when it comes.

    `at_ns`: once then, or from then on where there is an `every`. `every`: again and again. `during` alone: once, at an
    instant that is drawn within; with `every`: only within. Each injection heals before the window, or the act, ends.
    """

    id: str
    kind: type[Fault]
    on: str
    at_ns: int | None = None
    every: Fixed | Exponential | None = None
    during: Window | None = None
    for_ns: int | Lognormal | None = None
    only_while: Condition | None = None
    """Each injection waits, from when it would come, until this holds; and comes never if that is never."""
    seed: int | None = None
    """The stream of chance of its one injection, where that was drawn before; else it follows from the root seed."""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lasts_ns(self) -> int:
        """How long each injection lasts, half of them at most where that is drawn."""
        length = self.kind.for_default_ns if self.for_ns is None else self.for_ns
        return length.median_ns if isinstance(length, Lognormal) else length


def draw(
    lines: Sequence[FaultLine], *, seed: int, sites: Sites, horizon_ns: int, storms: Sequence[Window] = ()
) -> tuple[Fault, ...]:
    """Return every injection before `horizon_ns`, in order of time; none outlasts it, so that all ends healed.

    `storms` is when the market will storm, in order; a line may be likelier then.

    Raises `NothingMatches` where a selector chooses nothing.
    """
    randomness = Randomness(seed)
    faults = [one for line in lines for one in _of_line(line, randomness, sites, horizon_ns, storms)]
    return tuple(sorted(faults, key=lambda one: (one.at_ns, one.id)))


def line_of(fault: Fault) -> FaultLine:
    """Return the line that draws this fault and nothing else, whatever the root seed."""
    kind = type(fault)
    values = {name: getattr(fault, name) for name in parameters_of(kind)}
    on = selector_of(fault)
    return FaultLine(
        id=fault.id,
        kind=kind,
        on=on,
        at_ns=fault.at_ns,
        for_ns=fault.for_ns,
        only_while=fault.only_while,
        seed=fault.seed,
        parameters=values,
    )


def written(fault: Fault) -> dict[str, object]:
    """Return the fault as a line of a scenario file, in plain values; read back, it is drawn as the same fault."""
    kind = type(fault)
    values = {name: one.write(getattr(fault, name)) for name, one in parameters_of(kind).items()}
    line: dict[str, object] = {"id": fault.id, "inject": kind.name, "on": selector_of(fault)}
    line |= {"at": spoken(fault.at_ns), "for": spoken(fault.for_ns)}
    line |= {"while": fault.only_while.write()} if fault.only_while is not None else {}
    return line | ({"with": values} if values else {}) | {"seed": fault.seed}


def selector_of(fault: Fault) -> str:
    """Return the selector that chooses what a fault is thrown at, and nothing else."""
    aim = fault.aims_at
    return f"{aim.value}/{fault.on}" if aim in SCOPED else fault.on


def targets(selector: str, aims_at: Aim, sites: Sites, chance: random.Random) -> tuple[str, ...]:
    """Return what a selector stands for, as names of what the fault aims at.

    `binance`, `any_venue`, `region/tokyo` (the venues, or machines, of a cloud's region); `node/exec-a`, `node/feed-*`,
    `zone/a` (its machines), `any_node`; `zone/a`, `any_zone` for what hits a whole zone, `region/tokyo` for all that a
    region holds; `link/a->kraken` (from a zone or node to a venue, a node or the bus); `endpoint/orders` (at every
    venue), `endpoint/orders@binance`; `bus`; `BTC/USDT`, `BTC/USDT@binance`, `any_market`; `sentiment`, `analytics`,
    `pager`.
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
        case Aim.REGION:
            yield from sites.regions
        case Aim.ENDPOINT:
            yield from (f"{endpoint}@{venue}" for endpoint in ENDPOINTS for venue in sites.venues)
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
        case Aim.NODE | Aim.VENUE if scope == "region":
            return name in sites.places(pattern)
        case Aim.NODE:
            subject = {"node": name, "zone": sites.nodes[name]}.get(scope)
            return subject is not None and fnmatchcase(subject, pattern)
        case Aim.ENDPOINT:
            return scope == aims_at.value and (pattern == name.partition("@")[0] or fnmatchcase(name, pattern))
        case Aim.ZONE | Aim.REGION | Aim.LINK:
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
    prefix = f"{aims_at.value}/" if aims_at in SCOPED else ""
    names = ", ".join(prefix + name for name in _names(aims_at, sites))
    return f"any_{aims_at.value} or one of {names}"


def _of_line(
    line: FaultLine, randomness: Randomness, sites: Sites, horizon_ns: int, storms: Sequence[Window]
) -> Iterator[Fault]:
    for occurrence, at_ns, lasts_ns in _occurrences(line, randomness, horizon_ns, storms):
        chance = random.Random(randomness.sub_seed(f"fault/{occurrence}/target"))
        chosen = targets(line.on, line.kind.aims_at, sites, chance)
        for target in chosen:
            lasts_there_ns = max(lasts_ns, line.kind.least_ns(target))
            if at_ns + lasts_there_ns > horizon_ns:
                continue
            own = occurrence if len(chosen) == 1 else f"{occurrence}/{target}"
            sub_seed = randomness.sub_seed(f"fault/{own}") if line.seed is None else line.seed
            yield line.kind(
                id=own,
                on=target,
                at_ns=at_ns,
                for_ns=lasts_there_ns,
                seed=sub_seed,
                only_while=line.only_while,
                **line.parameters,
            )


def _occurrences(
    line: FaultLine, randomness: Randomness, horizon_ns: int, storms: Sequence[Window]
) -> Iterator[tuple[str, int, int]]:
    """The id of each injection of a line, when it comes, and how long it lasts."""
    chance = random.Random(randomness.sub_seed(f"fault/{line.id}"))
    begins_ns = 0 if line.during is None else line.during.from_ns
    ends_ns = horizon_ns if line.during is None else min(horizon_ns, line.during.until_ns)
    at_ns = line.at_ns
    for number in range(INJECTIONS_MAX):
        occurrence = line.id if line.every is None else f"{line.id}#{number}"
        lasts_ns = _length_ns(line, randomness, occurrence)
        if at_ns is None:
            wait_ns = _gap_ns(line, begins_ns, lasts_ns, chance, storms)
            at_ns = begins_ns + (_within_ns(ends_ns - begins_ns - lasts_ns, chance) if wait_ns is None else wait_ns)
        if at_ns + line.kind.for_min_ns > ends_ns:
            return
        lasts_ns = min(lasts_ns, ends_ns - at_ns)
        yield occurrence, at_ns, lasts_ns
        gap_ns = _gap_ns(line, at_ns + lasts_ns, lasts_ns, chance, storms)
        if gap_ns is None:
            return
        at_ns += lasts_ns + gap_ns
    raise NothingMatches(
        f"{line.id} comes more than {INJECTIONS_MAX} times within {spoken(horizon_ns)}", "let it come less often"
    )


def _length_ns(line: FaultLine, randomness: Randomness, occurrence: str) -> int:
    if not isinstance(line.for_ns, Lognormal):
        return line.lasts_ns
    chance = random.Random(randomness.sub_seed(f"fault/{occurrence}/length"))
    return max(line.kind.for_min_ns, line.for_ns.draw_ns(chance))


def _gap_ns(
    line: FaultLine, from_ns: int, lasts_ns: int, chance: random.Random, storms: Sequence[Window]
) -> int | None:
    """How long the world is well between two injections, from a moment on; None where the line comes only once."""
    if line.every is None:
        return None
    gap_ns = line.every.gap_ns(lasts_ns, chance)
    if isinstance(line.every, Exponential) and line.every.in_storm > 1:
        return hastened(gap_ns, from_ns, storms, line.every.in_storm)
    return gap_ns


def _within_ns(room_ns: int, chance: random.Random) -> int:
    """Any time that leaves room."""
    return round(chance.random() * max(0, room_ns))
