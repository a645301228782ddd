"""A finding: what the referee says of one promise, and how often the promise was put to the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from scenarios.record import Record
from scenarios.schema import Expect

VIOLATIONS_TOLD_MAX = 3
"""How many violations a detail spells out; the rest are counted."""


class Status(StrEnum):
    """Three values: absence of evidence is not evidence."""

    HELD = "held"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The status of one promise. `exercised` counts the occasions on which it could have been broken."""

    name: str
    status: Status
    exercised: int
    detail: str
    at_ns: int | None = None
    violations: int = 0
    untried: bool = False
    """Unknown for no other reason than that no occasion came."""


Promise = Callable[[Record, Expect], Finding]
"""Judges a record by the scenario's bounds."""


@dataclass
class Tally:
    """Counts the occasions of one promise and keeps its violations in order of time."""

    name: str
    exercised: int = 0
    violations: list[tuple[int, str]] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    def exercise(self, times: int = 1) -> None:
        """Note that the promise was put to the test."""
        self.exercised += times

    def violate(self, at_ns: int, what: str) -> None:
        """Note that it was broken."""
        self.violations.append((at_ns, what))

    def doubt(self, why: str) -> None:
        """Note that part of it could not be judged."""
        self.unclear.append(why)

    def finding(self, held: str, never: str) -> Finding:
        """Return what was found; `held` says it when all was well, `never` why it was not put to the test."""
        if self.violations:
            ordered = sorted(self.violations)
            told = "; ".join(what for _, what in ordered[:VIOLATIONS_TOLD_MAX])
            more = len(ordered) - VIOLATIONS_TOLD_MAX
            detail = f"{told}; and {more} more" if more > 0 else told
            return self._as(Status.BROKEN, detail, ordered[0][0])
        if self.unclear:
            return self._as(Status.UNKNOWN, "; ".join(self.unclear[:VIOLATIONS_TOLD_MAX]))
        if not self.exercised:
            return replace(self._as(Status.UNKNOWN, never), untried=True)
        return self._as(Status.HELD, held)

    def _as(self, status: Status, detail: str, at_ns: int | None = None) -> Finding:
        return Finding(
            name=self.name,
            status=status,
            exercised=self.exercised,
            detail=detail,
            at_ns=at_ns,
            violations=len(self.violations),
        )
