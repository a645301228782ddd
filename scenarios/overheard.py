"""What libraries log while a world runs: kept for the report instead of written over the terminal.

A server that meets an error of its own tells a logger, and nobody else. That is worth knowing, since it may be a bug of
the simulated world; a traceback in the middle of a progress bar is not the way to learn it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

ON_PURPOSE = (ConnectionResetError,)
"""A venue's door cuts connections by raising this: the fault is told by the schedule already."""


class Overheard(logging.Handler):
    """Counts warnings and errors by who logged them and what went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ON_PURPOSE):
            return
        what = type(error).__name__ if error is not None else str(record.msg)
        self.counts[f"{record.name}: {what}"] += 1


@contextmanager
def overhearing() -> Iterator[Overheard]:
    """Listen to every logger as long as the context lasts."""
    overheard = Overheard()
    root = logging.getLogger()
    root.addHandler(overheard)
    try:
        yield overheard
    finally:
        root.removeHandler(overheard)
