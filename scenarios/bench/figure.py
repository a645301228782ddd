"""One measured figure: ours against its floor, in rounds that take turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

ROUNDS = 5
"""How many times ours and the floor take turns."""

Measured = Callable[[], float]
"""Does the work once and returns the processor seconds that one unit of it took."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A bound on a figure's value."""

    at_most: float | None = None
    at_least: float | None = None

    def met(self, value: float) -> bool:
        """Say whether a value keeps the bound."""
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured. `value` is the figure itself (None: it could not be taken, and `detail` says why)."""

    name: str
    value: float | None
    unit: str
    ours: str
    floor: str
    target: Target
    detail: str = ""

    @property
    def met(self) -> bool | None:
        """True or False as the target is kept; None without a value."""
        return None if self.value is None else self.target.met(self.value)

    def to_json(self) -> dict[str, Any]:
        """Return the figure as it is printed."""
        return {
            **asdict(self),
            "target": {k: v for k, v in asdict(self.target).items() if v is not None},
            "met": self.met,
        }


@dataclass(frozen=True, kw_only=True)
class Duel:
    """The rounds of ours against its floor: processor seconds for one unit, round by round."""

    ours_s: tuple[float, ...]
    floor_s: tuple[float, ...]

    @property
    def cost_ratio(self) -> float:
        """How many times the floor's cost ours is: the median of the rounds."""
        return median(ours / floor for ours, floor in zip(self.ours_s, self.floor_s, strict=True))

    @property
    def speed_ratio(self) -> float:
        """How many times the floor's speed ours has: the median of the rounds."""
        return median(floor / ours for ours, floor in zip(self.ours_s, self.floor_s, strict=True))

    def told(self, unit_s: float, unit: str) -> str:
        """Return both medians in a unit of so many seconds."""
        return f"{median(self.ours_s) / unit_s:.3g} {unit} against {median(self.floor_s) / unit_s:.3g} {unit}"


def duel(ours: Measured, floor: Measured, rounds: int = ROUNDS) -> Duel:
    """Let ours and the floor take turns; the first round warms up and is not counted."""
    pairs = [(ours(), floor()) for _ in range(rounds + 1)][1:]
    return Duel(ours_s=tuple(one for one, _ in pairs), floor_s=tuple(one for _, one in pairs))


class Stopwatch:
    """Processor time of this process between `start` and `stop`, added up, with Python's garbage out of the way."""

    def __init__(self) -> None:
        gc.collect()
        self.total_s = 0.0
        self._began_s = 0.0

    def start(self) -> None:
        """Begin to count."""
        self._began_s = time.process_time()

    def stop(self) -> None:
        """Stop counting."""
        self.total_s += time.process_time() - self._began_s
