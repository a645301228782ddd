"""The figures in their order, and which of them were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from scenarios.bench import clock, crew, engine, history, hours, matching, rest, stream
from scenarios.bench.figure import Figure
from scenarios.problem import UsageError

SUITES = ("kernel", "rest", "stream", "matching", "history", "engine", "hours", "crew")
ON_DEMAND = ("wire",)
"""Measured when it is named: it takes minutes, a quiet machine, and what only a real bot needs."""


def measure(names: Sequence[str], rivals: Path | None, on_figure: Callable[[Figure], None]) -> list[Figure]:
    """Measure the suites by name, all but those on demand when none is named, and tell each figure as it comes.

    Raises `UsageError` for a name that is none of `SUITES`.
    """
    known = (*SUITES, *ON_DEMAND)
    strangers = [name for name in names if name not in known]
    if strangers:
        raise UsageError(f"no such figures: {', '.join(strangers)}; there are {', '.join(known)}")
    measures: dict[str, Callable[[], list[Figure]]] = {
        "kernel": clock.measure,
        "rest": rest.measure,
        "stream": stream.measure,
        "matching": lambda: matching.measure(rivals),
        "history": history.measure,
        "engine": engine.measure,
        "hours": hours.measure,
        "crew": crew.measure,
        "wire": _wire,
    }
    found = []
    for name in names or SUITES:
        for figure in measures[name]():
            on_figure(figure)
            found.append(figure)
    return found


def _wire() -> list[Figure]:
    from scenarios.bench import wire  # late: it loads what only real processes have

    return wire.measure()
