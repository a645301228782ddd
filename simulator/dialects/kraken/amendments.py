"""How Kraken changes an order: `AmendOrder` in place, under the same id, or `EditOrder`, which makes another of it."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from simulator.dialects.figures import decimals
from simulator.dialects.kraken import ids
from simulator.dialects.kraken.bodies import described
from simulator.dialects.kraken.errors import INVALID_ARGUMENTS, REJECTIONS, UNKNOWN_ORDER, WOULD_MATCH, Refused, invalid
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import VOLUME_PLACES, Pair
from simulator.dialects.kraken.parameters import Parameters
from simulator.dialects.kraken.trading import check_deadline
from simulator.dialects.kraken.wanted import HARMLESS, price_named
from simulator.exchange import filters
from simulator.exchange.orders import OrderRecord, OrderRequest
from simulator.exchange.rejections import Rejected, UnknownOrder


def amend_order(front: Front, parameters: Parameters, account: str) -> Any:
    """Change quantity, limit or trigger price of an order; one that shrinks below what is filled is cancelled."""
    record = _open_order(front, parameters, account)
    pair = front.listing.by_symbol[record.symbol]
    quantity = _quantity(parameters, "order_qty")
    price = _price(parameters, "limit_price", pair)
    stop_price = _price(parameters, "trigger_price", pair)
    if parameters.text("display_qty") not in HARMLESS:
        raise invalid("display_qty")
    if quantity is None and price is None and stop_price is None:
        raise Refused(INVALID_ARGUMENTS)
    check_deadline(front, parameters)
    if parameters.flag("post_only") and price is not None and _would_match(front, record, pair, price):
        raise Refused(WOULD_MATCH)
    front.limits.amendment(record)
    try:
        if quantity is not None and record.filled_lots and quantity <= pair.instrument.quantity(record.filled_lots):
            changed = front.exchange.cancel(account, order_id=record.order_id)
        else:
            changed = front.exchange.amend(
                account, order_id=record.order_id, price=price, quantity=quantity, stop_price=stop_price
            )
    except UnknownOrder:
        raise Refused(UNKNOWN_ORDER) from None
    except Rejected as rejected:
        raise Refused(REJECTIONS[rejected.code]) from None
    return {"amend_id": ids.made(ids.TRADE, changed.updated_ns)}


def edit_order(front: Front, parameters: Parameters, account: str) -> Any:
    """Cancel an order and place one like it with another volume or price, and no client id."""
    record = _open_order(front, parameters, account)
    pair = front.listing.named(parameters.required("pair"))
    if pair.symbol != record.symbol:
        raise invalid("pair")
    request = _like(record, pair)
    volume, price = _quantity(parameters, "volume"), _price(parameters, "price", pair)
    if record.trigger is not None or parameters.text("price2") not in HARMLESS:
        raise invalid("price2")
    request = replace(request, quantity=volume or request.quantity, price=price or request.price)
    check_deadline(front, parameters)
    front.limits.new_order(account, pair.symbol)
    try:
        filters.limit_price(request, pair.instrument)
        filters.quantity(request, pair.instrument)
        front.exchange.cancel(account, order_id=record.order_id)
        placed = front.exchange.submit(request)
    except UnknownOrder:
        raise Refused(UNKNOWN_ORDER) from None
    except Rejected as rejected:
        raise Refused(REJECTIONS[rejected.code]) from None
    return {
        "status": "ok",
        "txid": ids.made(ids.ORDER, placed.order_id),
        "originaltxid": ids.made(ids.ORDER, record.order_id),
        "volume": pair.figures.quantities.text(placed.quantity_lots),
        "price": pair.figures.prices.or_zero(placed.price_ticks),
        "orders_cancelled": 1,
        "descr": {"order": described(placed, pair)},
    }


def _open_order(front: Front, parameters: Parameters, account: str) -> OrderRecord:
    """Return the open order that `txid` or `cl_ord_id` names, as the matching engine knows it."""
    client_order_id, named = parameters.text("cl_ord_id"), parameters.text("txid")
    order_id = None if named is None else ids.number(ids.ORDER, named)
    if client_order_id is None and named is None:
        raise Refused(INVALID_ARGUMENTS)
    if named is not None and order_id is None:
        raise Refused(UNKNOWN_ORDER)
    try:
        record = front.exchange.truth.order(account, order_id=order_id, client_order_id=client_order_id)
    except UnknownOrder:
        raise Refused(UNKNOWN_ORDER) from None
    if not record.is_open:
        raise Refused(UNKNOWN_ORDER)
    return record


def _quantity(parameters: Parameters, name: str) -> Decimal | None:
    quantity = parameters.number(name)
    if quantity is not None and decimals(quantity) > VOLUME_PLACES:
        raise invalid(name)
    return quantity


def _price(parameters: Parameters, name: str, pair: Pair) -> Decimal | None:
    return None if parameters.text(name) is None else price_named(parameters, name, pair)


def _would_match(front: Front, record: OrderRecord, pair: Pair, price: Decimal) -> bool:
    book = front.exchange.truth.book(pair.symbol, 1)
    if record.side.value == "BUY":
        return bool(book.asks) and price >= pair.instrument.price(book.asks[0][0])
    return bool(book.bids) and price <= pair.instrument.price(book.bids[0][0])


def _like(record: OrderRecord, pair: Pair) -> OrderRequest:
    """Return a request for what is left of an order."""
    return OrderRequest(
        account=record.account,
        symbol=record.symbol,
        side=record.side,
        type=record.type,
        quantity=pair.instrument.quantity(record.remaining_lots),
        price=None if record.price_ticks is None else pair.instrument.price(record.price_ticks),
        time_in_force=record.time_in_force,
        post_only=record.post_only,
        expires_ns=record.expires_ns,
        self_trade=record.self_trade,
    )
