"""Bybit's names for what is traded, and how its numbers are written: `BTC/USDT` is `BTCUSDT`.

What is public has no zeros at its end; what is an account's own has as many decimals as the pair's grid, or eight.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.dialects.figures import Figures, decimals, money
from simulator.exchange.instrument import Instrument

MONEY_PLACES = 12
"""Amounts of money are cut off after so many decimals."""
VALUE_PLACES = 8


def plain(text: str) -> str:
    """Return decimal text without the zeros that say nothing."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: Decimal, places: int = MONEY_PLACES) -> str:
    """Return an amount as Bybit writes it."""
    return plain(money(value, places))


class Listed:
    """One instrument under its Bybit name."""

    __slots__ = ("figures", "id", "instrument", "price_places", "quantity_places", "symbol")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.id = instrument.base + instrument.quote
        self.price_places = decimals(instrument.tick_size)
        self.quantity_places = decimals(instrument.lot_size)
        self.figures = Figures(instrument, self.price_places, self.quantity_places)

    def price(self, ticks: int) -> str:
        """Return a price as text."""
        return plain(self.figures.prices.text(ticks))

    def price_or(self, ticks: int | None, otherwise: str) -> str:
        """Return a price as text, something else where there is none."""
        return otherwise if ticks is None else self.price(ticks)

    def quantity(self, lots: int) -> str:
        """Return a quantity as text."""
        return plain(self.figures.quantities.text(lots))

    def cost(self, ticks: int, lots: int) -> str:
        """Return what a quantity costs as text."""
        return amount(self.instrument.cost(ticks, lots))

    def own_price(self, ticks: int | None) -> str:
        """Return a price of an account's own order, which is a plain 0 where it has none."""
        return self.figures.prices.text(ticks) if ticks is not None else "0"

    def own_quantity(self, lots: int) -> str:
        """Return a quantity of an account's own order."""
        return self.figures.quantities.text(lots)


def value(of: Decimal) -> str:
    """Return the value of an account's own order."""
    return money(of, VALUE_PLACES)


class Listing:
    """Every instrument of a venue, by either name."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.by_symbol = {instrument.symbol: Listed(instrument) for instrument in instruments}
        self.by_id = {listed.id: listed for listed in self.by_symbol.values()}

    def __iter__(self) -> Iterator[Listed]:
        """Yield what is listed, in the venue's order."""
        return iter(self.by_symbol.values())

    @property
    def assets(self) -> list[str]:
        """The coins that are traded, in the order in which they are met."""
        pairs = ((listed.instrument.base, listed.instrument.quote) for listed in self)
        return list(dict.fromkeys(asset for pair in pairs for asset in pair))
