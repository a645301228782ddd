"""What risk looks at: everything held and working at every account, counted the worst way, with the prices for it.

The rules are pure (`engine.domain.risk`); here is only where their facts come from: the books, the prices on the bus,
and what was lost today.
"""

from collections.abc import Mapping

from engine.domain.instrument import Side
from engine.domain.money import ZERO, Money, Quantity
from engine.domain.order import Order
from engine.domain.risk import Holding, RiskLimits, Scene
from engine.domain.safety import Purpose
from engine.services.account import Account, markets_of
from engine.services.books import Books
from engine.services.price_board import PriceBoard


class RiskDesk:
    """Shows the rules what they judge an entry by."""

    def __init__(
        self, limits: RiskLimits, accounts: Mapping[str, Account], *, books: Books, prices: PriceBoard
    ) -> None:
        self.limits = limits
        self.prices = prices
        self._accounts = dict(accounts)
        self._markets = markets_of(accounts)
        self._books = books
        self.lost_today: Mapping[str, Money] = {}
        """What was lost today by quote asset, as last measured."""

    def held(self) -> Scene:
        """Return what is held now, without what works."""
        holdings = (self._holding(*market, working=False) for market in self._markets)
        return Scene(holdings=tuple(holdings), entries_ns=(), now_ns=self._now_ns())

    def holdings(self, *, but: str | None = None) -> tuple[Holding, ...]:
        """Return every market of every account, without those of one instrument."""
        return tuple(self._holding(*market) for market in self._markets if market[1] != but)

    def entries_ns(self) -> tuple[int, ...]:
        """Return when the entries of the last window were made, on the venues' clock."""
        since_ns = self._now_ns() - self.limits.entries_window_ns
        orders = (*self._books.recent(), *self._books.unsettled())
        return tuple(
            order.intended_ns for order in orders if order.purpose is Purpose.ENTRY and order.intended_ns > since_ns
        )

    def _holding(self, venue: str, instrument: str, *, working: bool = True) -> Holding:
        position = self._books.position(venue, instrument)
        alive = self._books.alive(venue, instrument) if working else ()
        return Holding(
            venue=venue,
            instrument=instrument,
            most=position + _working(alive, Side.BUY),
            least=position - _working(alive, Side.SELL),
            price=self.prices.worth(venue, instrument),
        )

    def _now_ns(self) -> int:
        return max(account.venue.now_ns() for account in self._accounts.values())


def _working(alive: tuple[Order, ...], side: Side) -> Quantity:
    return sum((order.remaining for order in alive if order.side is side), ZERO)
