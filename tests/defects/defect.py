"""A defect: one mistake that real bots have made, planted in the engine's own code for as long as a test lasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One mistake: what it is, where it was made for real, which promise it breaks, and how to make it."""

    name: str
    incident: str
    breaks: str
    plant: Callable[[pytest.MonkeyPatch], None]
    weather: str
    """The scenario of the library that brings it out, and that the engine as it is holds."""
