"""The table of conformance: every venue that has a `<venue>/row.py` beside this file, by name."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.simulator.dialects.row import Feature, Row


def _rows() -> dict[str, Row]:
    found = sorted(Path(__file__).parent.glob("*/row.py"))
    modules = (importlib.import_module(f"tests.simulator.dialects.{path.parent.name}.row") for path in found)
    return {module.ROW.name: module.ROW for module in modules}


TABLE = _rows()
VENUES = tuple(TABLE)


def each_venue(*features: Feature) -> pytest.MarkDecorator:
    """Run a test on the `stage` of every venue where ccxt has all of these features."""
    names = [name for name, row in TABLE.items() if all(row.has(feature) for feature in features)]
    return pytest.mark.parametrize("stage", names, indirect=True)
