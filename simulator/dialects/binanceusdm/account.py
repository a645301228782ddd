"""The futures' account endpoints: orders, trades, money, positions and margin, as the REST view shows them."""

from typing import Any

from simulator.dialects.binance.account import PAGE_DEFAULT, PAGE_MAX
from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import PLACES
from simulator.dialects.binance.orders import names
from simulator.dialects.binance.parameters import SYMBOL, Parameters
from simulator.dialects.binance.refusals import NO_SUCH_ORDER, Refused
from simulator.dialects.binanceusdm import bodies
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.public import named
from simulator.dialects.figures import money
from simulator.exchange.orders import OrderRecord, OrderType, TradeRecord
from simulator.exchange.perpetual.records import Funding
from simulator.exchange.rejections import UnknownOrder

UNFILLED_KEPT_NS = 3 * 24 * 3600 * 1000 * MS
"""How long the venue knows an order that ended without a fill, from its creation."""
SPAN_MAX_MS = 7 * 24 * 3600 * 1000


def order(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell how one order stands."""
    listed = named(front, parameters)
    order_id, client_order_id = names(parameters)
    try:
        record = front.doors.rest.picture.order(
            account, order_id=order_id, client_order_id=client_order_id, symbol=listed.symbol
        )
    except UnknownOrder:
        raise Refused(*NO_SUCH_ORDER) from None
    if _is_forgotten(front, record):
        raise Refused(*NO_SUCH_ORDER)
    return bodies.queried(record, listed)


def open_order(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell how one order stands, if it is open."""
    listed = named(front, parameters)
    order_id, client_order_id = names(parameters)
    for record in front.doors.rest.picture.open_orders(account, listed.symbol):
        if order_id in (None, record.order_id) and client_order_id in (None, record.client_order_id):
            return bodies.queried(record, listed)
    raise Refused(*NO_SUCH_ORDER)


def open_orders(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Tell the open orders of a symbol, or all."""
    name = parameters.matching("symbol", SYMBOL)
    symbol = front.listing.named(name).symbol if name is not None else None
    records = front.doors.rest.picture.open_orders(account, symbol)
    return [bodies.queried(record, front.listing.by_symbol[record.symbol]) for record in records]


def all_orders(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Tell the orders of a symbol, open and finished, by creation."""
    listed = named(front, parameters)
    from_id, (start, end) = parameters.long("orderId"), _span(parameters)

    def is_wanted(record: OrderRecord) -> bool:
        at_ms = record.created_ns // MS
        is_asked = (from_id is None or record.order_id >= from_id) and _within(at_ms, start, end)
        return is_asked and not _is_forgotten(front, record)

    found = [one for one in front.doors.rest.picture.orders(account, listed.symbol) if is_wanted(one)]
    return [bodies.queried(record, listed) for record in _page(parameters, found, from_id, start)]


def user_trades(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Tell the account's trades of a symbol, oldest first."""
    listed = named(front, parameters)
    order_id, from_id, (start, end) = parameters.long("orderId"), parameters.long("fromId"), _span(parameters)

    if from_id is not None and (start is not None or end is not None):
        raise Refused(-1128, "Combination of optional parameters invalid.")

    def is_wanted(trade: TradeRecord) -> bool:
        is_asked = order_id in (None, trade.order_id) and (from_id is None or trade.trade_id >= from_id)
        return is_asked and _within(trade.at_ns // MS, start, end)

    found = [one for one in front.doors.rest.picture.trades(account, listed.symbol) if is_wanted(one)]
    return [bodies.my_trade(trade, listed) for trade in _page(parameters, found, from_id, start)]


def force_orders(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Tell the account's liquidations."""
    name = parameters.matching("symbol", SYMBOL)
    symbol = front.listing.named(name).symbol if name is not None else None
    found = [
        one for one in front.doors.rest.picture.closed_orders(account, symbol) if one.type is OrderType.LIQUIDATION
    ]
    page = found[-parameters.limit(50, 100) :]
    return [bodies.queried(record, front.listing.by_symbol[record.symbol]) for record in page]


def income(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Tell the account's payments of funding, and what liquidations have cost; other kinds of income are not told."""
    name, kind = parameters.matching("symbol", SYMBOL), parameters.text("incomeType")
    symbol = front.listing.named(name).symbol if name is not None else None
    start, end = _span(parameters)
    found = [
        {
            "symbol": front.listing.by_symbol[one.symbol].id,
            "incomeType": income_type(one),
            "income": money(one.amount, PLACES),
            "asset": front.futures.margin_asset,
            "info": "",
            "time": one.at_ns // MS,
            "tranId": one.at_ns // MS,
            "tradeId": "",
        }
        for one in front.doors.seen.fundings(account, symbol)
        if _within(one.at_ns // MS, start, end) and kind in (None, income_type(one))
    ]
    return found[-parameters.limit(100, PAGE_MAX) :]


def income_type(payment: Funding) -> str:
    """Return the venue's word for a payment."""
    return "INSURANCE_CLEAR" if payment.cleared else "FUNDING_FEE"


def _is_forgotten(front: Front, record: OrderRecord) -> bool:
    """Tell whether an order that ended without a fill is older than the venue remembers."""
    is_old = front.timeline.wall_ns() - record.created_ns > UNFILLED_KEPT_NS
    return is_old and not record.is_open and not record.filled_lots


def _span(parameters: Parameters) -> tuple[int | None, int | None]:
    start, end = parameters.long("startTime"), parameters.long("endTime")
    if start is not None and end is not None:
        if end < start:
            raise Refused(-1023, "Start time is greater than end time.")
        if end - start > SPAN_MAX_MS:
            raise Refused(-4165, "Maximum time interval is 7 days")
    return start, end


def _within(at_ms: int, start: int | None, end: int | None) -> bool:
    return (start is None or at_ms >= start) and (end is None or at_ms <= end)


def _page(parameters: Parameters, found: list[Any], from_id: int | None, start: int | None) -> list[Any]:
    limit = parameters.limit(PAGE_DEFAULT, PAGE_MAX)
    return found[-limit:] if from_id is None and start is None else found[:limit]
