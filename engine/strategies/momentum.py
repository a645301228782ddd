"""Momentum: hold the size while the price is above where it was some bars ago, with a stop below, else nothing.

It exists to make the machinery trade, not to make money.
"""

from dataclasses import dataclass
from decimal import Decimal

from engine.ports.strategy import ZERO, Hold, View

ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Momentum:
    """Goes long when the last close is above the close `lookback` bars before it, else flat.

    Args:
        lookback: bars between the two closes.
        stop: share of the price below which the position must be left; None leaves that to the configuration.
    """

    lookback: int = 5
    stop: Decimal | None = None

    def __post_init__(self) -> None:
        if self.lookback < 1:
            raise ValueError(f"lookback is {self.lookback}; it must be at least 1")
        if self.stop is not None and not 0 < self.stop < 1:
            raise ValueError(f"stop is {self.stop}; it must be between 0 and 100 %")

    @property
    def bars_needed(self) -> int:
        """Return the lookback and the bar that is compared with it."""
        return self.lookback + 1

    def decide(self, view: View) -> Hold:
        """Return the whole size, or nothing."""
        if not view.price > view.bars[0].close:
            return Hold(ZERO)
        return Hold(view.size, stop=None if self.stop is None else view.price.scaled(ONE - self.stop))
