"""The bar a person watches while virtual time runs: how far, how fast, and what rages at the moment.

It is drawn on standard error and only where somebody looks; piped, it does not exist, unless lines are asked for: then
a log gets one a minute. It is drawn between two steps of virtual time, never by a thread beside it: nothing may happen
at a moment that only the real clock knows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from scenarios.report.words import clock, lasting

if TYPE_CHECKING:
    from scenarios.run import Progress

RAGING_TOLD_MAX = 2
REDRAW_S = 0.1
"""Real seconds between two drawings."""
LINE_EVERY_S = 60.0
"""Real seconds between two lines of a log."""


@contextmanager
def watched(title: str, *, quiet: bool = False, as_lines: bool = False) -> Iterator[Callable[[Progress], None] | None]:
    """Give a callback that draws progress, or writes it line by line, or None where nobody looks."""
    console = Console(stderr=True)
    if as_lines:
        yield written(title, sys.stderr)
        return
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[clock]}"),
        TextColumn("{task.fields[speed]}", style="green"),
        TextColumn("{task.fields[raging]}", style="magenta"),
    )
    with Bar(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task(title, total=1.0, clock=clock(0), speed="", raging="")
        bar.refresh()
        drawn_s = 0.0

        def draw(progress: Progress) -> None:
            nonlocal drawn_s
            if progress.wall_s - drawn_s < REDRAW_S and progress.virtual_s < progress.total_s:
                return
            drawn_s = progress.wall_s
            bar.update(
                task,
                completed=progress.virtual_s / progress.total_s,
                clock=f"{clock(progress.virtual_s)} of {clock(progress.total_s)}",
                speed=f"{progress.speed_up:,.0f}×",
                raging=_told(progress.raging),
                refresh=True,
            )

        yield draw


def written(title: str, log: TextIO) -> Callable[[Progress], None]:
    """Return a callback that writes a line to a log at most every `LINE_EVERY_S`, and one at the end."""
    due_s = LINE_EVERY_S

    def write(progress: Progress) -> None:
        nonlocal due_s
        if progress.wall_s < due_s and progress.virtual_s < progress.total_s:
            return
        due_s = progress.wall_s + LINE_EVERY_S
        share = progress.virtual_s / progress.total_s
        left_s = progress.wall_s / share - progress.wall_s
        log.write(
            f"{title}: {lasting(progress.virtual_s)} of {lasting(progress.total_s)} ({share:.1%}) after"
            f" {lasting(progress.wall_s)}, {progress.speed_up:,.0f}×, about {lasting(left_s)} left;"
            f" {_told(progress.raging) or 'good weather'}\n"
        )
        log.flush()

    return write


def _told(raging: tuple[str, ...]) -> str:
    more = len(raging) - RAGING_TOLD_MAX
    return ", ".join(raging[-RAGING_TOLD_MAX:]) + (f" +{more}" if more > 0 else "")
