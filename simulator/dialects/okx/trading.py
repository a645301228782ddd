"""OKX's trading endpoints: place, amend, cancel, one by one or in batches, and the dead man's switch.

Each order of a request has its own `sCode`; the `code` of the whole is 0 if all succeeded, 1 if none did, 2 if some
did. An exchange that times out after it has accepted an order is the business of the gate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from simulator.dialects.okx import errors, orders
from simulator.dialects.okx.errors import Fault, OrderRefused, Refused, bad_parameter
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.listing import Pair, order_id, order_number
from simulator.dialects.okx.parameters import Fields, amount, required, whole
from simulator.exchange.orders import OrderRecord, OrderStatus
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder

BATCH_MAX = 20
SWITCH_S = range(10, 121)
NS = 1_000_000_000
REQUEST_ID = re.compile(r"[0-9A-Za-z]{1,32}\Z", re.ASCII)
SINGLE = {
    "trade/batch-orders": "trade/order",
    "trade/amend-batch-orders": "trade/amend-order",
    "trade/cancel-batch-orders": "trade/cancel-order",
}
"""The endpoint whose limit a batch of one order uses."""

Act = Callable[[Front, Fields, str], dict[str, Any]]


def place(front: Front, fields: Fields, account: str) -> dict[str, Any]:
    """Place one order; its result names it."""
    front.limits.order(account)
    record = orders.submit(front, orders.read(front, fields, account))
    return {"clOrdId": record.client_order_id, "ordId": order_id(record.order_id), "tag": fields.get("tag") or ""}


def cancel(front: Front, fields: Fields, account: str) -> dict[str, Any]:
    """Cancel one order, by its id, or else by its client's."""
    pair, number, client_order_id = _named(front, fields)
    try:
        known = front.exchange.truth.order(
            account, order_id=number, client_order_id=client_order_id, symbol=pair.symbol
        )
        if known.status is OrderStatus.UNTRIGGERED or (number is None and known.trigger is not None):
            raise OrderRefused(errors.NOT_CANCELLED)  # an algo order: it has an endpoint and names of its own
        record = front.exchange.cancel(account, order_id=known.order_id, symbol=pair.symbol)
    except UnknownOrder:
        raise OrderRefused(errors.NOT_CANCELLED) from None
    except Rejected as rejected:
        raise OrderRefused(errors.REJECTIONS[rejected.code]) from None
    return _names(record)


def amend(front: Front, fields: Fields, account: str) -> dict[str, Any]:
    """Change the price or size of an open order; it keeps its ids."""
    front.limits.order(account)
    pair, number, client_order_id = _named(front, fields)
    request_id = fields.get("reqId") or ""
    if request_id and not REQUEST_ID.match(request_id):
        raise OrderRefused(errors.parameter("reqId"))
    price, size = amount(fields, "newPx"), amount(fields, "newSz")
    if price is None and size is None:
        raise OrderRefused(errors.NOTHING_TO_AMEND)
    before = _open_order(front, account, number, client_order_id, pair.symbol)
    if price is not None:
        orders.check_band(front, orders.on_grid(price, pair), pair, before.side)
    if size is not None:
        orders.quantity(size, pair)
    front.note(before.order_id, replace(front.note_of(before), request_id=request_id))
    try:
        record = front.exchange.amend(account, order_id=before.order_id, symbol=pair.symbol, price=price, quantity=size)
    except UnknownOrder:
        raise OrderRefused(errors.NOT_AMENDED) from None
    except Rejected as rejected:
        if rejected.code is not RejectCode.AMEND_NOTHING:
            raise OrderRefused(orders.refusal(rejected, before.side, pair)) from None
        record = before
    return {**_names(record), "reqId": request_id}


def run(front: Front, endpoint: str, act: Act, sent: Sequence[Fields] | Fields, account: str) -> bytes:
    """Do what a request asks of one order or of several, and return the whole answer.

    Raises:
        Refused: the request as a whole is wrong, or there were too many.
    """
    single = not isinstance(sent, list)
    wanted: Sequence[Fields] = sent if isinstance(sent, list) else [sent]  # type: ignore[list-item]
    if single == (endpoint in SINGLE):
        raise Refused(*errors.BAD_JSON, status=400)
    if not wanted:
        raise Refused(*errors.BODY_EMPTY, status=400)
    if len(wanted) > BATCH_MAX:
        raise Refused("51111", f"Maximum {BATCH_MAX} orders can be placed in bulk.")
    came = front.wall_us()
    counted = SINGLE.get(endpoint, endpoint) if len(wanted) == 1 else endpoint
    if len(wanted) == 1:
        front.limits.request(counted, account, wanted[0].get("instId", ""))
    results = [_one(front, counted if len(wanted) > 1 else "", act, fields, account) for fields in wanted]
    succeeded = sum(1 for one in results if one["sCode"] == "0")
    code, message = "0", ""
    if succeeded < len(results):
        code, message = ("2", "Bulk operation partially succeeded.") if succeeded else ("1", "All operations failed")
    return msgspec.json.encode(
        {"code": code, "data": results, "inTime": came, "msg": message, "outTime": front.wall_us()}
    )


def cancel_all_after(front: Front, fields: Fields, account: str) -> list[Any]:
    """Arm the dead man's switch for 10 to 120 seconds, or disarm it with 0."""
    required(fields, "timeOut")
    seconds = whole(fields, "timeOut")
    if seconds is None or (seconds and seconds not in SWITCH_S):
        raise bad_parameter("timeOut")
    if fields.get("tag"):
        raise bad_parameter("tag")
    at_ns = front.exchange.cancel_all_after(account, seconds * NS if seconds else None)
    trigger = "0" if at_ns is None else str(at_ns // 1_000_000)
    return [{"triggerTime": trigger, "tag": "", "ts": str(front.wall_ms())}]


def check_expiry(front: Front, header: str | None) -> None:
    """Refuse a request that comes after the time its `expTime` header names.

    Raises:
        Refused: it does, or the header is no time in milliseconds.
    """
    if not header:
        return
    if not (header.isascii() and header.isdecimal()) or len(header) > 19:
        raise bad_parameter("expTime")
    if front.wall_ms() > int(header):
        raise Refused(*errors.EXPIRED)


def _one(front: Front, counted: str, act: Act, fields: Fields, account: str) -> dict[str, Any]:
    """Do what is asked of one order, and return its result; `counted` is the limit of a batch."""
    try:
        if counted:
            front.limits.order_of_batch(counted, account, fields.get("instId", ""))
        result = {**act(front, fields, account), "sCode": "0", "sMsg": "", "subCode": ""}
    except OrderRefused as refused:
        result = _failed(act, fields, refused.fault)
    if act is cancel:
        del result["subCode"]
    return {**result, "ts": str(front.wall_ms())}


def _failed(act: Act, fields: Fields, fault: Fault) -> dict[str, Any]:
    if fault.code == errors.UNAVAILABLE[0]:
        raise Refused(*errors.UNAVAILABLE, status=503)
    own = ("tag",) if act is place else ("reqId",) if act is amend else ()
    named = {name: fields.get(name) or "" for name in ("clOrdId", "ordId", *own)}
    return {**named, "sCode": fault.code, "sMsg": fault.message, "subCode": fault.sub_code}


def _named(front: Front, fields: Fields) -> tuple[Pair, int | None, str | None]:
    """Return which order is meant: of two ids that of the venue counts."""
    pair = orders.pair_of(front, fields)
    number, client_order_id = fields.get("ordId"), fields.get("clOrdId")
    if number:
        return pair, order_number(number), None
    if not client_order_id:
        raise OrderRefused(errors.NO_ID)
    return pair, None, client_order_id


def _open_order(
    front: Front, account: str, number: int | None, client_order_id: str | None, symbol: str
) -> OrderRecord:
    try:
        record = front.exchange.truth.order(account, order_id=number, client_order_id=client_order_id, symbol=symbol)
    except UnknownOrder:
        raise OrderRefused(errors.NOT_AMENDED) from None
    if not record.is_open or record.status is OrderStatus.UNTRIGGERED:
        raise OrderRefused(errors.NOT_AMENDED)
    return record


def _names(record: OrderRecord) -> dict[str, Any]:
    return {"clOrdId": record.client_order_id, "ordId": order_id(record.order_id)}
