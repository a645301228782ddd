"""What an OKX order means to the exchange: its terms, read and checked in the order in which OKX complains.

A post-only order that would trade is not refused: it is accepted and cancelled at once. The exchange core refuses
it, so an order that cannot trade takes its place: one tick away from the best opposite price, and gone at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from msgspec.structs import replace as revised

from simulator.dialects.okx import errors
from simulator.dialects.okx.errors import OrderRefused, insufficient, parameter
from simulator.dialects.okx.front import Front, Note
from simulator.dialects.okx.listing import Pair, plain
from simulator.dialects.okx.parameters import Fields, amount
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, SelfTrade, Side, TimeInForce
from simulator.exchange.rejections import RejectCode, Rejected

CLIENT_ORDER_ID = re.compile(r"[0-9A-Za-z]{1,32}\Z", re.ASCII)
TAG = re.compile(r"[0-9A-Za-z]{1,16}\Z", re.ASCII)
TYPES = {
    "limit": TimeInForce.GTC,
    "post_only": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "market": TimeInForce.GTC,
}
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
STP_MODES = {
    "": SelfTrade.EXPIRE_MAKER,
    "cancel_maker": SelfTrade.EXPIRE_MAKER,
    "cancel_taker": SelfTrade.EXPIRE_TAKER,
    "cancel_both": SelfTrade.EXPIRE_BOTH,
}
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as its client asked for it."""

    request: OrderRequest
    pair: Pair
    note: Note


def pair_of(front: Front, fields: Fields) -> Pair:
    """Return the instrument an order is for.

    Raises:
        OrderRefused: it names none.
    """
    if not fields.get("instId"):
        raise OrderRefused(parameter("instId"))
    pair = front.listing.by_id.get(fields["instId"])
    if pair is None:
        raise OrderRefused(errors.NO_INSTRUMENT)
    return pair


def client_order_id(fields: Fields, name: str = "clOrdId") -> str:
    """Return the id a client gives an order.

    Raises:
        OrderRefused: it is not one of up to 32 letters and digits.
    """
    value = fields.get(name) or ""
    if value and not CLIENT_ORDER_ID.match(value):
        raise OrderRefused(parameter(name))
    return value


def read(front: Front, fields: Fields, account: str) -> Wanted:
    """Read an order.

    Raises:
        OrderRefused: the first thing that is wrong with its terms.
    """
    pair = pair_of(front, fields)
    mode, kind, side = fields.get("tdMode"), fields.get("ordType"), fields.get("side")
    if mode in ("cross", "isolated", "spot_isolated"):
        raise OrderRefused(errors.WRONG_MODE)
    if mode != "cash":
        raise OrderRefused(parameter("tdMode"))
    if side not in SIDES:
        raise OrderRefused(parameter("side"))
    if kind not in TYPES:
        raise OrderRefused(parameter("ordType"))
    if fields.get("tag") and not TAG.match(fields["tag"]):
        raise OrderRefused(parameter("tag"))
    if fields.get("reduceOnly", "").lower() == "true":
        raise OrderRefused(
            errors.Fault("51139", "Reduce-only feature is unavailable for the spot transactions by spot mode.")
        )
    if fields.get("attachAlgoOrds"):
        raise OrderRefused(parameter("attachAlgoOrds"))
    self_trade = STP_MODES.get(fields.get("stpMode") or "")
    if self_trade is None:
        raise OrderRefused(parameter("stpMode"))
    is_market = kind == "market"
    request = OrderRequest(
        account=account,
        symbol=pair.symbol,
        side=SIDES[side],
        type=OrderType.MARKET if is_market else OrderType.LIMIT,
        price=None if is_market else _price(front, fields, pair, SIDES[side]),
        time_in_force=TYPES[kind],
        post_only=kind == "post_only",
        client_order_id=client_order_id(fields),
        self_trade=self_trade,
    )
    return sized(front, fields, Wanted(request, pair, Note(tag=fields.get("tag") or "")))


def sized(front: Front, fields: Fields, wanted: Wanted) -> Wanted:
    """Return an order with its size, which of a market order may be an amount of the quote asset.

    Raises:
        OrderRefused: the size is missing, off the grid, too small or too large.
    """
    size = amount(fields, "sz")
    if size is None:
        raise OrderRefused(parameter("sz"))
    request, pair = wanted.request, wanted.pair
    if request.type is not OrderType.MARKET:
        return replace(wanted, request=revised(request, quantity=quantity(size, pair)))
    target = fields.get("tgtCcy") or ("quote_ccy" if request.side is Side.BUY else "base_ccy")
    if target not in ("base_ccy", "quote_ccy"):
        raise OrderRefused(parameter("tgtCcy"))
    if target == "base_ccy":
        note = replace(wanted.note, target=target)
        return replace(wanted, request=revised(request, quantity=quantity(size, pair)), note=note)
    note = replace(wanted.note, target=target, size=plain(size))
    bought = _worth(front, pair, request.side, size)
    if bought < pair.instrument.min_quantity:
        raise OrderRefused(errors.TOO_SMALL)
    return replace(wanted, request=revised(request, quantity=bought), note=note)


def quantity(size: Decimal, pair: Pair) -> Decimal:
    """Return a size in the base asset.

    Raises:
        OrderRefused: it is too small, too large, or off the grid.
    """
    instrument = pair.instrument
    if size < instrument.min_quantity:
        raise OrderRefused(errors.TOO_SMALL)
    if size > instrument.max_quantity:
        limit = plain(instrument.max_quantity)
        raise OrderRefused(errors.Fault(errors.TOO_LARGE, f"Order amount exceeds the limit {limit}."))
    try:
        instrument.lots(size)
    except ValueError:
        raise OrderRefused(errors.LOT) from None
    return size


def on_grid(price: Decimal, pair: Pair) -> Decimal:
    """Return a price.

    Raises:
        OrderRefused: it has too many decimals or is absurd.
    """
    if price > pair.instrument.max_price:
        raise OrderRefused(errors.PRECISION)
    try:
        pair.instrument.ticks(price)
    except ValueError:
        raise OrderRefused(errors.PRECISION) from None
    return price


def check_band(front: Front, price: Decimal, pair: Pair, side: Side) -> None:
    """Refuse to buy far above, or to sell far below, the last price.

    Raises:
        OrderRefused: 51006, with the limits.
    """
    last = front.exchange.truth.ticker(pair.symbol).last_ticks
    if last is None:
        return
    share = Decimal(front.settings.price_band_percent) / HUNDRED
    middle = pair.instrument.price(last)
    most, least = middle * (1 + share), middle * (1 - share)
    if price > most if side is Side.BUY else price < least:
        raise OrderRefused(errors.outside_band(plain(most), plain(least)))


def submit(front: Front, wanted: Wanted) -> OrderRecord:
    """Place an order.

    Raises:
        OrderRefused: the exchange does not accept it.
    """
    try:
        record = front.exchange.submit(wanted.request)
    except Rejected as rejected:
        if rejected.code is RejectCode.POST_ONLY_WOULD_MATCH:
            return _accepted_and_cancelled(front, wanted)
        raise OrderRefused(refusal(rejected, wanted.request.side, wanted.pair)) from None
    front.note(record.order_id, wanted.note)
    return record


def refusal(rejected: Rejected, side: Side, pair: Pair) -> errors.Fault:
    """Return a refusal of the exchange in OKX's words."""
    if rejected.code is RejectCode.INSUFFICIENT_BALANCE:
        return insufficient(pair.instrument.quote if side is Side.BUY else pair.instrument.base)
    return errors.REJECTIONS[rejected.code]


def _accepted_and_cancelled(front: Front, wanted: Wanted) -> OrderRecord:
    request, pair = wanted.request, wanted.pair
    assert request.price is not None
    seen = front.exchange.truth.ticker(pair.symbol)
    ticks = (seen.ask_ticks or 2) - 1 if request.side is Side.BUY else (seen.bid_ticks or 0) + 1
    price = pair.instrument.price(max(1, ticks))
    stand_in = revised(request, price=price, post_only=False, time_in_force=TimeInForce.IOC)
    note = replace(wanted.note, refused_price=pair.prices.text(pair.instrument.ticks(request.price)))
    try:
        record = front.exchange.submit(stand_in)
    except Rejected as rejected:
        raise OrderRefused(refusal(rejected, request.side, pair)) from None
    front.note(record.order_id, note)
    return record


def _price(front: Front, fields: Fields, pair: Pair, side: Side) -> Decimal:
    price = amount(fields, "px")
    if price is None:
        raise OrderRefused(errors.NO_PRICE)
    on_grid(price, pair)
    check_band(front, price, pair, side)
    return price


def _worth(front: Front, pair: Pair, side: Side, value: Decimal) -> Decimal:
    """Return how much of the base asset an amount of the quote asset is worth at the book's present prices."""
    book = front.exchange.truth.book(pair.symbol)
    left, lots = value, 0
    for ticks, offered in book.asks if side is Side.BUY else book.bids:
        one = pair.instrument.cost(ticks, 1)
        taken = min(offered, int(left // one))
        lots += taken
        left -= one * taken
        if taken < offered:
            break
    return pair.instrument.quantity(lots)
