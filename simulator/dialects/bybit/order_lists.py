"""Bybit's lists of an account's affairs: open and finished orders, and executions.

Two of them know of orders. `order/realtime` knows the open ones and the last finished ones, until the service restarts;
`order/history` knows the finished ones, a little later, and forgets after a day those that never traded.
"""

from collections.abc import Iterable

from simulator.dialects.bybit import bodies, ids
from simulator.dialects.bybit.bodies import Body
from simulator.dialects.bybit.errors import UNSUPPORTED_SYMBOL, Refused, wrong
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.limits import MS
from simulator.dialects.bybit.pages import page
from simulator.dialects.bybit.parameters import Parameters
from simulator.exchange.orders import OrderRecord, TradeRecord
from simulator.exchange.picture import Picture
from simulator.exchange.rejections import UnknownOrder

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
ORDERS_PAGE, ORDERS_PAGE_MAX = 20, 50
TRADES_PAGE, TRADES_PAGE_MAX = 50, 100
LOOKED_AT_MAX = 10_000
"""Finished orders, or trades, that one question looks at, the newest first."""


def realtime(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell the open orders, or the last finished ones, or one of either by its id."""
    category = parameters.category()
    if category != "spot":
        return _nothing(category)
    picture = front.venue.rest.picture
    wants_finished = parameters.whole("openOnly")
    if _names_order(parameters):
        record = _named(picture, parameters, account)
        found = [record] if record is not None and (record.is_open or record in _recent(front, account)) else []
    else:
        found = _recent(front, account) if wants_finished else picture.open_orders(account)
    return _orders(front, picture, found, parameters)


def history(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell the finished orders of a week; those without a fill only for a day."""
    category = parameters.category()
    if category != "spot":
        return _nothing(category)
    picture, now_ms = front.venue.rest.picture, front.wall_ms()
    known_ns = front.timeline.wall_ns() - front.venue.rest.lag_ns - front.settings.history_lag_ns
    since, until = _span(parameters, now_ms)
    status = parameters.text("orderStatus")

    def is_told(record: OrderRecord) -> bool:
        is_remembered = record.filled_lots or now_ms - record.updated_ns // MS <= DAY_MS
        is_known = not record.is_open and record.updated_ns <= known_ns and bool(is_remembered)
        return is_known and status in (None, _status(front, record))

    if _names_order(parameters):
        record = _named(picture, parameters, account)
        found = [record] if record is not None and is_told(record) else []
    else:
        finished = picture.closed_orders(account, limit=LOOKED_AT_MAX)
        found = [record for record in finished if since <= record.created_ns // MS <= until and is_told(record)]
    return _orders(front, picture, found, parameters)


def executions(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell the account's trades, the newest first."""
    category = parameters.category()
    if category != "spot" or parameters.text("execType") not in (None, "Trade"):
        return _nothing(category)
    picture = front.venue.rest.picture
    since, until = _span(parameters, front.wall_ms())
    order_id, link_id, symbol = parameters.text("orderId"), parameters.link_id(), _symbol(front, parameters)
    number = ids.order_number(order_id) if order_id is not None else None

    def is_wanted(trade: TradeRecord) -> bool:
        if order_id is not None:
            return trade.order_id == number
        if link_id is not None:
            return link_id == trade.client_order_id or ids.linked_number(link_id) == trade.order_id
        return symbol in (None, trade.symbol) and since <= trade.at_ns // MS <= until

    trades = picture.trades(account, limit=LOOKED_AT_MAX)
    found = [trade for trade in reversed(trades) if is_wanted(trade)]
    told, cursor = page(found, parameters, _trade_name, default=TRADES_PAGE, most=TRADES_PAGE_MAX)
    bodies_told = [_execution(front, picture, trade) for trade in told]
    return {"category": category, "nextPageCursor": cursor, "list": bodies_told}


def _nothing(category: str) -> Body:
    return {"category": category, "nextPageCursor": "", "list": []}


def _recent(front: Front, account: str) -> list[OrderRecord]:
    """Return the last finished orders that `order/realtime` still remembers."""
    most = front.settings.recent_orders_max
    finished = front.venue.rest.picture.closed_orders(account, limit=most)
    return [record for record in finished if record.updated_ns >= front.born_ns]


def _orders(front: Front, picture: Picture, found: Iterable[OrderRecord], parameters: Parameters) -> Body:
    """Return a page of these orders, the newest first; those that are not named may be narrowed down."""
    if not _names_order(parameters):
        symbol, kind = _symbol(front, parameters), parameters.text("orderFilter")
        is_wanted = {"Order": (False,), "StopOrder": (True,), "tpslOrder": (True,)}.get(kind or "", (False, True))
        found = [
            record for record in found if symbol in (None, record.symbol) and (record.trigger is not None) in is_wanted
        ]
    newest_first = sorted(found, key=lambda record: (-record.created_ns, -record.order_id))
    told, cursor = page(newest_first, parameters, _order_name, default=ORDERS_PAGE, most=ORDERS_PAGE_MAX)
    return {"category": "spot", "nextPageCursor": cursor, "list": [_order(front, picture, record) for record in told]}


def _status(front: Front, record: OrderRecord) -> str:
    in_part = bodies.is_cancelled_in_part(record, front.quote_amount(record.order_id))
    return "PartiallyFilledCanceled" if in_part else bodies.status(record)


def _order(front: Front, picture: Picture, record: OrderRecord) -> Body:
    listed, quote_amount = front.listing.by_symbol[record.symbol], front.quote_amount(record.order_id)
    return bodies.order(record, listed, picture.trades_of(record), quote_amount)


def _execution(front: Front, picture: Picture, trade: TradeRecord) -> Body:
    try:
        record = picture.order(trade.account, order_id=trade.order_id)
    except UnknownOrder:
        record = None
    by_value = front.quote_amount(trade.order_id) is not None
    listed, fees = front.listing.by_symbol[trade.symbol], front.exchange.fees
    return bodies.execution(trade, record, listed, fees, by_value=by_value)


def _names_order(parameters: Parameters) -> bool:
    return parameters.has("orderId") or parameters.has("orderLinkId")


def _named(picture: Picture, parameters: Parameters, account: str) -> OrderRecord | None:
    """Return the order that a request names; of two ids the venue's own counts."""
    text, link_id = parameters.text("orderId"), parameters.link_id()
    try:
        if text is not None or link_id is None:
            number = ids.order_number(text or "")
        else:
            number = ids.linked_number(link_id)
            if number is None:
                return picture.order(account, client_order_id=link_id)
        return picture.order(account, order_id=number) if number is not None else None
    except UnknownOrder:
        return None


def _symbol(front: Front, parameters: Parameters) -> str | None:
    """Return the pair that a request is about in the core's words, None if it is about all."""
    name = parameters.text("symbol")
    if name is None:
        return None
    listed = front.listing.by_id.get(name)
    if listed is None:
        raise Refused(*UNSUPPORTED_SYMBOL)
    return listed.symbol


def _span(parameters: Parameters, now_ms: int) -> tuple[int, int]:
    """Return the week, in milliseconds, that a request is about."""
    start, end = parameters.whole("startTime"), parameters.whole("endTime")
    if start is not None and end is not None:
        if not 0 <= end - start <= WEEK_MS:
            raise wrong("startTime, endTime")
        return start, end
    if start is not None:
        return start, start + WEEK_MS
    until = now_ms if end is None else end
    return until - WEEK_MS, until


def _order_name(record: OrderRecord) -> str:
    return f"{ids.order(record.order_id)}:{record.created_ns // MS}"


def _trade_name(trade: TradeRecord) -> str:
    return f"{ids.execution(trade.trade_id)}:{trade.at_ns // MS}"
