"""The futures' algo service: orders that wait for a price, beside the book, with ids and words of their own."""

import contextlib

from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.parameters import SYMBOL, Parameters
from simulator.dialects.binance.refusals import BAD_TYPE, NO_SUCH_ORDER, Refused, missing
from simulator.dialects.binanceusdm import bodies
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.orders import BAD_FLAG, client_id, flag, grid_price, grid_quantity, terms
from simulator.dialects.binanceusdm.public import named
from simulator.dialects.binanceusdm.refusals import BAD_WORKING_TYPE, refused
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.perpetual.records import WaitingOrder, WaitingStatus, WorkedBy
from simulator.exchange.rejections import Rejected, UnknownOrder

TYPES = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET")
NOT_NAMED = (-1102, "Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!")
UNKNOWN_ALGO = (-2011, "Unknown order sent.")
PAGE_DEFAULT, PAGE_MAX = 500, 1000


def place(front: Front, parameters: Parameters, account: str) -> Body:
    """Let an order wait for its trigger."""
    if parameters.text("algoType") != "CONDITIONAL":
        raise Refused(-1130, BAD_FLAG.format("algoType"))
    kind = parameters.text("type")
    if kind is None:
        raise missing("type")
    if kind not in TYPES:
        raise Refused(*BAD_TYPE)
    draft = _draft(front, parameters, account, kind)
    front.limits.count_order(account)
    try:
        order = front.futures.wait(draft)
    except Rejected as rejected:
        raise refused(front, rejected, draft.request.symbol) from None
    return bodies.algo(order, front.listing.by_symbol[order.request.symbol])


def cancel(front: Front, parameters: Parameters, account: str) -> Body:
    """Cancel a waiting order."""
    waiting_id, client_algo_id = _names(parameters)
    try:
        order = front.futures.stop_waiting(account, waiting_id=waiting_id, client_id=client_algo_id)
    except UnknownOrder:
        raise Refused(*UNKNOWN_ALGO) from None
    return {"algoId": order.waiting_id, "clientAlgoId": order.client_id, "code": "200", "msg": "success"}


def cancel_all(front: Front, parameters: Parameters, account: str) -> Body:
    """Cancel every waiting order of a symbol."""
    listed = named(front, parameters)
    for order in front.futures.truth.waiting_orders(account, listed.symbol):
        if order.status is WaitingStatus.WAITING:
            front.futures.stop_waiting(account, waiting_id=order.waiting_id)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def look_up(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell how one waiting order stands."""
    waiting_id, client_algo_id = _names(parameters)
    try:
        order = front.doors.seen.waiting_order(account, waiting_id=waiting_id, client_id=client_algo_id)
    except UnknownOrder:
        raise Refused(*NO_SUCH_ORDER) from None
    return _told(front, order)


def open_orders(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Tell what waits, of a symbol or of all."""
    return [_told(front, one) for one in _of(front, parameters, account) if one.status is WaitingStatus.WAITING]


def all_orders(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Tell the waiting orders of a symbol, finished ones included."""
    named(front, parameters)
    start, end = parameters.long("startTime"), parameters.long("endTime")
    found = [
        one
        for one in _of(front, parameters, account)
        if (start is None or one.created_ns // MS >= start) and (end is None or one.created_ns // MS <= end)
    ]
    return [_told(front, one) for one in found[-parameters.limit(PAGE_DEFAULT, PAGE_MAX) :]]


def _told(front: Front, order: WaitingOrder) -> Body:
    became = None
    if order.order_id is not None:
        with contextlib.suppress(UnknownOrder):
            became = front.doors.rest.picture.order(order.account, order_id=order.order_id)
    return bodies.algo(order, front.listing.by_symbol[order.request.symbol], became)


def _of(front: Front, parameters: Parameters, account: str) -> list[WaitingOrder]:
    name = parameters.matching("symbol", SYMBOL)
    symbol = front.listing.named(name).symbol if name is not None else None
    return front.doors.seen.waiting_orders(account, symbol)


def _names(parameters: Parameters) -> tuple[int | None, str | None]:
    waiting_id, client_algo_id = parameters.long("algoId"), parameters.text("clientAlgoId")
    if waiting_id is None and client_algo_id is None:
        raise Refused(*NOT_NAMED)
    return waiting_id, client_algo_id


def _draft(front: Front, parameters: Parameters, account: str, kind: str) -> WaitingOrder:
    is_limit, take_profit = not kind.endswith("_MARKET"), kind.startswith("TAKE_PROFIT")
    said = terms(front, parameters, may_rest=is_limit)
    listed, close = said.listed, flag(parameters, "closePosition")
    quantity, price = grid_quantity(parameters, listed), grid_price(parameters, listed, "price")
    trigger = grid_price(parameters, listed, "triggerPrice")
    worked_by = parameters.choice("workingType", ("MARK_PRICE", "CONTRACT_PRICE"), BAD_WORKING_TYPE)
    if trigger is None:
        raise missing("triggerPrice")
    if close and quantity is not None:
        raise Refused(-4137, "Quantity must be zero with closePosition equals true")
    if close and is_limit:
        raise Refused(-4136, f"Target strategy invalid for orderType {kind},closePosition true")
    if quantity is None and not close:
        raise missing("quantity")
    if is_limit and price is None:
        raise missing("price")
    request = OrderRequest(
        account=account,
        symbol=listed.symbol,
        side=said.side,
        type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        quantity=quantity or listed.instrument.min_quantity,
        price=price if is_limit else None,
        time_in_force=said.force,
        post_only=said.post_only,
        client_order_id=front.new_id(),
        reduce_only=said.reduce_only or close,
    )
    return WaitingOrder(
        waiting_id=0,
        client_id=client_id(parameters, "clientAlgoId", front),
        account=account,
        request=request,
        trigger_ticks=listed.instrument.ticks(trigger),
        rising=(said.side is Side.BUY) != take_profit,
        worked_by=WorkedBy.MARK if worked_by == "MARK_PRICE" else WorkedBy.LAST,
        take_profit=take_profit,
        close_position=close,
        status=WaitingStatus.WAITING,
        created_ns=0,
        updated_ns=0,
    )
