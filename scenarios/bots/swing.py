"""An example of a strategy that goes short: with the move of the last bars, and out of the market while it is small.

Profit in a simulated market proves nothing; it is here so that both sides of a position are traded.
"""

from dataclasses import dataclass
from decimal import Decimal

from engine.ports.strategy import ZERO, Hold, View


@dataclass(frozen=True, kw_only=True)
class Swing:
    """Long after a rise, short after a fall, flat in between.

    Args:
        lookback: bars over which a move is measured.
        quiet: share of the price below which a move is none.
    """

    lookback: int = 3
    quiet: Decimal = Decimal("0.0002")

    @property
    def bars_needed(self) -> int:
        """Return the lookback and the bar that is compared with it."""
        return self.lookback + 1

    def decide(self, view: View) -> Hold:
        """Return the size on the side of the move, or nothing."""
        before, now = view.bars[0].close.value, view.price.value
        if abs(now - before) < before * self.quiet:
            return Hold(ZERO)
        return Hold(view.size if now > before else -view.size)
