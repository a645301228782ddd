"""Coinbase's trading endpoints: place, cancel in a batch, edit.

Placing is idempotent by `client_order_id`: the order that has it, in whatever state, is returned as if it had just
been placed. A batch of cancels is answered with HTTP 200, whatever became of each.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.dialects.coinbase import configuration, ids
from simulator.dialects.coinbase.asked import Asked
from simulator.dialects.coinbase.configuration import DOWN, TRIGGERS, Terms, without_fees
from simulator.dialects.coinbase.errors import (
    EDITS,
    INVALID_PRODUCT,
    INVALID_SIDE,
    REJECTIONS,
    STOP_BELOW,
    TOO_LARGE,
    UNKNOWN_PREVIEW,
    NotEdited,
    NotPlaced,
    Reason,
    invalid,
)
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.listing import Product
from simulator.dialects.coinbase.parameters import Fields
from simulator.dialects.figures import decimals
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderStatus, OrderType, Side, TimeInForce
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder

CANCELS_MAX = 100
CANCELLED = "UNKNOWN_CANCEL_FAILURE_REASON"
REJECTED_EDIT = "COMMANDER_REJECTED_EDIT_ORDER"


def create(front: Front, asked: Asked) -> Any:
    """Place an order, or return the one that has this client order id already."""
    fields = asked.fields()
    client_order_id = fields.text("client_order_id")
    if not client_order_id:
        raise invalid("client_order_id is required")
    terms = fields.object("order_configuration")
    if terms is None:
        raise invalid("order_configuration is required")
    try:
        record = front.exchange.truth.order(asked.account, client_order_id=client_order_id)
    except UnknownOrder:
        try:
            record = _placed(front, asked.account, client_order_id, fields, terms)
        except NotPlaced as refused:
            return _failure(refused.reason, fields.raw("order_configuration"))
    return _success(front, record)


def batch_cancel(front: Front, asked: Asked) -> Any:
    """Cancel orders by id, each for itself."""
    order_ids = asked.fields().texts("order_ids")
    if not order_ids:
        raise invalid("order_ids is required")
    if len(order_ids) > CANCELS_MAX:
        raise invalid(f"no more than {CANCELS_MAX} orders can be cancelled at once")
    results = []
    for position, order_id in enumerate(order_ids):
        twice = order_id in order_ids[:position]
        reason = "DUPLICATE_CANCEL_REQUEST" if twice else _cancelled(front, asked.account, order_id)
        results.append({"success": reason == CANCELLED, "failure_reason": reason, "order_id": order_id})
    return {"results": results}


def edit(front: Front, asked: Asked) -> Any:
    """Change price or size of an order that rests; it keeps its id."""
    fields = asked.fields()
    order_id = ids.number(ids.ORDER, fields.text("order_id"))
    price, size = fields.number("price"), fields.number("size")
    try:
        record = _editable(front, asked.account, order_id)
        _check_precision(front.listing.by_symbol[record.symbol], price, size)
        front.exchange.amend(asked.account, order_id=record.order_id, price=price, quantity=size)
    except UnknownOrder:
        return _unedited("ONLY_OPEN_ORDERS_CAN_BE_EDITED")
    except Rejected as rejected:
        return _unedited(EDITS.get(rejected.code, REJECTED_EDIT))
    except NotEdited as refused:
        return _unedited(refused.reason)
    return {"success": True, "errors": []}


def _placed(front: Front, account: str, client_order_id: str, fields: Fields, configured: Fields) -> OrderRecord:
    side_text = fields.text("side")
    if side_text not in ("BUY", "SELL"):
        raise NotPlaced(INVALID_SIDE)
    side = Side(side_text)
    product = front.listing.by_id.get(fields.text("product_id"))
    if product is None:
        raise NotPlaced(INVALID_PRODUCT)
    terms = configuration.read(configured, product, side)
    try:
        record = front.exchange.submit(_request(front, account, client_order_id, product, side, terms))
    except Rejected as rejected:
        raise NotPlaced(_reason(rejected.code, product, side, terms)) from None
    if terms.quote_size is not None:
        front.note_quote_size(record.order_id, terms.quote_size)
    return record


def _request(
    front: Front, account: str, client_order_id: str, product: Product, side: Side, terms: Terms
) -> OrderRequest:
    amount = None if terms.quote_size is None else without_fees(terms.quote_size, product, front.exchange.fees)
    return OrderRequest(
        account=account,
        symbol=product.symbol,
        side=side,
        type=terms.type,
        quantity=terms.size,
        quote_amount=amount,
        price=terms.price,
        time_in_force=terms.time_in_force,
        post_only=terms.post_only,
        client_order_id=client_order_id,
        trigger=terms.trigger,
        stop_price=terms.stop_price,
        expires_ns=terms.expires_ns,
    )


def _reason(code: RejectCode, product: Product, side: Side, terms: Terms) -> Reason:
    """Return why an order is refused; for some reasons it depends on what was asked for."""
    if code is RejectCode.LOT_SIZE and terms.size > product.instrument.max_quantity:
        return TOO_LARGE
    if code is RejectCode.STOP_WOULD_TRIGGER and terms.trigger is not TRIGGERS[side, DOWN]:
        return STOP_BELOW
    return REJECTIONS[code]


def _cancelled(front: Front, account: str, order_id: str) -> str:
    """Cancel an order and return what became of that, in the venue's words."""
    number = ids.number(ids.ORDER, order_id)
    if number is None:
        return "UNKNOWN_CANCEL_ORDER"
    try:
        front.exchange.cancel(account, order_id=number)
    except UnknownOrder:
        return _why_not(front, account, number)
    except Rejected:
        return "COMMANDER_REJECTED_CANCEL_ORDER"
    return CANCELLED


def _why_not(front: Front, account: str, number: int) -> str:
    try:
        record = front.exchange.truth.order(account, order_id=number)
    except UnknownOrder:
        return "UNKNOWN_CANCEL_ORDER"
    return "ORDER_IS_FULLY_FILLED" if record.status is OrderStatus.FILLED else "UNKNOWN_CANCEL_ORDER"


def _editable(front: Front, account: str, order_id: int | None) -> OrderRecord:
    if order_id is None:
        raise NotEdited("ORDER_NOT_FOUND")
    try:
        record = front.exchange.truth.order(account, order_id=order_id)
    except UnknownOrder:
        raise NotEdited("ORDER_NOT_FOUND") from None
    if not record.is_open:
        raise NotEdited("ONLY_OPEN_ORDERS_CAN_BE_EDITED")
    plain_limit = record.type is OrderType.LIMIT and record.trigger is None and record.expires_ns is None
    if not plain_limit or record.time_in_force is not TimeInForce.GTC:
        raise NotEdited("ONLY_LIMIT_ORDER_EDITS_SUPPORTED")
    return record


def _check_precision(product: Product, price: Decimal | None, size: Decimal | None) -> None:
    if price is not None and decimals(price) > product.price_places:
        raise NotEdited("INVALID_EDITED_PRICE")
    if size is not None and decimals(size) > product.size_places:
        raise NotEdited("INVALID_EDITED_SIZE")


def _success(front: Front, record: OrderRecord) -> Any:
    product = front.listing.by_symbol[record.symbol]
    placed = {
        "order_id": ids.made(ids.ORDER, record.order_id),
        "product_id": product.id,
        "side": record.side.value,
        "client_order_id": record.client_order_id,
        "attached_order_id": "",
    }
    terms = configuration.written(record, product, front.quote_size(record.order_id))
    return {"success": True, "success_response": placed, "order_configuration": terms}


def _failure(reason: Reason, configured: Any) -> Any:
    why = {
        "error": reason.error,
        "message": reason.message,
        "error_details": "",
        "preview_failure_reason": reason.preview,
        "new_order_failure_reason": reason.error,
    }
    return {"success": False, "error_response": why, "order_configuration": configured}


def _unedited(reason: str) -> Any:
    return {"success": False, "errors": [{"edit_failure_reason": reason, "preview_failure_reason": UNKNOWN_PREVIEW}]}
