"""What a full audit of one account has found: everything read, everything compared."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class AuditDone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Every market's orders and fills and every balance of an account were held against the books."""

    venue: str
    markets: int
    unread: int
    """Requests that were not answered, however often they were tried."""
    fills_found: int
    """Fills of ours that no book knew."""
    orphans: int
    """Resting orders of ours that no book knew."""
    foreign: int
    """Resting orders of somebody else."""
    differences: dict[str, Decimal]
    """What the venue has more than we believe, by asset."""
    conclusive: bool
    """False when something of ours was in flight, so that differences would have meant nothing."""
    began_ns: int
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"audit.{self.venue}"
