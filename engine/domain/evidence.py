"""What a venue tells about an order, one view at a time.

A venue has one truth and several views of it, each behind the truth by its own lag. A positive reading of any view
proves that the order exists; a negative reading proves nothing by itself (binance-api-postman#102: an open-order
list that returned none to all of three orders from call to call). So readings are kept apart by view, and judged by
`engine.domain.order_rules`.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from engine.domain.instrument import Side
from engine.domain.money import Money, Price, Quantity
from engine.domain.trouble import Trouble


class View(StrEnum):
    """One way to ask a venue about an order."""

    LOOK_UP = "look_up"  # by client order id, or by the venue's id once that is known
    OPEN_ORDERS = "open_orders"
    CLOSED_ORDERS = "closed_orders"
    FILLS = "fills"
    STREAM = "stream"  # tells what happened, never what did not


class VenueStatus(StrEnum):
    """What a venue says about a resting order's life, in words common to all venues."""

    OPEN = "open"
    WAITING = "waiting"  # open, and no price has set it off yet
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Tell whether the venue will never change it again."""
        return self not in (VenueStatus.OPEN, VenueStatus.WAITING)


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """One fill, as the venue reports it; `trade_id` is unique per venue and instrument."""

    trade_id: str
    venue_order_id: str
    client_order_id: str | None  # where the venue tells it
    instrument: str
    side: Side
    price: Price
    quantity: Quantity
    fee: Decimal
    fee_asset: str
    at_ns: int  # unix time on the venue's clock
    taken_back: bool = False
    """True of a fill that came to nothing, though it was told: it could not be settled. That is final."""

    @property
    def is_payment(self) -> bool:
        """Tell whether nothing was traded: then it is what a position was charged, or (below zero) paid, as funding."""
        return not self.quantity


class VenueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order as a view of the venue shows it; `cost` is `None` where that view does not tell it."""

    venue_order_id: str
    client_order_id: str | None
    instrument: str
    side: Side
    status: VenueStatus
    quantity: Quantity
    price: Price | None
    filled: Quantity
    cost: Money | None
    at_ns: int  # unix time on the venue's clock of its last change, as far as the venue tells
    reason: str = ""
    stop_price: Price | None = None
    trades: tuple[Trade, ...] = ()
    """Its fills, where the view tells them."""


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A view shows the order, or fills of it; `status` is `None` when the view (fills) tells only that it existed."""

    view: View
    at_ns: int
    status: VenueStatus | None
    filled: Quantity
    cost: Money | None
    venue_order_id: str | None
    trades: tuple[Trade, ...] = ()
    reason: str = ""
    quantity: Quantity | None = None
    """How much the order is for by now, where the view tells it."""


class NotSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A view, read completely and without error at `at_ns` (sent then, on the venue's clock), shows no such order."""

    view: View
    at_ns: int


class ViewFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A view could not be read: this says nothing about the order."""

    view: View
    trouble: Trouble


Evidence = Seen | NotSeen | ViewFailed
