"""A new order as a Kraken request describes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from simulator.dialects.figures import decimals
from simulator.dialects.kraken.clock import NS
from simulator.dialects.kraken.errors import invalid, too_many_decimals
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import VOLUME_PLACES, Pair
from simulator.dialects.kraken.parameters import Parameters
from simulator.exchange.orders import OrderRequest, OrderType, SelfTrade, Side, TimeInForce, Trigger

CLIENT_ORDER_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z|[0-9a-fA-F]{32}\Z|[\x21-\x7e]{1,18}\Z"
)
"""A UUID, with or without hyphens, or up to 18 characters of free text."""

FLAGS = ("fciq", "nompp", "post", "viqc")
UNSUPPORTED = ("close", "leverage", "displayvol", "starttm")
"""Arguments that would change an order in ways this venue does not know; a harmless value passes."""
HARMLESS = (None, "0", "none", "false")
GOOD_TILL_DATE = "GTD"
EXPIRES_AFTER_NS = 5 * NS
"""An order must be good for at least this long."""
DIGITS_MAX = 12
SELF_TRADES: Mapping[str, SelfTrade] = {
    "cancel-newest": SelfTrade.EXPIRE_TAKER,
    "cancel-oldest": SelfTrade.EXPIRE_MAKER,
    "cancel-both": SelfTrade.EXPIRE_BOTH,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One of Kraken's order types, and the names under which it takes its prices."""

    type: OrderType
    price: str | None = None
    trigger: Trigger | None = None
    stop: str | None = None


KINDS: Mapping[str, Kind] = {
    "limit": Kind(OrderType.LIMIT, "price"),
    "market": Kind(OrderType.MARKET),
    "stop-loss": Kind(OrderType.MARKET, None, Trigger.STOP, "price"),
    "stop-loss-limit": Kind(OrderType.LIMIT, "price2", Trigger.STOP, "price"),
    "take-profit": Kind(OrderType.MARKET, None, Trigger.TAKE_PROFIT, "price"),
    "take-profit-limit": Kind(OrderType.LIMIT, "price2", Trigger.TAKE_PROFIT, "price"),
}


def wanted(front: Front, parameters: Parameters, account: str) -> tuple[OrderRequest, Pair]:
    """Read a new order.

    Raises:
        Refused: an argument is missing, malformed, or would mean something that is not served.
    """
    pair = front.listing.named(parameters.required("pair"))
    side = parameters.text("type")
    if side not in ("buy", "sell"):
        raise invalid("type")
    kind = KINDS.get(parameters.text("ordertype") or "")
    if kind is None:
        raise invalid("ordertype")
    flags = _flags(parameters, kind)
    is_market = kind.type is OrderType.MARKET and kind.trigger is None
    volume, cost = _volume(parameters, Side(side.upper()), flags, is_market=is_market)
    force, expires_ns = _lifetime(front, parameters)
    request = OrderRequest(
        account=account,
        symbol=pair.symbol,
        side=Side(side.upper()),
        type=kind.type,
        quantity=volume,
        price=None if kind.price is None else price_named(parameters, kind.price, pair),
        time_in_force=force,
        post_only="post" in flags,
        client_order_id=_client_order_id(parameters),
        quote_amount=cost,
        trigger=kind.trigger,
        stop_price=None if kind.stop is None else price_named(parameters, kind.stop, pair),
        expires_ns=expires_ns,
        self_trade=_self_trade(parameters),
    )
    return request, pair


def _flags(parameters: Parameters, kind: Kind) -> list[str]:
    """Return the order's flags; refuse what is not served."""
    for name in UNSUPPORTED:
        if parameters.text(name) not in HARMLESS or (name == "close" and parameters.has(name)):
            raise invalid(name)
    if parameters.text("trigger") not in (None, "last"):
        raise invalid("trigger")
    if "price2" not in (kind.price, kind.stop) and parameters.text("price2") not in HARMLESS:
        raise invalid("price2")
    flags = [flag for flag in (parameters.text("oflags") or "").split(",") if flag]
    if any(flag not in FLAGS for flag in flags):
        raise invalid("oflags")
    return flags


def _self_trade(parameters: Parameters) -> SelfTrade:
    named = parameters.text("stptype") or "cancel-newest"
    if named not in SELF_TRADES:
        raise invalid("stptype")
    return SELF_TRADES[named]


def _volume(parameters: Parameters, side: Side, flags: list[str], *, is_market: bool) -> tuple[Decimal, Decimal | None]:
    """Return the quantity, or else what a market order may cost."""
    volume = parameters.number("volume")
    if volume is None:
        raise invalid("volume")
    if "viqc" in flags:
        if not is_market or side is not Side.BUY:
            raise invalid("viqc")
        return Decimal(0), volume
    if decimals(volume) > VOLUME_PLACES:
        raise invalid("volume")
    return volume, None


def price_named(parameters: Parameters, name: str, pair: Pair) -> Decimal:
    """Return a price of the pair's precision; prices relative to the market are not served."""
    price = parameters.number(name)
    if price is None:
        raise invalid(name)
    if decimals(price) > pair.price_places:
        raise too_many_decimals(pair.id, pair.price_places)
    return price


def _lifetime(front: Front, parameters: Parameters) -> tuple[TimeInForce, int | None]:
    """Return the time in force, and until when an order is good (Unix ns)."""
    value = (parameters.text("timeinforce") or "GTC").upper()
    expires = parameters.text("expiretm")
    if value != GOOD_TILL_DATE:
        if expires not in HARMLESS:
            raise invalid("expiretm")
        if value not in TimeInForce.__members__:
            raise invalid("timeinforce")
        return TimeInForce(value), None
    if expires is None:
        raise invalid("expiretm")
    seconds = expires.removeprefix("+")
    if len(seconds) > DIGITS_MAX or not (seconds.isascii() and seconds.isdecimal()):
        raise invalid("expiretm")
    now_ns = front.timeline.wall_ns()
    expires_ns = int(seconds) * NS + (now_ns if expires.startswith("+") else 0)
    if expires_ns - now_ns < EXPIRES_AFTER_NS:
        raise invalid("expiretm")
    return TimeInForce.GTC, expires_ns


def _client_order_id(parameters: Parameters) -> str:
    value = parameters.text("cl_ord_id")
    if value is None:
        return ""
    if not CLIENT_ORDER_ID.match(value):
        raise invalid("cl_ord_id")
    return value


def as_asked(request: OrderRequest, pair: Pair) -> str:
    """Return an order that was not placed as one sentence."""
    head = f"{request.side.value.lower()} {request.quantity:.{VOLUME_PLACES}f} {pair.altname} @"
    return f"{head} market" if request.price is None else f"{head} limit {request.price:.{pair.price_places}f}"
