"""What every Binance endpoint leans on: the venue, its names, its counters and its clock."""

import hashlib

from simulator.dialects.binance.limits import Limits
from simulator.dialects.binance.listing import Listing
from simulator.dialects.binance.settings import BinanceSettings
from simulator.exchange.venue import Venue

MS = 1_000_000
"""Nanoseconds in a millisecond."""


class Front:
    """One Binance, as its endpoints see it."""

    def __init__(self, venue: Venue, settings: BinanceSettings) -> None:
        self.venue = venue
        self.settings = settings
        self.timeline = venue.timeline
        self.exchange = venue.exchange
        self.listing = Listing(venue.exchange.instruments.values())
        self.limits = Limits(settings, venue.timeline, venue.exchange)
        self._born_ns = venue.timeline.now_ns()
        self._ids = 0

    def wall_ms(self) -> int:
        """Return the venue's Unix time in milliseconds."""
        return self.timeline.wall_ns() // MS

    def new_id(self) -> str:
        """Return an id such as Binance makes up where the client sends none: 22 characters, never twice.

        The hour of birth keeps a front from repeating the ids of the one before the last boot.
        """
        self._ids += 1
        return hashlib.sha256(f"{self.venue.name}/{self._born_ns}/{self._ids}".encode()).hexdigest()[:22]
