"""`replay`: the same run again, to the same digest, or up to a moment at which the world is shown."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos.units import UnitInvalid, duration_ns
from scenarios.problem import UsageError
from scenarios.report.moment import moment, moment_table
from scenarios.report.progress import watched
from scenarios.report.summary import report_console
from scenarios.scenario import Scenario, load_scenario

UNKNOWN = 3
RESULT_SUFFIX = ".json"


def replay_and_tell(
    name: str, seed: int | None, overrides: Sequence[str], *, digest: str | None, at: str | None, as_json: bool
) -> int:
    """Repeat a run; return 0 where it was the same, 3 where it was another, 0 where it was stopped to be looked at.

    `name` is a scenario or the `result.json` of an earlier run, whose scenario, seed and digest are then meant.
    """
    if name.endswith(RESULT_SUFFIX):
        name, seed, overrides, digest = _asked_of(Path(name), seed, overrides, digest)
    scenario = load_scenario(name, overrides)
    chosen = 1 if seed is None else seed
    if at is not None:
        return _show(scenario, chosen, at, as_json=as_json)
    return _compare(scenario, chosen, digest, as_json=as_json)


def _asked_of(
    path: Path, seed: int | None, overrides: Sequence[str], digest: str | None
) -> tuple[str, int, list[str], str | None]:
    """What a result says that it came from; what the person says besides comes after it."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        words = shlex.split(told["reproduce"])
        scenario, found = words[2], told["digest"]
        sets = [words[number + 1] for number, word in enumerate(words) if word == "--set"]
        again = int(words[words.index("--seed") + 1])
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a result.json that `run --out` wrote") from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(f"{path}: this is not the result of a run; name one that `run --out` wrote") from error
    changed = bool(overrides) or (seed is not None and seed != again)
    return scenario, again if seed is None else seed, [*sets, *overrides], None if changed else digest or found


def _show(scenario: Scenario, seed: int, at: str, *, as_json: bool) -> int:
    try:
        until_ns = duration_ns(at)
    except UnitInvalid as error:
        raise UsageError(f"--at {at}: {error}") from error
    if not 0 < until_ns <= scenario.world.ends_ns:
        raise UsageError(f"--at {at}: the run lasts {scenario.world.ends_ns // 10**9} s; choose a moment within it")
    from scenarios.run import play

    with watched(scenario.title, quiet=as_json) as on_progress:
        record = play(scenario, seed, on_progress, until_ns=until_ns).record
    if as_json:
        _write(moment(record))
    else:
        report_console().print(moment_table(record))
    return 0


def _compare(scenario: Scenario, seed: int, digest: str | None, *, as_json: bool) -> int:
    from scenarios.run import play

    with watched(scenario.title, quiet=as_json) as on_progress:
        found = play(scenario, seed, on_progress).digest
    expected = digest
    if expected is None:
        with watched("once more", quiet=as_json) as on_progress:
            expected = play(scenario, seed, on_progress).digest
    same = found == expected
    if as_json:
        _write({"seed": seed, "digest": found, "expected": expected, "same": same, "reproduce": scenario.command(seed)})
    elif same:
        report_console().print(
            f"The same run: digest {found}\n  {scenario.command(seed)}", highlight=False, soft_wrap=True
        )
    else:
        sys.stderr.write(
            f"Another run: digest {found}, expected {expected}. Was the program changed since? If not, "
            "something in it depends on more than the seed.\n"
        )
    return 0 if same else UNKNOWN


def _write(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
