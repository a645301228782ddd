"""Binance's order endpoints: place, try, cancel. Checks come in the venue's order: parameters, counters, filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulator.dialects.binance import bodies
from simulator.dialects.binance.front import Front
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.parameters import CLIENT_ORDER_ID, SYMBOL, Parameters
from simulator.dialects.binance.refusals import (
    BAD_SIDE,
    BAD_TIME_IN_FORCE,
    BAD_TYPE,
    CANCEL_UNKNOWN,
    NO_ORDER_NAMED,
    REJECTIONS,
    Refused,
    missing,
    not_required,
)
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, Side, TimeInForce
from simulator.exchange.rejections import Rejected, UnknownOrder

RESPONSES = ("ACK", "RESULT", "FULL")
BAD_RESPONSE = (-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
BAD_RESTRICTION = (-1145, "Invalid cancelRestrictions")
RESTRICTIONS: Mapping[str, OrderStatus] = {
    "ONLY_NEW": OrderStatus.NEW,
    "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
}
UNSUPPORTED_TYPES: Mapping[str, str] = {
    "STOP_LOSS": "Stop loss orders are not supported for this symbol.",
    "STOP_LOSS_LIMIT": "Stop loss limit orders are not supported for this symbol.",
    "TAKE_PROFIT": "Take profit orders are not supported for this symbol.",
    "TAKE_PROFIT_LIMIT": "Take profit limit orders are not supported for this symbol.",
}
"""Types Binance knows and this venue does not list; their refusal is that of a symbol without them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A new order as the parameters describe it."""

    listed: Listed
    request: OrderRequest
    quote_amount: Decimal | None
    """What a market order may cost or bring, where it names no quantity."""
    response: str


def place(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Place an order and answer as `newOrderRespType` asks."""
    wanted = _wanted(front, parameters, account)
    front.limits.count_order(account)
    try:
        record = front.exchange.submit(wanted.request)
    except Rejected as rejected:
        front.limits.uncount_order(account)
        raise Refused(*REJECTIONS[rejected.code]) from None
    if wanted.response == "ACK":
        return bodies.acknowledged(record, wanted.listed)
    body = bodies.placed(record, wanted.listed, wanted.quote_amount)
    if wanted.response == "FULL":
        body["fills"] = bodies.fills(front.exchange.truth.trades_of(record), wanted.listed)
    return body


def attempt(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Check an order's parameters without placing it."""
    _wanted(front, parameters, account)
    return {}


def cancel(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Cancel one order."""
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    record = _named_open(front, parameters, account, listed)
    restriction = parameters.choice("cancelRestrictions", RESTRICTIONS, BAD_RESTRICTION)
    cancel_id = parameters.matching("newClientOrderId", CLIENT_ORDER_ID) or front.new_id()
    if restriction is not None and record.status is not RESTRICTIONS[restriction]:
        raise Refused(-2011, "Order was not canceled due to cancel restrictions.")
    return bodies.cancelled(_cancelled(front, account, record), listed, cancel_id)


def cancel_all(front: Front, parameters: Parameters, account: str) -> list[bodies.Body]:
    """Cancel every open order of a symbol."""
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    records = front.exchange.truth.open_orders(account, listed.symbol)
    if not records:
        raise Refused(*CANCEL_UNKNOWN)
    cancel_id = front.new_id()
    return [bodies.cancelled(_cancelled(front, account, record), listed, cancel_id) for record in records]


def names(parameters: Parameters) -> tuple[int | None, str | None]:
    """Return the order id and client order id that a request names.

    Raises:
        Refused: it names neither.
    """
    order_id = parameters.long("orderId")
    client_order_id = parameters.text("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise Refused(*NO_ORDER_NAMED)
    return order_id, client_order_id


def _named_open(front: Front, parameters: Parameters, account: str, listed: Listed) -> OrderRecord:
    order_id, client_order_id = names(parameters)
    try:
        record = front.exchange.truth.order(
            account, order_id=order_id, client_order_id=client_order_id, symbol=listed.symbol
        )
    except UnknownOrder:
        raise Refused(*CANCEL_UNKNOWN) from None
    if not record.is_open:
        raise Refused(*CANCEL_UNKNOWN)
    return record


def _cancelled(front: Front, account: str, record: OrderRecord) -> OrderRecord:
    try:
        return front.exchange.cancel(account, order_id=record.order_id)
    except UnknownOrder:
        raise Refused(*CANCEL_UNKNOWN) from None
    except Rejected:
        raise Refused(-2011, "Market is closed.") from None


def _wanted(front: Front, parameters: Parameters, account: str) -> Wanted:
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    side = parameters.choice("side", ("BUY", "SELL"), BAD_SIDE)
    kind = parameters.choice("type", ("LIMIT", "MARKET", "LIMIT_MAKER", *UNSUPPORTED_TYPES), BAD_TYPE)
    if side is None:
        raise missing("side")
    if kind is None:
        raise missing("type")
    if kind in UNSUPPORTED_TYPES:
        raise Refused(-2010, UNSUPPORTED_TYPES[kind])
    quantity, price, quote_amount, force = _terms(parameters, kind)
    if quote_amount is not None:
        quantity = _quantity_worth(front, listed, Side(side), quote_amount)
    default = "ACK" if kind == "LIMIT_MAKER" else "FULL"
    response = parameters.choice("newOrderRespType", RESPONSES, BAD_RESPONSE) or default
    request = OrderRequest(
        account=account,
        symbol=listed.symbol,
        side=Side(side),
        type=OrderType.MARKET if kind == "MARKET" else OrderType.LIMIT,
        quantity=quantity,
        price=price,
        time_in_force=force,
        post_only=kind == "LIMIT_MAKER",
        client_order_id=parameters.matching("newClientOrderId", CLIENT_ORDER_ID) or front.new_id(),
    )
    return Wanted(listed=listed, request=request, quote_amount=quote_amount, response=response)


def _terms(parameters: Parameters, kind: str) -> tuple[Decimal, Decimal | None, Decimal | None, TimeInForce]:
    """Return quantity, price, quote amount and time in force, as the order's type takes them."""
    quantity = _number(parameters, "quantity")
    price = _number(parameters, "price")
    quote_amount = _number(parameters, "quoteOrderQty")
    force = parameters.choice("timeInForce", TimeInForce.__members__, BAD_TIME_IN_FORCE)
    if kind == "MARKET":
        _refuse_extras(("price", price), ("timeInForce", force))
        if quantity is not None and quote_amount is not None:
            raise not_required("quoteOrderQty")
        if quantity is None and quote_amount is None:
            raise Refused(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
        return quantity or Decimal(0), None, quote_amount, TimeInForce.GTC
    _refuse_extras(("quoteOrderQty", quote_amount))
    if kind == "LIMIT_MAKER":
        _refuse_extras(("timeInForce", force))
    elif force is None:
        raise missing("timeInForce")
    if quantity is None:
        raise missing("quantity")
    if price is None:
        raise missing("price")
    return quantity, price, None, TimeInForce(force or "GTC")


def _refuse_extras(*sent: tuple[str, object]) -> None:
    for name, value in sent:
        if value is not None:
            raise not_required(name)


def _number(parameters: Parameters, name: str) -> Decimal | None:
    """Return a positive number of at most eight decimals."""
    value = parameters.decimal(name)
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES and value != round(value, PLACES):
        raise Refused(-1111, f"Parameter '{name}' has too much precision.")
    if not value:
        raise Refused(-1013, f"Invalid {name}.")
    return value


def _quantity_worth(front: Front, listed: Listed, side: Side, quote_amount: Decimal) -> Decimal:
    """Return the quantity that `quote_amount` buys, or that must be sold for it, at the book's present prices."""
    book = front.exchange.truth.book(listed.symbol)
    instrument, left, lots = listed.instrument, quote_amount, 0
    for ticks, offered in book.asks if side is Side.BUY else book.bids:
        one = instrument.cost(ticks, 1)
        taken = min(offered, int(left // one))
        lots += taken
        left -= one * taken
        if taken < offered:
            break
    return instrument.quantity(lots)
