"""How far an account is from our books, asset by asset, and since when.

One reading that differs proves nothing: it may be behind the truth, or ahead of our own look-ups. So a difference
counts only in readings that nothing of ours could explain, and is told only when it lasts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from engine.domain.money import EXACT

TOLERANCE = Decimal("0.00000001")
"""Smaller differences are the venue's own rounding of fees."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One asset's total at the venue less what we believe; time on the monotonic clock."""

    asset: str
    amount: Decimal
    since_ns: int


def differences(
    believed: Mapping[str, Decimal],
    told: Mapping[str, Decimal],
    assets: Iterable[str],
    tolerances: Mapping[str, Decimal] = MappingProxyType({}),
) -> dict[str, Decimal]:
    """Return what the venue has more (or, negative, less) than we believe, for the assets where that is something.

    Args:
        tolerances: what is nothing yet, for the assets where it is more than `TOLERANCE`.
    """
    found: dict[str, Decimal] = {}
    for asset in assets:
        amount = EXACT.subtract(told.get(asset, Decimal(0)), believed.get(asset, Decimal(0)))
        if abs(amount) > tolerances.get(asset, TOLERANCE):
            found[asset] = amount
    return found


class DriftWatch:
    """Remembers since when each asset differs."""

    def __init__(self) -> None:
        self._since_ns: dict[str, int] = {}
        self._amounts: dict[str, Decimal] = {}

    def note(self, found: Mapping[str, Decimal], *, now_ns: int) -> None:
        """Take in one conclusive reading: what differs now, and by it what does not."""
        self._since_ns = {asset: self._since_ns.get(asset, now_ns) for asset in found}
        self._amounts = dict(found)

    def lasting(self, *, now_ns: int, longer_than_ns: int) -> tuple[Drift, ...]:
        """Return the drifts that have lasted for longer than a time."""
        return tuple(
            Drift(asset=asset, amount=self._amounts[asset], since_ns=since_ns)
            for asset, since_ns in self._since_ns.items()
            if now_ns - since_ns > longer_than_ns
        )
