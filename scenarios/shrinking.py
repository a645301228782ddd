"""Shrinks a scenario that breaks something: runs candidates, and writes the least one down for the library.

The search itself is `chaos.shrink`; here is what it searches with. A candidate is the scenario with an explicit list
of faults, each under the id that it was drawn under, so that its own stream of chance, and everything else in the run,
stays as it was. It is written to a file and read like any other, so that what is found is what a person can run.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from chaos.fault import Fault
from chaos.schedule import written
from chaos.shrink import Schedule, Timed, shrink
from chaos.units import spoken
from scenarios.explore.crew import Crew, Died
from scenarios.explore.trial import Failure, failures_of
from scenarios.problem import UsageError
from scenarios.run import run
from scenarios.scenario import Scenario, load_scenario
from scenarios.schema import WrittenAction
from scenarios.standalone import settled, standalone
from scenarios.written import scenario_text, write_text

RUNS_MAX = 60


class NotRepeatable(Exception):
    """Two runs of the same scenario with the same seed were not the same run."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One candidate as its file holds it, ready to be run in another process."""

    text: str
    folder: str
    seed: int


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a run of a candidate showed."""

    failures: tuple[Failure, ...]
    digest: str | None


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """The least schedule that was found to break `kind`, as the values of a scenario file."""

    kind: str
    detail: str
    values: dict[str, Any]
    schedule: Schedule
    began_with: int
    runs: int


def try_job(job: Job) -> Ran:
    """Run a candidate and say what it shows; this is what the workers do."""
    descriptor, name = tempfile.mkstemp(suffix=".yaml", dir=job.folder, text=True)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(job.text)
        result = run(load_scenario(name), job.seed)
    finally:
        os.unlink(name)
    return Ran(failures=failures_of(result), digest=result.digest)


def shrink_scenario(
    scenario: Scenario,
    seed: int,
    crew: Crew,
    *,
    kind: str | None = None,
    runs_max: int = RUNS_MAX,
    told: Callable[[int, Schedule], None] = lambda runs, schedule: None,
) -> Shrunk:
    """Return the least scenario that breaks what this one breaks with a seed.

    `kind` is a promise, or another kind of failure; unless given, it is what breaks first. `told` hears how many runs
    were made and the least schedule so far.

    Raises:
        UsageError: with this seed nothing is broken, or not what was asked for.
        NotRepeatable: a second run showed something else.
    """
    values = standalone(scenario)
    items: list[Timed] = sorted([*scenario.schedule(seed), *_acted(scenario)], key=lambda one: one.at_ns)
    whole = Schedule(items=tuple(items), lasts_ns=scenario.world.duration_ns)
    with tempfile.TemporaryDirectory(prefix="stormproof-") as folder:
        bench = _Bench(values=values, seed=seed, folder=folder, crew=crew, runs_left=runs_max, told=told)
        failure, twice = bench.confirmed(whole, kind)
        bench.kind = failure.kind
        broke_at_ns = scenario.world.ends_ns if failure.at_s is None else round(failure.at_s * 1e9)
        least = shrink(whole, broke_at_ns, bench.first)
    return Shrunk(
        kind=failure.kind,
        detail=failure.detail,
        values=_candidate(values, least),
        schedule=least,
        began_with=len(whole.items),
        runs=twice + bench.runs,
    )


def write_shrunk(shrunk: Shrunk, scenario: Scenario, seed: int, path: Path) -> None:
    """Write what was found as a scenario file that stands by itself beside the bot that it names."""
    comment = f"Shrunk from {scenario.name}; breaks {shrunk.kind} with seed {seed}: {shrunk.detail}"
    try:
        write_text(path, scenario_text(settled(shrunk.values, path.parent), comment=" ".join(comment.split())))
    except OSError as error:
        raise UsageError(f"--out {path}: {error.strerror}; name a file that can be written") from error


@dataclass
class _Bench:
    """Runs candidates for the search, several side by side, and keeps count."""

    values: Mapping[str, Any]
    seed: int
    folder: str
    crew: Crew
    runs_left: int
    told: Callable[[int, Schedule], None]
    kind: str = ""
    runs: int = 0
    seen: dict[str, bool] = field(default_factory=dict)

    def confirmed(self, whole: Schedule, kind: str | None) -> tuple[Failure, int]:
        """Run the whole schedule twice and return what it breaks."""
        one, two = self._run([self._text(whole)] * 2)
        if one.digest != two.digest or one.failures != two.failures:
            raise NotRepeatable(f"two runs with seed {self.seed} differ: digests {one.digest} and {two.digest}")
        chosen = [failure for failure in one.failures if kind in (None, failure.kind)]
        if not chosen:
            broken = ", ".join(failure.kind for failure in one.failures) or "nothing"
            raise UsageError(f"with seed {self.seed} it breaks {broken}; there is no {kind or 'failure'} to shrink")
        return chosen[0], 2

    def first(self, candidates: Sequence[Schedule]) -> Schedule | None:
        """Return the first candidate that breaks the same, running as many at a time as there are workers."""
        waiting = iter(candidates)
        while batch := list(islice(waiting, self.crew.width)):
            texts = [self._text(one) for one in batch]
            new = [text for text in dict.fromkeys(texts) if text not in self.seen][: self.runs_left]
            self.runs_left -= len(new)
            self.runs += len(new)
            for text, ran in zip(new, self._run(new), strict=True):
                self.seen[text] = any(failure.kind == self.kind for failure in ran.failures)
            for text, candidate in zip(texts, batch, strict=True):
                if self.seen.get(text, False):
                    self.told(self.runs, candidate)
                    return candidate
        return None

    def _text(self, schedule: Schedule) -> str:
        return scenario_text(_candidate(self.values, schedule))

    def _run(self, texts: Sequence[str]) -> list[Ran]:
        jobs = [(number, Job(text=text, folder=self.folder, seed=self.seed)) for number, text in enumerate(texts)]
        ran = {piece[0]: found for piece, found in self.crew.each(_numbered, jobs)}
        return [_alive(ran[number]) for number in range(len(texts))]


def _numbered(piece: tuple[int, Job]) -> Ran:
    return try_job(piece[1])


def _alive(found: Ran | Died) -> Ran:
    if isinstance(found, Died):
        return Ran(failures=(Failure(kind="simulation/worker", detail=str(found)),), digest=None)
    return found


def _acted(scenario: Scenario) -> list[WrittenAction]:
    """What a person does, each time of a recurring action by itself."""
    until_ns = scenario.world.duration_ns
    return [
        action.model_copy(update={"at_ns": at_ns, "every_ns": None})
        for action in scenario.actions
        for at_ns in range(action.at_ns, until_ns, action.every_ns or until_ns)
    ]


def _candidate(values: Mapping[str, Any], schedule: Schedule) -> dict[str, Any]:
    return {
        **values,
        "world": {**values["world"], "duration": spoken(schedule.lasts_ns)},
        "faults": [written(one) for one in schedule.items if isinstance(one, Fault)],
        "actions": [_written_action(one) for one in schedule.items if isinstance(one, WrittenAction)],
    }


def _written_action(action: WrittenAction) -> dict[str, Any]:
    line: dict[str, Any] = {"do": action.do, "at": spoken(action.at_ns)}
    if action.door != "bus":
        line["door"] = action.door
    return {**line, "on": action.on} if action.on is not None else line
