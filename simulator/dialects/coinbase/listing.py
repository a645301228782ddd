"""Coinbase's names: `BTC-USD` for a product, a currency with or without a coin behind it, and how numbers look.

Numbers are text without trailing zeros, as the venue sends them: `68923`, `0.058`.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.dialects.coinbase import ids
from simulator.dialects.figures import Figures, decimals, truncated
from simulator.exchange.instrument import Instrument

NAMES = {
    "BTC": "Bitcoin",
    "ETH": "Ethereum",
    "SOL": "Solana",
    "USDT": "Tether",
    "USDC": "USDC",
    "USD": "US Dollar",
    "EUR": "Euro",
    "GBP": "British Pound",
}
FIAT = ("USD", "EUR", "GBP")
DOLLARS = ("USD", "USDC", "USDT")
AMOUNT_PLACES = 16
"""Decimals of what is divided: average prices, shares."""


def trimmed(text: str) -> str:
    """Return decimal text without the zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(amount: Decimal) -> str:
    """Return an amount as decimal text, without exponent and without zeros at its end."""
    return trimmed(f"{amount:f}") if amount else "0"


def divided(amount: Decimal) -> str:
    """Return the result of a division as decimal text, cut off after the sixteenth decimal."""
    return plain(truncated(amount, AMOUNT_PLACES))


class Currency:
    """An asset as Coinbase describes it."""

    __slots__ = ("code", "id", "is_fiat", "name", "places")

    def __init__(self, code: str, places: int) -> None:
        self.code = code
        self.name = NAMES.get(code, code)
        self.is_fiat = code in FIAT
        self.id = ids.named("asset", code)
        self.places = places


class Product:
    """One instrument under its Coinbase name, and how its numbers are written."""

    __slots__ = ("base", "figures", "id", "instrument", "price_places", "quote", "size_places", "symbol")

    def __init__(self, instrument: Instrument, base: Currency, quote: Currency) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.id = f"{instrument.base}-{instrument.quote}"
        self.base, self.quote = base, quote
        self.price_places = decimals(instrument.tick_size)
        self.size_places = decimals(instrument.lot_size)
        self.figures = Figures(instrument, self.price_places, self.size_places)

    def price(self, ticks: int | None) -> str:
        """Return a price as text, nothing where there is none."""
        return "" if ticks is None else trimmed(self.figures.prices.text(ticks))

    def size(self, lots: int) -> str:
        """Return a size as text."""
        return trimmed(self.figures.quantities.text(lots))


class Listing:
    """Every instrument of a venue, by the names that Coinbase accepts."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        listed = tuple(instruments)
        places: dict[str, int] = {}
        for one in listed:
            places[one.base] = max(places.get(one.base, 0), decimals(one.lot_size))
            places[one.quote] = max(places.get(one.quote, 0), decimals(one.tick_size * one.lot_size))
        self.currencies = {code: Currency(code, needed) for code, needed in places.items()}
        products = [Product(one, self.currencies[one.base], self.currencies[one.quote]) for one in listed]
        self.by_symbol = {product.symbol: product for product in products}
        self.by_id = {product.id: product for product in products}

    def __iter__(self) -> Iterator[Product]:
        """Yield what is listed, in the venue's order."""
        return iter(self.by_symbol.values())
