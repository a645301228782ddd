"""Follow a model: hold the size when its forecast is high, nothing when it is low, and stay put in between.

The model says anything between its declared bounds, a chance of rising as a rule; what it is shown are the returns of
the last bars. That keeps all judgement in the model and all caution here.
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from engine.ports.strategy import ZERO, Features, Hold, View

ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Goes long at `enter` and above, flat at `leave` and below.

    Args:
        lookback: how many returns the model is shown.
        stop: share of the price below which the position must be left.
    """

    lookback: int = 5
    enter: Decimal = Decimal("0.55")
    leave: Decimal = Decimal("0.50")
    stop: Decimal | None = None

    def __post_init__(self) -> None:
        if self.lookback < 1:
            raise ValueError(f"lookback is {self.lookback}; it must be at least 1")
        if not self.leave < self.enter:
            raise ValueError(f"leave is {self.leave}, which must be below enter, {self.enter}")
        if self.stop is not None and not 0 < self.stop < 1:
            raise ValueError(f"stop is {self.stop}; it must be between 0 and 100 %")

    @property
    def bars_needed(self) -> int:
        """Return enough for `lookback` returns."""
        return self.lookback + 1

    def features(self, view: View) -> Features:
        """Return the returns from bar to bar, oldest first."""
        closes = [float(bar.close.value) for bar in view.bars]
        return tuple(after / before - 1 for before, after in pairwise(closes))

    def decide(self, view: View) -> Hold | None:
        """Return the whole size, nothing, or leave everything as it is."""
        if view.forecast is None or self.leave < view.forecast < self.enter:
            return None
        if view.forecast <= self.leave:
            return Hold(ZERO)
        return Hold(view.size, stop=None if self.stop is None else view.price.scaled(ONE - self.stop))
