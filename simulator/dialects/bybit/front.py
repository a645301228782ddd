"""What every Bybit endpoint leans on: the venue, its names, its counters and its clock."""

import hashlib
from collections.abc import Callable
from decimal import Decimal

from simulator.dialects.bybit.dcp import Protection
from simulator.dialects.bybit.limits import MS, Limits
from simulator.dialects.bybit.listing import Listing
from simulator.dialects.bybit.settings import BybitSettings
from simulator.exchange.venue import Venue

QUOTE_ORDERS_KEPT_MAX = 20_000
"""Market orders of which is remembered for how much of the quote coin they were; another one shows what it traded."""


class Front:
    """One Bybit, as its endpoints see it."""

    def __init__(self, venue: Venue, settings: BybitSettings, ban: Callable[[str, int], None]) -> None:
        """Stand before a venue; `ban` shuts an address out for so many nanoseconds."""
        self.venue = venue
        self.settings = settings
        self.timeline = venue.timeline
        self.exchange = venue.exchange
        self.listing = Listing(venue.exchange.instruments.values())
        self.limits = Limits(settings, venue.timeline, ban)
        self.protection = Protection(venue.exchange, venue.timeline, settings)
        self.born_ns = venue.timeline.wall_ns()
        self._quote_amounts: dict[int, Decimal] = {}
        self._connections = 0

    def wall_ms(self) -> int:
        """Return the venue's Unix time in milliseconds."""
        return self.timeline.wall_ns() // MS

    def note_quote_amount(self, order_id: int, amount: Decimal) -> None:
        """Remember for how much of the quote coin a market order was."""
        while len(self._quote_amounts) >= QUOTE_ORDERS_KEPT_MAX:
            self._quote_amounts.pop(next(iter(self._quote_amounts)))
        self._quote_amounts[order_id] = amount

    def quote_amount(self, order_id: int) -> Decimal | None:
        """Return for how much of the quote coin a market order was, None if it named a quantity."""
        return self._quote_amounts.get(order_id)

    def new_connection(self) -> str:
        """Return the id of a new connection, never twice."""
        self._connections += 1
        text = f"{self.venue.name}/{self.born_ns}/{self._connections}"
        return f"{hashlib.sha256(text.encode()).hexdigest()[:20]}-{self._connections:x}"


def user_id(account: str) -> int:
    """Return the number by which Bybit knows an account."""
    return 20_000_000 + int.from_bytes(hashlib.sha256(account.encode()).digest()[:3], "big")
