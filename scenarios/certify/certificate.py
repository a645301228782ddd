"""All runs of a declared weather together: for each component an estimate, a bound, and what the claim rests on.

The claim is always "under this weather": at these rates, with occurrences that seldom overlap. A promise that was
broken in any run voids it, since a bot that loses an order is not up, however many slices it fills.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.certify.estimators import DAY_S, Bound, Seen, borne_per_day, conditioned
from scenarios.certify.profile import QUIET, Kind, allotted, kinds_of, occurrence
from scenarios.certify.trial import Errand, Evidence, run_errand
from scenarios.explore.crew import Crew
from scenarios.problem import UsageError
from scenarios.scenario import Scenario
from scenarios.standalone import standalone
from scenarios.uptime import COMPONENTS
from scenarios.written import scenario_text
from simulator.kernel.randomness import Randomness

RUNS_LEAST = 8
"""Of each kind of weather."""
SLICE_S = 10.0


class WorkerLost(Exception):
    """A run is missing from the evidence, and a certificate without it would not be the one that was declared."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What was said before anything was run. `root` is what every seed follows from."""

    runs: int
    root: int
    target: float
    confidence: float
    longest_ns: int
    probe: str | None


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The declaration and the evidence; everything else is worked out from these."""

    declared: Declared
    recovery_s: float
    kinds: tuple[Kind, ...]
    evidence: tuple[Evidence, ...]

    @property
    def voids(self) -> list[tuple[Evidence, str]]:
        """Whatever was broken, and in which run."""
        return [(one, failure) for one in self.evidence for failure in one.failures]

    def runs_of(self, kind: str) -> list[Evidence]:
        """Return the evidence of one kind of weather."""
        return [one for one in self.evidence if one.kind == kind]

    def seen(self, kind: Kind, component: str) -> Seen:
        """Return what one kind of weather did to a component."""
        bad_s = tuple(one.bad_s[component] for one in self.runs_of(kind.name))
        return Seen(per_day=kind.per_day, bad_s=bad_s, longest_s=self.recovery_s + SLICE_S)

    def unavailability(self, component: str) -> Bound:
        """Return the share of time that a component is down under the weather, with what it is down in the quiet."""
        quiet = self.runs_of(QUIET)
        judged_s = sum(one.judged_s[component] for one in quiet)
        always = sum(one.bad_s[component] for one in quiet) / judged_s if judged_s else 0.0
        bound = conditioned([self.seen(kind, component) for kind in self.kinds], confidence=self.declared.confidence)
        return Bound(estimate=min(1.0, always + bound.estimate), upper=min(1.0, always + bound.upper))

    def judged_s(self, component: str) -> float:
        """Return how much of a component's time was judged at all."""
        return sum(one.judged_s[component] for one in self.evidence)

    def worst(self, kind: Kind) -> tuple[str, Seen]:
        """Return the component that a kind did most to, and what it did."""
        return max(((one, self.seen(kind, one)) for one in COMPONENTS), key=lambda one: one[1].mean_s)

    def borne(self, kind: Kind) -> float:
        """Return how many of a kind a day bears, by the component that bears the fewest."""
        budget_s = (1 - self.declared.target) * DAY_S
        confidence = self.declared.confidence
        return min(borne_per_day(self.seen(kind, one), budget_s, confidence=confidence) for one in COMPONENTS)

    @property
    def holds(self) -> bool | None:
        """Whether every component is bound to reach the target; None where one was never judged."""
        if self.voids:
            return False
        if any(not self.judged_s(component) for component in COMPONENTS):
            return None
        return all(1 - self.unavailability(component).upper >= self.declared.target for component in COMPONENTS)


def certify(
    scenario: Scenario, declared: Declared, crew: Crew, told: Callable[[Evidence], None] = lambda evidence: None
) -> Certificate:
    """Run what was declared and return the certificate, whatever it says.

    Raises:
        UsageError: the profile has no rates, or there are too few runs for its kinds.
        WorkerLost: a worker died, twice, of the same run.
    """
    kinds = kinds_of(scenario)
    errands = list(_errands(scenario, kinds, declared))
    evidence = []
    for errand, found in crew.each(run_errand, errands):
        if not isinstance(found, Evidence):
            raise WorkerLost(f"the process that ran {errand.kind} with seed {errand.seed} died, twice")
        evidence.append(found)
        told(found)
    order = {(errand.kind, errand.seed): number for number, errand in enumerate(errands)}
    evidence.sort(key=lambda one: order[one.kind, one.seed])
    recovery_s = scenario.expect.recovery_ns / 1e9
    return Certificate(declared=declared, recovery_s=recovery_s, kinds=tuple(kinds), evidence=tuple(evidence))


def _errands(scenario: Scenario, kinds: Sequence[Kind], declared: Declared) -> Iterator[Errand]:
    if declared.probe is not None and declared.probe not in scenario.bot.nodes:
        raise UsageError(f"--spare {declared.probe}: the bot has no such machine; name one that nothing depends on")
    values = standalone(scenario)
    shares = allotted(list(kinds), declared.runs, least=RUNS_LEAST)
    by_name: dict[str, Kind | None] = {kind.name: kind for kind in kinds} | {QUIET: None}
    for name, kind in by_name.items():
        for number in range(shares[name]):
            seed = Randomness(declared.root).sub_seed(f"certify/{name}/{number}")
            parts, cut = occurrence(scenario, kind, seed, longest_ns=declared.longest_ns, probe=declared.probe)
            yield Errand(kind=name, seed=seed, text=scenario_text(_written(values, parts)), cut=cut)


def _written(values: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    expect = {**values.get("expect", {}), "promises": []}
    expect.pop("uptime", None)
    world = {**values["world"], "duration": parts["duration"], "healed": "4m"}
    return {**values, "world": world, "faults": parts["faults"], "actions": parts["actions"], "expect": expect}
