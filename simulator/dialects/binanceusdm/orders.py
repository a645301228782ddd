"""The futures' order endpoints: place, try, amend, cancel, and the dead man's switch of a symbol."""

import re
from dataclasses import dataclass
from decimal import Decimal

from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import Listed
from simulator.dialects.binance.orders import names
from simulator.dialects.binance.parameters import Parameters
from simulator.dialects.binance.refusals import (
    BAD_SIDE,
    BAD_TIME_IN_FORCE,
    BAD_TYPE,
    CANCEL_UNKNOWN,
    NO_SUCH_ORDER,
    Refused,
    illegal,
    missing,
    not_required,
)
from simulator.dialects.binanceusdm import bodies
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.public import named
from simulator.dialects.binanceusdm.refusals import (
    BAD_POSITION_SIDE,
    BAD_RESPONSE,
    NOT_FILLED,
    NOT_NOW,
    TOO_FINE,
    WRONG_SIDE,
    refused,
)
from simulator.dialects.figures import decimals
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder

CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_CLIENT_ID = re.compile(r"[\.A-Z\:/a-z0-9_-]{1,36}\Z")
CLIENT_ID_LENGTH_MAX = 36
CONDITIONAL = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
USE_ALGO = (-4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.")
BAD_FLAG = "Data sent for parameter '{}' is not valid."
RESPONSES = ("ACK", "RESULT")
FORCES = ("GTC", "IOC", "FOK", "GTX")
COUNTDOWN_MAX_MS = 7 * 24 * 3600 * 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What plain and waiting orders say alike."""

    listed: Listed
    side: Side
    force: TimeInForce
    post_only: bool
    reduce_only: bool


def place(front: Front, parameters: Parameters, account: str) -> Body:
    """Place an order; the answer is the same for ACK and RESULT, but for what has been filled at once."""
    request, listed = _wanted(front, parameters, account)
    front.limits.count_order(account)
    _check_fill_or_kill(front, request)
    try:
        record = front.futures.submit(request)
    except Rejected as rejected:
        raise refused(front, rejected, listed.symbol) from None
    return bodies.placed(record, listed)


def attempt(front: Front, parameters: Parameters, account: str) -> Body:
    """Check an order's parameters without placing it."""
    _wanted(front, parameters, account)
    return {}


def amend(front: Front, parameters: Parameters, account: str) -> Body:
    """Give an open limit order another price and quantity."""
    listed = named(front, parameters)
    record = open_order(front, parameters, account, NO_SUCH_ORDER)
    side = parameters.choice("side", ("BUY", "SELL"), BAD_SIDE)
    if side is not None and side != record.side.value:
        raise Refused(*NO_SUCH_ORDER)
    quantity, price = grid_quantity(parameters, listed), grid_price(parameters, listed, "price")
    for name, value in (("quantity", quantity), ("price", price)):
        if value is None:
            raise missing(name)
    front.limits.count_order(account)
    try:
        record = front.futures.amend(
            account,
            order_id=record.order_id,
            price_ticks=None if price is None else listed.instrument.ticks(price),
            quantity_lots=None if quantity is None else listed.instrument.lots(quantity),
        )
    except Rejected as rejected:
        if rejected.code not in (RejectCode.AMEND_FILLED, RejectCode.POST_ONLY_WOULD_MATCH):
            raise refused(front, rejected, listed.symbol) from None
        record = front.futures.cancel(account, order_id=record.order_id)  # as the vendor documents for these two
    return bodies.amended(record, listed)


def cancel(front: Front, parameters: Parameters, account: str) -> Body:
    """Cancel one order."""
    listed = named(front, parameters)
    record = open_order(front, parameters, account, CANCEL_UNKNOWN)
    return bodies.placed(_cancelled(front, account, record), listed)


def cancel_all(front: Front, parameters: Parameters, account: str) -> Body:
    """Cancel every open order of a symbol; waiting ones wait on."""
    listed = named(front, parameters)
    for record in front.futures.truth.open_orders(account, listed.symbol):
        _cancelled(front, account, record)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def countdown(front: Front, parameters: Parameters, account: str) -> Body:
    """Cancel every open order of a symbol later, unless told again before; 0 ends that."""
    listed = named(front, parameters)
    wait_ms = parameters.long("countdownTime")
    if wait_ms is None:
        raise missing("countdownTime")
    if wait_ms > COUNTDOWN_MAX_MS:
        raise Refused(-4163, "Countdown time is too long.")
    front.futures.cancel_all_after(account, wait_ms * MS if wait_ms else None, listed.symbol)
    return {"symbol": listed.id, "countdownTime": str(wait_ms)}


def open_order(front: Front, parameters: Parameters, account: str, unknown: tuple[int, str]) -> OrderRecord:
    """Return the open order that a request names, as the matching engine knows it.

    Raises:
        Refused: with `unknown`, where there is none.
    """
    listed = named(front, parameters)
    order_id, client_order_id = names(parameters)
    try:
        record = front.futures.truth.order(
            account, order_id=order_id, client_order_id=client_order_id, symbol=listed.symbol
        )
    except UnknownOrder:
        raise Refused(*unknown) from None
    if not record.is_open:
        raise Refused(*unknown)
    return record


def terms(front: Front, parameters: Parameters, *, may_rest: bool) -> Terms:
    """Read what plain and waiting orders say alike."""
    listed = named(front, parameters)
    side = parameters.choice("side", ("BUY", "SELL"), BAD_SIDE)
    if side is None:
        raise missing("side")
    if parameters.choice("positionSide", ("BOTH", "LONG", "SHORT"), BAD_POSITION_SIDE) in (
        "LONG",
        "SHORT",
    ):
        raise Refused(*WRONG_SIDE)
    force = parameters.choice("timeInForce", FORCES, BAD_TIME_IN_FORCE)
    return Terms(
        listed=listed,
        side=Side(side),
        force=TimeInForce.GTC if force in (None, "GTX") or not may_rest else TimeInForce(force),
        post_only=force == "GTX" and may_rest,
        reduce_only=flag(parameters, "reduceOnly"),
    )


def flag(parameters: Parameters, name: str) -> bool:
    """Return a parameter that is true or false; false where it is not sent."""
    text = parameters.text(name)
    if text is not None and text.lower() not in ("true", "false"):
        raise Refused(-1130, BAD_FLAG.format(name))
    return text is not None and text.lower() == "true"


def client_id(parameters: Parameters, name: str, front: Front) -> str:
    """Return the client's id for an order, or make one up."""
    text = parameters.text(name)
    if text is None:
        return front.new_id()
    if len(text) > CLIENT_ID_LENGTH_MAX:
        raise Refused(-4015, "Client order id length should be less than 36 chars")
    if not _CLIENT_ID.match(text):
        raise illegal(name, CLIENT_ID)
    return text


def grid_quantity(parameters: Parameters, listed: Listed) -> Decimal | None:
    """Return a quantity on the grid and within the limits."""
    value, instrument = _decimal(parameters, "quantity", listed.instrument.lot_size), listed.instrument
    if value is None:
        return None
    if not value:
        raise Refused(-4003, "Quantity less than zero.")
    if value < instrument.min_quantity:
        raise Refused(-4004, "Quantity less than min quantity.")
    if value > instrument.max_quantity:
        raise Refused(-4005, "Quantity greater than max quantity.")
    if value % instrument.lot_size:
        raise Refused(-4023, "Qty not increased by step size.")
    return value


def grid_price(parameters: Parameters, listed: Listed, name: str) -> Decimal | None:
    """Return a price on the grid and within the limits."""
    value, instrument = _decimal(parameters, name, listed.instrument.tick_size), listed.instrument
    if value is None:
        return None
    if not value:
        raise Refused(-4001, "Price less than 0.")
    if value > instrument.max_price:
        raise Refused(-4002, "Price greater than max price.")
    if value < instrument.tick_size:
        raise Refused(-4013, "Price less than min price.")
    if value % instrument.tick_size:
        raise Refused(-4014, "Price not increased by tick size.")
    return value


def _decimal(parameters: Parameters, name: str, step: Decimal) -> Decimal | None:
    value = parameters.decimal(name)
    if value is not None and value != round(value, decimals(step)):
        raise Refused(*TOO_FINE)
    return value


def _wanted(front: Front, parameters: Parameters, account: str) -> tuple[OrderRequest, Listed]:
    """Return the order that a request describes."""
    listed = named(front, parameters)
    kind = parameters.text("type")
    if kind is None:
        raise missing("type")
    if kind in CONDITIONAL:
        raise Refused(*USE_ALGO)
    if kind not in ("LIMIT", "MARKET"):
        raise Refused(*BAD_TYPE)
    is_limit = kind == "LIMIT"
    said = terms(front, parameters, may_rest=is_limit)
    parameters.choice("newOrderRespType", RESPONSES, BAD_RESPONSE)
    quantity, price = grid_quantity(parameters, listed), grid_price(parameters, listed, "price")
    if is_limit and parameters.text("timeInForce") is None:
        raise missing("timeInForce")
    if quantity is None:
        raise missing("quantity")
    if is_limit and price is None:
        raise missing("price")
    if not is_limit:
        for name in ("price", "timeInForce"):
            if parameters.text(name) is not None:
                raise not_required(name)
    request = OrderRequest(
        account=account,
        symbol=listed.symbol,
        side=said.side,
        type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        quantity=quantity,
        price=price,
        time_in_force=said.force,
        post_only=said.post_only,
        client_order_id=client_id(parameters, "newClientOrderId", front),
        reduce_only=said.reduce_only,
    )
    return request, listed


def _check_fill_or_kill(front: Front, request: OrderRequest) -> None:
    """Refuse a fill-or-kill that the book cannot fill: this venue keeps no record of it."""
    if request.time_in_force is not TimeInForce.FOK or request.price is None:
        return
    contract, book = front.contract(request.symbol), front.futures.truth.book(request.symbol)
    is_buy, limit, left = request.side is Side.BUY, contract.ticks(request.price), contract.lots(request.quantity)
    for price, lots in book.asks if is_buy else book.bids:
        if price > limit if is_buy else price < limit:
            break
        left -= lots
    if left > 0:
        raise Refused(*NOT_FILLED)


def _cancelled(front: Front, account: str, record: OrderRecord) -> OrderRecord:
    try:
        return front.futures.cancel(account, order_id=record.order_id)
    except UnknownOrder:
        raise Refused(*CANCEL_UNKNOWN) from None
    except Rejected:
        raise Refused(*NOT_NOW) from None
