"""A chronicle keeps every fact in its order, and little of it in memory."""

from __future__ import annotations

import resource
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.chronicle import PAGE_FACTS, Chronicle
from scenarios.record import BeatSeen

NS = 1_000_000_000


def beat(at_s: int) -> BeatSeen:
    """Return a fact that is known by its time."""
    return BeatSeen(at_ns=at_s * NS, component="execution", node="exec-a", status="ok")


def of(facts: int) -> Chronicle[BeatSeen]:
    """Return a chronicle of so many facts."""
    chronicle = Chronicle(BeatSeen)
    for at_s in range(facts):
        chronicle.append(beat(at_s))
    return chronicle


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3 * PAGE_FACTS), st.data())
def test_it_reads_like_a_list(facts: int, data: st.DataObject) -> None:
    """Whatever is asked of it, however much of it is put away."""
    chronicle, plain = of(facts), [beat(at_s) for at_s in range(facts)]

    assert len(chronicle) == facts
    assert list(chronicle) == plain
    assert list(reversed(chronicle)) == plain[::-1]
    assert chronicle[-3:] == plain[-3:]
    if facts:
        index = data.draw(st.integers(-facts, facts - 1))
        assert chronicle[index] == plain[index]


def test_two_readers_do_not_disturb_each_other_nor_who_writes() -> None:
    """One file serves them all."""
    chronicle = of(2 * PAGE_FACTS)

    pairs = list(zip(chronicle, reversed(chronicle), strict=True))
    chronicle.append(beat(2 * PAGE_FACTS))

    assert pairs == list(zip(list(of(2 * PAGE_FACTS)), list(of(2 * PAGE_FACTS))[::-1], strict=True))
    assert chronicle[-1] == beat(2 * PAGE_FACTS)


def test_every_fact_can_be_changed() -> None:
    """Into a chronicle of their own; the first stays as it was."""
    chronicle = of(PAGE_FACTS + 1)

    later = chronicle.changed(lambda one: beat(one.at_ns // NS + 1))

    assert list(later) == [beat(at_s) for at_s in range(1, PAGE_FACTS + 2)]
    assert chronicle[0] == beat(0)


def test_a_hundred_thousand_facts_take_little_memory() -> None:
    """Long runs must not outgrow a machine; a list of them takes a hundred bytes and more for each."""
    tracemalloc.start()
    try:
        chronicle = of(100_000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(chronicle) == 100_000
    assert held < 1_000_000


def test_what_a_full_disk_does_not_take_is_remembered_all_the_same() -> None:
    """Some of it on the disk, one page cut short by its end, the rest in memory."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        chronicle = of(20 * PAGE_FACTS + 1)
        read = list(chronicle)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert read == [beat(at_s) for at_s in range(20 * PAGE_FACTS + 1)]
