"""Schedules: drawn up front, one stream of chance a fault, and no fault moves another."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.closed import Ban
from chaos.fault import Aim
from chaos.ground import Sites
from chaos.host import Crash
from chaos.schedule import FaultLine, NothingMatches, draw, line_of, targets, written
from chaos.stream import SocketDrop
from chaos.timing import DWELL_MIN_NS, Exponential, Fixed, Lognormal, Window, hastened
from chaos.units import NS
from chaos.venue import AckLost, Outage

SITES = Sites(venues=("binance", "kraken"), nodes={"feed-a": "a", "feed-b": "b", "exec-a": "a"})
HOUR = 3_600 * NS

DROPS = FaultLine(id="drops", kind=SocketDrop, on="any_venue", every=Exponential(mean_ns=HOUR // 2))
CRASHES = FaultLine(id="crashes", kind=Crash, on="any_node", every=Exponential(mean_ns=HOUR))
LOST = FaultLine(id="lost", kind=AckLost, on="binance", at_ns=HOUR, for_ns=HOUR, parameters={"probability": 0.5})
GONE = FaultLine(id="gone", kind=Outage, on="kraken", every=Fixed(period_ns=2 * HOUR), for_ns=60 * NS)
LINES = (DROPS, CRASHES, LOST, GONE)


def test_the_same_seed_draws_the_same_schedule_and_another_seed_another() -> None:
    """All chance comes from the seed."""
    once = draw(LINES, seed=7, sites=SITES, horizon_ns=24 * HOUR)

    assert once == draw(LINES, seed=7, sites=SITES, horizon_ns=24 * HOUR)
    assert once != draw(LINES, seed=8, sites=SITES, horizon_ns=24 * HOUR)
    assert len({fault.id for fault in once}) == len(once) > 30


@pytest.mark.parametrize("gone", LINES)
def test_taking_a_line_out_moves_no_other_fault(gone: FaultLine) -> None:
    """What makes a failing schedule shrinkable."""
    whole = draw(LINES, seed=7, sites=SITES, horizon_ns=24 * HOUR)
    rest = draw([line for line in LINES if line is not gone], seed=7, sites=SITES, horizon_ns=24 * HOUR)

    assert rest == tuple(fault for fault in whole if fault.id.partition("#")[0] != gone.id)
    assert 0 < len(rest) < len(whole)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    """The horizon cuts, it does not redraw."""
    short = draw(LINES, seed=7, sites=SITES, horizon_ns=6 * HOUR)
    long = draw(LINES, seed=7, sites=SITES, horizon_ns=12 * HOUR)

    cut = [fault.id for fault in short if fault.until_ns == 6 * HOUR]
    kept = [fault for fault in short if fault.id not in cut]
    assert kept
    assert set(kept) <= set(long)


def test_each_injection_has_a_stream_of_chance_of_its_own() -> None:
    """Two faults never share draws."""
    faults = draw(LINES, seed=7, sites=SITES, horizon_ns=24 * HOUR)

    assert len({fault.seed for fault in faults}) == len(faults)
    assert faults[0].chance().random() == faults[0].chance().random()


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32), mean_s=st.integers(30, 7200), horizon_s=st.integers(60, 86_400))
def test_a_recurring_fault_heals_before_it_comes_again_and_before_the_act_ends(
    seed: int, mean_s: int, horizon_s: int
) -> None:
    """Without minimum dwell times faults flap and no run gets deep."""
    line = FaultLine(id="x", kind=SocketDrop, on="any_venue", every=Exponential(mean_ns=mean_s * NS))
    faults = draw([line], seed=seed, sites=SITES, horizon_ns=horizon_s * NS)

    for before, after in pairwise(faults):
        assert after.at_ns - before.until_ns >= DWELL_MIN_NS
    assert all(fault.until_ns <= horizon_s * NS for fault in faults)
    assert all(fault.for_ns >= fault.for_min_ns for fault in faults)


def test_a_fixed_period_counts_from_start_to_start() -> None:
    """`every: 2h` means every two hours."""
    faults = draw([GONE], seed=7, sites=SITES, horizon_ns=9 * HOUR)

    starts = [fault.at_ns for fault in faults]
    assert [after - before for before, after in pairwise(starts)] == [2 * HOUR] * 3


def test_parameters_reach_the_fault() -> None:
    """What a line says is what is injected."""
    (fault,) = draw([LOST], seed=7, sites=SITES, horizon_ns=6 * HOUR)

    assert isinstance(fault, AckLost)
    assert fault.probability == 0.5
    assert fault.parameters == {"probability": 0.5}
    assert (fault.on, fault.at_ns, fault.for_ns) == ("binance", HOUR, HOUR)


@pytest.mark.parametrize(
    ("selector", "aim", "chosen"),
    [
        ("binance", Aim.VENUE, ("binance",)),
        ("*", Aim.VENUE, ("binance", "kraken")),
        ("node/exec-a", Aim.NODE, ("exec-a",)),
        ("node/feed-*", Aim.NODE, ("feed-a", "feed-b")),
        ("zone/a", Aim.NODE, ("feed-a", "exec-a")),
    ],
)
def test_a_selector_stands_for_concrete_targets(selector: str, aim: Aim, chosen: tuple[str, ...]) -> None:
    """Names, patterns and zones."""
    assert targets(selector, aim, SITES, random.Random(1)) == chosen


def test_any_venue_is_chosen_anew_for_each_injection() -> None:
    """A recurring fault does not always hit the same one."""
    faults = draw([DROPS], seed=7, sites=SITES, horizon_ns=24 * HOUR)

    assert {fault.on for fault in faults} == {"binance", "kraken"}


@pytest.mark.parametrize(
    ("selector", "aim"),
    [("binanc", Aim.VENUE), ("node/exec-z", Aim.NODE), ("exec-a", Aim.NODE), ("zone/c", Aim.NODE), ("", Aim.NODE)],
)
def test_a_selector_that_chooses_nothing_is_told_what_it_could_choose(selector: str, aim: Aim) -> None:
    """Never a fault that silently hits nobody."""
    with pytest.raises(NothingMatches) as caught:
        targets(selector, aim, SITES, random.Random(1))
    assert "exec-a" in caught.value.remedy or "binance" in caught.value.remedy


def test_one_line_on_a_zone_is_one_fault_for_each_machine() -> None:
    """A zone dies as a whole, and each machine's fault can be told and taken out by itself."""
    line = FaultLine(id="zone", kind=Crash, on="zone/a", at_ns=HOUR)
    faults = draw([line], seed=7, sites=SITES, horizon_ns=6 * HOUR)

    assert [(fault.id, fault.on) for fault in faults] == [("zone/exec-a", "exec-a"), ("zone/feed-a", "feed-a")]


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32), sigma=st.floats(0, 3), median_s=st.integers(1, 600))
def test_a_drawn_length_lies_between_what_its_kind_allows_and_its_cap(seed: int, sigma: float, median_s: int) -> None:
    """And half of them below the median, which is what a median is."""
    length = Lognormal(median_ns=median_s * NS, sigma=sigma, cap_ns=1_000 * NS)
    line = FaultLine(id="x", kind=SocketDrop, on="binance", every=Exponential(mean_ns=HOUR), for_ns=length)
    faults = draw([line], seed=seed, sites=SITES, horizon_ns=48 * HOUR)

    assert all(SocketDrop.for_min_ns <= fault.for_ns <= 1_000 * NS for fault in faults)
    assert all(after.at_ns - before.until_ns >= DWELL_MIN_NS for before, after in pairwise(faults))


def test_lengths_have_the_median_that_was_asked_for() -> None:
    """Drawn from one's own stream each, they are still a sample of the one distribution."""
    length = Lognormal(median_ns=45 * NS, sigma=1.0, cap_ns=8 * HOUR)
    line = FaultLine(id="x", kind=SocketDrop, on="binance", every=Exponential(mean_ns=HOUR), for_ns=length)
    lengths = sorted(fault.for_ns for fault in draw([line], seed=3, sites=SITES, horizon_ns=2_000 * HOUR))

    assert 40 * NS < lengths[len(lengths) // 2] < 50 * NS
    assert 100 * NS < lengths[len(lengths) * 84 // 100] < 145 * NS  # one sigma up is e times the median


@pytest.mark.parametrize("every", [None, Exponential(mean_ns=HOUR // 4)])
def test_a_fault_with_a_window_acts_only_within(every: Exponential | None) -> None:
    """Alone it comes once, at an instant that is drawn."""
    window = Window(from_ns=5 * HOUR, until_ns=7 * HOUR)
    line = FaultLine(id="x", kind=SocketDrop, on="binance", during=window, every=every, for_ns=60 * NS)
    drawn = [draw([line], seed=seed, sites=SITES, horizon_ns=24 * HOUR) for seed in range(20)]

    assert all(window.from_ns <= one.at_ns and one.until_ns <= window.until_ns for faults in drawn for one in faults)
    assert {len(faults) for faults in drawn} == {1} if every is None else max(map(len, drawn)) > 4
    assert len({faults[0].at_ns for faults in drawn}) == 20


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**64 - 1), other=st.integers(0, 2**32), kept=st.sets(st.integers(0, 40)))
def test_a_drawn_schedule_is_drawn_again_from_its_own_lines_whatever_else_is_left(
    seed: int, other: int, kept: set[int]
) -> None:
    """A failing schedule can be cut down and still holds the same faults."""
    zone = FaultLine(id="zone", kind=Crash, on="zone/a", at_ns=HOUR)
    faults = draw([*LINES, zone], seed=seed, sites=SITES, horizon_ns=24 * HOUR)
    left = tuple(fault for number, fault in enumerate(faults) if number in kept)

    assert draw([line_of(one) for one in left], seed=other, sites=SITES, horizon_ns=24 * HOUR) == left


def test_a_drawn_fault_is_written_as_a_plain_line() -> None:
    """With the selector that chooses its one target, and its own stream of chance."""
    (fault,) = draw([LOST], seed=7, sites=SITES, horizon_ns=6 * HOUR)

    line = {"id": "lost", "inject": "ack_lost", "on": "binance", "at": "1h", "for": "1h", "with": {"probability": 0.5}}
    assert written(fault) == {**line, "seed": fault.seed}


def test_a_ban_lasts_as_long_as_a_venue_that_does_not_tell_its_end_lets_its_clients_believe() -> None:
    """Fifteen minutes at Kraken, whatever the line says, or not at all where the act is shorter."""
    short = FaultLine(id="ban", kind=Ban, on="*", at_ns=HOUR, for_ns=30 * NS)

    lengths = {one.on: one.for_ns for one in draw([short], seed=7, sites=SITES, horizon_ns=2 * HOUR)}

    assert lengths == {"binance": 30 * NS, "kraken": 900 * NS}
    assert [one.on for one in draw([short], seed=7, sites=SITES, horizon_ns=HOUR + 60 * NS)] == ["binance"]


STORMS = tuple(Window(from_ns=start * HOUR, until_ns=(start + 1) * HOUR) for start in range(2, 240, 12))


def test_a_fault_is_likelier_in_a_storm_by_as_much_as_was_asked_for() -> None:
    """An hour of storm in twelve, twenty times as likely: about two thirds come in storms."""
    line = FaultLine(id="x", kind=SocketDrop, on="binance", every=Exponential(mean_ns=4 * HOUR, in_storm=20.0))
    faults = draw([line], seed=5, sites=SITES, horizon_ns=240 * HOUR, storms=STORMS)
    stormy = [one for one in faults if any(storm.from_ns <= one.at_ns < storm.until_ns for storm in STORMS)]

    assert 0.5 < len(stormy) / len(faults) < 0.8
    assert 100 < len(faults) < 220  # 220 hours of calm and 20 that count for 400
    assert draw([line], seed=5, sites=SITES, horizon_ns=240 * HOUR) != faults


@settings(deadline=None, max_examples=100)
@given(gap_s=st.integers(1, 10**7), from_s=st.integers(0, 10**6), factor=st.floats(1, 1000))
def test_hazard_is_spent_in_calm_and_faster_in_storms(gap_s: int, from_s: int, factor: float) -> None:
    """What was waited, weighed by the factor where it stormed, is what was to be waited."""
    waited = hastened(gap_s * NS, from_s * NS, STORMS, factor)
    until_ns = from_s * NS + waited
    stormy = sum(max(0, min(one.until_ns, until_ns) - max(one.from_ns, from_s * NS)) for one in STORMS)

    assert DWELL_MIN_NS <= waited <= gap_s * NS
    if waited > DWELL_MIN_NS:
        assert waited - stormy + stormy * factor == pytest.approx(gap_s * NS, rel=1e-6, abs=1e4 * factor)


def test_a_region_stands_for_its_venues_or_its_machines() -> None:
    """Venues that share a cloud's region fail together."""
    sites = Sites(venues=("binance", "kraken"), nodes=SITES.nodes, regions={"tokyo": ("a", "binance")})

    assert targets("region/tokyo", Aim.VENUE, sites, random.Random(1)) == ("binance",)
    assert targets("region/tokyo", Aim.NODE, sites, random.Random(1)) == ("feed-a", "exec-a")
    assert targets("region/tokyo", Aim.REGION, sites, random.Random(1)) == ("tokyo",)
    assert targets("endpoint/orders", Aim.ENDPOINT, sites, random.Random(1)) == ("orders@binance", "orders@kraken")
    assert targets("endpoint/*@kraken", Aim.ENDPOINT, sites, random.Random(1))[0] == "orders@kraken"
