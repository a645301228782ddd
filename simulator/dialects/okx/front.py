"""What every OKX endpoint leans on: the venue, its names, its counters, and what clients said of their orders."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.dialects.okx.limits import Limits
from simulator.dialects.okx.listing import Listing
from simulator.dialects.okx.settings import OkxSettings
from simulator.exchange.orders import OrderRecord, TradeRecord
from simulator.exchange.venue import Venue

NOTES_MAX = 100_000
"""How many orders' notes are remembered; the oldest are forgotten."""
MS = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What the exchange does not keep of an order: OKX's words for it, as its client sent them."""

    tag: str = ""
    target: str = ""
    """`base_ccy` or `quote_ccy`, for a market order."""
    size: str = ""
    """What was sent as `sz`, where that is an amount of the quote asset."""
    refused_price: str = ""
    """The price of a post-only order that would have traded: it was accepted and cancelled at once."""
    algo: str = ""
    """The parameter that names the trigger of an algo order: `triggerPx`, `slTriggerPx` or `tpTriggerPx`."""
    request_id: str = ""
    """What the client called its last amendment."""


NO_NOTE = Note()


class Front:
    """One OKX, as its endpoints see it."""

    def __init__(self, venue: Venue, settings: OkxSettings) -> None:
        self.venue = venue
        self.settings = settings
        self.timeline = venue.timeline
        self.exchange = venue.exchange
        self.listing = Listing(venue.exchange.instruments.values())
        self.limits = Limits(settings, venue.timeline)
        self._notes: dict[int, Note] = {}

    def note(self, order_id: int, note: Note) -> None:
        """Remember what a client said of an order."""
        self._notes[order_id] = note
        if len(self._notes) > NOTES_MAX:
            del self._notes[next(iter(self._notes))]

    def note_of(self, record: OrderRecord | TradeRecord) -> Note:
        """Return what is remembered of an order, or of that of a trade."""
        return self._notes.get(record.order_id, NO_NOTE)

    def wall_ms(self) -> int:
        """Return the venue's time in milliseconds."""
        return self.timeline.wall_ns() // MS

    def wall_us(self) -> str:
        """Return the venue's time in microseconds, as text."""
        return str(self.timeline.wall_ns() // 1_000)
