"""A scenario as the values of a file that could stand anywhere: overrides laid in, paths made absolute."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.document import read_document
from scenarios.overrides import apply_override
from scenarios.scenario import Scenario


def standalone(scenario: Scenario) -> dict[str, Any]:
    """Return what the scenario's file says, with its overrides, and without its marks: it proves nothing by itself."""
    document = read_document(scenario.path)
    for override in scenario.overrides:
        apply_override(document, override, Path.cwd())
    values = document.values
    _each_path(values, lambda written: str((scenario.path.parent / written).resolve()))
    values["sometimes"] = []
    return values


def settled(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the same values as a file in `folder` says them: its paths are relative to it."""
    settled_values = {**values, "world": {**values["world"], "markets": {}}}
    for symbol, market in values["world"]["markets"].items():
        settled_values["world"]["markets"][symbol] = dict(market)
    _each_path(settled_values, lambda absolute: os.path.relpath(absolute, folder.resolve()))
    return settled_values


def _each_path(values: dict[str, Any], changed: Callable[[str], str]) -> None:
    values["bot"] = changed(values["bot"])
    for market in values["world"]["markets"].values():
        if "replay" in market:
            market["replay"] = changed(market["replay"])
