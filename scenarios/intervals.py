"""Stretches of virtual time, as sorted lists of (start, end) in nanoseconds that do not touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same time as sorted stretches that neither overlap nor touch; empty ones are left out."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def length_ns(spans: Iterable[Span]) -> int:
    """Return how long the stretches are together, which do not overlap."""
    return sum(end - start for start, end in spans)


def common(first: Sequence[Span], second: Sequence[Span]) -> list[Span]:
    """Return the time that lies in both."""
    found = [(max(a, c), min(b, d)) for a, b in first for c, d in second]
    return merged(found)


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Return the time of `spans` that does not lie in `taken`."""
    left: list[Span] = []
    for start, end in merged(spans):
        at = start
        for cut_start, cut_end in merged(taken):
            if cut_end <= at or cut_start >= end:
                continue
            left.append((at, cut_start))
            at = cut_end
        left.append((at, end))
    return merged(left)


def lengthened(spans: Iterable[Span], by_ns: int) -> list[Span]:
    """Return every stretch with `by_ns` added at its end."""
    return merged((start, end + by_ns) for start, end in spans)


def touches(spans: Sequence[Span], start: int, end: int) -> bool:
    """Say whether any of the time lies between `start` and `end`."""
    return any(one < end and other > start for one, other in spans)
