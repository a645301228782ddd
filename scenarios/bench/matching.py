"""The matching core on the tape, against the fastest public matching engine that can be called from Python.

Every candidate of `rivals.py` plays the whole tape in a process of its own, in the environment of `rivals.lock`. One
that fails, leaves other lots resting than our book does, or needs more than `PATIENCE_S` has not completed it. Then the
fastest of the others and our book take turns.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from scenarios.bench import rivals
from scenarios.bench.figure import Duel, Figure, Stopwatch, Target, duel
from scenarios.bench.tape import OPERATIONS, play_ours, resting_lots, write_tape

PATIENCE_S = 30.0
"""How long a candidate may take for the tape."""
RATIO, SPEED = Target(at_least=1.5), Target(at_least=0.5)
PROGRAM = Path(rivals.__file__)
HOW = "`make bench` sets their environment up; or name a Python that has rivals.lock installed: --rivals PYTHON"


def measure(python: Path | None) -> list[Figure]:
    """Return our speed, and its ratio to the fastest candidate that `python` can run."""
    tape = write_tape()
    expected = resting_lots(play_ours(tape))
    told = json.dumps(tape)
    failed: dict[str, str] = {}
    speeds: dict[str, float] = {}
    for name in rivals.PLAYERS if python is not None and python.exists() else ():
        answer = play_rival(python, name, told, expected)
        if isinstance(answer, float):
            speeds[name] = answer
        else:
            failed[name] = answer
    fastest = min(speeds, key=speeds.__getitem__, default=None)
    if python is None or fastest is None:
        ours = tuple(play(tape) for _ in range(5))
        return figures(
            Duel(ours_s=ours, floor_s=()), None, f"no candidate was run: {HOW}" if not failed else str(failed)
        )

    def floor() -> float:
        answer = play_rival(python, fastest, told, expected)
        return answer if isinstance(answer, float) else PATIENCE_S / OPERATIONS

    others = ", ".join(f"{name} {1e-6 / each:.3g} million/s" for name, each in speeds.items())
    lost = "; ".join(f"{name} did not complete: {why}" for name, why in failed.items())
    return figures(duel(partial(play, tape), floor), fastest, "; ".join(filter(None, (others, lost))))


def play(tape: Sequence[tuple[bool, int, bool, int, int]]) -> float:
    """Play the tape on our book; return seconds an operation."""
    watch = Stopwatch()
    watch.start()
    play_ours(tape)
    watch.stop()
    return watch.total_s / len(tape)


def play_rival(python: Path | None, name: str, tape: str, expected: int) -> float | str:
    """Play the tape on a candidate; return seconds an operation, or why it did not complete."""
    try:
        ran = subprocess.run(
            [str(python), str(PROGRAM), name],
            input=tape,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {PATIENCE_S:.0f} s"
    if ran.returncode:
        return (ran.stderr.strip().splitlines() or [f"left with {ran.returncode}"])[-1]
    answer: dict[str, Any] = json.loads(ran.stdout)
    if answer["resting_lots"] != expected:
        return f"{answer['resting_lots']} lots rest at the end, not {expected}"
    return float(answer["cpu_s"]) / OPERATIONS


def figures(found: Duel, fastest: str | None, detail: str) -> list[Figure]:
    """Return both figures of the matching core."""
    best = sorted(found.ours_s)[len(found.ours_s) // 2]
    ours = f"the simulator's book on a tape of {OPERATIONS:,} adds, cancels and crossing orders"
    return [
        Figure(
            name="matching_speed",
            value=1e-6 / best,
            unit="million operations a second",
            ours=ours,
            floor="none: an absolute figure, which says as much about the machine",
            target=SPEED,
        ),
        Figure(
            name="matching_against_rival",
            value=found.speed_ratio if fastest else None,
            unit="times the floor's speed",
            ours=ours,
            floor=f"{fastest or 'the fastest candidate'}, called from Python, on the same tape",
            target=RATIO,
            detail=detail,
        ),
    ]
