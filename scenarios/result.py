"""The result of a run: the verdict, what it rests on, and the command that repeats it.

`to_json` gives the object whose names are fixed for every reader; the frames are the same facts for a notebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scenarios.finding import Finding, Status
from scenarios.record import Record
from scenarios.recoveries import Recovery
from scenarios.slices import Uptime

if TYPE_CHECKING:
    import pandas as pd

NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class FaultOutcome:
    """One fault, and how the bot came through it. Seconds of virtual time."""

    name: str
    on: str
    at_s: float
    for_s: float
    must_page: bool
    paged_after_s: float | None
    recovered_after_s: float | None


@dataclass(frozen=True, kw_only=True)
class OrderCounts:
    """What became of the bot's orders. `duplicates` and `lost` count broken promises."""

    intents: int
    accepted: int
    filled: int
    refused: int
    unknown_resolved: int
    duplicates: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run of one scenario with one seed, judged."""

    scenario: str
    title: str
    seed: int
    world: str
    verdict: Status
    unknowns: tuple[str, ...]
    """What should be known and is not; it decides where nothing was broken."""
    findings: tuple[Finding, ...]
    uptimes: tuple[Uptime, ...]
    targets: Mapping[str, Decimal]
    marks: Mapping[str, int]
    weather: tuple[FaultOutcome, ...]
    counts: OrderCounts
    recoveries: tuple[Recovery, ...]
    unprotected_s: float
    complaints: Mapping[str, int]
    """Errors that no code of a machine handled, or that a library logged, and how often: there should be none."""
    virtual_s: float
    wall_s: float
    cpu_s: float
    events: int
    digest: str | None
    reproduce: str
    record: Record

    def finding(self, name: str) -> Finding:
        """Return the finding of one promise; raise KeyError for a name that is none."""
        return {one.name: one for one in self.findings}[name]

    def to_json(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        return {
            "scenario": self.scenario,
            "title": self.title,
            "seed": self.seed,
            "world": self.world,
            "verdict": self.verdict.value,
            "promises": [_promise(one) for one in self.findings],
            "uptime": [self._uptime(one) for one in self.uptimes],
            "unprotected_s": self.unprotected_s,
            "faults": [asdict(one) for one in self.weather],
            "sometimes": [{"name": name, "seen": seen} for name, seen in self.marks.items()],
            "orders": asdict(self.counts),
            "recoveries": [asdict(one) for one in self.recoveries],
            "complaints": dict(self.complaints),
            "virtual_s": self.virtual_s,
            "wall_s": round(self.wall_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "events": self.events,
            "digest": self.digest,
            "reproduce": self.reproduce,
        }

    def _uptime(self, uptime: Uptime) -> dict[str, Any]:
        target = self.targets.get(uptime.component)
        return {
            "component": uptime.component,
            "target": None if target is None else float(target),
            "measured": uptime.measured,
            "down_s": uptime.down_s,
            "judged_s": uptime.judged_s,
            "venue_down_s": uptime.venue_down_s,
        }

    # -- frames

    def orders(self) -> pd.DataFrame:
        """Return every order that reached a venue, one row each."""
        from scenarios import frames  # pandas is heavy, and only notebooks want frames

        return frames.orders(self.record)

    def faults(self) -> pd.DataFrame:
        """Return every fault and how the bot came through it, one row each."""
        from scenarios import frames

        return frames.faults(self.weather, self.record)

    def uptime(self) -> pd.DataFrame:
        """Return the uptime of every component, one row each."""
        from scenarios import frames

        return frames.uptime([self._uptime(one) for one in self.uptimes])

    def prices(self) -> pd.DataFrame:
        """Return every price on the bus: one row each, indexed by time."""
        from scenarios import frames

        return frames.prices(self.record)


def _promise(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "status": finding.status.value,
        "exercised": finding.exercised,
        "detail": finding.detail,
        "at_s": None if finding.at_ns is None else finding.at_ns / NS,
    }
