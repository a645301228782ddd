"""The lease on a bot's accounts: who may act for it, as one value on the bus that is compared before it is replaced.

The token only grows, so whoever holds a higher one has fenced off all before. Nobody reads anybody's clock: a lease is
dead when its value was not renewed for its time and a margin, as seen by the observer.
"""

from __future__ import annotations

import msgspec

from engine.domain.codec import reader


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who leads, with which fencing token, and for how long after each renewal."""

    holder: str
    """The node that leads; empty when it was given back."""
    token: int
    ttl_ns: int


def lease_key(bot: str) -> str:
    """Return the key on the bus under which a bot's lease is."""
    return f"lease/{bot}"


read_lease = reader(Lease)
"""Read a lease; raise `MessageMalformed`."""
