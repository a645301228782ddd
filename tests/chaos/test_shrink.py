"""Shrinking: the culprits are found among many, in few runs, and nothing is kept that was not seen to break."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.fault import Fault
from chaos.shrink import Schedule, shrink
from chaos.units import NS
from chaos.venue import AckLost, Outage

MINUTE = 60 * NS
MANY = 30


def storm(count: int = MANY) -> Schedule:
    """A fault every minute, of two kinds, at times that are not round."""
    faults: list[Fault] = []
    for number in range(count):
        kind: type[Fault] = AckLost if number % 2 else Outage
        at_ns = (number + 5) * MINUTE + 1_234_567_891
        values = {"probability": 0.9} if kind is AckLost else {"mode": "hang"}
        faults.append(kind(id=f"f{number}", on="binance", at_ns=at_ns, for_ns=50 * NS, seed=number, **values))
    return Schedule(items=tuple(faults), lasts_ns=(count + 10) * MINUTE)


class Runs:
    """Breaks where a condition says so, and counts how often it was asked."""

    def __init__(self, breaks: Callable[[Schedule], bool]) -> None:
        self.breaks = breaks
        self.count = 0
        self.seen: dict[Schedule, bool] = {}

    def first(self, candidates: Sequence[Schedule]) -> Schedule | None:
        """One at a time, in order; what was run once is remembered."""
        for one in candidates:
            if one not in self.seen:
                self.count += 1
                self.seen[one] = self.breaks(one)
            if self.seen[one]:
                return one
        return None


def needs(*ids: str) -> Callable[[Schedule], bool]:
    """Break if all of these are there."""
    return lambda schedule: {*ids} <= {one.id for one in schedule.faults}


@settings(max_examples=60)
@given(st.sets(st.integers(0, MANY - 1), min_size=1, max_size=3), st.integers(0, 10))
def test_the_culprits_are_found_among_thirty_in_fewer_than_forty_runs(culprits: set[int], later: int) -> None:
    """They break it a while after the last of them came; two more runs confirm it before."""
    ids = [f"f{number}" for number in sorted(culprits)]
    runs = Runs(needs(*ids))
    broke_at_ns = (max(culprits) + 6 + later) * MINUTE

    least = shrink(storm(), broke_at_ns, runs.first)

    assert [one.id for one in least.faults] == ids
    assert runs.count + 2 < 40


def test_a_culprit_becomes_as_short_as_plain_and_as_round_as_it_may_be() -> None:
    """Its kind's least length, its defaults, a whole minute; the run ends soon after the break."""
    runs = Runs(needs("f7"))

    least = shrink(storm(), 14 * MINUTE, runs.first)

    (fault,) = least.faults
    assert isinstance(fault, AckLost)
    assert fault.for_ns == fault.for_min_ns
    assert fault.probability == AckLost(id="", on="", at_ns=0, for_ns=0, seed=0).probability
    assert fault.at_ns == 12 * MINUTE
    assert least.lasts_ns == 16 * MINUTE


def test_what_must_be_so_stays_so() -> None:
    """A break that needs this length, this parameter and this moment keeps all three."""

    def breaks(schedule: Schedule) -> bool:
        return any(
            one.for_ns > 40 * NS and one.parameters == {"probability": 0.9} and one.at_ns % NS == 234_567_891
            for one in schedule.faults
        )

    least = shrink(storm(), 40 * MINUTE, Runs(breaks).first)

    (fault,) = least.faults
    assert breaks(least)
    assert fault.for_ns == 50 * NS


def test_a_break_in_good_weather_needs_nothing() -> None:
    """The emptiest schedule is tried among the first."""
    runs = Runs(lambda schedule: True)

    assert shrink(storm(), 20 * MINUTE, runs.first).items == ()
    assert runs.count <= 3


def test_without_runs_left_the_whole_is_what_is_known() -> None:
    """Nothing that was not tried is claimed."""
    whole = storm()

    assert shrink(whole, 20 * MINUTE, lambda candidates: None) == whole
