"""Kraken's trading endpoints: add, cancel, cancel all, and the dead man's switch."""

import re
from decimal import Decimal
from typing import Any

from simulator.dialects.figures import decimals
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
    too_many_decimals,
)
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import VOLUME_PLACES, Pair
from simulator.dialects.kraken.parameters import Parameters
from simulator.exchange.orders import OrderRequest, OrderType, Side, TimeInForce
from simulator.exchange.rejections import Rejected, UnknownOrder

CLIENT_ORDER_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z|[0-9a-fA-F]{32}\Z|[\x21-\x7e]{1,18}\Z"
)
"""A UUID, with or without hyphens, or up to 18 characters of free text."""

FLAGS = ("fciq", "nompp", "post", "viqc")
UNSUPPORTED = ("close", "leverage", "displayvol", "price2", "trigger", "stptype", "starttm", "expiretm")
"""Arguments that would change an order in ways this venue does not know; a harmless value passes."""
HARMLESS = (None, "0", "none", "false", "cancel-newest")
SWITCH_MAX_S = 86_400


def add_order(front: Front, parameters: Parameters, account: str) -> Any:
    """Place an order and tell its id; what becomes of it is for queries and streams to tell."""
    request, pair = _wanted(front, parameters, account)
    userref = parameters.userref()
    if userref is not None and request.client_order_id:
        raise Refused(INVALID_ARGUMENTS)
    _check_deadline(front, parameters)
    if parameters.flag("validate"):
        return {"descr": {"order": _as_asked(request, pair)}}
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
    armed = front.switches.pop(account, None)
    if armed is not None:
        armed.cancel()
    now_ns = front.timeline.wall_ns()
    if not timeout_s:
        return {"currentTime": rfc3339(now_ns), "triggerTime": "0"}
    front.switches[account] = front.timeline.call_later(timeout_s * NS, lambda: _fire(front, account))
    return {"currentTime": rfc3339(now_ns), "triggerTime": rfc3339(now_ns + timeout_s * NS)}


def _fire(front: Front, account: str) -> None:
    front.switches.pop(account, None)
    try:
        front.exchange.cancel_all(account, reason="cancel all orders after timeout")
    except Rejected:
        return  # a halted venue cancels nothing; its clients learn of that by their orders


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


def _wanted(front: Front, parameters: Parameters, account: str) -> tuple[OrderRequest, Pair]:
    pair = front.listing.named(parameters.required("pair"))
    side = parameters.text("type")
    kind = parameters.text("ordertype")
    if side not in ("buy", "sell"):
        raise invalid("type")
    if kind not in ("limit", "market"):
        raise invalid("ordertype")
    for name in UNSUPPORTED:
        if parameters.text(name) not in HARMLESS or (name == "close" and parameters.has(name)):
            raise invalid(name)
    flags = [flag for flag in (parameters.text("oflags") or "").split(",") if flag]
    if any(flag not in FLAGS for flag in flags):
        raise invalid("oflags")
    is_market = kind == "market"
    volume = _volume(front, parameters, pair, Side(side.upper()), flags, is_market=is_market)
    request = OrderRequest(
        account=account,
        symbol=pair.symbol,
        side=Side(side.upper()),
        type=OrderType.MARKET if is_market else OrderType.LIMIT,
        quantity=volume,
        price=None if is_market else _price(parameters, pair),
        time_in_force=_time_in_force(parameters),
        post_only="post" in flags,
        client_order_id=_client_order_id(parameters),
    )
    return request, pair


def _volume(
    front: Front, parameters: Parameters, pair: Pair, side: Side, flags: list[str], *, is_market: bool
) -> Decimal:
    volume = parameters.number("volume")
    if volume is None:
        raise invalid("volume")
    if "viqc" in flags:
        if not is_market or side is not Side.BUY:
            raise invalid("viqc")
        return _bought_for(front, pair, volume)
    if decimals(volume) > VOLUME_PLACES:
        raise invalid("volume")
    return volume


def _price(parameters: Parameters, pair: Pair) -> Decimal:
    price = parameters.number("price")
    if price is None:
        raise invalid("price")
    if decimals(price) > pair.price_places:
        raise too_many_decimals(pair.id, pair.price_places)
    return price


def _time_in_force(parameters: Parameters) -> TimeInForce:
    value = parameters.text("timeinforce") or "GTC"
    try:
        return TimeInForce(value.upper())
    except ValueError:
        raise invalid("timeinforce") from None


def _client_order_id(parameters: Parameters) -> str:
    value = parameters.text("cl_ord_id")
    if value is None:
        return ""
    if not CLIENT_ORDER_ID.match(value):
        raise invalid("cl_ord_id")
    return value


def _check_deadline(front: Front, parameters: Parameters) -> None:
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


def _bought_for(front: Front, pair: Pair, amount: Decimal) -> Decimal:
    """Return the quantity that `amount` of the quote asset buys at the book's present prices."""
    left, lots = amount, 0
    for ticks, offered in front.exchange.truth.book(pair.symbol).asks:
        one = pair.instrument.cost(ticks, 1)
        taken = min(offered, int(left // one))
        lots += taken
        left -= one * taken
        if taken < offered:
            break
    return pair.instrument.quantity(lots)


def _as_asked(request: OrderRequest, pair: Pair) -> str:
    head = f"{request.side.value.lower()} {request.quantity:.{VOLUME_PLACES}f} {pair.altname} @"
    return f"{head} market" if request.price is None else f"{head} limit {request.price:.{pair.price_places}f}"
