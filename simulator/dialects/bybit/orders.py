"""Bybit's trading endpoints: create, amend, cancel, cancel all, and the window of disconnection protection.

An answer says that a request was accepted, and nothing about the order: that is for the stream and `order/realtime`.
A post-only order that would trade is acknowledged like any other and cancelled by the matching engine.
"""

from decimal import Decimal

from msgspec.structs import replace

from simulator.dialects.bybit import ids
from simulator.dialects.bybit.bodies import WOULD_TAKE, Body
from simulator.dialects.bybit.dcp import PRODUCTS, WINDOW_MAX_S, WINDOW_MIN_S
from simulator.dialects.bybit.errors import (
    AMOUNT_DECIMALS,
    DUPLICATE_LINK_ID,
    INVALID_ORDER_FILTER,
    INVALID_ORDER_TYPE,
    INVALID_SIDE,
    INVALID_SYMBOL,
    INVALID_TIME_IN_FORCE,
    NO_SUCH_ORDER,
    NO_TRIGGER_PRICE,
    PERMISSION_DENIED,
    PRICE_DECIMALS,
    PRICE_TOO_HIGH,
    PRICE_TOO_LOW,
    QUANTITY_DECIMALS,
    QUANTITY_TOO_LARGE,
    QUANTITY_TOO_SMALL,
    REJECTIONS,
    SUSPENDED,
    UNSUPPORTED,
    Refused,
    empty,
    invalid,
    wrong,
)
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.listing import Listed
from simulator.dialects.bybit.parameters import Parameters
from simulator.dialects.figures import decimals
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, Side, TimeInForce, Trigger
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder

QUOTE_PLACES = 8
SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
TYPES = {"Limit": OrderType.LIMIT, "Market": OrderType.MARKET}
TIMES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "PostOnly": TimeInForce.GTC}
FILTERS = ("Order", "StopOrder", "tpslOrder")
ATTACHED = ("takeProfit", "stopLoss", "slippageTolerance")
"""What would change an order in ways this venue does not know."""


def create(front: Front, parameters: Parameters, account: str) -> Body:
    """Accept an order and tell its ids."""
    request = _request(front, parameters, account)
    if request.client_order_id and _is_known(front, account, request.client_order_id):
        raise Refused(*DUPLICATE_LINK_ID)
    record = _placed(front, request)
    if request.quote_amount is not None:
        front.note_quote_amount(record.order_id, request.quote_amount)
    return _named(record)


def amend(front: Front, parameters: Parameters, account: str) -> Body:
    """Accept a change of an order's price or quantity and tell its ids."""
    listed = _pair(front, parameters)
    order_id, link_id = _order_named(parameters)
    price, quantity, stop = parameters.number("price"), parameters.number("qty"), parameters.number("triggerPrice")
    for number in (price, stop):
        if number is not None:
            _check_price(listed, number)
    if quantity is not None:
        _check_quantity(listed, quantity)
    try:
        record = front.exchange.amend(
            account,
            order_id=order_id,
            client_order_id=link_id,
            symbol=listed.symbol,
            price=price,
            quantity=quantity,
            stop_price=stop,
        )
    except UnknownOrder:
        raise Refused(*NO_SUCH_ORDER) from None
    except Rejected as rejected:
        raise Refused(*REJECTIONS[rejected.code]) from None
    return _named(record)


def cancel(front: Front, parameters: Parameters, account: str) -> Body:
    """Accept the cancellation of an open order and tell its ids."""
    listed = _pair(front, parameters)
    order_id, link_id = _order_named(parameters)
    kind = parameters.choice("orderFilter", FILTERS, INVALID_ORDER_FILTER) or "Order"
    try:
        known = front.exchange.truth.order(account, order_id=order_id, client_order_id=link_id, symbol=listed.symbol)
        if known.status is OrderStatus.UNTRIGGERED and kind == "Order":
            raise Refused(*NO_SUCH_ORDER)  # it is not among those that were asked for
        record = front.exchange.cancel(account, order_id=known.order_id, symbol=listed.symbol)
    except UnknownOrder:
        raise Refused(*NO_SUCH_ORDER) from None
    except Rejected:
        raise Refused(*SUSPENDED) from None
    return _named(record)


def cancel_all(front: Front, parameters: Parameters, account: str) -> Body:
    """Accept the cancellation of all open orders, of one pair or all, and tell their ids."""
    if parameters.category() != "spot":
        return {"list": [], "success": "1"}
    symbol = _pair(front, parameters).symbol if parameters.has("symbol") else None
    wants_stops = parameters.choice("orderFilter", FILTERS, INVALID_ORDER_FILTER) in ("StopOrder", "tpslOrder")
    records = front.exchange.truth.open_orders(account, symbol)
    doomed = [record.order_id for record in records if (record.trigger is not None) == wants_stops]
    try:
        cancelled = [front.exchange.cancel(account, order_id=order_id) for order_id in doomed]
    except Rejected:
        raise Refused(*SUSPENDED) from None
    return {"list": [_named(record) for record in cancelled], "success": "1"}


def set_protection(front: Front, parameters: Parameters, account: str) -> None:
    """Set the window after which the orders of a lost client go."""
    product = parameters.choice("product", PRODUCTS, (10001, "Request parameter error: product"))
    window_s = parameters.whole("timeWindow")
    if window_s is None or not WINDOW_MIN_S <= window_s <= WINDOW_MAX_S:
        raise wrong("timeWindow")
    if not front.settings.dcp_is_granted:
        raise Refused(*PERMISSION_DENIED)
    front.protection.set_window(account, product or "OPTIONS", window_s)


def _placed(front: Front, request: OrderRequest) -> OrderRecord:
    try:
        return front.exchange.submit(request)
    except Rejected as rejected:
        if rejected.code is RejectCode.POST_ONLY_WOULD_MATCH:
            return _acknowledged_and_cancelled(front, request)
        raise Refused(*REJECTIONS[rejected.code]) from None


def _acknowledged_and_cancelled(front: Front, request: OrderRequest) -> OrderRecord:
    """Give a post-only order that would trade an id and an end.

    The core refuses such an order, Bybit accepts and cancels it. It is sent in as one that never reaches the book, so
    that it holds nothing and trades with nobody, and cancelled in the same breath.
    """
    exchange = front.exchange
    hook, exchange.silent_reject = exchange.silent_reject, lambda _request: True
    try:
        record = exchange.submit(replace(request, post_only=False))
    except Rejected as rejected:
        raise Refused(*REJECTIONS[rejected.code]) from None
    finally:
        exchange.silent_reject = hook
    return exchange.cancel(request.account, order_id=record.order_id, reason=WOULD_TAKE)


def _request(front: Front, parameters: Parameters, account: str) -> OrderRequest:
    listed = _pair(front, parameters)
    side = SIDES[_chosen(parameters, "side", SIDES, INVALID_SIDE)]
    kind = TYPES[_chosen(parameters, "orderType", TYPES, INVALID_ORDER_TYPE)]
    link_id = parameters.link_id() or ""
    if any(parameters.has(name) for name in ATTACHED):
        raise Refused(*UNSUPPORTED)
    if parameters.whole("isLeverage"):
        raise Refused(170344, "Symbol is not supported on Margin Trading.")
    quantity = parameters.number("qty")
    if quantity is None:
        raise empty("qty")
    time_in_force = parameters.choice("timeInForce", TIMES, INVALID_TIME_IN_FORCE) or "GTC"
    terms = OrderRequest(account=account, symbol=listed.symbol, side=side, type=kind, client_order_id=link_id)
    terms = _triggered(front, parameters, listed, terms)
    if kind is OrderType.MARKET:
        return _market(parameters, listed, terms, quantity)
    price = parameters.number("price")
    if price is None:
        raise empty("price")
    _check_price(listed, price)
    _check_quantity(listed, quantity)
    return replace(
        terms,
        quantity=quantity,
        price=price,
        time_in_force=TIMES[time_in_force],
        post_only=time_in_force == "PostOnly",
    )


def _market(parameters: Parameters, listed: Listed, terms: OrderRequest, quantity: Decimal) -> OrderRequest:
    """Return a market order; one that buys names what it spends unless it says otherwise. It is always IOC."""
    default = "quoteCoin" if terms.side is Side.BUY else "baseCoin"
    units = ("baseCoin", "quoteCoin")
    unit = parameters.choice("marketUnit", units, (170130, "Data sent for parameter 'marketUnit' is not valid."))
    if (unit or default) == "baseCoin":
        _check_quantity(listed, quantity)
        return replace(terms, quantity=quantity)
    if decimals(quantity) > QUOTE_PLACES:
        raise Refused(*AMOUNT_DECIMALS)
    if not quantity:
        raise invalid("qty")
    return replace(terms, quote_amount=quantity)


def _triggered(front: Front, parameters: Parameters, listed: Listed, terms: OrderRequest) -> OrderRequest:
    """Return an order that waits for the last price to reach its trigger price, from wherever it is now."""
    kind = parameters.choice("orderFilter", FILTERS, INVALID_ORDER_FILTER) or "Order"
    stop = parameters.number("triggerPrice")
    if kind == "Order" or stop is None:
        if kind != "Order":
            raise Refused(*NO_TRIGGER_PRICE)
        return terms
    _check_price(listed, stop)
    last = front.exchange.truth.ticker(listed.symbol).last_ticks
    rises = last is None or stop > listed.instrument.price(last)
    trigger = Trigger.STOP if rises == (terms.side is Side.BUY) else Trigger.TAKE_PROFIT
    return replace(terms, trigger=trigger, stop_price=stop, holds_untriggered=kind == "tpslOrder")


def _check_price(listed: Listed, price: Decimal) -> None:
    instrument = listed.instrument
    if price > instrument.max_price:
        raise Refused(*PRICE_TOO_HIGH)
    if decimals(price) > listed.price_places:
        raise Refused(*PRICE_DECIMALS)
    if price < instrument.tick_size:
        raise Refused(*PRICE_TOO_LOW)


def _check_quantity(listed: Listed, quantity: Decimal) -> None:
    instrument = listed.instrument
    if quantity > instrument.max_quantity:
        raise Refused(*QUANTITY_TOO_LARGE)
    if decimals(quantity) > listed.quantity_places:
        raise Refused(*QUANTITY_DECIMALS)
    if quantity < instrument.min_quantity:
        raise Refused(*QUANTITY_TOO_SMALL)


def _pair(front: Front, parameters: Parameters) -> Listed:
    category, name = parameters.category(), parameters.text("symbol")
    if name is None:
        raise empty("symbol")
    listed = front.listing.by_id.get(name)
    if category != "spot" or listed is None:
        raise Refused(*INVALID_SYMBOL)
    return listed


def _chosen(
    parameters: Parameters, name: str, values: dict[str, Side] | dict[str, OrderType], no: tuple[int, str]
) -> str:
    value = parameters.choice(name, values, no)
    if value is None:
        raise empty(name)
    return value


def _order_named(parameters: Parameters) -> tuple[int | None, str | None]:
    """Return the order that a request names; of two ids the venue's own counts."""
    text, link_id = parameters.text("orderId"), parameters.link_id()
    if text is None and link_id is None:
        raise empty("orderId")
    if text is None and link_id is not None:
        made_up = ids.linked_number(link_id)
        return (made_up, None) if made_up is not None else (None, link_id)
    assert text is not None
    order_id = ids.order_number(text)
    if order_id is None:
        raise Refused(*NO_SUCH_ORDER)
    return order_id, None


def _is_known(front: Front, account: str, link_id: str) -> bool:
    """Say whether an order ever had this id: it is never free again."""
    try:
        front.exchange.truth.order(account, client_order_id=link_id)
    except UnknownOrder:
        return False
    return True


def _named(record: OrderRecord) -> Body:
    return {"orderId": ids.order(record.order_id), "orderLinkId": ids.link(record)}
