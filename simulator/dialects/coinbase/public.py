"""Coinbase's public endpoints: products, prices, books, trades, candles, currencies and the time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.dialects.coinbase import bodies
from simulator.dialects.coinbase.asked import Asked
from simulator.dialects.coinbase.clock import NS, rfc3339, whole_second
from simulator.dialects.coinbase.errors import invalid, not_found
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.listing import DOLLARS, Product, divided, plain
from simulator.exchange.candles import Candle
from simulator.exchange.events import PublicTrade
from simulator.exchange.picture import BookSnapshot

MS = 1_000_000
TRADES_DEFAULT, TRADES_MAX = 100, 1_000
CANDLES_MAX = 350
GRANULARITIES = {
    "ONE_MINUTE": 60,
    "FIVE_MINUTE": 300,
    "FIFTEEN_MINUTE": 900,
    "THIRTY_MINUTE": 1_800,
    "ONE_HOUR": 3_600,
    "TWO_HOUR": 7_200,
    "FOUR_HOUR": 14_400,
    "SIX_HOUR": 21_600,
    "ONE_DAY": 86_400,
}


def old_time(front: Front, _asked: Asked) -> Any:
    """Tell the time as /v2 does."""
    now_ns = front.timeline.wall_ns()
    return {"data": {"iso": whole_second(now_ns), "epoch": now_ns // NS}}


def time(front: Front, _asked: Asked) -> Any:
    """Tell the time."""
    now_ns = front.timeline.wall_ns()
    return {"iso": whole_second(now_ns), "epochSeconds": str(now_ns // NS), "epochMillis": str(now_ns // MS)}


def currencies(front: Front, _asked: Asked) -> Any:
    """Tell the currencies that are money."""
    listed = [one for one in front.listing.currencies.values() if one.is_fiat]
    return {"data": [{"id": one.code, "name": one.name, "min_size": "0.01"} for one in listed]}


def coins(front: Front, _asked: Asked) -> Any:
    """Tell the currencies that are coins."""
    listed = [one for one in front.listing.currencies.values() if not one.is_fiat]
    return {"data": [bodies.crypto(one, position) for position, one in enumerate(listed)]}


def exchange_rates(front: Front, asked: Asked) -> Any:
    """Tell what a dollar is worth in every currency that has a price in dollars, or is one."""
    currency = asked.query.text("currency") or "USD"
    if currency not in DOLLARS:
        raise invalid("Invalid currency")
    rates = dict.fromkeys(DOLLARS, "1")
    picture = front.venue.rest.picture
    for product in front.listing:
        last = picture.ticker(product.symbol).last_ticks
        if last and product.quote.code in DOLLARS:
            rates[product.base.code] = divided(1 / product.instrument.price(last))
    return {"data": {"currency": currency, "rates": rates}}


def products(front: Front, asked: Asked) -> Any:
    """Tell the products, or those that are asked for."""
    wanted = asked.query.all("product_ids", "product_ids[]")
    kind = asked.query.text("product_type")
    if kind not in (None, "UNKNOWN_PRODUCT_TYPE", "SPOT", "FUTURE"):
        raise invalid("product_type is invalid")
    listed = [one for one in front.listing if kind != "FUTURE" and (not wanted or one.id in wanted)]
    offset, limit = asked.query.whole("offset") or 0, asked.query.whole("limit")
    page = listed[offset:] if not limit else listed[offset : offset + limit]
    return {"products": [_product(front, one) for one in page], "num_products": len(listed)}


def product(front: Front, asked: Asked) -> Any:
    """Tell one product."""
    return _product(front, named(front, asked.named))


def ticker(front: Front, asked: Asked) -> Any:
    """Tell the last trades of a product, the newest first, and its best prices."""
    one, query = named(front, asked.named), asked.query
    limit = query.whole("limit") or TRADES_DEFAULT
    since, until = query.seconds("start"), query.seconds("end")
    picture = front.venue.rest.picture
    tape = [trade for trade in picture.tape(one.symbol) if _within(trade, since, until)]
    seen = picture.ticker(one.symbol)
    return {
        "trades": [bodies.tape_trade(trade, one) for trade in reversed(tape[-min(limit, TRADES_MAX) :])],
        "best_bid": one.price(seen.bid_ticks),
        "best_ask": one.price(seen.ask_ticks),
    }


def book(front: Front, asked: Asked) -> Any:
    """Tell the best levels of one book."""
    one = named(front, asked.query.text("product_id") or "")
    shown = front.venue.rest.picture.book(one.symbol, asked.query.whole("limit") or None)

    pricebook = _pricebook(front, one, shown)
    if not shown.bids or not shown.asks:
        return {"pricebook": pricebook, "last": "", "mid_market": "", "spread_bps": "", "spread_absolute": ""}
    bid, ask = (one.instrument.price(side[0][0]) for side in (shown.bids, shown.asks))
    middle = plain((bid + ask) / 2)
    spread = {"spread_bps": divided((ask - bid) * 20_000 / (bid + ask)), "spread_absolute": plain(ask - bid)}
    return {"pricebook": pricebook, "last": middle, "mid_market": middle, **spread}


def best_bid_ask(front: Front, asked: Asked) -> Any:
    """Tell the best level of each side of every book, or of those that are asked for."""
    wanted = asked.query.all("product_ids", "product_ids[]")
    listed = [named(front, one) for one in wanted] if wanted else list(front.listing)
    picture = front.venue.rest.picture
    return {"pricebooks": [_pricebook(front, one, picture.book(one.symbol, 1)) for one in listed]}


def candles(front: Front, asked: Asked) -> Any:
    """Tell candles, the newest first; spans without a trade have none."""
    one, query = named(front, asked.named), asked.query
    span_s = GRANULARITIES.get(query.text("granularity") or "")
    if span_s is None:
        raise invalid("granularity is invalid")
    start_s, end_s = query.seconds("start"), query.seconds("end")
    if start_s is None or end_s is None:
        raise invalid("start and end are required")
    if (end_s - start_s) // span_s > CANDLES_MAX:
        raise invalid(f"number of candles requested should be less than {CANDLES_MAX}")
    kept = front.venue.rest.picture.candles(one.symbol).of(span_s * NS, fill=False)
    wanted = [candle for candle in kept if start_s <= candle.start_ns // NS < end_s]
    return {"candles": [_candle(one, candle) for candle in reversed(wanted)]}


def named(front: Front, product_id: str) -> Product:
    """Return the product of that id.

    Raises:
        Refused: there is none.
    """
    found = front.listing.by_id.get(product_id)
    if found is None:
        raise not_found("valid product_id is required")
    return found


def _pricebook(front: Front, one: Product, shown: BookSnapshot) -> dict[str, Any]:
    def levels(side: tuple[tuple[int, int], ...]) -> list[dict[str, str]]:
        return [{"price": one.price(ticks), "size": one.size(lots)} for ticks, lots in side]

    now = rfc3339(front.timeline.wall_ns())
    return {"product_id": one.id, "bids": levels(shown.bids), "asks": levels(shown.asks), "time": now}


def _product(front: Front, one: Product) -> Any:
    return bodies.product(one, front.venue.rest.picture.ticker(one.symbol), front.exchange.mode)


def _candle(one: Product, candle: Candle) -> dict[str, str]:
    return {
        "start": str(candle.start_ns // NS),
        "low": one.price(candle.low_ticks),
        "high": one.price(candle.high_ticks),
        "open": one.price(candle.open_ticks),
        "close": one.price(candle.close_ticks),
        "volume": one.size(candle.lots),
    }


def _within(trade: PublicTrade, since_s: int | None, until_s: int | None) -> bool:
    at_s = Decimal(trade.wall_ns) / NS
    return (since_s is None or at_s >= since_s) and (until_s is None or at_s < until_s)
