"""What a venue must say about itself so that one adapter can speak to all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from engine.domain.evidence import Trade, VenueOrder, View
from engine.domain.ticket import OrderRef, Ticket
from engine.domain.venue_facts import VenueFacts
from engine.ports.venue import Balance, OrderNews
from engine.resilience.budget import Shares
from engine.resilience.meters import Meter
from engine.venues.answers import Answer, Sign

T = TypeVar("T")


class Ask(Protocol):
    """Make one request of an operation (a key of `Dialect.costs`) through the guard; parsing belongs to the request."""

    async def __call__(self, operation: str, request: Callable[[], Awaitable[T]], /) -> T: ...


class Dialect(Protocol):
    """One venue: facts and tables, pure translations, and reads that check what they read.

    `ex` is the venue's ccxt exchange. Reads return only what was read completely; what is not raises, and becomes
    trouble in the guard.
    """

    facts: VenueFacts
    signs: tuple[Sign, ...]
    options: Mapping[str, Any]
    """Options of ccxt that keep it from hidden requests."""
    currencies: bool
    """Whether ccxt needs the venue's list of assets to load its markets."""
    in_order: bool
    """Whether signed requests must arrive in the order of their nonces."""
    costs: Mapping[str, Mapping[str, float]]
    """What each operation costs on which meter."""
    shares: Shares
    """Which part of each meter a lane may fill."""
    time_resolution_ns: int
    cancels_by_name: bool
    """Whether only the venue's own name of an order cancels it: then that is looked for first."""

    def meters(self) -> dict[str, Meter]:
        """Return new counters of one account."""
        ...

    def used(self, headers: Mapping[str, str]) -> Iterable[tuple[str, float]]:
        """Return what an answer's headers (lower case) tell about our counters, by meter."""
        ...

    def read(self, status: int, headers: dict[str, str], body: str) -> Answer:
        """Find the venue's code and text in an answer."""
        ...

    def until_ns(self, answer: Answer, now_ns: int) -> int:
        """Return until when a throttle or ban lasts, on the venue's clock."""
        ...

    def submit_params(self, ticket: Ticket, now_ns: int) -> dict[str, Any]:
        """Return ccxt's extra parameters for a submit that is signed at `now_ns` and dies at the ticket's expiry."""
        ...

    def cancel_params(self, order: OrderRef, *, expires_ns: int, now_ns: int) -> dict[str, Any]:
        """Return ccxt's extra parameters for a cancel."""
        ...

    def cancel_costs(self, age_ns: int) -> Mapping[str, float]:
        """Return what cancelling an order of this age costs."""
        ...

    def cancelled(self, answer: Mapping[str, Any], order: OrderRef) -> bool:
        """Tell whether ccxt's answer to a cancel says that the venue took it, for this order."""
        ...

    async def orders(self, ex: Any, ask: Ask, view: View, order: OrderRef) -> list[VenueOrder]:
        """Read what one view shows about an order; others that it shows as well may be among the result."""
        ...

    async def orders_by_venue_id(self, ex: Any, ask: Ask, instrument: str, ids: Sequence[str]) -> list[VenueOrder]:
        """Read orders by the venue's names."""
        ...

    async def open_orders(self, ex: Any, ask: Ask, instrument: str) -> list[VenueOrder]:
        """Read all resting orders of one market."""
        ...

    async def fills(
        self, ex: Any, ask: Ask, instrument: str, *, since_ns: int, venue_order_id: str | None
    ) -> list[Trade]:
        """Read the fills of one order, or of one market since a time, each once."""
        ...

    async def balances(self, ex: Any, ask: Ask) -> dict[str, Balance]:
        """Read the account's balances."""
        ...

    def watch_quotes(self, ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
        """Wait for the next price of any of these, subscribing first where that has not been done."""
        ...

    async def authenticate(self, ex: Any, ask: Ask) -> None:
        """Do what a private stream needs by REST before it is opened."""
        ...

    def news(self, ex: Any, frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
        """Read orders' news from a frame of the private stream; `names` are client order ids by the venue's.

        Raises `ValueError` when the frame ends the subscription.
        """
        ...
