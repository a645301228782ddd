"""Bybit's batches: up to ten orders created, amended or cancelled in one request, each with a verdict of its own.

The request as a whole succeeds; what became of each order stands beside the list of their ids, in the same order. Each
counts as one request of the batch's own limit, and those beyond it fail alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.dialects.bybit import orders
from simulator.dialects.bybit.bodies import Body
from simulator.dialects.bybit.errors import OK, Refused, wrong
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.parameters import Parameters

ORDERS_MAX = 10

Act = Callable[[Front, Parameters, str], Body]
Run = Callable[[Front, Parameters, str], "Batch"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What is answered: a list of ids, and a list of verdicts."""

    result: Body
    verdicts: Body


def of(act: Act, path: str, *, stamps: bool = False) -> Run:
    """Return the endpoint that does `act` to each order of a request; `stamps` says that it tells when."""

    def run(front: Front, parameters: Parameters, account: str) -> Batch:
        category = parameters.category()
        shown, verdicts = [], []
        for place, one in enumerate(_requests(parameters)):
            named: Body = {"category": category, "symbol": _text(one, "symbol"), "orderId": "", "orderLinkId": ""}
            at = {"createAt": ""} if stamps else {}
            code, text = OK
            try:
                if place:  # the first was counted with the request
                    front.limits.visit(account, path, {})
                named |= act(front, Parameters({**one, "category": category}), account)
                at = {"createAt": str(front.wall_ms())} if stamps else {}
            except Refused as refused:
                code, text = refused.code, refused.text
                named["orderLinkId"] = "" if stamps else _text(one, "orderLinkId")
            shown.append(named | at)
            verdicts.append({"code": code, "msg": text})
        return Batch(result={"list": shown}, verdicts={"list": verdicts})

    return run


create = of(orders.create, "/v5/order/create-batch", stamps=True)
amend = of(orders.amend, "/v5/order/amend-batch")
cancel = of(orders.cancel, "/v5/order/cancel-batch")


def _requests(parameters: Parameters) -> list[Mapping[str, Any]]:
    found = parameters.items("request")
    if not 1 <= len(found) <= ORDERS_MAX:
        raise wrong("request")
    return found


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    return value if isinstance(value, str) else ""
