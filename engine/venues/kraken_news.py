"""What Kraken's private stream tells about orders: the `executions` channel of its second WebSocket interface.

ccxt hands orders and trades of this one channel to two caches and loses the client order id on the way, so frames
are read here as they come. Later frames of an order leave out what earlier ones have told, its client order id
among it. Numbers are JSON numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.domain.evidence import Seen, Trade, VenueStatus, View
from engine.domain.instrument import Side
from engine.domain.money import Money, Price, Quantity
from engine.ports.venue import OrderNews
from engine.venues.unified import member, number, rows, text

STATUSES: Mapping[str, VenueStatus] = {
    "pending_new": VenueStatus.OPEN,
    "new": VenueStatus.OPEN,
    "partially_filled": VenueStatus.OPEN,
    "filled": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELLED,
    "expired": VenueStatus.EXPIRED,
}


def news(frame: Any, names: Mapping[str, str]) -> list[OrderNews]:
    """Read a frame; raise `ValueError` for the refusal of our subscription."""
    if not isinstance(frame, dict):
        return []
    if frame.get("method") == "subscribe" and frame.get("success") is False:
        raise ValueError(f"the subscription was refused: {frame.get('error')}")
    if frame.get("channel") != "executions":
        return []
    return [_news(row, names) for row in rows(member(frame, "data")) if row.get("order_status") in STATUSES]


def _news(row: dict[str, Any], names: Mapping[str, str]) -> OrderNews:
    venue_order_id = text(row["order_id"])
    client_order_id = row.get("cl_ord_id") or names.get(venue_order_id) or None
    at_ns = _nanoseconds(text(row["timestamp"]))
    trades = (_trade(row, client_order_id, at_ns),) if row.get("exec_type") == "trade" else ()
    cost = row.get("cum_cost")
    seen = Seen(
        view=View.STREAM,
        at_ns=at_ns,
        status=_status(row),
        filled=Quantity(number(row.get("cum_qty", 0))),
        cost=None if cost is None else Money(number(cost)),
        venue_order_id=venue_order_id,
        trades=trades,
        reason=str(row.get("reason") or ""),
        quantity=Quantity(number(row["order_qty"])) if "order_qty" in row else None,
    )
    return OrderNews(
        instrument=row.get("symbol"), client_order_id=client_order_id, venue_order_id=venue_order_id, seen=seen
    )


def _status(row: Mapping[str, Any]) -> VenueStatus | None:
    """Return what a frame that tells the filled quantity says of the order's life."""
    if "cum_qty" not in row:
        return None
    waits = (row.get("triggers") or {}).get("status") == "untriggered"
    status = STATUSES[row["order_status"]]
    return VenueStatus.WAITING if waits and status is VenueStatus.OPEN else status


def _trade(row: dict[str, Any], client_order_id: str | None, at_ns: int) -> Trade:
    symbol = text(row["symbol"])
    fees = rows(row.get("fees") or [])
    return Trade(
        trade_id=text(row["exec_id"]),
        venue_order_id=text(row["order_id"]),
        client_order_id=client_order_id,
        instrument=symbol,
        side=Side(row["side"]),
        price=Price(number(row["last_price"])),
        quantity=Quantity(number(row["last_qty"])),
        fee=sum((number(fee["qty"]) for fee in fees), Decimal(0)),
        fee_asset=text(fees[0]["asset"]) if fees else symbol.partition("/")[2],
        at_ns=at_ns,
    )


def _nanoseconds(rfc3339: str) -> int:
    """Read a time in UTC with up to nine digits after the second."""
    whole, _, fraction = rfc3339.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * 1_000_000_000 + int(f"{fraction:0<9}"[:9])
