"""`run` and `demo`: one scenario, one seed, a bar while it runs, and a table or a JSON object at the end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from scenarios.cli.destinations import check_folder
from scenarios.problem import UsageError
from scenarios.report.progress import watched
from scenarios.report.summary import report_console, summary
from scenarios.scenario import load_scenario
from scenarios.verdict import EXIT_CODES


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
    del world  # there is one so far
    scenario = load_scenario(name, overrides)
    if out is not None:
        check_folder(out)
    from scenarios.run import run  # only a scenario without mistakes is worth loading ccxt for

    with watched(scenario.title, quiet=as_json, as_lines=progress) as on_progress:
        result = run(scenario, seed, on_progress)
    told = result.to_json()
    if out is not None:
        write_json(out / "result.json", told)
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        report_console().print(summary(result))
    return EXIT_CODES[result.verdict]


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
