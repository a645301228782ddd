"""One outcome token as the exchange trades it: a listing whose other side is that of the other token."""

from simulator.exchange.ledger import Ledger
from simulator.exchange.listing import Listing
from simulator.exchange.orders import Side
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.prediction.mirror import MirroredBook


class OutcomeListing(Listing):
    """The market in one token; `twin` is that in the other, over the same book."""

    market: PredictionMarket
    twin: "OutcomeListing"

    def touch(self, is_buy: bool, price: int) -> None:
        """Note that the level may have another total now, here and in the mirror."""
        super().touch(is_buy, price)
        super(OutcomeListing, self.twin).touch(not is_buy, self.market.whole - price)

    def gives(self, side: Side, price: int, lots: int) -> tuple[str, int]:
        """Return what a party of this side gives in a fill: the asset and its smallest units."""
        if side is Side.SELL:
            return self.instrument.base, lots * self.base_unit
        return self.instrument.quote, price * lots * self.quote_unit

    def gets(self, side: Side, price: int, lots: int) -> tuple[str, int]:
        """Return what a party of this side gets in a fill, fees not counted."""
        return self.gives(side.opposite, price, lots)


def pair(market: PredictionMarket, ledger: Ledger) -> tuple[OutcomeListing, OutcomeListing]:
    """Return the listings of both tokens over one book, the affirmative one first."""
    yes, no = (OutcomeListing(instrument, ledger) for instrument in market.instruments())
    yes.market = no.market = market
    yes.twin, no.twin = no, yes
    no.book = MirroredBook(yes.book, market.whole)
    return yes, no
