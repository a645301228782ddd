"""One seed tried: its scenario drawn and written down, run and judged, and what came of it in a few plain values.

A trial ends in one of three ways: nothing found, something found, or the simulation itself failed, which is a finding
about us. What is found has a kind, so that two seeds that show the same mistake can be told from two mistakes: the
promise that was broken, the checker that failed, the error that nobody handled.
"""

from __future__ import annotations

import shutil
import traceback
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import msgspec

from scenarios.explore.surroundings import draw_surroundings
from scenarios.finding import Status
from scenarios.marks import MARKS, count_mark
from scenarios.result import Result
from scenarios.run import run
from scenarios.scenario import load_scenario
from scenarios.written import scenario_text, write_text

SCENARIO, BOT = "scenario.yaml", "bot.yaml"
DETAIL_CHARACTERS_MAX = 400


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was found. `kind` is a promise, `checker/<promise>`, `unhandled/<who: what>` or `simulation`."""

    kind: str
    detail: str
    at_s: float | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed came to. Counts tell what the trial put to the test."""

    seed: int
    failures: tuple[Failure, ...]
    promises: dict[str, int]
    marks: dict[str, int]
    faults: dict[str, int]
    virtual_s: float
    cpu_s: float
    digest: str | None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How the seeds of a campaign are tried: how long each run is under fire, and where what is found is kept."""

    lasts_ns: int
    folder: Path

    def __call__(self, seed: int) -> Outcome:
        """Try one seed; what goes wrong with the simulation is an outcome, not an error."""
        home = self.folder / str(seed)
        began_s = process_time()
        try:
            result = _run(seed, self.lasts_ns, home)
        except Exception as error:  # a supervised trial: a campaign of hundreds goes on
            where = traceback.extract_tb(error.__traceback__)[-1]
            detail = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error}"
            failure = Failure(kind=f"simulation/{type(error).__name__}", detail=detail[:DETAIL_CHARACTERS_MAX])
            return _failed(seed, failure, process_time() - began_s)
        outcome = _outcome(seed, result)
        if not outcome.failures:
            shutil.rmtree(home)
        return outcome


def failures_of(result: Result) -> tuple[Failure, ...]:
    """Return what a run shows to be wrong, the earliest broken promise first."""
    found = []
    for one in result.findings:
        if one.status is Status.BROKEN:
            at_s = None if one.at_ns is None else one.at_ns / 1e9
            found.append(Failure(kind=one.name, detail=one.detail[:DETAIL_CHARACTERS_MAX], at_s=at_s))
        elif one.status is Status.UNKNOWN and not one.untried:
            found.append(Failure(kind=f"checker/{one.name}", detail=one.detail[:DETAIL_CHARACTERS_MAX]))
    found.sort(key=lambda one: one.at_s if one.at_s is not None else result.virtual_s)
    unhandled = [
        Failure(kind=f"unhandled/{what}", detail=f"{times} times") for what, times in result.complaints.items()
    ]
    return (*found, *unhandled)


def lost_worker(seed: int) -> Outcome:
    """Return the outcome of a seed that took its worker's life, twice."""
    failure = Failure(kind="simulation/worker", detail="the process that ran it died")
    return _failed(seed, failure, 0.0)


def _run(seed: int, lasts_ns: int, home: Path) -> Result:
    drawn = draw_surroundings(seed, lasts_ns=lasts_ns)
    write_text(home / BOT, scenario_text(drawn.bot))
    write_text(home / SCENARIO, scenario_text(drawn.scenario))
    return run(load_scenario(home / SCENARIO), seed)


def _outcome(seed: int, result: Result) -> Outcome:
    failures = failures_of(result)
    faults: dict[str, int] = {}
    for one in result.weather:
        faults[one.name] = faults.get(one.name, 0) + 1
    return Outcome(
        seed=seed,
        failures=failures,
        promises={one.name: one.exercised for one in result.findings if one.exercised},
        marks={name: seen for name in MARKS if (seen := count_mark(name, result.record))},
        faults=faults,
        virtual_s=result.virtual_s,
        cpu_s=round(result.cpu_s, 3),
        digest=result.digest,
    )


def _failed(seed: int, failure: Failure, cpu_s: float) -> Outcome:
    return Outcome(
        seed=seed,
        failures=(failure,),
        promises={},
        marks={},
        faults={},
        virtual_s=0.0,
        cpu_s=round(cpu_s, 3),
        digest=None,
    )
