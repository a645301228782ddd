"""What is asked before anything is sent: how long a request may live by the lease, and what may go without one.

An exit must not depend on the bus: when the bus is away for all, nobody can be elected, and the last leader is the
only one who can close anything. But a leader that is cut off from the bus sees just the same, while a successor acts
at the same venue on the same position. Neither can ask the other. What both can see is the account:

- Two exits that carry one identity do no harm where the venue refuses a second order with one id; but Binance and
  Kraken forget the ids of finished orders, and two executors that decide for themselves seldom decide the same.
- Where a venue takes *reduce only*, the second exit finds nothing to reduce.
- On a spot account it would sell what is the owner's. So there a sale without the lease is sent only after the account
  has just shown at least what our books say: once somebody else has sold, it does not, and the exit is refused. What
  is left is the time between that reading and the sale, and the venue's lag in telling balances: seconds, in a
  partition, at the very moment at which two leave the same position. A longer lease for exits alone would only move
  that moment; refusing all exits would leave a position open for as long as the bus is away.

A bot whose configuration has no other executor does not ask: nobody else can lead. An account that cannot be read
refuses too, and is asked again: what rests there, rests.
"""

from collections.abc import Mapping

from engine.domain.errors import VenueTrouble
from engine.domain.instrument import Side
from engine.domain.money import EXACT, ZERO
from engine.domain.order import Order
from engine.domain.venue_facts import VenueFacts
from engine.services.account import Account
from engine.services.books import Books
from engine.services.leadership import Leadership


class Lead:
    """Says what an executor may send, with the lease and without it.

    Args:
        leadership: None for a kill, which has fenced everybody off and enters nothing.
        rivals: whether the configuration has another executor.
    """

    def __init__(
        self, leadership: Leadership | None, accounts: Mapping[str, Account], books: Books, *, rivals: bool
    ) -> None:
        self._leadership = leadership
        self._accounts = dict(accounts)
        self._books = books
        self._rivals = rivals

    @property
    def held(self) -> bool:
        """Tell whether nobody else can lead now."""
        return self._leadership is not None and self._leadership.held

    def window(self, now_ns: int, facts: VenueFacts) -> int | None:
        """Return until when a request that leaves now may live at a venue, on the venue's clock; None without a lease
        that is good for it.
        """
        return None if self._leadership is None else self._leadership.window(now_ns, zombie_ns=facts.zombie_ns)

    async def refusal(self, order: Order) -> str | None:
        """Say why an order may not be sent without the lease; None if it may."""
        if not order.safe:
            return "the lease is not held: another executor may lead"
        venue = self._accounts[order.venue].venue
        if not self._rivals or order.side is Side.BUY or venue.facts.holds_positions:
            return None  # where positions are held an exit only reduces: somebody else's leaves it nothing to do
        asset = venue.instrument(order.identity.instrument).asset
        try:
            balances = await venue.balances(urgent=True)
        except VenueTrouble as problem:
            return f"the lease is not held, and the account cannot be read: {problem}"
        told = balances[asset].total if asset in balances else ZERO.value
        believed = self._books.believed(order.venue).get(asset, ZERO.value)
        if EXACT.subtract(believed, told) > 0:
            return (
                f"the lease is not held, and somebody else has sold: {told} {asset} are there, {believed} in our books"
            )
        return None
