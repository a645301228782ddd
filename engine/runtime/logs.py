"""The log of one node: events with fields as lines of JSON, stamped by the clock that the node was handed.

structlog renders them, but none of its global configuration is used: two nodes in one process keep two logs, and its
own time stamper would read a clock that is not ours.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, cast

import structlog

from engine.ports.clock import Clock
from engine.services.log import Log


class _Lines:
    """The end of structlog's chain: one method for every level, and a line each."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = write


class SilentLog:
    """A log that nobody reads."""

    def info(self, event: str, **fields: object) -> None:
        """Write nothing."""

    def warning(self, event: str, **fields: object) -> None:
        """Write nothing."""

    def error(self, event: str, **fields: object) -> None:
        """Write nothing."""


def node_log(node: str, clock: Clock, write: Callable[[str], None] | None) -> Log:
    """Return the log of a node; each line has the event, its level, the wall clock in nanoseconds, and the fields."""
    if write is None:
        return SilentLog()

    def stamp(_logger: Any, level: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"at_ns": clock.wall_ns(), "level": level, "node": node, **fields}

    logger = structlog.wrap_logger(_Lines(write), processors=[stamp, structlog.processors.JSONRenderer(default=str)])
    return cast(Log, logger)
