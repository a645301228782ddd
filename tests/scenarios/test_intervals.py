"""Stretches of time: joined, shared, taken away."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scenarios.intervals import Span, common, lengthened, merged, touches, without

TIMES = st.integers(0, 60)
SPANS = st.lists(st.tuples(TIMES, TIMES).map(lambda pair: (min(pair), max(pair))), max_size=8)


def instants(spans: list[Span]) -> set[int]:
    """The whole moments that lie in some stretches."""
    return {at for start, end in spans for at in range(start, end)}


@given(SPANS, SPANS)
def test_stretches_are_sets_of_moments(first: list[Span], second: list[Span]) -> None:
    """Merging keeps them, sharing intersects them, taking away subtracts them."""
    assert instants(merged(first)) == instants(first)
    assert instants(common(merged(first), merged(second))) == instants(first) & instants(second)
    assert instants(without(first, second)) == instants(first) - instants(second)


@given(SPANS)
def test_merged_stretches_are_sorted_and_do_not_touch(spans: list[Span]) -> None:
    """So that the length of one is the length of an uninterrupted time."""
    found = merged(spans)

    assert all(start < end for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))


def test_lengthening_adds_at_the_end_and_touching_is_strict() -> None:
    """An end that equals a start is no overlap."""
    assert lengthened([(0, 10), (15, 20)], 5) == [(0, 25)]
    assert touches([(0, 10)], 9, 12)
    assert not touches([(0, 10)], 10, 12)
