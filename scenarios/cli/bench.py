"""`bench`: what the simulation costs, as ratios to named floors."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from scenarios.bench.figure import Figure, Target
from scenarios.report.summary import plain_table, report_console


def bench_and_tell(names: Sequence[str], *, rivals: Path | None, as_json: bool) -> int:
    """Measure, print, and return 0 when every target is kept, 1 when one is missed, 3 when one could not be taken."""
    from scenarios.bench.suite import measure  # loads ccxt, which a mistake in the command line should not wait for

    def tell(figure: Figure) -> None:
        if not as_json:
            sys.stderr.write(f"{figure.name}: {_value(figure)} {figure.unit}\n")

    figures = measure(names, rivals, tell)
    if as_json:
        told = {"python": platform.python_version(), "figures": [figure.to_json() for figure in figures]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _show(figures)
    verdicts = [figure.met for figure in figures]
    return 1 if False in verdicts else 3 if None in verdicts else 0


def _show(figures: Sequence[Figure]) -> None:
    table = plain_table("Bench", "figure", "value", "target", "met", "against", "detail")
    for figure in figures:
        met = {True: "yes", False: "no", None: "unknown"}[figure.met]
        table.add_row(
            figure.name, f"{_value(figure)} {figure.unit}", _bound(figure.target), met, figure.floor, figure.detail
        )
    report_console().print(table)


def _value(figure: Figure) -> str:
    return "unknown" if figure.value is None else f"{figure.value:.2f}"


def _bound(target: Target) -> str:
    least = [] if target.at_least is None else [f"≥ {target.at_least:g}"]
    most = [] if target.at_most is None else [f"≤ {target.at_most:g}"]
    return " ".join(least + most) or "none"
