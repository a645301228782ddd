"""Weather that nobody thought of: a random few kinds of fault, at random rates, on random targets, all from a seed.

Each seed first draws which kinds exist at all, and most of them do not: where every oddity happens at once, one hides
what another would show. What is drawn is then thinned out to what a bot could come through. A world in which every
executor is dead for ten minutes proves nothing about a bot; it only makes the referee cry wolf. (After Groce et al.,
"Swarm testing", ISSTA 2012, and the two-level chances of FoundationDB's simulator.)
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Sites
from chaos.parameter import parameters_of
from chaos.schedule import BUS, FaultLine, NothingMatches, draw
from chaos.timing import Exponential
from chaos.units import DURATION_UNITS, NS
from chaos.vocabulary import KINDS
from simulator.kernel.randomness import Randomness

SHARES = (0.02, 0.06, 0.15)
"""How many of all kinds exist in a run: one or two, a handful, or a storm."""

DEFAULT_SHARE = 0.5
"""How often a parameter keeps its default, which is what was seen in the field."""

LENGTHENED_MAX = 4
"""How much longer than usual a fault may last."""

GONE_MAX_NS = 60 * NS
"""How long nobody of a crew may be at work, so that a bot which boots in time can be back in time."""

BOOTS_NS = 20 * NS
"""What a machine needs after a fault before it counts as one of the crew again."""

GENTLE: Mapping[tuple[str, str], tuple[float, float]] = MappingProxyType(
    {
        ("flash_crash", "depth"): (0.01, 0.1),
        ("price_jump", "size"): (-0.08, 0.08),
        ("venue_divergence", "per_hour"): (-0.5, 0.5),
    }
)
"""Where a market may move by more than any stop can catch, how far it moves here: what a bot that halts for the day's
loss does until somebody looks is a matter for a scenario that expects it."""

Span = tuple[int, int]
"""A stretch of virtual time, in ns."""

Crews = Sequence[frozenset[str]]
"""Machines that can stand in for one another, a set for each kind of work."""


def swarm(seed: int, sites: Sites, crews: Crews, *, from_ns: int, until_ns: int) -> tuple[Fault, ...]:
    """Return the faults that a seed draws between two moments of virtual time, in order; at least one kind exists."""
    randomness = Randomness(seed)
    lines = _lines(randomness, sites, span_ns=until_ns - from_ns)
    drawn = [one for line in lines for one in _drawn(line, seed, sites, until_ns - from_ns)]
    late = sorted((_moved(one, from_ns) for one in drawn), key=lambda one: (one.at_ns, one.id))
    return survivable(late, sites, crews)


def survivable(faults: Iterable[Fault], sites: Sites, crews: Crews) -> tuple[Fault, ...]:
    """Return the faults without those that would leave nobody of a crew at work for longer than `GONE_MAX_NS`."""
    kept: list[Fault] = []
    for fault in faults:
        if all(_bearable([*kept, fault], sites, crew) for crew in crews):
            kept.append(fault)
    return tuple(kept)


def _lines(randomness: Randomness, sites: Sites, *, span_ns: int) -> list[FaultLine]:
    chance = randomness.stream("swarm/kinds")
    share = chance.choice(SHARES)
    named = [kind for kind in KINDS.values() if chance.random() < share] or [chance.choice(list(KINDS.values()))]
    return [_line(kind, randomness.stream(f"swarm/{kind.name}"), sites, span_ns) for kind in named]


def _line(kind: type[Fault], chance: random.Random, sites: Sites, span_ns: int) -> FaultLine:
    everywhere = kind.aims_at is Aim.VENUE and len(sites.venues) > 1 and chance.random() < 0.2
    return FaultLine(
        id=kind.name,
        kind=kind,
        on="*" if everywhere else f"any_{kind.aims_at.value}",
        every=Exponential(mean_ns=_between(span_ns // 8, span_ns, chance)),
        for_ns=_between(kind.for_min_ns, min(LENGTHENED_MAX * kind.for_default_ns, span_ns // 3), chance),
        parameters=dict(_parameters(kind, chance)),
    )


def _parameters(kind: type[Fault], chance: random.Random) -> Iterator[tuple[str, object]]:
    for name, declared in parameters_of(kind).items():
        if chance.random() < DEFAULT_SHARE:
            continue
        low_high = GENTLE.get((kind.name, name))
        yield name, declared.draw(chance) if low_high is None else float(f"{chance.uniform(*low_high):.3g}")


def _drawn(line: FaultLine, seed: int, sites: Sites, span_ns: int) -> tuple[Fault, ...]:
    try:
        return draw([line], seed=seed, sites=sites, horizon_ns=span_ns)
    except NothingMatches:  # this world has nothing of the kind
        return ()


def _moved(fault: Fault, by_ns: int) -> Fault:
    """The same fault later, at a whole millisecond, so that it can be written down in few words."""
    step = DURATION_UNITS["ms"]
    return replace(fault, at_ns=(fault.at_ns + by_ns) // step * step, for_ns=fault.for_ns // step * step)


def _between(low_ns: int, high_ns: int, chance: random.Random) -> int:
    """A length whose logarithm is drawn evenly, in whole tenths of a second where it is that long."""
    length = math.exp(chance.uniform(math.log(low_ns), math.log(max(low_ns, high_ns))))
    step = 100 * DURATION_UNITS["ms"]
    return max(low_ns, round(length / step) * step)


def _bearable(faults: Sequence[Fault], sites: Sites, crew: frozenset[str]) -> bool:
    """Whether somebody of the crew is at work again soon after the last of them went."""
    nobody: list[Span] = [(0, max(one.until_ns for one in faults) + BOOTS_NS)]
    for node in crew:
        both = [(max(one[0], two[0]), min(one[1], two[1])) for one in nobody for two in _away(node, faults, sites)]
        nobody = [(start, end) for start, end in both if start < end]
    return all(end - start <= GONE_MAX_NS + BOOTS_NS for start, end in nobody)


def _away(node: str, faults: Sequence[Fault], sites: Sites) -> list[Span]:
    """When a machine was not at work, in order of time; what touches is one."""
    spans: list[Span] = []
    for fault in sorted((one for one in faults if node in _takes_away(one, sites)), key=lambda one: one.at_ns):
        start, end = fault.at_ns, fault.until_ns + BOOTS_NS
        if spans and start <= spans[-1][1]:
            before = spans.pop()
            start, end = before[0], max(end, before[1])
        spans.append((start, end))
    return spans


def _takes_away(fault: Fault, sites: Sites) -> tuple[str, ...]:
    """The machines that cannot do their work while a fault acts."""
    if not fault.blocks & {Blocks.COMPONENT, Blocks.JOURNAL, Blocks.BUS}:
        return ()
    match fault.aims_at:
        case Aim.NODE:
            return (fault.on,)
        case Aim.ZONE | Aim.REGION:
            return tuple(place for place in sites.places(fault.on) if place in sites.nodes)
        case Aim.BUS:
            return tuple(sites.nodes)
        case Aim.LINK:
            source, _, target = fault.on.partition("->")
            near = tuple(node for node, zone in sites.nodes.items() if source in (node, zone))
            return near if target == BUS else ()
    return ()
