"""What every Coinbase endpoint leans on: the venue, its names, its limits, its doorman, and what it must remember."""

from decimal import Decimal

from simulator.dialects.coinbase.limits import Limits
from simulator.dialects.coinbase.listing import Listing
from simulator.dialects.coinbase.settings import CoinbaseSettings
from simulator.dialects.coinbase.signing import Doorman
from simulator.exchange.venue import Venue

QUOTE_SIZES_MAX = 100_000
"""How many orders' quote sizes are remembered; the oldest are forgotten."""


class Front:
    """One Coinbase, as its endpoints see it."""

    def __init__(self, venue: Venue, settings: CoinbaseSettings) -> None:
        self.venue = venue
        self.settings = settings
        self.timeline = venue.timeline
        self.exchange = venue.exchange
        self.listing = Listing(venue.exchange.instruments.values())
        self.limits = Limits(settings, venue.timeline)
        self.doorman = Doorman(venue, settings)
        self.opened_ns = venue.timeline.wall_ns()
        """When this front was booted; accounts are said to be as old."""
        self._quote_sizes: dict[int, Decimal] = {}

    def note_quote_size(self, order_id: int, quote_size: Decimal) -> None:
        """Remember what a client wanted to spend on an order, fees included."""
        self._quote_sizes[order_id] = quote_size
        if len(self._quote_sizes) > QUOTE_SIZES_MAX:
            del self._quote_sizes[next(iter(self._quote_sizes))]

    def quote_size(self, order_id: int) -> Decimal | None:
        """Return what a client wanted to spend on an order, None where it named the size instead."""
        return self._quote_sizes.get(order_id)
