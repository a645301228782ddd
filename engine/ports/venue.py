"""How a service reaches a venue: orders by value, reads that raise one error, streams that end loudly.

A stream that is left before its end (by `break`, or by an exception in the loop's body) is closed with
`contextlib.aclosing`, or its connection stays until the loop finds the dropped generator.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from engine.domain.evidence import Evidence, Seen, Trade, VenueOrder, View
from engine.domain.instrument import Instrument
from engine.domain.money import Price, Quantity
from engine.domain.ticket import CancelOutcome, OrderRef, PlaceOutcome, Ticket
from engine.domain.venue_facts import VenueFacts


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's price of one instrument; `bid` and `ask` are `None` where the source tells only the last trade."""

    instrument: str
    bid: Price | None
    ask: Price | None
    last: Price
    venue_time_ms: int


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one asset an account has: free to use, and held by open orders."""

    free: Decimal
    held: Decimal

    @property
    def total(self) -> Decimal:
        """Return free and held together."""
        return self.free + self.held


class KeyPermissions(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue says that a key may do."""

    trades: bool
    withdraws: bool


class PositionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How an account holds its position in one contract."""

    one_way: bool
    """One net position a contract; otherwise one for each side, and nothing would only reduce."""
    single_asset: bool = True
    """Only the contract's own asset is margin; otherwise all are, and a price of theirs can take a position away."""
    margin: str
    """`cross`: all positions stand for each other; `isolated`: each has a margin of its own."""
    leverage: int


class OrderNews(msgspec.Struct, frozen=True, kw_only=True):
    """The private stream told something about an order: whose, and what; `None` where its frame leaves that out."""

    instrument: str | None
    client_order_id: str | None
    venue_order_id: str
    seen: Seen


class Venue(Protocol):
    """One account at one venue. Reads raise `VenueTrouble`; nothing else leaves these methods but cancellation."""

    @property
    def facts(self) -> VenueFacts:
        """Return what is declared about the venue."""
        ...

    async def open(self) -> None:
        """Connect, learn the instruments and measure the venue's clock; may be called again after `VenueTrouble`."""
        ...

    async def close(self) -> None:
        """Let go of all connections; the object is dead afterwards."""
        ...

    def instrument(self, symbol: str) -> Instrument:
        """Return what `open` learned about a market; raise `KeyError` for one that the venue does not have."""
        ...

    def now_ns(self) -> int:
        """Return the venue's clock as estimated here: our wall clock plus the offset last measured."""
        ...

    async def measure_clock(self) -> int:
        """Ask for the venue's time, keep the offset to our wall clock, and return that offset in nanoseconds."""
        ...

    def hold(self, until_ns: int) -> None:
        """Send nothing before a time on the venue's clock: a ban that a predecessor was told of."""
        ...

    async def place(self, ticket: Ticket) -> PlaceOutcome:
        """Send one submit that carries its own expiry."""
        ...

    async def cancel(self, order: OrderRef, *, expires_ns: int) -> CancelOutcome:
        """Ask for an order's end; the request carries `expires_ns` (venue's clock) where the venue can read it."""
        ...

    async def amend(self, order: OrderRef, quantity: Quantity, *, expires_ns: int) -> PlaceOutcome:
        """Ask for an order to be for less than it is, under the same name; only where the facts say `amends`."""
        ...

    async def set_switch(self, after_ns: int | None) -> None:
        """Have all orders of the account cancelled after a time, whoever placed them, unless this is said again; None
        takes it back. Raises `VenueTrouble`; only where the facts say `has_switch`.
        """
        ...

    async def look_up(self, order: OrderRef, views: Sequence[View], *, urgent: bool = False) -> tuple[Evidence, ...]:
        """Read views in this order until one shows the order; return what each said. Does not raise. `urgent` as for
        balances.
        """
        ...

    async def open_orders(self, instrument: str) -> tuple[VenueOrder, ...]:
        """Return all resting orders of the account in one market."""
        ...

    async def fills_since(self, instrument: str, since_ns: int) -> tuple[Trade, ...]:
        """Return the account's fills in one market from a time on the venue's clock, oldest first."""
        ...

    async def whose(self, instrument: str, venue_order_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the client order ids of orders by the venue's ids, empty where an order has none; of many, a few."""
        ...

    async def balances(self, *, urgent: bool = False) -> Mapping[str, Balance]:
        """Return the account's balances by asset; an `urgent` reading, for which an exit waits, takes the reserved
        lane.
        """
        ...

    async def permissions(self) -> KeyPermissions | None:
        """Return what the account's key may do; None where the venue has no way to tell."""
        ...

    async def position_terms(self, instrument: str) -> PositionTerms | None:
        """Return how the account holds its position in a contract, None where coins are traded; may raise."""
        ...

    async def set_position_terms(self, instrument: str, terms: PositionTerms) -> None:
        """Have the account hold its position so, as far as it does not; raise `VenueTrouble`."""
        ...

    async def quote(self, instrument: str, *, urgent: bool = False) -> Quote:
        """Return the venue's present price by REST; `urgent` as for balances."""
        ...

    def quotes(self, instruments: Sequence[str], *, silence_ns_max: int, line: int = 0) -> AsyncIterator[Quote]:
        """Stream prices; raise `FeedWentStale` when one instrument is silent for too long, or brings only what is
        older than that, and `FeedWasCut` when the socket goes. Each `line` is a connection of its own.
        """
        ...

    def books(self, instruments: Sequence[str], *, silence_ns_max: int) -> AsyncIterator[Quote]:
        """Stream the best bids and offers of order books, `last` being their middle; raise as `quotes` does, and
        `FeedWasCut` when a change of a book was lost, so that the next stream begins with a new snapshot.
        """
        ...

    def order_news(self) -> AsyncIterator[OrderNews]:
        """Stream what happens to the account's orders; raise `FeedWasCut` when the socket goes. Silence is normal
        here.
        """
        ...
