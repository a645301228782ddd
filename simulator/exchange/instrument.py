"""One thing that is traded: its two assets, its grid of prices and quantities, its limits.

Inside the exchange a price is a whole number of ticks and a quantity a whole number of lots, so that matching
compares integers and money is exact. Decimals exist only at the border, and only here are they converted.
"""

from dataclasses import dataclass
from decimal import Context, Decimal

_EXACT = Context(prec=80)  # whatever the caller's own context rounds to


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """A spot pair such as `BTC/USDT`; prices in the quote asset, quantities in the base asset."""

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal
    max_price: Decimal = Decimal(1_000_000)

    def __post_init__(self) -> None:
        """Refuse an instrument whose grid makes no sense.

        Raises:
            ValueError: a size or limit is not positive, or a limit is off the grid.
        """
        for name in ("tick_size", "lot_size", "min_quantity", "max_quantity", "max_price"):
            value: Decimal = getattr(self, name)
            if not (value.is_finite() and value > 0):
                raise ValueError(f"{self.symbol}: {name} is {value}; give a positive number")
        if _EXACT.remainder(self.min_quantity, self.lot_size) or _EXACT.remainder(self.max_quantity, self.lot_size):
            raise ValueError(f"{self.symbol}: min_quantity and max_quantity must be multiples of {self.lot_size}")
        if self.min_quantity > self.max_quantity:
            raise ValueError(f"{self.symbol}: min_quantity is above max_quantity")

    @property
    def ticks_most(self) -> int:
        """The highest price, in ticks, rounded down to the grid."""
        return int(_EXACT.divide_int(self.max_price, self.tick_size))

    @property
    def lots_most(self) -> int:
        """The largest quantity, in lots."""
        return self.lots(self.max_quantity)

    def price(self, ticks: int) -> Decimal:
        """Return the price of `ticks`, in the quote asset."""
        return _EXACT.multiply(self.tick_size, ticks)

    def ticks(self, price: Decimal) -> int:
        """Return `price` in ticks.

        Raises:
            ValueError: the price is not a multiple of the tick size.
        """
        return _steps(price, self.tick_size, "tick size")

    def quantity(self, lots: int) -> Decimal:
        """Return the quantity of `lots`, in the base asset."""
        return _EXACT.multiply(self.lot_size, lots)

    def lots(self, quantity: Decimal) -> int:
        """Return `quantity` in lots.

        Raises:
            ValueError: the quantity is not a multiple of the lot size.
        """
        return _steps(quantity, self.lot_size, "lot size")

    def cost(self, price_ticks: int, quantity_lots: int) -> Decimal:
        """Return what `quantity_lots` cost at `price_ticks`, in the quote asset."""
        return _EXACT.multiply(_EXACT.multiply(self.tick_size, self.lot_size), price_ticks * quantity_lots)


def _steps(value: Decimal, step: Decimal, name: str) -> int:
    if value.is_finite():
        steps, rest = _EXACT.divmod(value, step)
        if not rest:
            return int(steps)
    raise ValueError(f"{value} is not a multiple of the {name} {step}")
