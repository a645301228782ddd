"""Which requests place an order: the referee's own table of doors, one for each venue.

A venue may refuse a second order under the same id, and so hide from its truth that it was asked twice. The door saw
both requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from scenarios.record import Record, RequestSeen, VenueOrder

PLACING: Mapping[str, str] = MappingProxyType(
    {
        "binance": "/api/v3/order",
        "binanceusdm": "/fapi/v1/order",
        "bybit": "/v5/order/create",
        "coinbase": "/api/v3/brokerage/orders",
        "kraken": "/0/private/AddOrder",
        "okx": "/api/v5/trade/order",
        "polymarket": "/order",
    }
)
"""Where an order is placed, by POST."""

PLACING_STOPS: Mapping[str, str] = MappingProxyType(
    {"binanceusdm": "/fapi/v1/algoOrder", "okx": "/api/v5/trade/order-algo"}
)
"""Where a stop is, if that is elsewhere."""


def placements(record: Record) -> Iterator[RequestSeen]:
    """Yield every request to place an order, in order of time, whatever became of it."""
    for request in record.requests:
        doors = PLACING.get(request.venue), PLACING_STOPS.get(request.venue)
        if request.method == "POST" and request.path in doors:
            yield request


def births(record: Record) -> dict[tuple[str, str], VenueOrder]:
    """Return the first sight of every order that carries an id of the bot's, by (venue, client order id)."""
    first: dict[tuple[str, str], VenueOrder] = {}
    for order in record.orders:
        if order.client_order_id:
            first.setdefault((order.venue, order.client_order_id), order)
    return first
