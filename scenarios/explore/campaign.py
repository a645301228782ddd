"""A campaign: which seeds are tried and in which order, and what is kept so that it can be taken up again.

Its folder holds one line for each seed tried (`outcomes.jsonl`) and, for each that found something, the scenario as
files. Taken up again, seeds that are known to be well are passed over, as long as the program is the same to the byte;
after a change they count for nothing, and those that had failed are tried first, since they fail most often.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from scenarios.document import shown_path
from scenarios.explore.crew import Crew, Died
from scenarios.explore.trial import SCENARIO, Outcome, Trial, lost_worker
from scenarios.problem import UsageError

LEDGER, CORPUS = "outcomes.jsonl", "failing"
PACKAGES = ("engine", "simulator", "chaos", "scenarios")
ROOT = Path(__file__).parents[2]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign is about; the first line of its ledger."""

    lasts_ns: int
    program: str
    """A digest of the program's own text."""
    suspects: tuple[int, ...] = ()
    """Seeds that failed before the program was changed."""


@dataclass
class Campaign:
    """The seeds of one campaign, and what came of those that were tried."""

    folder: Path
    plan: Plan
    known: dict[int, Outcome] = field(default_factory=dict)

    @property
    def trial(self) -> Trial:
        """How its seeds are tried."""
        return Trial(lasts_ns=self.plan.lasts_ns, folder=self.folder / CORPUS)

    def command(self, seed: int) -> str:
        """Return what to type here to see a failing seed again, wherever the campaign was begun from."""
        kept = shown_path(self.trial.folder / str(seed) / SCENARIO)
        return shlex.join(["stormproof", "run", kept, "--seed", str(seed)])

    def order(self, seeds: Sequence[int]) -> list[int]:
        """Return the seeds that are left to try: those that had failed, then the rest."""
        first = [seed for seed in self.plan.suspects if seed not in self.known]
        return [*first, *(seed for seed in seeds if seed not in self.known and seed not in first)]

    def go(self, crew: Crew, seeds: Sequence[int]) -> Iterator[Outcome]:
        """Try what is left, keeping each outcome before it is told."""
        try:
            for seed, found in crew.each(self.trial, self.order(seeds)):
                outcome = lost_worker(seed) if isinstance(found, Died) else found
                self._keep([outcome])
                self.known[seed] = outcome
                yield outcome
        finally:
            self._clear()

    def _clear(self) -> None:
        """Remove the files of seeds that were cut short: what is kept as failing must have failed."""
        failing = {str(one.seed) for one in self.known.values() if one.failures}
        for home in self.trial.folder.glob("*"):
            if home.name not in failing:
                shutil.rmtree(home, ignore_errors=True)

    def _keep(self, outcomes: Iterable[Outcome]) -> None:
        with (self.folder / LEDGER).open("ab") as ledger:
            for outcome in outcomes:
                ledger.write(msgspec.json.encode(outcome) + b"\n")


def take_up(folder: Path, *, lasts_ns: int) -> Campaign:
    """Return the campaign of a folder, begun anew where there is none or where the program has changed since.

    Raises:
        UsageError: the folder holds something else, a campaign of runs of another length, or may not be written.
    """
    program = program_digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before, outcomes = _read(folder)
        if before is not None and before.lasts_ns != lasts_ns:
            raise UsageError(f"--out {folder}: holds a campaign of runs of another length; name another folder")
        if before is not None and before.program == program:
            return Campaign(folder=folder, plan=before, known={one.seed: one for one in outcomes})
        failed = {one.seed for one in outcomes if one.failures}
        waiting = set(before.suspects) - {one.seed for one in outcomes} if before is not None else set()
        plan = Plan(lasts_ns=lasts_ns, program=program, suspects=tuple(sorted(failed | waiting)))
        _write_anew(folder / LEDGER, plan)
    except OSError as error:
        raise UsageError(f"--out {folder}: {error.strerror}; name a folder that can be written to") from error
    shutil.rmtree(folder / CORPUS, ignore_errors=True)
    return Campaign(folder=folder, plan=plan)


def program_digest() -> str:
    """Return a digest of every line of the program, by which a change of it is noticed."""
    digest = hashlib.blake2b(digest_size=12)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(folder: Path) -> tuple[Plan | None, list[Outcome]]:
    """The plan and outcomes of a ledger. Its last line may be half written: that seed is tried again."""
    ledger = folder / LEDGER
    if not ledger.exists():
        if any(folder.iterdir()):
            raise UsageError(f"--out {folder}: holds files, and no campaign; name another folder")
        return None, []
    first, *lines, half = ledger.read_bytes().split(b"\n")
    if half:
        os.truncate(ledger, ledger.stat().st_size - len(half))
    try:
        plan = msgspec.json.decode(first, type=Plan)
        return plan, [msgspec.json.decode(line, type=Outcome) for line in lines]
    except msgspec.MsgspecError as error:
        raise UsageError(f"{ledger}: cannot be read ({error}); remove it, or name another folder") from error


def _write_anew(ledger: Path, plan: Plan) -> None:
    half = ledger.with_suffix(".part")
    half.write_bytes(msgspec.json.encode(plan) + b"\n")
    os.replace(half, ledger)
