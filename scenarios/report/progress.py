"""The bar a person watches while virtual time runs: how far, how fast, and what rages at the moment.

It is drawn on standard error and only where somebody looks; piped, it does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from scenarios.report.words import clock

if TYPE_CHECKING:
    from scenarios.run import Progress

RAGING_TOLD_MAX = 2


@contextmanager
def watched(title: str, *, quiet: bool = False) -> Iterator[Callable[[Progress], None] | None]:
    """Give a callback that draws progress, or None where nobody looks."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[clock]}"),
        TextColumn("{task.fields[speed]}", style="green"),
        TextColumn("{task.fields[raging]}", style="magenta"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=1.0, clock=clock(0), speed="", raging="")

        def draw(progress: Progress) -> None:
            bar.update(
                task,
                completed=progress.virtual_s / progress.total_s,
                clock=f"{clock(progress.virtual_s)} of {clock(progress.total_s)}",
                speed=f"{progress.speed_up:,.0f}×",
                raging=_told(progress.raging),
            )

        yield draw


def _told(raging: tuple[str, ...]) -> str:
    names = [one.partition("#")[0] for one in raging]
    more = len(names) - RAGING_TOLD_MAX
    return ", ".join(names[:RAGING_TOLD_MAX]) + (f" +{more}" if more > 0 else "")
