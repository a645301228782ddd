"""Swarms: weather drawn from a seed, different every time, always possible and never hopeless."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.fault import Blocks, Fault
from chaos.ground import Sites
from chaos.host import Crash, ZoneOutage
from chaos.parameter import parameters_of
from chaos.swarm import BOOTS_NS, GONE_MAX_NS, survivable, swarm
from chaos.units import NS
from chaos.vocabulary import KINDS

SITES = Sites(
    venues=("binance", "kraken"),
    nodes={"feed-a": "a", "feed-b": "b", "exec-a": "a", "exec-b": "b", "monitor-a": "a"},
    markets=("BTC/USDT",),
    services=("pager", "sentiment", "analytics"),
    regions={"tokyo": ("b", "binance")},
)
CREWS = [frozenset({"feed-a", "feed-b"}), frozenset({"exec-a", "exec-b"}), frozenset({"monitor-a"})]
FROM, UNTIL = 240 * NS, 2_400 * NS


def drawn(seed: int) -> tuple[Fault, ...]:
    """The weather of a seed."""
    return swarm(seed, SITES, CREWS, from_ns=FROM, until_ns=UNTIL)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_a_swarm_is_what_its_seed_says_and_lies_within_its_time(seed: int) -> None:
    """Drawn twice it is the same; every fault ends before the act does, and lasts as long as its kind must."""
    faults = drawn(seed)

    assert faults == drawn(seed)
    assert [one.at_ns for one in faults] == sorted(one.at_ns for one in faults)
    assert all(one.at_ns >= FROM and one.until_ns <= UNTIL for one in faults)
    assert len({one.id for one in faults}) == len(faults)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_whatever_is_drawn_could_have_been_written_in_a_file(seed: int) -> None:
    """Each parameter, written down, is read as what it is."""
    for fault in drawn(seed):
        for name, declared in parameters_of(type(fault)).items():
            value = getattr(fault, name)
            assert declared.read(declared.write(value)) == value


def test_seeds_differ_in_the_kinds_that_exist_and_together_they_have_them_all() -> None:
    """Most runs lack most oddities, so that none is always hidden by another."""
    kinds = [{one.name for one in drawn(seed)} for seed in range(400)]

    assert set().union(*kinds) >= set(KINDS) - {"settlement_fails"}
    assert sorted(len(one) for one in kinds)[200] <= 5
    assert max(len(one) for one in kinds) >= 10


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_of_every_crew_somebody_is_soon_at_work_again(seed: int) -> None:
    """Looked at every three seconds: nobody's absence lasts longer than a bot can bear."""
    faults = drawn(seed)
    for crew in CREWS:
        absent = 0
        for second in range(FROM // NS, UNTIL // NS, 3):
            gone = {node for node in crew if _gone(node, second * NS, faults)}
            absent = absent + 3 if gone == crew else 0
            assert absent <= (GONE_MAX_NS + BOOTS_NS) // NS + 3


def _gone(node: str, now_ns: int, faults: tuple[Fault, ...]) -> bool:
    """Whether a fault that takes machines or the bus away hits a node at a moment."""
    for one in faults:
        heavy = one.blocks & {Blocks.COMPONENT, Blocks.JOURNAL, Blocks.BUS}
        source, arrow, target = one.on.partition("->")
        hit = one.on in (node, SITES.nodes[node], "bus") or (
            arrow and target == "bus" and source in (node, SITES.nodes[node])
        )
        if heavy and hit and one.at_ns <= now_ns < one.until_ns + BOOTS_NS:
            return True
    return False


def test_what_would_leave_nobody_goes_and_what_a_stand_in_covers_stays() -> None:
    """Two minutes without the only monitor are too long; without one executor of two they are not."""
    alone = Crash(id="one", on="monitor-a", at_ns=FROM, for_ns=120 * NS, seed=1)
    covered = Crash(id="two", on="exec-a", at_ns=FROM, for_ns=120 * NS, seed=2)
    second = ZoneOutage(id="three", on="b", at_ns=FROM + 30 * NS, for_ns=100 * NS, seed=3)

    assert survivable([alone, covered, second], SITES, CREWS) == (covered,)
