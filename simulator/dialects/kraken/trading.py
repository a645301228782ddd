"""Kraken's trading endpoints: add, cancel, cancel all, and the dead man's switch."""

from typing import Any

from simulator.dialects.kraken import ids
from simulator.dialects.kraken.bodies import described
from simulator.dialects.kraken.clock import NS, parsed, rfc3339
from simulator.dialects.kraken.errors import (
    DEADLINE,
    INVALID_ARGUMENTS,
    REJECTIONS,
    UNAVAILABLE,
    UNKNOWN_ORDER,
    Refused,
    invalid,
)
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.parameters import Parameters
from simulator.dialects.kraken.wanted import as_asked, wanted
from simulator.exchange.rejections import Rejected, UnknownOrder

SWITCH_MAX_S = 86_400


def add_order(front: Front, parameters: Parameters, account: str) -> Any:
    """Place an order and tell its id; what becomes of it is for queries and streams to tell."""
    request, pair = wanted(front, parameters, account)
    userref = parameters.userref()
    if userref is not None and request.client_order_id:
        raise Refused(INVALID_ARGUMENTS)
    check_deadline(front, parameters)
    if parameters.flag("validate"):
        return {"descr": {"order": as_asked(request, pair)}}
    front.limits.new_order(account, pair.symbol)
    try:
        record = front.exchange.submit(request)
    except Rejected as rejected:
        raise Refused(REJECTIONS[rejected.code]) from None
    if userref is not None:
        front.note_userref(record.order_id, userref)
    return {"txid": [ids.made(ids.ORDER, record.order_id)], "descr": {"order": described(record, pair)}}


def cancel_order(front: Front, parameters: Parameters, account: str) -> Any:
    """Cancel an order by id or client id, or all with one user reference."""
    client_order_id = parameters.text("cl_ord_id")
    named = parameters.text("txid")
    if client_order_id is not None:
        return {"count": _cancelled(front, account, None, client_order_id)}
    if named is None:
        raise Refused(INVALID_ARGUMENTS)
    order_id = ids.number(ids.ORDER, named)
    if order_id is not None:
        return {"count": _cancelled(front, account, order_id, None)}
    matching = [record for record in front.exchange.truth.open_orders(account) if str(front.userref(record)) == named]
    if not matching:
        raise Refused(UNKNOWN_ORDER)
    return {"count": sum(_cancelled(front, account, record.order_id, None) for record in matching)}


def cancel_all(front: Front, _parameters: Parameters, account: str) -> Any:
    """Cancel every open order of the account, of all pairs."""
    return {"count": _cancelled_all(front, account)}


def cancel_all_after(front: Front, parameters: Parameters, account: str) -> Any:
    """Arm the dead man's switch for so many seconds, or disarm it with 0."""
    timeout_s = parameters.whole("timeout", SWITCH_MAX_S)
    if timeout_s is None:
        raise invalid("timeout")
    now_ns = front.timeline.wall_ns()
    rings_ns = front.exchange.cancel_all_after(account, timeout_s * NS if timeout_s else None)
    return {"currentTime": rfc3339(now_ns), "triggerTime": "0" if rings_ns is None else rfc3339(rings_ns)}


def _cancelled(front: Front, account: str, order_id: int | None, client_order_id: str | None) -> int:
    try:
        front.exchange.cancel(account, order_id=order_id, client_order_id=client_order_id)
    except UnknownOrder:
        raise Refused(UNKNOWN_ORDER) from None
    except Rejected:
        raise Refused(UNAVAILABLE) from None
    return 1


def _cancelled_all(front: Front, account: str) -> int:
    try:
        return len(front.exchange.cancel_all(account))
    except Rejected:
        raise Refused(UNAVAILABLE) from None


def check_deadline(front: Front, parameters: Parameters) -> None:
    """Refuse an order that comes after its deadline, or names one too far ahead."""
    text = parameters.text("deadline")
    if text is None:
        return
    deadline_ns = parsed(text)
    now_ns = front.timeline.wall_ns()
    if deadline_ns is None or deadline_ns > now_ns + front.settings.deadline_max_ns:
        raise invalid("deadline")
    if now_ns >= deadline_ns:
        raise Refused(DEADLINE)
