"""Exact numbers as the text a venue sends.

Prices and quantities are whole steps of a grid; their decimal text is made from integers, which is exact and
several times faster than formatting a Decimal. Markets come back to the same prices, so the last texts are kept.
"""

from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal
from functools import cache, lru_cache

from simulator.exchange.instrument import Instrument

TEXTS_KEPT_MAX = 1_024
"""Texts that a grid keeps; the ones not used for the longest time give way."""

_EXACT = Context(prec=80)  # whatever the ambient context rounds to; a client library may have changed it


class Scale:
    """Whole steps of a grid as text with a fixed number of decimals."""

    __slots__ = ("_unit", "_width", "places", "text", "zero")

    text: Callable[[int], str]
    """Returns steps (not negative) as decimal text."""

    def __init__(self, step: Decimal, places: int) -> None:
        """Describe a grid of `step`.

        Raises:
            ValueError: a step cannot be written with so few decimals.
        """
        unit = step.scaleb(places)
        if unit != unit.to_integral_value():
            raise ValueError(f"a step of {step} needs more than {places} decimals")
        self.places = places
        self._unit = int(unit)
        self._width = places + 1
        self.text = lru_cache(TEXTS_KEPT_MAX)(self.written)
        self.zero = self.text(0)

    def written(self, steps: int) -> str:
        """Write `steps` (not negative) as decimal text, which `text` then keeps."""
        digits = str(steps * self._unit).zfill(self._width)
        places = self.places
        return f"{digits[:-places]}.{digits[-places:]}" if places else digits

    def signed(self, steps: int) -> str:
        """Return `steps` of either sign as decimal text."""
        return self.text(steps) if steps >= 0 else "-" + self.text(-steps)

    def or_zero(self, steps: int | None) -> str:
        """Return `steps` as decimal text, zero where there are none."""
        return self.zero if steps is None else self.text(steps)


class Figures:
    """The two grids of an instrument, ready to be written."""

    __slots__ = ("instrument", "prices", "quantities")

    def __init__(self, instrument: Instrument, price_places: int, quantity_places: int) -> None:
        self.instrument = instrument
        self.prices = Scale(instrument.tick_size, price_places)
        self.quantities = Scale(instrument.lot_size, quantity_places)


def money(amount: Decimal, places: int) -> str:
    """Return an amount with `places` decimals, cut off rather than rounded up: nobody is shown what he has not."""
    return f"{amount.quantize(_last_place(places), ROUND_DOWN, _EXACT):f}"


def truncated(amount: Decimal, places: int) -> Decimal:
    """Return `amount` without what is beyond `places` decimals."""
    cut = amount.quantize(_last_place(places), ROUND_DOWN, _EXACT)
    return amount if cut == amount else cut


@cache
def _last_place(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def decimals(step: Decimal) -> int:
    """Return how many decimals the multiples of `step` need."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
