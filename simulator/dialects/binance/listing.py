"""Binance's names for what is traded, and how its numbers are written: `BTC/USDT` is `BTCUSDT`, eight decimals."""

from collections.abc import Iterable, Iterator

from simulator.dialects.binance.refusals import BAD_SYMBOL, Refused
from simulator.dialects.figures import Figures
from simulator.exchange.instrument import Instrument

PLACES = 8
"""Binance writes every price, quantity and amount with this many decimals."""


class Listed:
    """One instrument under its Binance name."""

    __slots__ = ("figures", "id", "instrument", "stream_id", "symbol")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.id = instrument.base + instrument.quote
        self.stream_id = self.id.lower()
        self.figures = Figures(instrument, PLACES, PLACES)


class Listing:
    """Every instrument of a venue, by either name."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.by_symbol = {instrument.symbol: Listed(instrument) for instrument in instruments}
        self.by_id = {listed.id: listed for listed in self.by_symbol.values()}
        self.by_stream_id = {listed.stream_id: listed for listed in self.by_symbol.values()}

    def __iter__(self) -> Iterator[Listed]:
        """Yield what is listed, in the venue's order."""
        return iter(self.by_symbol.values())

    def named(self, name: str) -> Listed:
        """Return what has this Binance name.

        Raises:
            Refused: nothing has.
        """
        listed = self.by_id.get(name)
        if listed is None:
            raise Refused(*BAD_SYMBOL)
        return listed
