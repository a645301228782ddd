"""Adversaries: Python of the user's own that looks at the world while it runs, and strikes where it hurts.

A scenario names them as `file.py:Name`, relative to itself. `Name(seed=…, sites=…)` is made once a run, with a stream
of chance of its own, and is asked every virtual second; so a run with one repeats as any other does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.ground import Sites
from chaos.storm import Adversary
from scenarios.document import Document, Keys
from simulator.kernel import Randomness


@dataclass(frozen=True, kw_only=True)
class AdversaryPlan:
    """An adversary that a scenario names, and what makes it."""

    name: str
    make: Callable[..., Adversary]

    def begin(self, seed: int, sites: Sites) -> Adversary:
        """Return it, at the beginning of a run."""
        return self.make(seed=Randomness(seed).sub_seed(f"adversary/{self.name}"), sites=sites)


def read_adversaries(document: Document) -> tuple[AdversaryPlan, ...]:
    """Return the adversaries that a scenario names, noting each that cannot be found or made."""
    named = document.values.get("adversaries")
    plans: list[AdversaryPlan] = []
    for index, written in enumerate(named if isinstance(named, list) else []):
        plan = _plan(document, ("adversaries", index), str(written))
        plans += [plan] if plan is not None else []
    return tuple(plans)


def _plan(document: Document, keys: Keys, written: str) -> AdversaryPlan | None:
    file, colon, name = written.partition(":")
    path = document.path.parent / file
    if not colon or not name.isidentifier() or not path.is_file():
        document.complain(keys, f"there is no adversary {written!r}", "write file.py:Name, relative to the scenario")
        return None
    make = getattr(_loaded(path), name, None)
    if not callable(make) or not hasattr(make, "strikes"):
        document.complain(keys, f"{file} has no adversary {name!r}", "define a class of that name with `strikes`")
        return None
    return AdversaryPlan(name=written, make=make)


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"adversary_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
