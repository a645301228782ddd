"""How Binance changes an order: cancel it and send another in one request, or shrink it where it stands.

Cancel and replace are two steps, and either may fail: the answer tells of both, and with which status is the venue's
own table. Filters and the count of unfilled orders are looked at before the first step.
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.dialects.binance import bodies
from simulator.dialects.binance.front import Front
from simulator.dialects.binance.orders import cancelled, check_restriction, names, open_order, placed
from simulator.dialects.binance.parameters import CLIENT_ORDER_ID, SYMBOL, Parameters
from simulator.dialects.binance.refusals import REJECTIONS, Refused, TooMuch, invalid, missing
from simulator.dialects.binance.wanted import Wanted, check_filters, new_quantity, wanted
from simulator.exchange.rejections import Rejected, UnknownOrder

MODES = ("STOP_ON_FAILURE", "ALLOW_FAILURE")
LIMIT_MODES = ("DO_NOTHING", "CANCEL_ONLY")
NO_ORDER_TO_CANCEL = (
    -1102,
    "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!",
)
FAILED = (-2022, "Order cancel-replace failed.")
PARTIALLY_FAILED = (-2021, "Order cancel-replace partially failed.")
QUANTITY_INCREASE = (-2038, "Order amend (quantity increase) is not supported.")
NEW_CLIENT_ID = (-1020, "This operation is not supported.")
CONFLICT, TOO_MANY = 409, 429

Step = tuple[str, Mapping[str, Any] | None]
"""How one of the two went, and what the venue says of it."""


def cancel_replace(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Cancel an order and place another, whether or not the first succeeds, or only if it does."""
    mode = _choice(parameters, "cancelReplaceMode", MODES)
    if mode is None:
        raise missing("cancelReplaceMode")
    limit_mode = _choice(parameters, "orderRateLimitExceededMode", LIMIT_MODES) or "DO_NOTHING"
    new = wanted(front, parameters, account)
    order_id, client_order_id = parameters.long("cancelOrderId"), parameters.text("cancelOrigClientOrderId")
    if order_id is None and client_order_id is None:
        raise Refused(*NO_ORDER_TO_CANCEL)
    cancel_id = parameters.matching("cancelNewClientOrderId", CLIENT_ORDER_ID) or front.new_id()
    check_filters(new)
    too_much = _counted(front, account, limit_mode)

    def cancel() -> Mapping[str, Any]:
        record = open_order(front, account, new.listed, order_id, client_order_id)
        check_restriction(parameters, record)
        return bodies.cancelled(cancelled(front, account, record), new.listed, cancel_id)

    first = _tried(cancel)
    if first[0] == "FAILURE" and (mode == "STOP_ON_FAILURE" or too_much is not None):
        return _told(first, ("NOT_ATTEMPTED", None), too_much)
    return _told(first, _tried(lambda: _placed(front, new, too_much)), too_much)


def _counted(front: Front, account: str, limit_mode: str) -> TooMuch | None:
    """Count the new order; return the refusal of one too many where the client wants his cancel all the same."""
    try:
        front.limits.count_order(account)
    except TooMuch as too_much:
        if limit_mode == "DO_NOTHING":
            raise
        return too_much
    return None


def _placed(front: Front, new: Wanted, too_much: TooMuch | None) -> Mapping[str, Any]:
    if too_much is not None:
        raise too_much
    return placed(front, new)


def _tried(act: Callable[[], Mapping[str, Any]]) -> Step:
    try:
        return "SUCCESS", act()
    except Refused as refused:
        return "FAILURE", {"code": refused.code, "msg": refused.text}


def _told(first: Step, second: Step, too_much: TooMuch | None) -> Mapping[str, Any]:
    told = {
        "cancelResult": first[0],
        "newOrderResult": second[0],
        "cancelResponse": first[1],
        "newOrderResponse": second[1],
    }
    successes = [first[0], second[0]].count("SUCCESS")
    if successes == len((first, second)):
        return told
    if too_much is not None:
        raise Refused(*(PARTIALLY_FAILED if successes else FAILED), status=TOO_MANY, data=told)
    raise Refused(*(PARTIALLY_FAILED if successes else FAILED), status=CONFLICT if successes else 400, data=told)


def keep_priority(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Shrink an order, which keeps its place in the queue.

    The venue gives the order another client id unless the request repeats its own; the exchange here cannot, so
    anything else is refused rather than half done.
    """
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    record = open_order(front, account, listed, *names(parameters))
    quantity = new_quantity(parameters)
    if parameters.matching("newClientOrderId", CLIENT_ORDER_ID) != record.client_order_id:
        raise Refused(*NEW_CLIENT_ID)
    if quantity > listed.instrument.quantity(record.quantity_lots):
        raise Refused(*QUANTITY_INCREASE)
    try:
        amended = front.exchange.amend(account, order_id=record.order_id, quantity=quantity)
    except UnknownOrder:
        raise Refused(-2011, "Unknown order sent.") from None
    except Rejected as rejected:
        raise Refused(*REJECTIONS[rejected.code]) from None
    return bodies.amended(amended, listed)


def _choice(parameters: Parameters, name: str, values: tuple[str, ...]) -> str | None:
    value = parameters.text(name)
    if value is not None and value not in values:
        raise invalid(name)
    return value
