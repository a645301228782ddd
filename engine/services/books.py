"""What execution keeps about its own doings, as it needs to ask and to write it; `engine.recovery.books` keeps it.

In memory a change counts at once, on disk when the call returns. What is still to be sent waits for the disk; what
the venue has told is believed at once, since a limit that waits for a disk is no limit.
"""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from engine.domain.messages import DecisionHandled
from engine.domain.money import Quantity
from engine.domain.order import Order
from engine.domain.profit import Flow


class Books(Protocol):
    """Orders, fills and decisions of one bot."""

    def concluded(self, decision: str) -> DecisionHandled | None:
        """Return what became of a recent decision (by its id), or None if it is new."""
        ...

    async def conclude(self, handled: DecisionHandled, orders: Sequence[Order]) -> None:
        """Journal a decision and its intents in one transaction; raise `StoreUnavailable` and keep nothing."""
        ...

    async def record(self, order: Order) -> None:
        """Note an order's new state, and journal it; raise `StoreUnavailable` when it is noted but not journalled."""
        ...

    def note(self, order: Order) -> None:
        """Count an order that cannot be journalled now; its driver writes it as soon as that is possible."""
        ...

    def unsettled(self) -> tuple[Order, ...]:
        """Return the orders that live, or whose fills are not all known, oldest first."""
        ...

    def recent(self) -> tuple[Order, ...]:
        """Return the settled orders that are still in memory, oldest first."""
        ...

    def listen(self) -> asyncio.Event:
        """Return an event of one's own that is set at each change of what is believed; who waits for it clears it."""
        ...

    def alive(self, venue: str, instrument: str) -> tuple[Order, ...]:
        """Return the orders of one market whose life is not over, oldest first."""
        ...

    def position(self, venue: str, instrument: str) -> Quantity:
        """Return how much of the base asset the bot holds at a venue, beyond what was there before it."""
        ...

    def flows(self, venue: str, instrument: str, *, day: int) -> tuple[Flow, Flow]:
        """Return what a market's fills have changed in all, and in a day (`engine.domain.profit`) that is not over."""
        ...

    def believed(self, venue: str) -> Mapping[str, Decimal]:
        """Return each asset's total as our own fills make it."""
        ...

    def has_baseline(self, venue: str) -> bool:
        """Tell whether it is known what the account held before the bot's first order."""
        ...

    async def set_baseline(self, venue: str, balances: Mapping[str, Decimal]) -> None:
        """Journal what the account held before the bot's first order; raise `StoreUnavailable` and keep nothing."""
        ...
