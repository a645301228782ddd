"""`run` and `demo`: one scenario, one seed, a bar while it runs, and a table or a JSON object at the end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.cli.destinations import check_folder
from scenarios.finding import Status
from scenarios.problem import UsageError
from scenarios.report.progress import watched
from scenarios.report.summary import report_console, summary
from scenarios.scenario import Scenario, load_scenario
from scenarios.verdict import EXIT_CODES

if TYPE_CHECKING:
    from scenarios.result import Result
    from scenarios.run import Progress


def run_and_tell(
    name: str,
    seed: int,
    world: str,
    overrides: Sequence[str],
    *,
    as_json: bool,
    out: Path | None,
    progress: bool = False,
) -> int:
    """Run a scenario, print what came of it, and return the exit code of its verdict."""
    scenario = load_scenario(name, overrides)
    if out is not None:
        check_folder(out)
    with watched(scenario.title, quiet=as_json, as_lines=progress) as on_progress:
        try:
            result = _run(scenario, seed, world, on_progress)
        except CannotTell as lacking:
            return _tell_unknown(scenario, seed, world, str(lacking), as_json=as_json)
    told = result.to_json()
    if out is not None:
        write_json(out / "result.json", told)
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        report_console().print(summary(result))
    return EXIT_CODES[result.verdict]


class CannotTell(Exception):
    """This machine lacks what a run needs, so nobody can tell whether the scenario holds."""


def _run(scenario: Scenario, seed: int, world: str, on_progress: Callable[[Progress], None] | None) -> Result:
    if world == "virtual":
        from scenarios.run import run  # only a scenario without mistakes is worth loading ccxt for

        return run(scenario, seed, on_progress)
    from engine.runtime.real.bus_server import BusServerFailed
    from scenarios.loopback.run import run_loopback
    from scenarios.loopback.toxiproxy import ToxiproxyMissing

    try:
        return run_loopback(scenario, seed, on_progress)
    except (ToxiproxyMissing, BusServerFailed) as lacking:
        raise CannotTell(str(lacking)) from lacking


def _tell_unknown(scenario: Scenario, seed: int, world: str, why: str, *, as_json: bool) -> int:
    """Say that nothing is known, and why."""
    if as_json:
        told = {"scenario": scenario.name, "title": scenario.title, "seed": seed, "world": world}
        told |= {"verdict": Status.UNKNOWN.value, "unknowns": [why], "digest": None}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stderr.write(f"unknown: {why}\n")
    return EXIT_CODES[Status.UNKNOWN]


def write_json(path: Path, told: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all; raise `UsageError` where the folder does not allow it."""
    half = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        os.replace(half, path)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise UsageError(f"--out {path.parent}: {error.strerror}; name a folder that can be written to") from error
