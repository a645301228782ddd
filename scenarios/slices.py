"""Slices: virtual time cut into pieces of ten seconds, and what was found of each for one component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from scenarios.intervals import Span

NS = 1_000_000_000
SLICE_NS = 10 * NS


class Slice(IntEnum):
    """What was found of one slice; of two findings the one further down this list stands."""

    UP = 1
    VENUE_DOWN = 2
    DOWN = 3


@dataclass(frozen=True, kw_only=True)
class Uptime:
    """One component over a whole run: what was found, by the slice's number; those where nothing was due are absent."""

    component: str
    slices: Mapping[int, Slice]

    @property
    def judged_s(self) -> float:
        """Seconds in which something was due and a venue could serve."""
        return self._seconds(Slice.UP, Slice.DOWN)

    @property
    def down_s(self) -> float:
        """Seconds of slices with a miss."""
        return self._seconds(Slice.DOWN)

    @property
    def venue_down_s(self) -> float:
        """Seconds in which something was due and no venue could have served."""
        return self._seconds(Slice.VENUE_DOWN)

    @property
    def measured(self) -> float | None:
        """The part of the judged time that was up; None where nothing was judged."""
        return 1 - self.down_s / self.judged_s if self.judged_s else None

    def down_runs(self) -> list[Span]:
        """Return the stretches from a first down slice to the last one before another finding, in nanoseconds."""
        runs: list[Span] = []
        was_down = False
        for number, found in sorted(self.slices.items()):
            down = found is Slice.DOWN
            if down:
                start = runs.pop()[0] if was_down else number * SLICE_NS
                runs.append((start, (number + 1) * SLICE_NS))
            was_down = down
        return runs

    def _seconds(self, *kinds: Slice) -> float:
        return sum(one in kinds for one in self.slices.values()) * SLICE_NS / NS


@dataclass
class Slicing:
    """Collects findings by time; only whole slices between `from_ns` and `end_ns` count."""

    component: str
    from_ns: int
    end_ns: int
    _slices: dict[int, Slice] = field(default_factory=dict)

    def numbers(self, start_ns: int, end_ns: int) -> range:
        """Return the numbers of the counted slices that touch a stretch of time."""
        first = max(start_ns // SLICE_NS, -(-self.from_ns // SLICE_NS))
        last = min(-(-end_ns // SLICE_NS), self.end_ns // SLICE_NS)
        return range(first, last)

    def find(self, at_ns: int, found: Slice) -> None:
        """Note what was found of the slice that holds a moment."""
        for number in self.numbers(at_ns, at_ns + 1):
            self._slices[number] = max(found, self._slices.get(number, found))

    def result(self) -> Uptime:
        """Return what was found."""
        return Uptime(component=self.component, slices=dict(sorted(self._slices.items())))
