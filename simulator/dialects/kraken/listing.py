"""Kraken's names: one pair is `XXBTZUSD`, `XBTUSD`, `XBT/USD` or `BTC/USD`, by endpoint and by age.

The oldest assets carry an X (coins) or a Z (money of states) before their name, and bitcoin and dogecoin have names
of their own. REST answers under the pair's id, the WebSocket API knows only the modern name with a slash, and no
API accepts the `wsname` that its own catalogue tells for bitcoin.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.dialects.figures import Figures, Scale, decimals
from simulator.dialects.kraken.errors import UNKNOWN_PAIR, Refused
from simulator.exchange.instrument import Instrument

OLD_COINS = ("ETC", "ETH", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC")
OLD_MONEY = ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")
ASSET_IDS = {
    "BTC": "XXBT",
    "DOGE": "XXDG",
    **{name: "X" + name for name in OLD_COINS},
    **{name: "Z" + name for name in OLD_MONEY},
}
ALTERNATIVE_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
PLAIN_PAIR_IDS = ("DOGE",)
"""Old assets whose pairs with money were named after the alternative names, all the same."""

REST_PRICE_PLACES_MIN = 5
VOLUME_PLACES = 8
DEPTH_PLACES = 3
COST_PLACES_MIN = 5
MONEY_PLACES = 4
COIN_PLACES = 10


class Asset:
    """One asset under its Kraken names."""

    __slots__ = ("altname", "id", "is_money", "name", "places")

    def __init__(self, name: str, places: int = 0) -> None:
        """Name an asset whose ledger needs that many decimals: as many as Kraken writes, or more."""
        self.name = name
        self.id = ASSET_IDS.get(name, name)
        self.altname = ALTERNATIVE_NAMES.get(name, name)
        self.is_money = name in OLD_MONEY
        self.places = max(places, MONEY_PLACES if self.is_money else COIN_PLACES)


class Pair:
    """One instrument under its Kraken names, and how its numbers are written."""

    __slots__ = (
        "altname",
        "base",
        "cost_places",
        "figures",
        "id",
        "instrument",
        "price_places",
        "quote",
        "rest_prices",
        "symbol",
        "wsname",
    )

    def __init__(self, instrument: Instrument, base: Asset, quote: Asset) -> None:
        """Name the pair; what its trades cost is written with the decimals of the quote asset's ledger.

        Kraken writes costs with five decimals and rounds; here a bot's sums must add up exactly, so that what is
        wrong after a fault is not mistaken for rounding.
        """
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.base, self.quote = base, quote
        self.altname = self.base.altname + self.quote.altname
        self.wsname = f"{self.base.altname}/{self.quote.altname}"
        self.id = _pair_id(self.base, self.quote, self.altname)
        self.price_places = max(1, decimals(instrument.tick_size))
        self.cost_places = max(COST_PLACES_MIN, quote.places)
        self.figures = Figures(instrument, self.price_places, VOLUME_PLACES)
        self.rest_prices = Scale(instrument.tick_size, max(REST_PRICE_PLACES_MIN, self.price_places))

    def shown_as(self, asked: str) -> str:
        """Return the key under which an answer shows this pair to somebody who asked for it by that name."""
        return self.symbol if "/" in asked else self.id

    @property
    def tick(self) -> Decimal:
        """The pair's price step."""
        return self.instrument.tick_size


class Listing:
    """Every instrument of a venue, by all names that Kraken accepts."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        listed = tuple(instruments)
        self.assets = _assets(listed)
        self.by_symbol = {one.symbol: Pair(one, self.assets[one.base], self.assets[one.quote]) for one in listed}
        self._by_name: dict[str, Pair] = {}
        for pair in self.by_symbol.values():
            for name in (pair.id, pair.altname, pair.symbol, pair.symbol.replace("/", "")):
                self._by_name.setdefault(name.upper(), pair)

    def __iter__(self) -> Iterator[Pair]:
        """Yield what is listed, in the venue's order."""
        return iter(self.by_symbol.values())

    def named(self, name: str) -> Pair:
        """Return the pair of that name, in whatever case.

        Raises:
            Refused: there is none.
        """
        pair = self._by_name.get(name.upper())
        if pair is None:
            raise Refused(UNKNOWN_PAIR)
        return pair

    def asset(self, name: str) -> Asset | None:
        """Return the asset of that id, alternative or common name."""
        return next((one for one in self.assets.values() if name in (one.id, one.altname, one.name)), None)


def _assets(listed: Iterable[Instrument]) -> dict[str, Asset]:
    places: dict[str, int] = {}
    for one in listed:
        places[one.base] = max(places.get(one.base, 0), decimals(one.lot_size))
        places[one.quote] = max(places.get(one.quote, 0), decimals(one.tick_size * one.lot_size))
    return {name: Asset(name, needed) for name, needed in places.items()}


def _pair_id(base: Asset, quote: Asset, altname: str) -> str:
    both_old = base.id != base.altname and quote.id != quote.altname
    is_plain = base.name in PLAIN_PAIR_IDS and quote.name in OLD_MONEY
    return base.id + quote.id if both_old and not is_plain else altname
