"""One instrument's prices made into bars.

A bar without a fresh price at its end does not exist; it is never made up.
"""

from engine.domain.money import Price
from engine.ports.strategy import Bar


class BarMaker:
    """Collects one instrument's prices until somebody closes the bar."""

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self._prices: tuple[Price, Price, Price] | None = None
        """Open, high and low so far."""

    def note(self, price: Price) -> None:
        """Take in a price."""
        first, high, low = self._prices or (price, price, price)
        self._prices = (first, max(high, price), min(low, price))

    def close(self, end_ns: int, price: Price | None) -> Bar | None:
        """End the bar at a unix time with the price that is fresh then, and begin the next; None when none is."""
        if price is not None:
            self.note(price)
        prices, self._prices = self._prices, None
        if price is None or prices is None:
            return None
        first, high, low = prices
        return Bar(instrument=self.instrument, end_ns=end_ns, open=first, high=high, low=low, close=price)
