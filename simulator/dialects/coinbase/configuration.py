"""`order_configuration`: how Coinbase names what kind of order is meant, read and written.

One key names the kind, its object holds the terms. A stop-limit order goes off when the last price reaches its stop
price from below (`STOP_UP`) or from above (`STOP_DOWN`); whether that is a stop or a take-profit depends on the side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulator.dialects.coinbase.clock import whole_second
from simulator.dialects.coinbase.errors import (
    INVALID_CONFIGURATION,
    PRICE_PRECISION,
    REDUCE_ONLY,
    SIZE_PRECISION,
    NotPlaced,
    invalid,
)
from simulator.dialects.coinbase.listing import Product, plain
from simulator.dialects.coinbase.parameters import Fields
from simulator.dialects.figures import decimals, truncated
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.orders import OrderRecord, OrderType, Side, TimeInForce, Trigger

UP, DOWN = "STOP_DIRECTION_STOP_UP", "STOP_DIRECTION_STOP_DOWN"
TRIGGERS = {
    (Side.BUY, UP): Trigger.STOP,
    (Side.BUY, DOWN): Trigger.TAKE_PROFIT,
    (Side.SELL, DOWN): Trigger.STOP,
    (Side.SELL, UP): Trigger.TAKE_PROFIT,
}
DIRECTIONS = {(side, trigger): direction for (side, direction), trigger in TRIGGERS.items()}
IN_FORCE = {
    TimeInForce.GTC: "GOOD_UNTIL_CANCELLED",
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
}
Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What an order is for, besides product and side."""

    type: OrderType = OrderType.LIMIT
    size: Decimal = Decimal(0)
    quote_size: Decimal | None = None
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    expires_ns: int | None = None
    trigger: Trigger | None = None
    stop_price: Decimal | None = None


def read(configuration: Fields, product: Product, side: Side) -> Terms:
    """Return the terms of an order.

    Raises:
        Refused: a term is missing or has the wrong form.
        NotPlaced: the kind is not known, or a number has more decimals than the product allows.
    """
    kinds = configuration.names()
    if len(kinds) != 1:
        raise invalid("order_configuration must have exactly one type")
    reader = READERS.get(kinds[0])
    terms = configuration.object(kinds[0])
    if reader is None or terms is None:
        raise NotPlaced(INVALID_CONFIGURATION)
    if terms.flag("reduce_only"):
        raise NotPlaced(REDUCE_ONLY)
    return reader(terms, product, side)


def written(record: OrderRecord, product: Product, quote_size: Decimal | None) -> Body:
    """Return an order's terms as the venue shows them."""
    if record.price_ticks is None:
        amount = {"base_size": product.size(record.quantity_lots)}
        return {"market_market_ioc": {"quote_size": plain(quote_size)} if quote_size is not None else amount}
    terms: Body = {"base_size": product.size(record.quantity_lots), "limit_price": product.price(record.price_ticks)}
    ending = {"end_time": whole_second(record.expires_ns)} if record.expires_ns is not None else {}
    if record.trigger is not None:
        kind = "stop_limit_stop_limit_gtd" if ending else "stop_limit_stop_limit_gtc"
        direction = DIRECTIONS[record.side, record.trigger]
        return {kind: {**terms, "stop_price": product.price(record.stop_ticks), "stop_direction": direction, **ending}}
    if record.time_in_force is TimeInForce.IOC:
        return {"sor_limit_ioc": terms}
    if record.time_in_force is TimeInForce.FOK:
        return {"limit_limit_fok": terms}
    return {"limit_limit_gtd" if ending else "limit_limit_gtc": {**terms, **ending, "post_only": record.post_only}}


def in_force(record: OrderRecord) -> str:
    """Return how long an order is good for, in the venue's words."""
    if record.price_ticks is None:
        return IN_FORCE[TimeInForce.IOC]
    return "GOOD_UNTIL_DATE_TIME" if record.expires_ns is not None else IN_FORCE[record.time_in_force]


def order_type(record: OrderRecord) -> str:
    """Return an order's type in the venue's words."""
    if record.price_ticks is None:
        return "MARKET"
    return "STOP_LIMIT" if record.trigger is not None else "LIMIT"


def without_fees(quote_size: Decimal, product: Product, fees: FeeSchedule) -> Decimal:
    """Return what may be spent on the goods themselves, so that goods and fees together cost `quote_size`."""
    share = quote_size * 10_000 / (10_000 + fees.taker_bps)
    return truncated(share, product.quote.places)


def _market(terms: Fields, product: Product, side: Side) -> Terms:
    size, quote_size = terms.number("base_size"), terms.number("quote_size")
    if (size is None) == (quote_size is None) or (quote_size is not None and side is Side.SELL):
        raise NotPlaced(INVALID_CONFIGURATION)
    if quote_size is not None:
        if decimals(quote_size) > product.price_places:
            raise NotPlaced(SIZE_PRECISION)
        return Terms(type=OrderType.MARKET, time_in_force=TimeInForce.IOC, quote_size=quote_size)
    return Terms(type=OrderType.MARKET, time_in_force=TimeInForce.IOC, size=_size(terms, product))


def _limit(time_in_force: TimeInForce) -> Callable[[Fields, Product, Side], Terms]:
    def reader(terms: Fields, product: Product, _side: Side) -> Terms:
        return Terms(
            size=_size(terms, product),
            price=_price(terms, "limit_price", product),
            time_in_force=time_in_force,
            post_only=terms.flag("post_only") and time_in_force is TimeInForce.GTC,
        )

    return reader


def _until(terms: Fields, product: Product, _side: Side) -> Terms:
    return Terms(
        size=_size(terms, product),
        price=_price(terms, "limit_price", product),
        post_only=terms.flag("post_only"),
        expires_ns=_end(terms),
    )


def _stop(terms: Fields, product: Product, side: Side) -> Terms:
    trigger = TRIGGERS.get((side, terms.text("stop_direction")))
    if trigger is None:
        raise invalid("stop_direction is invalid")
    return Terms(
        size=_size(terms, product),
        price=_price(terms, "limit_price", product),
        trigger=trigger,
        stop_price=_price(terms, "stop_price", product),
    )


def _stop_until(terms: Fields, product: Product, side: Side) -> Terms:
    stop = _stop(terms, product, side)
    return Terms(
        size=stop.size, price=stop.price, trigger=stop.trigger, stop_price=stop.stop_price, expires_ns=_end(terms)
    )


def _size(terms: Fields, product: Product) -> Decimal:
    size = terms.number("base_size")
    if size is None:
        raise invalid("base_size is required")
    if decimals(size) > product.size_places:
        raise NotPlaced(SIZE_PRECISION)
    return size


def _price(terms: Fields, name: str, product: Product) -> Decimal:
    price = terms.number(name)
    if price is None:
        raise invalid(f"{name} is required")
    if decimals(price) > product.price_places:
        raise NotPlaced(PRICE_PRECISION)
    return price


def _end(terms: Fields) -> int:
    end_ns = terms.moment("end_time")
    if end_ns is None:
        raise invalid("end_time is required")
    return end_ns


READERS: Mapping[str, Callable[[Fields, Product, Side], Terms]] = {
    "market_market_ioc": _market,
    "limit_limit_gtc": _limit(TimeInForce.GTC),
    "limit_limit_gtd": _until,
    "limit_limit_fok": _limit(TimeInForce.FOK),
    "sor_limit_ioc": _limit(TimeInForce.IOC),
    "stop_limit_stop_limit_gtc": _stop,
    "stop_limit_stop_limit_gtd": _stop_until,
}
