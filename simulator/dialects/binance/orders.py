"""Binance's order endpoints: place, try, cancel. Checks come in the venue's order: parameters, counters, filters."""

from collections.abc import Mapping
from typing import Any

from simulator.dialects.binance import bodies
from simulator.dialects.binance.front import Front
from simulator.dialects.binance.listing import Listed
from simulator.dialects.binance.parameters import CLIENT_ORDER_ID, SYMBOL, Parameters
from simulator.dialects.binance.refusals import CANCEL_UNKNOWN, NO_ORDER_NAMED, REJECTIONS, Refused
from simulator.dialects.binance.wanted import Wanted, wanted
from simulator.exchange.orders import OrderRecord, OrderStatus
from simulator.exchange.rejections import Rejected, UnknownOrder

BAD_RESTRICTION = (-1145, "Invalid cancelRestrictions")
RESTRICTIONS: Mapping[str, OrderStatus] = {
    "ONLY_NEW": OrderStatus.NEW,
    "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
}


def place(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Place an order and answer as `newOrderRespType` asks."""
    new = wanted(front, parameters, account)
    front.limits.count_order(account)
    return placed(front, new)


def placed(front: Front, new: Wanted) -> Mapping[str, Any]:
    """Place an order that has been counted.

    Raises:
        Refused: the exchange does not take it; it counts no longer.
    """
    try:
        record = front.exchange.submit(new.request)
    except Rejected as rejected:
        front.limits.uncount_order(new.request.account)
        raise Refused(*REJECTIONS[rejected.code]) from None
    if new.response == "ACK":
        return bodies.acknowledged(record, new.listed)
    body = bodies.placed(record, new.listed, new.request.quote_amount)
    if new.response == "FULL":
        body["fills"] = bodies.fills(front.exchange.truth.trades_of(record), new.listed)
    return body


def attempt(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Check an order's parameters without placing it."""
    wanted(front, parameters, account)
    return {}


def cancel(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Cancel one order."""
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    record = _named_open(front, parameters, account, listed)
    check_restriction(parameters, record)
    cancel_id = parameters.matching("newClientOrderId", CLIENT_ORDER_ID) or front.new_id()
    return bodies.cancelled(cancelled(front, account, record), listed, cancel_id)


def check_restriction(parameters: Parameters, record: OrderRecord) -> None:
    """Refuse to cancel an order that is not in the state that the client names."""
    restriction = parameters.choice("cancelRestrictions", RESTRICTIONS, BAD_RESTRICTION)
    if restriction is not None and record.status is not RESTRICTIONS[restriction]:
        raise Refused(-2011, "Order was not canceled due to cancel restrictions.")


def cancel_all(front: Front, parameters: Parameters, account: str) -> list[bodies.Body]:
    """Cancel every open order of a symbol."""
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    records = front.exchange.truth.open_orders(account, listed.symbol)
    if not records:
        raise Refused(*CANCEL_UNKNOWN)
    cancel_id = front.new_id()
    return [bodies.cancelled(cancelled(front, account, record), listed, cancel_id) for record in records]


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
    return open_order(front, account, listed, *names(parameters))


def open_order(
    front: Front, account: str, listed: Listed, order_id: int | None, client_order_id: str | None
) -> OrderRecord:
    """Return an open order by either id, as the matching engine knows it.

    Raises:
        Refused: there is none.
    """
    try:
        record = front.exchange.truth.order(
            account, order_id=order_id, client_order_id=client_order_id, symbol=listed.symbol
        )
    except UnknownOrder:
        raise Refused(*CANCEL_UNKNOWN) from None
    if not record.is_open:
        raise Refused(*CANCEL_UNKNOWN)
    return record


def cancelled(front: Front, account: str, record: OrderRecord) -> OrderRecord:
    """Cancel an open order and return its last record.

    Raises:
        Refused: it has ended by now, or the venue is closed.
    """
    try:
        return front.exchange.cancel(account, order_id=record.order_id)
    except UnknownOrder:
        raise Refused(*CANCEL_UNKNOWN) from None
    except Rejected:
        raise Refused(-2011, "Market is closed.") from None
