"""What one node tells the others about the limits of a venue: that it was banned, and what its breakers do."""

from __future__ import annotations

import msgspec


class BreakerChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A node's breaker in front of a class of a venue's endpoints is now closed, open or half open."""

    venue: str
    endpoint: str
    state: str
    node: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"breaker.{self.venue}.{self.endpoint}"


class VenueBanned(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A venue has shut a node out until a time on the venue's clock: its address, or the account for everybody."""

    venue: str
    account: str
    by_address: bool
    until_ns: int
    node: str
    zone: str
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"banned.{self.venue}"
