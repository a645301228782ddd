"""What is left of a market to close, and at which price it could be: the readings of whoever leaves it.

They take the venue's reserved lane, since an exit waits for them. When the account cannot be read for long, the books
alone decide, and they decide once: an exit of unknown end may have been filled, which only the account could tell.
"""

from collections.abc import Mapping

from engine.domain.errors import VenueTrouble
from engine.domain.money import ZERO, Quantity
from engine.domain.order import Order
from engine.domain.safety import Purpose
from engine.ports.clock import Clock
from engine.ports.venue import Balance, Quote
from engine.services.account import Account
from engine.services.books import Books
from engine.services.closing import Ours
from engine.services.log import Log
from engine.services.price_board import PriceBoard
from engine.services.safety import Market


class Remains:
    """Reads prices and balances for exits.

    Args:
        alone_after_ns: how long an account may be unreadable before the books alone say what is ours.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account],
        *,
        books: Books,
        prices: PriceBoard,
        clock: Clock,
        log: Log,
        alone_after_ns: int,
    ) -> None:
        self._accounts = dict(accounts)
        self._books = books
        self._prices = prices
        self._clock = clock
        self._log = log
        self._alone_after_ns = alone_after_ns
        self._unread_since_ns: dict[str, int] = {}
        """Venues whose account could not be read at the last attempt, since when."""

    def unread(self, venue: str) -> bool:
        """Tell whether an account could not be read when it was last asked."""
        return venue in self._unread_since_ns

    async def quote(self, market: Market) -> Quote:
        """Return the market's price, from the feed or from the venue; raise `VenueTrouble` when neither tells it."""
        venue, instrument = market
        seen = self._prices.at(venue, instrument)
        if seen is None:
            return await self._accounts[venue].venue.quote(instrument, urgent=True)
        return Quote(
            instrument=instrument, bid=seen.bid, ask=seen.ask, last=seen.last, venue_time_ms=seen.venue_time_ms
        )

    async def balance(self, market: Market) -> Balance | None:
        """Return what the account holds of the market's asset, or None when that could not be read for long.

        Raises:
            VenueTrouble: it cannot be read, and not for long yet.
        """
        venue, instrument = market
        now_ns = self._clock.monotonic_ns()
        try:
            balances = await self._accounts[venue].venue.balances(urgent=True)
        except VenueTrouble as problem:
            since_ns = self._unread_since_ns.setdefault(venue, now_ns)
            if now_ns - since_ns < self._alone_after_ns:
                raise
            self._log.warning("flattened_by_the_books_alone", venue=venue, problem=str(problem))
            return None
        self._unread_since_ns.pop(venue, None)
        asset = self._accounts[venue].venue.instrument(instrument).asset
        return balances.get(asset, Balance(free=ZERO.value, held=ZERO.value))

    def ours(self, market: Market, balance: Balance | None) -> Ours:
        """Return what is ours by both readings; without a balance, what is in the books."""
        position = self._books.position(*market)
        if balance is None:
            return Ours(booked=position, told=position)
        asset = self._accounts[market[0]].venue.instrument(market[1]).asset
        believed = Quantity(self._books.believed(market[0]).get(asset, ZERO.value))
        return Ours(booked=position, told=position + Quantity(balance.total) - believed)


def unlocked(amount: Quantity, alive: tuple[Order, ...], balance: Balance | None, *, holds: bool) -> Quantity:
    """Return how much of an amount may be closed now: of a sale, what no stop of ours would sell.

    Where a stop `holds` its coins, those that are not held are not locked, whatever our books still say of it.
    """
    if amount <= ZERO:
        return amount
    locked = sum((order.remaining for order in alive if order.purpose is Purpose.PROTECT), ZERO)
    if balance is None:
        return max(ZERO, amount - locked)
    if holds:
        locked = min(locked, Quantity(balance.held))
    return max(ZERO, min(amount - locked, Quantity(balance.free)))
