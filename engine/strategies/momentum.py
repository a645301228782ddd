"""Momentum: hold the size while the price is above where it was some bars ago, and nothing otherwise.

It exists to make the machinery trade, not to make money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.domain.money import ZERO, Price, Quantity


class Closing(Protocol):
    """All that this strategy needs of a bar."""

    @property
    def close(self) -> Price:
        """Return the last price of the bar."""
        ...


@dataclass(frozen=True, kw_only=True)
class Momentum:
    """Goes long `size` when the last close is above the close `lookback` bars before it, else flat."""

    size: Quantity
    lookback: int

    @property
    def bars_needed(self) -> int:
        """Return the lookback and the bar that is compared with it."""
        return self.lookback + 1

    def target(self, bars: Sequence[Closing]) -> Quantity:
        """Return the wanted base quantity over all venues."""
        return self.size if bars[-1].close > bars[-self.bars_needed].close else ZERO
