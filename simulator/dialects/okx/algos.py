"""OKX's algo orders: stops, take-profits and triggers, which wait outside the book and become an order.

Such an order has an id and a client id of its own (`algoId`, `algoClOrdId`; a `clOrdId` is passed over, and that is
what ccxt sends), and the order that it becomes has another id. Money is held only from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from simulator.dialects.okx import errors, orders
from simulator.dialects.okx.algo_bodies import AT_MARKET, algo, kind_of, state_of
from simulator.dialects.okx.bodies import Body
from simulator.dialects.okx.errors import NO_ORDER, Fault, OrderRefused, Refused, bad_parameter, parameter
from simulator.dialects.okx.front import Front, Note
from simulator.dialects.okx.listing import Pair, algo_id, algo_number
from simulator.dialects.okx.parameters import Fields, amount, page, required
from simulator.dialects.okx.trading import BATCH_MAX
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, Side, Trigger
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder

KINDS = ("trigger", "conditional")
OTHER_KINDS = ("oco", "move_order_stop", "iceberg", "twap", "chase", "smart_iceberg")
WRONG_SIDES = {
    (Trigger.TAKE_PROFIT, Side.BUY): Fault("51277", "TP trigger price cannot be higher than the last price."),
    (Trigger.STOP, Side.BUY): Fault("51278", "SL trigger price cannot be lower than the last price."),
    (Trigger.TAKE_PROFIT, Side.SELL): Fault("51279", "TP trigger price cannot be lower than the last price."),
    (Trigger.STOP, Side.SELL): Fault("51280", "SL trigger price cannot be higher than the last price."),
}


def place(front: Front, fields: Fields, account: str) -> list[Any]:
    """Place an algo order.

    Raises:
        OrderRefused: its terms make no sense, or the exchange does not accept it.
    """
    request, pair, kind = _read(front, fields, account)
    try:
        record = front.exchange.submit(request)
    except Rejected as rejected:
        raise OrderRefused(_refusal(rejected, request, pair)) from None
    front.note(record.order_id, Note(tag=fields.get("tag") or "", algo=kind))
    names = {"algoId": algo_id(record.order_id), "clOrdId": "", "algoClOrdId": record.client_order_id}
    return [{**names, "sCode": "0", "sMsg": "", "tag": fields.get("tag") or ""}]


def cancel(front: Front, sent: Sequence[Fields], account: str) -> list[Any]:
    """Cancel algo orders that have not been triggered."""
    if len(sent) > BATCH_MAX:
        raise Refused("51111", f"Maximum {BATCH_MAX} orders can be placed in bulk.")
    return [_cancelled(front, fields, account) for fields in sent]


def one(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell one algo order, by either id."""
    number, client_order_id = fields.get("algoId"), fields.get("algoClOrdId")
    if not number and not client_order_id:
        raise Refused("50015", "Either parameter algoId or algoClOrdId is required", status=400)
    try:
        record = front.venue.rest.picture.order(
            account,
            order_id=algo_number(number) if number else None,
            client_order_id=None if number else client_order_id,
        )
    except UnknownOrder:
        raise Refused(*NO_ORDER) from None
    if record.trigger is None:
        raise Refused(*NO_ORDER)
    return [algo(front, record)]


def pending(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell the algo orders that wait, newest first."""
    kinds = _kinds(fields)
    records = (
        record
        for record in reversed(front.venue.rest.picture.open_orders(account))
        if record.status is OrderStatus.UNTRIGGERED
        and kind_of(front, record) in kinds
        and _is_of(front, record, fields)
    )
    return [algo(front, record) for record in islice(records, page(fields))]


def history(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell the algo orders that were triggered, cancelled or failed, newest first."""
    kinds, state = _kinds(fields), fields.get("state")
    if not state and not fields.get("algoId"):
        raise Refused("50015", "Either parameter state or algoId is required", status=400)
    if state and state not in ("effective", "canceled", "order_failed"):
        raise bad_parameter("state")
    records = (
        record
        for record in reversed(front.venue.rest.picture.orders(account))
        if record.trigger is not None
        and record.status is not OrderStatus.UNTRIGGERED
        and kind_of(front, record) in kinds
        and state in (None, "", state_of(record))
        and _is_of(front, record, fields)
    )
    return [algo(front, record) for record in islice(records, page(fields))]


def _read(front: Front, fields: Fields, account: str) -> tuple[OrderRequest, Pair, str]:
    pair = orders.pair_of(front, fields)
    side_name, kind = fields.get("side"), fields.get("ordType")
    if fields.get("tdMode") not in ("cash", "cross"):  # ccxt sends `cross` for a stop on spot
        raise OrderRefused(parameter("tdMode"))
    if side_name not in orders.SIDES:
        raise OrderRefused(parameter("side"))
    if kind not in KINDS:
        raise OrderRefused(parameter("ordType"))
    of_side = orders.SIDES[side_name]
    size = amount(fields, "sz")
    if size is None:
        raise OrderRefused(parameter("sz"))
    names = ("triggerPx", "orderPx") if kind == "trigger" else _conditional(fields)
    stop_price, price_text, trigger = _trigger(front, fields, pair, of_side, names)
    price = None if price_text == AT_MARKET else _limit(price_text, pair)
    target = fields.get("tgtCcy") or ("quote_ccy" if kind == "conditional" else "base_ccy")
    in_quote = price is None and of_side is Side.BUY and target == "quote_ccy"
    request = OrderRequest(
        account=account,
        symbol=pair.symbol,
        side=of_side,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=orders.quantity(_bought_at(stop_price, size, pair) if in_quote else size, pair),
        price=price,
        client_order_id=orders.client_order_id(fields, "algoClOrdId"),
        trigger=trigger,
        stop_price=stop_price,
        holds_untriggered=False,
    )
    return request, pair, names[0]


def _trigger(
    front: Front, fields: Fields, pair: Pair, of_side: Side, names: tuple[str, str]
) -> tuple[Decimal, str, Trigger]:
    """Return at which price an order is triggered, its own price as text, and from which side."""
    last = front.exchange.truth.ticker(pair.symbol).last_ticks
    stop_price, price_text = amount(fields, names[0]), fields.get(names[1])
    if stop_price is None:
        raise OrderRefused(parameter(names[0]))
    if not price_text:
        raise OrderRefused(parameter(names[1]))
    orders.on_grid(stop_price, pair)
    is_above = last is None or stop_price > pair.instrument.price(last)
    from_below = Trigger.STOP if of_side is Side.BUY else Trigger.TAKE_PROFIT
    from_above = Trigger.TAKE_PROFIT if of_side is Side.BUY else Trigger.STOP
    fits = from_below if is_above else from_above
    if names[0] == "triggerPx":
        return stop_price, price_text, fits
    wanted = Trigger.STOP if names[0] == "slTriggerPx" else Trigger.TAKE_PROFIT
    if wanted is not fits and last is not None:
        raise OrderRefused(WRONG_SIDES[wanted, of_side])
    return stop_price, price_text, wanted


def _conditional(fields: Fields) -> tuple[str, str]:
    """Return which of the two is meant: with both sent, only the stop loss counts."""
    return ("slTriggerPx", "slOrdPx") if fields.get("slTriggerPx") else ("tpTriggerPx", "tpOrdPx")


def _bought_at(price: Decimal, amount_of_quote: Decimal, pair: Pair) -> Decimal:
    """Return what an amount of the quote asset buys at a price, in whole lots."""
    instrument = pair.instrument
    return instrument.quantity(int(amount_of_quote // instrument.cost(instrument.ticks(price), 1)))


def _limit(text: str, pair: Pair) -> Decimal:
    price = amount({"orderPx": text}, "orderPx")
    assert price is not None
    return orders.on_grid(price, pair)


def _refusal(rejected: Rejected, request: OrderRequest, pair: Pair) -> Fault:
    if rejected.code is RejectCode.DUPLICATE_CLIENT_ORDER_ID:
        return Fault("51065", "algoClOrdId already exists.")
    if rejected.code is RejectCode.STOP_WOULD_TRIGGER and request.trigger is not None:
        return WRONG_SIDES[request.trigger, request.side]
    return orders.refusal(rejected, request.side, pair)


def _cancelled(front: Front, fields: Fields, account: str) -> Body:
    try:
        record = _waiting(front, fields, account)
        front.exchange.cancel(account, order_id=record.order_id)
    except OrderRefused as refused:
        fault = refused.fault
    except UnknownOrder:
        fault = errors.NOT_CANCELLED
    except Rejected as rejected:
        fault = errors.REJECTIONS[rejected.code]
    else:
        names = {"algoId": algo_id(record.order_id), "algoClOrdId": record.client_order_id}
        return {**names, "sCode": "0", "sMsg": "", "tag": ""}
    return {"algoId": fields.get("algoId") or "", "algoClOrdId": "", "sCode": fault.code, "sMsg": fault.message}


def _waiting(front: Front, fields: Fields, account: str) -> OrderRecord:
    pair = orders.pair_of(front, fields)
    number, client_order_id = fields.get("algoId"), fields.get("algoClOrdId")
    if not number and not client_order_id:
        raise OrderRefused(parameter("algoId"))
    record = front.exchange.truth.order(
        account,
        order_id=algo_number(number) if number else None,
        client_order_id=None if number else client_order_id,
        symbol=pair.symbol,
    )
    if record.status is not OrderStatus.UNTRIGGERED:
        raise OrderRefused(errors.NOT_CANCELLED)
    return record


def _kinds(fields: Fields) -> list[str]:
    """Return which kinds of orders a list is asked for."""
    wanted = required(fields, "ordType").split(",")
    if any(kind not in (*KINDS, *OTHER_KINDS) for kind in wanted):
        raise bad_parameter("ordType")
    return wanted


def _is_of(front: Front, record: OrderRecord, fields: Fields) -> bool:
    wanted, number = fields.get("instId"), fields.get("algoId")
    older, newer = fields.get("after"), fields.get("before")
    return (
        (not wanted or front.listing.by_symbol[record.symbol].id == wanted)
        and (not number or record.order_id == algo_number(number))
        and (not older or record.order_id < algo_number(older))
        and (not newer or record.order_id > algo_number(newer))
    )
