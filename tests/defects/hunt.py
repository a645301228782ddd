"""Whether a search that knows nothing finds what we know: planted defects against explored seeds.

    python -m tests.defects.hunt --out hunted --seeds 300 --for 25m [--only "funding is not counted"]

Seed after seed is tried with the whole engine, and with each defect that is not found yet planted in it, one at a time;
a defect is found by the first seed with which it breaks something that the whole engine does not break. In the end the
failing scenarios are shrunk, with their defects still in place. The hunt can be stopped and taken up again: what is
known is in `hunted.jsonl`, a line for each trial and for each scenario that was shrunk. Hours of work, and so no part
of the tests; what came of it is told in docs/evidence.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chaos.units import duration_ns
from scenarios.explore.crew import Died, Processes
from scenarios.explore.trial import SCENARIO, Failure, Outcome, Trial
from scenarios.scenario import load_scenario
from scenarios.shrinking import NotRepeatable, shrink_scenario
from tests.defects.defect import Defect
from tests.defects.plants import DEFECTS

BY_NAME = {defect.name: defect for defect in DEFECTS}
SMALL_MAX = 3
WHOLE = ""
"""The name of the engine without a defect."""


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A crew whose work is done with a defect in place; it fits `scenarios.explore.crew.Crew`."""

    defect: str
    width: int = 1

    def each(self, work: Callable[[Any], Any], pieces: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield every piece with what came of it."""
        jobs = [(self.defect, work, piece) for piece in pieces]
        for (_, _, piece), found in Processes(self.width).each(planted, jobs):
            yield piece, found


def planted(job: tuple[str, Callable[[Any], Any], Any]) -> Any:
    """Do a piece of work with a defect in place; this is what the processes do."""
    name, work, piece = job
    if name == WHOLE:
        return work(piece)
    with pytest.MonkeyPatch.context() as patch:
        BY_NAME[name].plant(patch)
        return work(piece)


@dataclass(frozen=True, kw_only=True)
class Hunt:
    """Where a hunt keeps what it knows, how long its trials last, and how many run side by side."""

    folder: Path
    lasts_ns: int
    width: int

    def round(self, seed: int, names: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """Try one seed with each defect, and yield by what it was found, as it comes; first with the whole engine."""
        ((_, whole),) = self._tried(seed, [WHOLE])
        known = {failure.kind for failure in whole.failures} if isinstance(whole, Outcome) else None
        for name, outcome in self._tried(seed, names):
            new: list[Failure] = []
            if known is not None and isinstance(outcome, Outcome):
                new = [one for one in outcome.failures if one.kind not in known]
            yield name, _told_by(new, BY_NAME[name]) if new else None

    def shrink(self, name: str, seed: int, kind: str) -> dict[str, Any]:
        """Return how many faults it takes to show a defect, or why that is not known."""
        scenario = load_scenario(self._home(name) / str(seed) / SCENARIO)
        try:
            shrunk = shrink_scenario(scenario, seed, Planted(defect=name, width=self.width), kind=kind)
        except NotRepeatable as error:
            return {"shrunk": None, "why": str(error)}
        return {"began_with": shrunk.began_with, "shrunk": len(shrunk.schedule.items), "runs": shrunk.runs}

    def _tried(self, seed: int, names: Sequence[str]) -> Iterator[tuple[str, Outcome | Died]]:
        jobs = [(name, Trial(lasts_ns=self.lasts_ns, folder=self._home(name)), seed) for name in names]
        for (name, _, _), outcome in Processes(self.width).each(planted, jobs):
            yield name, outcome

    def _home(self, name: str) -> Path:
        return self.folder / (name or "whole").replace(" ", "-")


class Ledger:
    """What a hunt knows, in a file that is only added to: a line for each trial, and for each scenario that shrank."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def add(self, line: dict[str, Any]) -> None:
        """Note something, and say it."""
        self._lines.append(line)
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def found(self) -> dict[str, dict[str, Any]]:
        """Return what was found, by the defect's name: the trial that found it."""
        return {line["defect"]: line for line in self._lines if line.get("broke") is not None}

    def shrunk(self) -> dict[str, dict[str, Any]]:
        """Return what was shrunk, by the defect's name."""
        return {line["defect"]: line for line in self._lines if "shrunk" in line}

    def tried(self, seed: int) -> set[str]:
        """Return the defects that were tried with a seed."""
        return {line["defect"] for line in self._lines if line.get("seed") == seed}


def _told_by(failures: Sequence[Failure], defect: Defect) -> str:
    """Return the kind of failure that speaks of a defect most plainly: its own promise, then any promise."""
    kinds = [failure.kind for failure in failures]
    plain = [kind for kind in kinds if "/" not in kind]
    return defect.breaks if defect.breaks in kinds else (plain or kinds)[0]


def find_all(ledger: Ledger, hunt: Hunt, *, seeds: range, names: Sequence[str]) -> None:
    """Try seed after seed until all is found or no seed is left."""
    for seed in seeds:
        left = [name for name in names if name not in ledger.found() and name not in ledger.tried(seed)]
        if left:
            for name, kind in hunt.round(seed, left):
                ledger.add({"defect": name, "seed": seed, "broke": kind})


def shrink_all(ledger: Ledger, hunt: Hunt, *, names: Sequence[str]) -> None:
    """Shrink what was found and is not shrunk yet."""
    for name in names:
        found = ledger.found().get(name)
        if found is not None and name not in ledger.shrunk():
            ledger.add({"defect": name, **hunt.shrink(name, found["seed"], found["broke"])})


def main(arguments: list[str]) -> int:
    """Hunt for the defects that are not known yet, and tell how many were found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("hunted"))
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--for", dest="lasts", type=duration_ns, default=duration_ns("25m"))
    parser.add_argument("--only", nargs="+", choices=sorted(BY_NAME), metavar="DEFECT", default=list(BY_NAME))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(asked.out / "hunted.jsonl")
    hunt = Hunt(folder=asked.out, lasts_ns=asked.lasts, width=asked.jobs)
    find_all(ledger, hunt, seeds=range(asked.first, asked.first + asked.seeds), names=asked.only)
    shrink_all(ledger, hunt, names=asked.only)
    found = [name for name in asked.only if name in ledger.found()]
    sizes = [ledger.shrunk()[name]["shrunk"] for name in found]
    small = [size for size in sizes if size is not None and size <= SMALL_MAX]
    sys.stdout.write(f"{len(found)} of {len(asked.only)} found, {len(small)} in at most {SMALL_MAX} faults\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
