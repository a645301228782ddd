"""The lease of a bot: who leads, under which fencing token, and for how long nobody else may.

Pure. Nobody reads another machine's clock. The holder counts its lease from the moment before it asked for it; an
observer counts from the moment after it first saw that writing, and waits for longer than the holder does. Since the
holder asked before anybody could see, the observer's wait ends after the holder's, whatever either clock shows, as
long as both run at about the same rate; `margin_ns` is for what they differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from engine.domain.codec import reader


class Lease(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What stands under `lease/<bot>`."""

    holder: str
    """The journal that leads: one process at a time can hold it."""
    node: str
    """The node that has that journal, for people."""
    token: int
    """Higher with each holder; what a deposed one writes is told from what its successor writes by it."""
    ttl_ns: int
    """How long its holder counts on it after each writing; 0 when it was laid down."""


read_lease = reader(Lease)
"""Read a lease; raise `MessageMalformed`."""


@dataclass(frozen=True, kw_only=True)
class LeaseBounds:
    """How a lease is held and judged, in nanoseconds."""

    ttl_ns: int
    renew_every_ns: int
    margin_ns: int
    """How much longer than its holder an observer waits."""
    skew_ns: int
    """How much earlier than the lease a request dies, for the venue's clock is only known about so well."""


class LeaseWatch:
    """Judges somebody else's lease, on the observer's own clock that never steps."""

    def __init__(self, bounds: LeaseBounds) -> None:
        self._bounds = bounds
        self._revision = 0
        self.since_ns = 0
        """When the present writing was first seen."""

    def note(self, revision: int, *, seen_ns: int) -> None:
        """Note which writing stands there; `seen_ns` is after the answer came."""
        if revision != self._revision:
            self._revision, self.since_ns = revision, seen_ns

    def dead_in_ns(self, lease: Lease, *, now_ns: int) -> int:
        """Return how long it is until nobody can count on the lease any more; 0 when that is so."""
        if lease.ttl_ns == 0:
            return 0
        return max(0, self.since_ns + lease.ttl_ns + self._bounds.margin_ns - now_ns)


def counts_until_ns(bounds: LeaseBounds, *, asked_ns: int) -> int:
    """Return until when a holder counts on a lease that it asked for at a moment, on its own clock."""
    return asked_ns + bounds.ttl_ns
