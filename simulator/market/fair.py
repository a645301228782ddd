"""The fair price of an instrument at one tick, and where such prices come from.

A fair price belongs to the instrument, not to a venue, so that venues agree unless something pulls them apart. It
is a float: it is a model's opinion, becomes exact only as ticks of a quote, and never touches a balance. Profit
made in here proves nothing about the world outside.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fair:
    """A fair price in the quote asset, and how busy the market is (1.0: as usual)."""

    price: float
    activity: float


class PriceProcess(Protocol):
    """A source of fair prices."""

    def next_fair(self) -> Fair:
        """Return the fair price of the next market tick."""
        ...
