"""A declared weather, read from a scenario file: its kinds, how often each comes, and what a run of one looks like.

The file is one that could be run as it stands. Lines whose ids end alike (`binance/drop`, `kraken/drop`), or that have
none and inject the same, are one kind, which comes as often as all of them together. Nobody can wait for an outage
that comes once in a year: each run holds one occurrence of one kind, at a random moment, on a random one of its
targets, as long as its own distribution says; and how often it comes is multiplied in afterwards.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.fault import Fault
from chaos.ground import Sites
from chaos.schedule import FaultLine, draw, written
from chaos.timing import Exponential, Fixed, Lognormal
from chaos.units import DURATION_UNITS, spoken
from scenarios.problem import UsageError
from scenarios.scenario import Scenario
from scenarios.schema import WrittenAction
from simulator.kernel.randomness import Randomness

DAY_NS, MINUTE_NS, SECOND_NS = DURATION_UNITS["d"], DURATION_UNITS["m"], DURATION_UNITS["s"]

QUIET = "quiet"
"""The kind of weather in which nothing happens: what is bad then is bad all day."""

LEAD_NS = MINUTE_NS
"""Good weather between the warm-up and the earliest moment of a fault; the moment is drawn over as long again."""

PROBE_KIND, PROBE_FOR_NS = "crash", 50 * SECOND_NS
"""A machine to spare is silenced for long enough that somebody must be called, so that the monitors are at work."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of weather: the lines or the action that bring it, and how often it comes in a day."""

    name: str
    per_day: float
    lines: tuple[FaultLine, ...] = ()
    action: WrittenAction | None = None

    @property
    def typical_ns(self) -> int:
        """How long an occurrence usually lasts."""
        return max((line.lasts_ns for line in self.lines), default=0)


def kinds_of(scenario: Scenario) -> list[Kind]:
    """Return the kinds of a scenario's weather, in the order of the file; what comes once only says no rate.

    Raises:
        UsageError: there is none, or a line that says no rate.
    """
    lines: dict[str, list[FaultLine]] = {}
    for line in scenario.faults:
        name = line.kind.name if line.id.startswith(f"{line.kind.name}@") else line.id.rpartition("/")[2]
        lines.setdefault(name, []).append(line)
    kinds = [
        Kind(name=name, per_day=sum(_per_day(line) for line in found), lines=tuple(found))
        for name, found in lines.items()
    ]
    for action in scenario.actions:
        if action.every_ns is None:
            raise UsageError(f"{action.do} at {spoken(action.at_ns)} comes once, which is no rate; give it `every`")
        kinds.append(Kind(name=action.do, per_day=DAY_NS / action.every_ns, action=action))
    if not kinds:
        raise UsageError("the profile has no weather; name a scenario with faults that recur")
    return kinds


def allotted(kinds: list[Kind], runs: int, *, least: int) -> Mapping[str, int]:
    """Return how many of `runs` each kind gets, and the quiet: more where more hangs on it, none fewer than `least`.

    What a kind that does no harm leaves in doubt goes with how often it comes over how often it was run, and runs of
    long occurrences cost more: so they are shared out by the root of rate over cost (Neyman's allocation).

    Raises:
        UsageError: there are not enough of them.
    """
    count = len(kinds) + 1
    if runs < least * count:
        what = f"{count} kinds of weather, the quiet among them, need {least} runs each"
        raise UsageError(f"--runs {runs}: {what}; ask for {least * count}")
    weights = {kind.name: math.sqrt(kind.per_day / (1 + kind.typical_ns / (10 * MINUTE_NS))) for kind in kinds}
    spare, total = runs - least * count, sum(weights.values())
    shares = {name: least + math.floor(spare * weight / total) for name, weight in weights.items()}
    return {**shares, QUIET: least}


def occurrence(
    scenario: Scenario, kind: Kind | None, seed: int, *, longest_ns: int, probe: str | None
) -> tuple[dict[str, Any], bool]:
    """Return the parts of a scenario file for one run of a kind (None is the quiet), and whether a length was cut.

    Args:
        longest_ns: what is longer is cut to this, as a run of days would buy no more evidence.
        probe: the machine to spare that is silenced meanwhile; none unless given.
    """
    chance = Randomness(seed).stream("certify")
    warm_ns = scenario.expect.warm_up_ns
    at_ns = (warm_ns + LEAD_NS + chance.randrange(LEAD_NS)) // (SECOND_NS // 1000) * (SECOND_NS // 1000)
    fault, cut = (
        (None, False)
        if kind is None or not kind.lines
        else _drawn(kind, seed, scenario.sites, at_ns, longest_ns, chance)
    )
    ends_ns = at_ns + (fault.for_ns if fault is not None else MINUTE_NS)
    faults = [] if fault is None else [written(fault)]
    actions = []
    if kind is not None and kind.action is not None:
        actions.append(
            {"do": kind.action.do, "at": spoken(at_ns), **({"on": kind.action.on} if kind.action.on else {})}
        )
        ends_ns = at_ns + len(scenario.bot.nodes) * MINUTE_NS
    if probe is not None:
        faults.append(_probe(probe, at_ns, chance))
        ends_ns = max(ends_ns, at_ns + PROBE_FOR_NS + 20 * SECOND_NS)
    lasts_ns = -(-(ends_ns + SECOND_NS) // MINUTE_NS) * MINUTE_NS
    return {"duration": spoken(lasts_ns), "faults": faults, "actions": actions}, cut


def _drawn(
    kind: Kind, seed: int, sites: Sites, at_ns: int, longest_ns: int, chance: random.Random
) -> tuple[Fault, bool]:
    """One occurrence: on one of its lines, as long as that line draws it."""
    line = chance.choices(kind.lines, [_per_day(line) for line in kind.lines])[0]
    length = line.for_ns
    lasts_ns = length.draw_ns(chance) if isinstance(length, Lognormal) else line.lasts_ns
    least_ns = line.kind.for_min_ns
    kept_ns = max(least_ns, min(lasts_ns, longest_ns)) // (SECOND_NS // 1000) * (SECOND_NS // 1000)
    once = FaultLine(id=line.id, kind=line.kind, on=line.on, at_ns=at_ns, for_ns=kept_ns, parameters=line.parameters)
    found = draw([once], seed=seed, sites=sites, horizon_ns=at_ns + 2 * longest_ns + kept_ns)
    return chance.choice(found), lasts_ns > longest_ns


def _probe(node: str, at_ns: int, chance: random.Random) -> dict[str, Any]:
    """The line that silences a machine to spare, some time around a moment."""
    begins_ns = at_ns + chance.randrange(20) * SECOND_NS
    return {
        "id": f"probe/{node}",
        "inject": PROBE_KIND,
        "on": f"node/{node}",
        "at": spoken(begins_ns),
        "for": spoken(PROBE_FOR_NS),
    }


def _per_day(line: FaultLine) -> float:
    match line.every:
        case Exponential(mean_ns=mean_ns):
            return DAY_NS / mean_ns
        case Fixed(period_ns=period_ns):
            return DAY_NS / period_ns
    raise UsageError(f"{line.id} comes once, which is no rate; give it `every`")
