"""What a second process is worth to a campaign: seeds of `explore` against work that needs nothing but a processor.

Two processes share a machine's caches, its memory and, as virtual processors often do, one core; so even pure work
gains less than twofold from the second. What the crew loses beyond that is ours: waiting for a piece of work, a
process that dies and is replaced, a lock. Both gains are measured by turns, on the clock of the wall, since what is
lost by waiting is no processor's time. Who else uses the machine takes from the wider crew first, so this figure
wants an idle one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar

from scenarios.bench.figure import Figure, Target
from scenarios.explore.crew import Processes
from scenarios.explore.trial import Trial

NS = 1_000_000_000
SEED = 9_001
"""One and the same for every piece of work: pieces of different lengths would leave a process idle at the end."""
LASTS_NS = 600 * NS
PIECES = 10
TURNS_OF_PURE_WORK = 12_000_000
"""About as long as a seed takes."""
ROUNDS = 3
TARGET = Target(at_least=0.95)

Given = TypeVar("Given")


def count_up(turns: int) -> int:
    """Do what needs a processor and nothing else."""
    total = 0
    for number in range(turns):
        total += number & 7
    return total


def try_seed(folder: Path) -> None:
    """Try the seed, in a folder of its own."""
    outcome = Trial(lasts_ns=LASTS_NS, folder=folder)(SEED)
    if outcome.digest is None:
        raise RuntimeError(f"seed {SEED} was not run: {outcome.failures}")


def took_s(width: int, work: Callable[[Given], object], pieces: Sequence[Given]) -> float:
    """Let a crew of this width, warmed up by its first pieces, do all; return wall seconds from then on, a piece."""
    done = Processes(width).each(work, pieces)
    for _ in range(width):
        next(done)
    began_s = perf_counter()
    count = sum(1 for _ in done)
    if count != len(pieces) - width:
        raise RuntimeError(f"{count} of {len(pieces)} pieces of work were done")
    return (perf_counter() - began_s) / count


def gain(work: Callable[[Given], object], pieces: Sequence[Given]) -> float:
    """Return how many times as fast two processes are."""
    return took_s(1, work, pieces) / took_s(2, work, pieces)


def measure() -> list[Figure]:
    """Return the figure."""
    with tempfile.TemporaryDirectory() as folder:
        folders = [Path(folder) / str(number) for number in range(PIECES)]
        pure_work = [TURNS_OF_PURE_WORK] * PIECES
        rounds = [(gain(try_seed, folders), gain(count_up, pure_work)) for _ in range(ROUNDS)]
    ours, pure = median(one for one, _ in rounds), median(other for _, other in rounds)
    return [
        Figure(
            name="crew_of_two",
            value=median(one / other for one, other in rounds),
            unit="of the floor's gain",
            ours=f"what two processes gain over one in {PIECES} equal seeds of explore",
            floor="what two processes gain over one in pure work",
            target=TARGET,
            detail=f"{ours:.2f} times as fast against {pure:.2f}",
        )
    ]
