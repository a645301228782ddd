"""One run for a certificate: one occurrence of one kind of weather, and the bad seconds of each component in it."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scenarios.explore.trial import failures_of
from scenarios.run import run
from scenarios.scenario import load_scenario
from scenarios.slices import Uptime
from scenarios.written import write_text


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a worker is given: the text of a scenario that stands by itself, and its seed."""

    kind: str
    seed: int
    text: str
    cut: bool


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What one run showed."""

    kind: str
    seed: int
    bad_s: dict[str, float]
    """Down time by component: its slices that were judged and missed."""
    judged_s: dict[str, float]
    venue_down_s: dict[str, float]
    unprotected_s: float
    virtual_s: float
    failures: tuple[str, ...]
    """Promises that were broken, checkers that failed: any of them voids the certificate, whatever the uptime."""
    cut: bool
    """Whether the occurrence was drawn longer than it was run."""
    cpu_s: float


def run_errand(errand: Errand) -> Evidence:
    """Run it and return what it showed; this is what the workers do. Raises what the simulation raises."""
    folder = Path(tempfile.mkdtemp(prefix="stormproof-"))
    try:
        path = folder / "certify.yaml"
        write_text(path, errand.text)
        result = run(load_scenario(path), errand.seed)
    finally:
        shutil.rmtree(folder)
    return Evidence(
        kind=errand.kind,
        seed=errand.seed,
        bad_s={one.component: one.down_s for one in result.uptimes},
        judged_s={one.component: one.judged_s for one in result.uptimes},
        venue_down_s={one.component: _venue_down_s(one) for one in result.uptimes},
        unprotected_s=result.unprotected_s,
        virtual_s=result.virtual_s,
        failures=tuple(sorted(f"{one.kind}: {one.detail}" for one in failures_of(result))),
        cut=errand.cut,
        cpu_s=result.cpu_s,
    )


def _venue_down_s(uptime: Uptime) -> float:
    return uptime.venue_down_s
