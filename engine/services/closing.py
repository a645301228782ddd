"""How much of a market is ours to close, and at which worst price: the two questions of every flattening.

Pure. What is ours has two readings: our books, and the account's own balance beyond what was there before the bot.
Only what both say is closed, since on a spot account the rest may be the owner's: whoever else has closed it already
(a kill, a predecessor, a person) leaves nothing for us to sell. And prices are a ladder: each attempt that leaves
something over goes further from the market, down to a worst rung, where it stays and knocks again.
"""

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.instrument import Instrument, Side
from engine.domain.money import ZERO, Price, Quantity
from engine.ports.venue import Quote

ONE = Decimal(1)
DOUBLINGS_MAX = 30


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Shares of the price by which an exit may be worse than it, from the first rung to the worst; they double."""

    first: Decimal
    worst: Decimal

    def share(self, rung: int) -> Decimal:
        """Return the share of a rung, counted from 0."""
        return min(self.first * (1 << min(rung, DOUBLINGS_MAX)), self.worst)

    def price(self, side: Side, quote: Quote, rung: int) -> Price:
        """Return the worst price of an exit: from what is offered, or from the last trade where nothing is."""
        offered = (quote.ask if side is Side.BUY else quote.bid) or quote.last
        return offered.scaled(ONE + self.share(rung) * side.sign)


@dataclass(frozen=True, kw_only=True)
class Ours:
    """What one market holds of ours, by both readings; negative is short."""

    booked: Quantity
    """By our own fills."""
    told: Quantity
    """By the venue: the account's total less what was there before the bot."""

    @property
    def agreed(self) -> Quantity:
        """Return what both say is ours: the smaller, and nothing where they disagree on the side."""
        if self.booked > ZERO:
            return max(ZERO, min(self.booked, self.told))
        return min(ZERO, max(self.booked, self.told))

    @property
    def side(self) -> Side:
        """Return the side of an order that closes it."""
        return Side.SELL if self.booked > ZERO else Side.BUY


def lots(instrument: Instrument, quantity: Quantity, price: Price) -> Quantity:
    """Return how much of a quantity the venue lets us trade at a price in one order; zero for dust."""
    whole = instrument.quantity_within(abs(quantity))
    if instrument.quantity_max is not None:
        whole = min(whole, instrument.quantity_within(instrument.quantity_max))
    return ZERO if not whole or instrument.refusal(whole, price, closes=True) else whole
