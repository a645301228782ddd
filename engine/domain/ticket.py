"""What is handed to a venue, and the three ways in which a venue answers: accepted, refused, unknown.

Outcomes are values, never exceptions, so that the type checker asks for all three where an order is sent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.safety import Purpose
from engine.domain.trouble import Trouble


class OrderType(StrEnum):
    """How an order prices itself."""

    LIMIT = "limit"
    MARKET = "market"
    STOP = (
        "stop"  # waits until the last price reaches its stop price; then a limit order, or without a price a market one
    )


class TimeInForce(StrEnum):
    """How long an order rests."""

    GTC = "gtc"  # until it is filled or cancelled
    IOC = "ioc"  # what cannot be filled at once is cancelled
    FOK = "fok"  # all at once or nothing
    POST_ONLY = "post_only"  # rests as maker, or is rejected


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One submit, complete: the venue must not execute it later than `expires_ns` on the venue's own clock."""

    client_order_id: str
    instrument: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Quantity
    price: Price | None  # None for market orders, and for stops that become one
    expires_ns: int
    stop_price: Price | None = None  # of stops, and of nothing else
    purpose: Purpose = Purpose.ENTRY
    since_ns: int = 0
    """When its order was meant, on the venue's clock: with the rest of it what a signed order is made of."""

    @property
    def reserved(self) -> bool:
        """Tell whether it may pass an open breaker and use the reserved lane: exits may, and stops."""
        return self.purpose is not Purpose.ENTRY


class OrderRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which order is meant: by client order id always, by the venue's id as well once that is known."""

    client_order_id: str
    instrument: str
    venue_order_id: str | None
    since_ns: int
    """No submit of this order left before this time on the venue's clock: histories are read from here."""
    side: Side | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    """The terms, where they are known: some venues name an order after them."""
    stop: bool = False
    """Whether it is a stop: some venues keep those apart from other orders."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The venue took the request and named it. This is no fill."""

    venue_order_id: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The request was surely not executed."""

    trouble: Trouble

    @property
    def final(self) -> bool:
        """Tell whether the same request would be refused again (funds, filters, key), not just at this moment."""
        return self.trouble.kind in ("rejected", "auth")


class Unknown(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The request may have been executed, now or until it expires."""

    trouble: Trouble


PlaceOutcome: TypeAlias = Accepted | Refused | Unknown


class CancelAccepted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The venue took the cancel. The order may still have been filled before it."""


CancelOutcome: TypeAlias = CancelAccepted | Refused | Unknown
"""`Unknown` with the kind `not_found` is a venue that knows no such order: it may be finished, or not there yet."""
