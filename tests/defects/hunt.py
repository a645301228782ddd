"""Whether a search that knows nothing finds what we know: planted defects against explored seeds.

    python -m tests.defects.hunt --out hunted --seeds 300 --for 40m [--only "funding is not counted"]

Each defect is planted in a process of its own while seed after seed is tried, until one breaks something that the whole
engine does not break with that seed; then the failing scenario is shrunk, with the defect still in place. It can be
stopped and taken up again: what is known of a defect is a line of `hunted.jsonl`. Hours of work, and so no part of the
tests; what was found stays in `hunted.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chaos.units import duration_ns
from scenarios.explore.crew import Died, Processes
from scenarios.explore.trial import SCENARIO, Outcome, Trial
from scenarios.scenario import load_scenario
from scenarios.shrinking import NotRepeatable, shrink_scenario
from tests.defects.defect import Defect
from tests.defects.plants import DEFECTS

BY_NAME = {defect.name: defect for defect in DEFECTS}


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
    if not name:
        return work(piece)
    with pytest.MonkeyPatch.context() as patch:
        BY_NAME[name].plant(patch)
        return work(piece)


def tried(name: str, trial: Trial, seed: int) -> Outcome | Died:
    """Try one seed with a defect in place, or without one."""
    (found,) = [found for _, found in Planted(defect=name).each(trial, [seed])]
    assert isinstance(found, Outcome | Died)
    return found


def hunt(defect: Defect, *, seeds: range, lasts_ns: int, folder: Path) -> dict[str, Any]:
    """Return at which seed a defect is found, by what it breaks there, and how few faults it takes."""
    home = folder / defect.name.replace(" ", "-")
    trial = Trial(lasts_ns=lasts_ns, folder=home)
    for seed in seeds:
        outcome = tried(defect.name, trial, seed)
        if isinstance(outcome, Died) or not outcome.failures:
            continue
        whole = tried("", Trial(lasts_ns=lasts_ns, folder=home / "whole"), seed)
        if isinstance(whole, Died):  # nothing to compare with
            continue
        known = {failure.kind for failure in whole.failures}
        new = [failure for failure in outcome.failures if failure.kind not in known]
        if new:
            kind = next((one.kind for one in new if one.kind == defect.breaks), new[0].kind)
            told = {"defect": defect.name, "found": True, "seed": seed, "tried": seed - seeds.start + 1, "broke": kind}
            return {**told, **_shrunk(defect.name, home / str(seed) / SCENARIO, seed, kind)}
    return {"defect": defect.name, "found": False, "tried": len(seeds)}


def _shrunk(name: str, path: Path, seed: int, kind: str) -> dict[str, Any]:
    try:
        shrunk = shrink_scenario(load_scenario(path), seed, Planted(defect=name), kind=kind)
    except NotRepeatable as error:
        return {"shrunk": None, "why": str(error)}
    return {"began_with": shrunk.began_with, "shrunk": len(shrunk.schedule.items), "runs": shrunk.runs}


def main(arguments: list[str]) -> int:
    """Hunt for the defects that are not known yet, and tell how many were found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("hunted"))
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--for", dest="lasts", type=duration_ns, default=duration_ns("40m"))
    parser.add_argument("--only", nargs="+", choices=sorted(BY_NAME), metavar="DEFECT", default=list(BY_NAME))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    ledger = asked.out / "hunted.jsonl"
    known = [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []
    left = [BY_NAME[name] for name in asked.only if name not in {one["defect"] for one in known}]
    seeds = range(asked.first, asked.first + asked.seeds)
    with ThreadPoolExecutor(asked.jobs) as hunters:
        for told in hunters.map(lambda one: hunt(one, seeds=seeds, lasts_ns=asked.lasts, folder=asked.out), left):
            with ledger.open("a") as file:
                file.write(json.dumps(told) + "\n")
            known.append(told)
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
    found = [one for one in known if one["found"]]
    small = [one for one in found if one["shrunk"] is not None and one["shrunk"] <= 3]
    sys.stdout.write(f"{len(found)} of {len(known)} found, {len(small)} of them in at most 3 faults\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
