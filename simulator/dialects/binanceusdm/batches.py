"""Several orders in one request of the futures: each stands for itself."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.parameters import Parameters
from simulator.dialects.binance.refusals import Refused, missing
from simulator.dialects.binanceusdm import orders
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.orders import BAD_FLAG
from simulator.dialects.binanceusdm.public import named

BATCH_ORDERS_MAX, BATCH_CANCELS_MAX = 5, 10


def place(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Place several orders, each for itself: what is wrong with one is said in its place."""
    drafts = _listed(parameters, "batchOrders", dict[str, str | int | float | bool | None])
    if len(drafts) > BATCH_ORDERS_MAX:
        raise Refused(-4082, f"Invalid number of batch place orders: {len(drafts)}")
    return [_tried(lambda one=one: orders.place(front, _as_parameters(one), account)) for one in drafts]  # type: ignore[misc]


def cancel(front: Front, parameters: Parameters, account: str) -> list[Body]:
    """Cancel several orders of a symbol, named by either list."""
    symbol = named(front, parameters).id
    name = "orderIdList" if "orderIdList" in parameters else "orderidlist"
    if "origClientOrderIdList" in parameters:
        ids = [{"origClientOrderId": one} for one in _listed(parameters, "origClientOrderIdList", str)]
    else:
        ids = [{"orderId": str(one)} for one in _listed(parameters, name, int | str)]
    if len(ids) > BATCH_CANCELS_MAX:
        raise Refused(-4032, "Exceed maximum cancel order size.")
    named_ids = [Parameters({"symbol": symbol, **one}) for one in ids]
    return [_tried(lambda one=one: orders.cancel(front, one, account)) for one in named_ids]  # type: ignore[misc]


def _listed(parameters: Parameters, name: str, kind: Any) -> list[Any]:
    """Return a list that is sent as JSON."""
    text = parameters.text(name)
    if text is None:
        raise missing(name)
    try:
        found: list[Any] = msgspec.json.decode(text, type=list[kind])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Refused(-1130, BAD_FLAG.format(name)) from None
    return found


def _as_parameters(draft: Mapping[str, object]) -> Parameters:
    """Return one order of a batch as if it had been sent alone."""
    return Parameters(
        {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in draft.items()
            if value is not None
        }
    )


def _tried(act: Callable[[], Body]) -> Body:
    """Return what an order of a batch comes to, refusals in the venue's own form."""
    try:
        return act()
    except Refused as refusal:
        return {"code": refusal.code, "msg": refusal.text}
