"""What happens to data on its way between two machines: late, narrow, in pieces, cut off; in Toxiproxy's words.

A toxic acts on one direction of one link for as long as it is there. Several add up: delays and pieces are summed, the
narrowest rate counts, and the smallest allowance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LinkSpeed:
    """How fast a link is. `jitter_ns` is the width of a uniform delay on top of `delay_ns`."""

    delay_ns: int = 5_000_000
    jitter_ns: int = 0
    bytes_per_s: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Toxic:
    """One trouble of a link.

    `delay_ns` and `jitter_ns` come on top of the link's own; `bytes_per_s` narrows it; `linger_ns` holds an end of file
    back; data travels in pieces of `piece_bytes`, `piece_gap_ns` apart; a connection ends by a reset once `limit_bytes`
    have passed in this direction.
    """

    delay_ns: int = 0
    jitter_ns: int = 0
    bytes_per_s: int | None = None
    linger_ns: int = 0
    piece_bytes: int | None = None
    piece_gap_ns: int = 0
    limit_bytes: int | None = None


CLEAN = Toxic()
"""Nothing is wrong."""


def together(toxics: Iterable[Toxic]) -> Toxic:
    """Return one toxic that does what several do."""
    all_of = tuple(toxics)
    return Toxic(
        delay_ns=sum(one.delay_ns for one in all_of),
        jitter_ns=sum(one.jitter_ns for one in all_of),
        bytes_per_s=_least(one.bytes_per_s for one in all_of),
        linger_ns=sum(one.linger_ns for one in all_of),
        piece_bytes=_least(one.piece_bytes for one in all_of),
        piece_gap_ns=sum(one.piece_gap_ns for one in all_of),
        limit_bytes=_least(one.limit_bytes for one in all_of),
    )


def poisoned(speed: LinkSpeed, toxic: Toxic) -> LinkSpeed:
    """Return how fast a link is with a toxic on it."""
    return LinkSpeed(
        delay_ns=speed.delay_ns + toxic.delay_ns,
        jitter_ns=speed.jitter_ns + toxic.jitter_ns,
        bytes_per_s=_least((speed.bytes_per_s, toxic.bytes_per_s)),
    )


def _least(numbers: Iterable[int | None]) -> int | None:
    return min((one for one in numbers if one is not None), default=None)
