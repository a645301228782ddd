"""`shrink`: tells how far it has got, writes the least scenario that it found, and says how to run it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from chaos.shrink import Schedule
from scenarios.cli.destinations import check_file
from scenarios.complaints import suggestion
from scenarios.document import shown_path
from scenarios.explore.crew import Processes
from scenarios.problem import UsageError
from scenarios.promises import PROMISES
from scenarios.report.summary import report_console
from scenarios.scenario import load_scenario
from scenarios.shrinking import NotRepeatable, shrink_scenario, write_shrunk
from scenarios.written import scenario_text

UNKNOWN = 3
OTHER_KINDS = ("checker", "unhandled", "simulation")
"""What else a run can show to be wrong, by the word before the stroke."""


def shrink_and_tell(
    name: str,
    seed: int,
    kind: str | None,
    overrides: Sequence[str],
    *,
    runs: int,
    jobs: int | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Shrink a scenario, write what was found, and return 0; 3 where two runs were not the same."""
    scenario = load_scenario(name, overrides)
    path = out if out is not None else Path(f"{scenario.name}-shrunk.yaml")
    check_file(path)
    if kind is not None and kind.partition("/")[0] not in (*PROMISES, *OTHER_KINDS):
        raise UsageError(f"--promise {kind}: there is no such promise; {suggestion(kind, PROMISES)}")
    console = Console(stderr=True)

    def told(runs: int, least: Schedule) -> None:
        console.print(f"{runs:>4} runs: {len(least.items)} left", highlight=False)

    try:
        shrunk = shrink_scenario(
            scenario,
            seed,
            Processes(jobs or os.cpu_count() or 1),
            kind=kind,
            runs_max=runs,
            told=(lambda runs, least: None) if as_json else told,
        )
    except NotRepeatable as error:
        sys.stderr.write(f"{error}; nothing can be learned from a run that cannot be repeated\n")
        return UNKNOWN
    write_shrunk(shrunk, scenario, seed, path)
    again = shlex.join(["stormproof", "run", shown_path(path), "--seed", str(seed)])
    if as_json:
        found = {
            "breaks": shrunk.kind,
            "began_with": shrunk.began_with,
            "left": len(shrunk.schedule.items),
            "faults": len(shrunk.schedule.faults),
            "runs": shrunk.runs,
            "scenario": str(path),
            "reproduce": again,
        }
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return 0
    shown = report_console()
    shown.print(f"{shrunk.kind}: {shrunk.detail}\n", highlight=False)
    left = {key: shrunk.values[key] for key in ("faults", "actions") if shrunk.values[key]}
    shown.print(scenario_text(left) if left else "It breaks in good weather, and with nobody about.", highlight=False)
    shown.print(f"{len(shrunk.schedule.items)} of {shrunk.began_with} left after {shrunk.runs} runs; see it again:")
    shown.print(f"  {again}", highlight=False, soft_wrap=True)
    return 0
