"""`explore`: many seeds side by side; what breaks is told at once, and at the end what was found and what never met."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from chaos.units import UnitInvalid, duration_ns
from chaos.vocabulary import KINDS
from scenarios.document import shown_path
from scenarios.explore.campaign import CORPUS, Campaign, take_up
from scenarios.explore.crew import Cluster, Crew, Processes
from scenarios.explore.trial import Outcome
from scenarios.marks import MARKS
from scenarios.problem import UsageError
from scenarios.promises import PROMISES
from scenarios.report.summary import plain_table, report_console

LASTS_MIN_NS, LASTS_MAX_NS = duration_ns("15m"), duration_ns("7d")


def explore_and_tell(
    *, seeds: int, first: int, lasts: str, jobs: int | None, dask: str | None, out: Path, as_json: bool
) -> int:
    """Try seeds, tell what breaks as it comes, and return the exit code of the worst that was found."""
    campaign = take_up(out, lasts_ns=_lasts_ns(lasts))
    asked = range(first, first + seeds)
    crew: Crew = Cluster(dask) if dask is not None else Processes(jobs or os.cpu_count() or 1)
    left = len(campaign.order(asked))
    try:
        with _watched(left, campaign, quiet=as_json) as tell:
            for outcome in campaign.go(crew, asked):
                tell(outcome)
    except KeyboardInterrupt:
        sys.stderr.write(f"{len(campaign.known)} seeds are kept in {out}; the same command goes on with the rest\n")
        raise
    outcomes = [campaign.known[seed] for seed in sorted(campaign.known)]
    if as_json:
        sys.stdout.write(json.dumps(_to_json(outcomes, campaign), ensure_ascii=False) + "\n")
    else:
        _print(outcomes, campaign)
    return _exit_code(outcomes)


def _lasts_ns(written: str) -> int:
    try:
        lasts_ns = duration_ns(written)
    except UnitInvalid as error:
        raise UsageError(f"--for {written}: {error}") from error
    if not LASTS_MIN_NS <= lasts_ns <= LASTS_MAX_NS:
        raise UsageError(f"--for {written}: a run is from 15m to 7d long; 40m shows most of what there is to see")
    return lasts_ns


@contextmanager
def _watched(count: int, campaign: Campaign, *, quiet: bool) -> Iterator[Callable[[Outcome], None]]:
    """Give a callback that tells failures at once, above a bar where somebody looks."""
    console = Console(stderr=True)
    columns = (
        TextColumn("explore"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failing]}", style="red"),
        TimeRemainingColumn(),
    )
    hidden = quiet or not console.is_terminal or console.is_dumb_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("explore", total=count, failing="")
        failing = 0

        def tell(outcome: Outcome) -> None:
            nonlocal failing
            if outcome.failures:
                failing += 1
                _tell_failure(bar.console, outcome, campaign.command(outcome.seed))
            bar.update(task, advance=1, failing=f"{failing} failing" if failing else "")

        yield tell


def _tell_failure(console: Console, outcome: Outcome, command: str) -> None:
    worst = outcome.failures[0]
    told = f"seed {outcome.seed}: {worst.kind}: {worst.detail}\n  "
    line = Text.assemble(("✗ ", "bold red"), told, (command, "bold"))
    console.print(line, soft_wrap=True)


def _by_kind(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    kinds = Counter(failure.kind for one in outcomes for failure in one.failures)
    return [
        (kind, [one for one in outcomes if any(failure.kind == kind for failure in one.failures)])
        for kind, _ in kinds.most_common()
    ]


def _never(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """What the campaign as a whole did not put to the test, so that nobody takes its silence for evidence."""
    met = {
        "promises": (PROMISES, {name for one in outcomes for name in one.promises}),
        "faults": (KINDS, {name for one in outcomes for name in one.faults}),
        "marks": (MARKS, {name for one in outcomes for name in one.marks}),
    }
    return {shelf: [name for name in names if name not in seen] for shelf, (names, seen) in met.items()}


def _print(outcomes: Sequence[Outcome], campaign: Campaign) -> None:
    console = report_console()
    hours = sum(one.virtual_s for one in outcomes) / 3600
    faults = sum(sum(one.faults.values()) for one in outcomes)
    met = f"{len({name for one in outcomes for name in one.faults})} of {len(KINDS)} kinds"
    console.print(f"{len(outcomes)} seeds, {hours:,.1f} virtual hours, {faults:,} faults, {met}", highlight=False)
    kinds = _by_kind(outcomes)
    if kinds:
        table = plain_table("What was found", "what", "seeds", "such as", right=("seeds", "such as"))
        for kind, failing in kinds:
            table.add_row(kind, str(len(failing)), str(failing[0].seed))
        console.print(table)
        console.print("see them again; `stormproof shrink` with the same words finds what it takes:")
        for seed in dict.fromkeys(failing[0].seed for _, failing in kinds):
            console.print(Text(f"  {campaign.command(seed)}", style="bold"), soft_wrap=True)
        console.print(Text(f"All are kept under {shown_path(campaign.folder / CORPUS)}."), soft_wrap=True)
    else:
        console.print("Nothing was found.")
    for shelf, names in _never(outcomes).items():
        if names:
            console.print(Text(f"{shelf} that no seed met: {', '.join(names)}", style="yellow"))


def _to_json(outcomes: Sequence[Outcome], campaign: Campaign) -> dict[str, Any]:
    return {
        "seeds": len(outcomes),
        "virtual_s": sum(one.virtual_s for one in outcomes),
        "cpu_s": round(sum(one.cpu_s for one in outcomes), 3),
        "program": campaign.plan.program,
        "found": [
            {"kind": kind, "seeds": [one.seed for one in failing], "reproduce": campaign.command(failing[0].seed)}
            for kind, failing in _by_kind(outcomes)
        ],
        "never": _never(outcomes),
    }


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 1 for a broken promise, 4 for a simulation that failed, 3 for a checker that did, 0 for none of these."""
    kinds = {failure.kind.partition("/")[0] for one in outcomes for failure in one.failures}
    if kinds - {"simulation", "checker"}:
        return 1
    return 4 if "simulation" in kinds else 3 if "checker" in kinds else 0
