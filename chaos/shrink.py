"""From a schedule that breaks something to the least that still breaks the same thing.

Nobody can read thirty faults. First goes what came after the break, then all but what came last before it, since a
break seldom has an old cause; then whatever else can go, one needed item found after the other by halving what is left
(after Junker, "QuickXplain", AAAI 2004: for few culprits among many it takes fewer runs than delta debugging). What is
left is made plainer, shorter and rounder. A candidate is kept only if it was seen to break the same thing, and of
several the first in a fixed order is kept, however many are tried side by side: the same search finds the same
schedule every time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from chaos.fault import Fault
from chaos.parameter import parameters_of
from chaos.units import DURATION_UNITS

MINUTE_NS, SECOND_NS = DURATION_UNITS["m"], DURATION_UNITS["s"]
AFTER_NS = 2 * MINUTE_NS
"""How much of a run is kept after the break, so that it is seen to stay broken."""


class Timed(Protocol):
    """Something that a schedule has at a moment: a fault, or what a person does."""

    @property
    def at_ns(self) -> int:
        """When, in virtual time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What happens in a run, in order of time, and how long its act under fire lasts."""

    items: tuple[Timed, ...]
    lasts_ns: int

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Its faults alone."""
        return tuple(one for one in self.items if isinstance(one, Fault))


First: TypeAlias = Callable[[Sequence[Schedule]], Schedule | None]
"""Runs candidates and returns the first that still breaks the same thing; None where none does, or no run is left."""


def shrink(schedule: Schedule, broke_at_ns: int, first: First) -> Schedule:
    """Return the smallest schedule found that breaks the same; `broke_at_ns` is when the whole one did."""
    least = first([_without_the_rest(schedule, broke_at_ns)]) or schedule
    least = _last_few(least, first)
    least = _needed(least, first)
    found = _one_less(least, first)
    least = _simplified_together(found, first)
    for number in range(len(least.items)):
        least = _simplified(least, number, first)
    return _one_less(least, first) if least != found else found


def _without_the_rest(schedule: Schedule, broke_at_ns: int) -> Schedule:
    """The schedule up to the break, a whole number of minutes long."""
    lasts_ns = -(-(broke_at_ns + AFTER_NS) // MINUTE_NS) * MINUTE_NS
    kept = [one for one in schedule.items if one.at_ns <= broke_at_ns]
    lasts_ns = min(schedule.lasts_ns, max([lasts_ns, *(one.until_ns for one in kept if isinstance(one, Fault))]))
    return Schedule(items=tuple(kept), lasts_ns=lasts_ns)


def _last_few(schedule: Schedule, first: First) -> Schedule:
    """The last none, one, two, four … of its items, whichever is enough."""
    counts = [0, *(1 << power for power in range(len(schedule.items).bit_length()) if 1 << power < len(schedule.items))]
    fewer = [replace(schedule, items=schedule.items[len(schedule.items) - count :]) for count in counts]
    return first(fewer) or schedule


def _needed(schedule: Schedule, first: First) -> Schedule:
    """The schedule with only those of its items that it takes, each found by halving what comes before it."""
    needed: tuple[Timed, ...] = ()
    rest = schedule.items
    while rest:
        low, high = 0, len(rest)
        while low < high:  # the first `high` of the rest, with what is needed, are known to break it
            middle = (low + high) // 2
            if first([replace(schedule, items=rest[:middle] + needed)]) is not None:
                high = middle
            else:
                low = middle + 1
        needed = rest[max(0, high - 1) : high] + needed
        rest = rest[: max(0, high - 1)]
    return replace(schedule, items=needed)


def _one_less(schedule: Schedule, first: First) -> Schedule:
    """The schedule without any single item that can go."""
    items = schedule.items
    smaller = first([replace(schedule, items=items[:number] + items[number + 1 :]) for number in range(len(items))])
    return schedule if smaller is None else _one_less(smaller, first)


def _simplified_together(schedule: Schedule, first: First) -> Schedule:
    """The schedule with all of its faults as simple as can be at once, which is often right and saves many runs."""
    least: list[Timed] = list(schedule.items)
    candidates: list[Schedule] = []
    for simpler in SIMPLER:
        least = [(simpler(one) or [one])[0] if isinstance(one, Fault) else one for one in least]
        candidates.insert(0, replace(schedule, items=tuple(least)))
    return first([one for one in dict.fromkeys(candidates) if one != schedule]) or schedule


def _simplified(schedule: Schedule, number: int, first: First) -> Schedule:
    """The schedule with one of its faults as short, as plain and at as round a time as it may be."""
    for simpler in SIMPLER:
        item = schedule.items[number]
        if isinstance(item, Fault):
            candidates = [_with(schedule, number, one) for one in simpler(item) if one != item]
            schedule = first(candidates) or schedule
    return schedule


def _with(schedule: Schedule, number: int, item: Timed) -> Schedule:
    return replace(schedule, items=(*schedule.items[:number], item, *schedule.items[number + 1 :]))


def _plainer(fault: Fault) -> list[Fault]:
    """With the parameters that it has when nobody says otherwise."""
    plain = type(fault)(id=fault.id, on=fault.on, at_ns=fault.at_ns, for_ns=fault.for_ns, seed=fault.seed)
    return [plain] if parameters_of(type(fault)) else []


def _shorter(fault: Fault) -> list[Fault]:
    least = fault.least_ns(fault.on)
    lengths = (least, fault.for_ns // 4, fault.for_ns // 2)
    rounded = [max(least, length // SECOND_NS * SECOND_NS) for length in lengths]
    return [replace(fault, for_ns=length) for length in dict.fromkeys(rounded) if length < fault.for_ns]


def _rounder(fault: Fault) -> list[Fault]:
    return [replace(fault, at_ns=fault.at_ns // unit * unit) for unit in (MINUTE_NS, SECOND_NS)]


SIMPLER: tuple[Callable[[Fault], list[Fault]], ...] = (_plainer, _shorter, _rounder)
"""Each gives simpler forms of a fault, the simplest first."""
