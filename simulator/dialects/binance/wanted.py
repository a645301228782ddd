"""A new order as a Binance request describes it: seven types, each with the parameters it takes and no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from simulator.dialects.binance.front import Front
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.parameters import CLIENT_ORDER_ID, SYMBOL, Parameters
from simulator.dialects.binance.refusals import (
    BAD_SIDE,
    BAD_TIME_IN_FORCE,
    BAD_TYPE,
    REJECTIONS,
    Refused,
    invalid,
    missing,
    not_required,
)
from simulator.exchange import filters
from simulator.exchange.orders import OrderRequest, OrderType, SelfTrade, Side, TimeInForce, Trigger
from simulator.exchange.rejections import Rejected

RESPONSES = ("ACK", "RESULT", "FULL")
BAD_RESPONSE = (-1130, "Data sent for parameter 'newOrderRespType' is not valid.")
SELF_TRADES: Mapping[str, SelfTrade] = {
    "NONE": SelfTrade.ALLOW,
    "EXPIRE_TAKER": SelfTrade.EXPIRE_TAKER,
    "EXPIRE_MAKER": SelfTrade.EXPIRE_MAKER,
    "EXPIRE_BOTH": SelfTrade.EXPIRE_BOTH,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One of Binance's order types."""

    type: OrderType
    trigger: Trigger | None = None
    post_only: bool = False


KINDS: Mapping[str, Kind] = {
    "LIMIT": Kind(OrderType.LIMIT),
    "LIMIT_MAKER": Kind(OrderType.LIMIT, post_only=True),
    "MARKET": Kind(OrderType.MARKET),
    "STOP_LOSS": Kind(OrderType.MARKET, Trigger.STOP),
    "STOP_LOSS_LIMIT": Kind(OrderType.LIMIT, Trigger.STOP),
    "TAKE_PROFIT": Kind(OrderType.MARKET, Trigger.TAKE_PROFIT),
    "TAKE_PROFIT_LIMIT": Kind(OrderType.LIMIT, Trigger.TAKE_PROFIT),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A new order as the parameters describe it."""

    listed: Listed
    request: OrderRequest
    response: str


def wanted(front: Front, parameters: Parameters, account: str) -> Wanted:
    """Read a new order.

    Raises:
        Refused: a parameter is missing, malformed, or not for this type.
    """
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    side = parameters.choice("side", ("BUY", "SELL"), BAD_SIDE)
    name = parameters.choice("type", KINDS, BAD_TYPE)
    if side is None:
        raise missing("side")
    if name is None:
        raise missing("type")
    kind = KINDS[name]
    quantity, price, quote_amount, force = _terms(parameters, kind)
    default = "FULL" if name in ("LIMIT", "MARKET") else "ACK"
    response = parameters.choice("newOrderRespType", RESPONSES, BAD_RESPONSE) or default
    self_trade = parameters.text("selfTradePreventionMode") or "NONE"
    if self_trade not in SELF_TRADES:
        raise invalid("selfTradePreventionMode")
    request = OrderRequest(
        account=account,
        symbol=listed.symbol,
        side=Side(side),
        type=kind.type,
        quantity=quantity,
        price=price,
        time_in_force=force,
        post_only=kind.post_only,
        client_order_id=parameters.matching("newClientOrderId", CLIENT_ORDER_ID) or front.new_id(),
        quote_amount=quote_amount,
        trigger=kind.trigger,
        stop_price=_stop_price(parameters, kind),
        self_trade=SELF_TRADES[self_trade],
    )
    return Wanted(listed=listed, request=request, response=response)


def check_filters(new: Wanted) -> None:
    """Refuse an order that fails a filter of its symbol, before anything else is done about it.

    Raises:
        Refused: it fails.
    """
    request, instrument = new.request, new.listed.instrument
    try:
        price = filters.limit_price(request, instrument)
        filters.stop_ticks(request, instrument)
        if request.quote_amount is not None:
            filters.check_quote_amount(request.quote_amount, instrument)
            return
        lots = filters.quantity(request, instrument)
        if price is not None:
            filters.check_notional(instrument, price, lots)
    except Rejected as rejected:
        raise Refused(*REJECTIONS[rejected.code]) from None


def _stop_price(parameters: Parameters, kind: Kind) -> Decimal | None:
    stop_price = _number(parameters, "stopPrice")
    if kind.trigger is None:
        _refuse_extras(("stopPrice", stop_price))
    elif stop_price is None:
        raise Refused(-1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!")
    return stop_price


def _terms(parameters: Parameters, kind: Kind) -> tuple[Decimal, Decimal | None, Decimal | None, TimeInForce]:
    """Return quantity, price, quote amount and time in force, as the order's type takes them."""
    quantity = _number(parameters, "quantity")
    price = _number(parameters, "price")
    quote_amount = _number(parameters, "quoteOrderQty")
    force = parameters.choice("timeInForce", TimeInForce.__members__, BAD_TIME_IN_FORCE)
    if kind.type is OrderType.MARKET:
        _refuse_extras(("price", price), ("timeInForce", force))
        if kind.trigger is not None:
            _refuse_extras(("quoteOrderQty", quote_amount))
        if quantity is not None and quote_amount is not None:
            raise not_required("quoteOrderQty")
        if quantity is None and kind.trigger is not None:
            raise missing("quantity")
        if quantity is None and quote_amount is None:
            raise Refused(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
        return quantity or Decimal(0), None, quote_amount, TimeInForce.GTC
    _refuse_extras(("quoteOrderQty", quote_amount))
    if kind.post_only:
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


def new_quantity(parameters: Parameters) -> Decimal:
    """Return the quantity to which an order is to shrink."""
    quantity = _number(parameters, "newQty")
    if quantity is None:
        raise missing("newQty")
    return quantity
