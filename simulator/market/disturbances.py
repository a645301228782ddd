"""What can happen to a price besides its own nature: crashes that recover, jumps that stay, venues that drift apart.

A disturbance is a factor on the fair price as a function of its own age, so it can be laid over any process, drawn or
replayed, and taken back without a trace in what comes after. `Market.disturb` returns what ends it.
"""

from dataclasses import dataclass
from typing import Protocol

NS = 1_000_000_000


class Disturbance(Protocol):
    """A factor on a price."""

    def factor(self, age_ns: int) -> float:
        """Return the factor `age_ns` after the disturbance began."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FlashCrash:
    """A fall by `depth` (0.35: to 65 %), a while at the bottom, and the way back; linear, exact at its corners.

    Binance 2025-10-10: USDe fell from 0.97 to 0.65 and came back within the hour.
    """

    depth: float
    fall_ns: int = 60 * NS
    bottom_ns: int = 120 * NS
    recovery_ns: int = 600 * NS

    def __post_init__(self) -> None:
        """Refuse a fall of nothing, or of everything.

        Raises:
            ValueError: `depth` is not between 0 and 1, or a time is negative.
        """
        if not 0 < self.depth < 1:
            raise ValueError(f"depth is {self.depth}; give a share between 0 and 1")
        if min(self.fall_ns, self.bottom_ns, self.recovery_ns) < 0:
            raise ValueError("fall_ns, bottom_ns and recovery_ns must not be negative")

    def factor(self, age_ns: int) -> float:
        """Return 1 before and after, 1 - depth at the bottom."""
        if age_ns < self.fall_ns:
            return 1 - self.depth * age_ns / self.fall_ns
        age_ns -= self.fall_ns + self.bottom_ns
        if age_ns <= 0:
            return 1 - self.depth
        if age_ns >= self.recovery_ns:
            return 1.0
        return 1 - self.depth * (1 - age_ns / self.recovery_ns)


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceJump:
    """A jump by `size` (0.05: 5 % up, negative: down) that stays until the disturbance is ended."""

    size: float

    def __post_init__(self) -> None:
        """Refuse a jump to nothing.

        Raises:
            ValueError: `size` is -1 or less.
        """
        if self.size <= -1:
            raise ValueError(f"size is {self.size}; a price cannot fall by all of itself")

    def factor(self, age_ns: int) -> float:
        """Return the same factor at any age."""
        return 1 + self.size


@dataclass(frozen=True, kw_only=True, slots=True)
class Divergence:
    """One venue's price drifts away while coins cannot be moved there, up to `limit`, as nobody can arbitrage it.

    OKX 2023-09-13 and Binance 2025-10-10: prices on one venue far from all others while transfers were stuck.
    """

    per_hour: float
    limit: float = 0.35

    def factor(self, age_ns: int) -> float:
        """Return how far the venue has drifted."""
        drift = self.per_hour * age_ns / (3600 * NS)
        return 1 + max(-self.limit, min(self.limit, drift))
