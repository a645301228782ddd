"""Sightings: when what a fault took away was first seen to work again, for all faults of a run in one reading of it.

A month of facts is too much to be read once for each of its faults, and too much to be kept beside the reading. So
what is to be known is asked first, and answered while the facts go by.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping

from scenarios.record import Record

THROTTLED = (418, 429)

Sign = tuple[str, ...]
"""What can be seen at work: ("rest", venue), ("price", venue), ("stream", venue), ("feed", node), ("books",),
("beat",), ("beat", node), ("beat", node, component)."""
Question = tuple[Sign, int]
"""When is it seen from a moment of virtual time on?"""


def first_seen(record: Record, questions: Iterable[Question]) -> Mapping[Question, int]:
    """Return for each question the first moment, not before the one it names, at which its sign was seen, if any."""
    asked: dict[Sign, set[int]] = defaultdict(set)
    for sign, from_ns in questions:
        asked[sign].add(from_ns)
    waiting = {sign: deque(sorted(moments)) for sign, moments in asked.items()}
    found: dict[Question, int] = {}
    for at_ns, sign in signs_of(record):
        moments = waiting.get(sign)
        while moments and moments[0] <= at_ns:
            found[sign, moments.popleft()] = at_ns
    return found


def signs_of(record: Record) -> Iterator[tuple[int, Sign]]:
    """Yield every sign of work and when it was seen; each kind is in order of time."""
    for request in record.requests:
        if 0 < request.status < 500 and request.status not in THROTTLED and not request.refused:
            yield request.at_ns, ("rest", request.venue)
    for price in record.prices:
        yield price.at_ns, ("price", price.venue)
        yield price.at_ns, ("feed", price.node)
        if price.source == "stream":
            yield price.at_ns, ("stream", price.venue)
    for belief in record.beliefs:
        yield belief.at_ns, ("books",)
    for beat in record.beats:
        yield beat.at_ns, ("beat",)
        yield beat.at_ns, ("beat", beat.node)
        yield beat.at_ns, ("beat", beat.node, beat.component)
