"""Polymarket's trading endpoints: place one or several signed orders, cancel one, several, a market's or all.

The hash of an order is its id, and for the exchange core its client order id. An order that has been here, in whatever
state, is not taken again: sending the same bytes twice cannot trade twice.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.dialects.polymarket import bodies, signed_orders
from simulator.dialects.polymarket.books import is_crossed
from simulator.dialects.polymarket.errors import (
    CROSSES,
    ENDED,
    INVALID_ORDER,
    INVALID_ORDER_ID,
    NO_MATCH,
    NO_MONEY,
    NOT_ALL,
    POST_ONLY_TYPE,
    Refused,
    filled,
)
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.listing import Token, plain
from simulator.dialects.polymarket.parameters import Asked
from simulator.dialects.polymarket.signed_orders import IN_FORCE, SignedOrder
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side
from simulator.exchange.rejections import RejectCode, Rejected, UnknownOrder

HASH_DIGITS = 64
_HEX = frozenset("0123456789abcdefABCDEF")


def place(front: Front, asked: Asked) -> Any:
    """Place an order."""
    return _placed(front, asked, signed_orders.read(asked.value(INVALID_ORDER)))


def place_all(front: Front, asked: Asked) -> Any:
    """Place orders, each for itself: what becomes of one says nothing about the others."""
    said, most = asked.body_list(INVALID_ORDER), front.settings.batch_orders_max
    if len(said) > most:
        raise Refused(400, f"Too many orders in payload: {len(said)}, max allowed: {most}")
    told = []
    for one in said:
        try:
            told.append(_placed(front, asked, signed_orders.read(one)))
        except Refused as refused:
            told.append({"errorMsg": refused.text, "orderID": "", "status": "", "success": False})
    return told


def cancel(front: Front, asked: Asked) -> Any:
    """Cancel an order by its id."""
    front.check_open(cancels=True)
    return _cancelled(front, asked.account, [_order_id(asked.fields(INVALID_ORDER).get("orderID"))])


def cancel_several(front: Front, asked: Asked) -> Any:
    """Cancel orders by their ids, each for itself."""
    front.check_open(cancels=True)
    named, most = asked.body_list(INVALID_ORDER), front.settings.batch_cancels_max
    if len(named) > most:
        raise Refused(400, f"Too many orders in payload, max allowed: {most}")
    return _cancelled(front, asked.account, list(dict.fromkeys(_order_id(one) for one in named)))


def cancel_all(front: Front, asked: Asked) -> Any:
    """Cancel every open order of the account."""
    front.check_open(cancels=True)
    return _cancelled(front, asked.account, [one.client_order_id for one in _open(front, asked.account)])


def cancel_market(front: Front, asked: Asked) -> Any:
    """Cancel the account's orders in a market, in a token, or both."""
    front.check_open(cancels=True)
    said = asked.fields(INVALID_ORDER)
    condition, token_id = said.get("market") or "", said.get("asset_id") or ""
    if not isinstance(condition, str) or not isinstance(token_id, str) or not (condition or token_id):
        raise INVALID_ORDER
    by_symbol = front.listing.by_symbol
    found = [(one, by_symbol[one.symbol]) for one in _open(front, asked.account)]
    return _cancelled(
        front,
        asked.account,
        [
            one.client_order_id
            for one, token in found
            if condition in ("", token.market.condition) and token_id in ("", token.id)
        ],
    )


def _placed(front: Front, asked: Asked, order: SignedOrder) -> Any:
    front.check_open(cancels=False)
    order.check_signer(asked.signer)
    token = front.listing.by_token.get(order.token_id)
    if token is None:
        raise Refused(400, f"the orderbook {order.token_id} does not exist")
    if _is_known(front, asked.account, order.id):
        raise filled(RejectCode.DUPLICATE_CLIENT_ORDER_ID, id=order.id)
    ticks, quantity = order.ticks(token), order.quantity(token)
    _check_size(front, order, token, ticks, quantity)
    _check_kind(front, order, token, ticks, quantity)
    request = _request(front, asked.account, order, token, ticks, quantity)
    try:
        record = front.exchange.submit(request)
    except Rejected as rejected:
        raise _reason(front, rejected.code, request, order, token) from None
    return _answer(front, record, token)


def _request(
    front: Front, account: str, order: SignedOrder, token: Token, ticks: int, quantity: Decimal
) -> OrderRequest:
    return OrderRequest(
        account=account,
        symbol=token.symbol,
        side=order.side,
        type=OrderType.LIMIT,
        quantity=quantity,
        price=token.instrument.price(ticks),
        time_in_force=IN_FORCE[order.kind],
        post_only=order.post_only,
        client_order_id=order.id,
        expires_ns=order.expires_ns(front.timeline.wall_ns(), front.settings.expiry_margin_ns),
    )


def _is_known(front: Front, account: str, order_id: str) -> bool:
    try:
        front.exchange.truth.order(account, client_order_id=order_id)
    except UnknownOrder:
        return False
    return True


def _check_size(front: Front, order: SignedOrder, token: Token, ticks: int, quantity: Decimal) -> None:
    """Refuse what is too small: shares where it may rest, worth where it buys at once."""
    least = front.settings.order_size_min
    if order.may_rest and quantity < least:
        raise filled(RejectCode.LOT_SIZE, id=order.id, size=plain(quantity), min=plain(least))
    least = front.settings.marketable_value_min
    value = quantity * token.instrument.price(ticks)
    if order.side is Side.BUY and value < least and is_crossed(front, token, order.side, ticks):
        raise filled(RejectCode.MIN_NOTIONAL, value=plain(value), least=plain(least))


def _check_kind(front: Front, order: SignedOrder, token: Token, ticks: int, quantity: Decimal) -> None:
    """Refuse an order that would end at once without what its kind promises."""
    if order.may_rest:
        return
    if order.post_only:
        raise POST_ONLY_TYPE
    if order.kind == "FAK" and not is_crossed(front, token, order.side, ticks):
        raise NO_MATCH
    if order.kind == "FOK" and _available(front, order, token, ticks) < token.instrument.lots(quantity):
        raise NOT_ALL


def _available(front: Front, order: SignedOrder, token: Token, ticks: int) -> int:
    """Return the lots that an order would get at its price or better."""
    book = front.exchange.truth.book(token.symbol)
    if order.side is Side.BUY:
        return sum(lots for price, lots in book.asks if price <= ticks)
    return sum(lots for price, lots in book.bids if price >= ticks)


def _reason(front: Front, code: RejectCode, request: OrderRequest, order: SignedOrder, token: Token) -> Refused:
    """Return why the core refuses an order, with the figures that belong into the sentence."""
    if code is RejectCode.INSUFFICIENT_BALANCE:
        return _no_money(front, request, order, token)
    if code is RejectCode.POST_ONLY_WOULD_MATCH:
        return CROSSES
    return filled(
        code,
        id=order.id,
        price=plain(order.price),
        tick=token.market.tick,
        size=plain(request.quantity),
        min=plain(token.instrument.min_quantity),
        value=plain(Decimal(order.collateral).scaleb(-6)),
        least=plain(front.settings.marketable_value_min),
    )


def _no_money(front: Front, request: OrderRequest, order: SignedOrder, token: Token) -> Refused:
    """Return the refusal of an order that is not covered, in millionths of what it gives."""
    buys = order.side is Side.BUY
    asset = token.instrument.quote if buys else token.instrument.base
    balance = front.exchange.truth.balances(request.account)[asset]
    active = sum(
        (_gives(front, one) for one in _open(front, request.account) if _asset(front, one) == asset), Decimal(0)
    )
    price = request.price or Decimal(0)
    needed = request.quantity * price if buys else request.quantity
    parts = [f"balance: {bodies.units(balance.total)}"]
    if balance.locked:
        parts += [
            f"sum of active orders: {bodies.units(active)}",
            f"sum of matched orders: {bodies.units(balance.locked - active)}",
            f"order amount (inc. fees): {bodies.units(needed)}",
        ]
    else:
        parts.append(f"order amount: {bodies.units(needed)}")
    return Refused(400, f"{NO_MONEY.text}: the balance is not enough -> {', '.join(parts)}")


def _asset(front: Front, record: OrderRecord) -> str:
    instrument = front.listing.by_symbol[record.symbol].instrument
    return instrument.quote if record.side is Side.BUY else instrument.base


def _gives(front: Front, record: OrderRecord) -> Decimal:
    instrument = front.listing.by_symbol[record.symbol].instrument
    if record.side is Side.BUY:
        return instrument.cost(record.price_ticks or 0, record.remaining_lots)
    return instrument.quantity(record.remaining_lots)


def _answer(front: Front, record: OrderRecord, token: Token) -> Any:
    if not record.filled_lots:
        told = {"errorMsg": "", "orderID": record.client_order_id, "takingAmount": "", "makingAmount": ""}
        return {**told, "status": "live", "success": True}
    trades = front.exchange.truth.trades_of(record)
    making, taking = bodies.amounts(record, token)
    return {
        "errorMsg": "",
        "orderID": record.client_order_id,
        "takingAmount": taking,
        "makingAmount": making,
        "status": "matched",
        "transactionsHashes": [bodies.transaction(trade.trade_id) for trade in trades],
        "tradeIDs": [bodies.trade_name(trade.trade_id) for trade in trades],
        "success": True,
    }


def _open(front: Front, account: str) -> list[OrderRecord]:
    return front.exchange.truth.open_orders(account)


def _order_id(said: object) -> str:
    if not isinstance(said, str) or len(said) != HASH_DIGITS + 2 or not said.startswith("0x") or set(said[2:]) - _HEX:
        raise INVALID_ORDER_ID
    return said.lower()


def _cancelled(front: Front, account: str, order_ids: list[str]) -> Any:
    canceled, kept = [], {}
    for order_id in order_ids:
        try:
            front.exchange.cancel(account, client_order_id=order_id)
            canceled.append(order_id)
        except UnknownOrder:
            kept[order_id] = ENDED
    return {"canceled": canceled, "not_canceled": kept}
