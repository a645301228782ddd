"""Coinbase's order history: one order, pages of orders, pages of fills, as the venue's REST view shows them.

Pages go from the newest to the oldest; a cursor is the id of the last one told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.dialects.coinbase import bodies, configuration, ids
from simulator.dialects.coinbase.asked import Asked
from simulator.dialects.coinbase.errors import ORDER_NOT_FOUND, invalid, not_found
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.parameters import Query
from simulator.exchange.orders import OrderRecord, TradeRecord
from simulator.exchange.picture import Picture
from simulator.exchange.rejections import UnknownOrder

ORDERS_MAX = 1_000
FILLS_DEFAULT, FILLS_MAX = 100, 1_000
STATUSES = (
    *("OPEN", "FILLED", "CANCELLED", "EXPIRED", "FAILED", "PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"),
    "UNKNOWN_ORDER_STATUS",
)


def order(front: Front, asked: Asked) -> Any:
    """Tell how an order stands, by its id."""
    number = ids.number(ids.ORDER, asked.named)
    picture = front.venue.rest.picture
    try:
        if number is None:
            raise not_found(ORDER_NOT_FOUND)
        record = picture.order(asked.account, order_id=number)
    except UnknownOrder:
        raise not_found(ORDER_NOT_FOUND) from None
    return {"order": _order(front, picture, record)}


def orders(front: Front, asked: Asked) -> Any:
    """Tell a page of orders, newest first."""
    query = asked.query
    is_wanted = _filter(front, query)
    limit = query.whole("limit") or ORDERS_MAX
    if limit > ORDERS_MAX:
        raise invalid(f"limit must not be above {ORDERS_MAX}")
    before = _cursor(ids.ORDER, query)
    picture = front.venue.rest.picture
    # what is open is read where a view may miss rows: the venue has an index of its own for that
    only_open = query.all("order_status") == ["OPEN"]
    records = picture.open_orders(asked.account) if only_open else picture.orders(asked.account)
    found = [
        record for record in reversed(records) if (before is None or record.order_id < before) and is_wanted(record)
    ]
    page, has_next = found[:limit], len(found) > limit
    return {
        "orders": [_order(front, picture, record) for record in page],
        "sequence": "0",
        "has_next": has_next,
        "cursor": ids.made(ids.ORDER, page[-1].order_id) if has_next else "",
    }


def fills(front: Front, asked: Asked) -> Any:
    """Tell a page of the account's trades, newest first."""
    query = asked.query
    limit = min(query.whole("limit") or FILLS_DEFAULT, FILLS_MAX)
    before = _cursor(ids.TRADE, query)
    is_wanted = _fill_filter(front, query)
    found = [
        trade
        for trade in reversed(front.venue.rest.picture.trades(asked.account))
        if (before is None or trade.trade_id < before) and is_wanted(trade)
    ]
    page, has_next = found[:limit], len(found) > limit
    return {
        "fills": [_fill(front, trade) for trade in page],
        "cursor": ids.made(ids.TRADE, page[-1].trade_id) if has_next else "",
    }


def _order(front: Front, picture: Picture, record: OrderRecord) -> bodies.Body:
    product = front.listing.by_symbol[record.symbol]
    quote_size = front.quote_size(record.order_id)
    return bodies.order(record, product, picture.trades_of(record), front.exchange.fees, quote_size)


def _fill(front: Front, trade: TradeRecord) -> bodies.Body:
    in_quote = front.quote_size(trade.order_id) is not None
    return bodies.fill(trade, front.listing.by_symbol[trade.symbol], in_quote=in_quote)


def _filter(front: Front, query: Query) -> Callable[[OrderRecord], bool]:
    wanted = _statuses(query)
    products = query.all("product_ids", "product_id")
    numbers = [ids.number(ids.ORDER, one) for one in query.all("order_ids")]
    kinds, sides = query.all("order_types", "order_type"), query.all("order_side")
    since, until = query.moment("start_date"), query.moment("end_date")
    by_symbol = front.listing.by_symbol

    def is_wanted(record: OrderRecord) -> bool:
        return (
            (not wanted or bodies.status(record) in wanted)
            and (not products or by_symbol[record.symbol].id in products)
            and (not numbers or record.order_id in numbers)
            and (not kinds or configuration.order_type(record) in kinds)
            and (not sides or record.side.value in sides)
            and (since is None or record.created_ns >= since)
            and (until is None or record.created_ns < until)
        )

    return is_wanted


def _statuses(query: Query) -> list[str]:
    wanted = query.all("order_status")
    if any(one not in STATUSES for one in wanted):
        raise invalid("order_status is invalid")
    if "OPEN" in wanted and any(one != "OPEN" for one in wanted):
        raise invalid("Cannot pair OPEN orders with other order types")
    return wanted


def _fill_filter(front: Front, query: Query) -> Callable[[TradeRecord], bool]:
    products = query.all("product_ids", "product_id")
    numbers = [ids.number(ids.ORDER, one) for one in query.all("order_ids", "order_id")]
    trades = [ids.number(ids.TRADE, one) for one in query.all("trade_ids")]
    since, until = query.moment("start_sequence_timestamp"), query.moment("end_sequence_timestamp")
    by_symbol = front.listing.by_symbol

    def is_wanted(trade: TradeRecord) -> bool:
        return (
            (not products or by_symbol[trade.symbol].id in products)
            and (not numbers or trade.order_id in numbers)
            and (not trades or trade.trade_id in trades)
            and (since is None or trade.at_ns >= since)
            and (until is None or trade.at_ns < until)
        )

    return is_wanted


def _cursor(kind: int, query: Query) -> int | None:
    cursor = query.text("cursor")
    if cursor is None:
        return None
    number = ids.number(kind, cursor)
    if number is None:
        raise invalid("cursor is invalid")
    return number
