"""Bybit's public endpoints: time, rules, tickers, books, tape and candles. Only spot has anything to tell."""

from collections.abc import Mapping
from typing import Any

from simulator.dialects.bybit import market_bodies
from simulator.dialects.bybit.bodies import Body
from simulator.dialects.bybit.errors import UNSUPPORTED_SYMBOL, Refused, wrong
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.limits import MS
from simulator.dialects.bybit.listing import Listed
from simulator.dialects.bybit.parameters import Parameters
from simulator.exchange.candles import MINUTE_NS

BOOK_DEPTH_MAX = 200
TAPE_MAX = 60
CANDLES_MAX = 1000
INTERVALS: Mapping[str, int] = {
    **{str(minutes): minutes * MINUTE_NS for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
    "D": 1440 * MINUTE_NS,
    "W": 7 * 1440 * MINUTE_NS,
}
"""The sizes of candles; the vendor's `M`, the month, is not served."""


def time(front: Front, _parameters: Parameters, _account: str) -> Body:
    """Tell the venue's time."""
    wall_ns = front.timeline.wall_ns()
    return {"timeSecond": str(wall_ns // 1_000_000_000), "timeNano": str(wall_ns)}


def system_status(_front: Front, _parameters: Parameters, _account: str) -> Body:
    """Tell of maintenance; there is none."""
    return {"list": []}


def instruments(front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell the rules of a category's pairs."""
    category = parameters.category()
    listed = _asked(front, parameters) if category == "spot" else []
    base = parameters.text("baseCoin")
    rules = [market_bodies.instrument(one) for one in listed if base in (None, one.instrument.base)]
    return {"category": category, "list": rules} | ({} if category == "spot" else {"nextPageCursor": ""})


def tickers(front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell the tickers of one pair, or all."""
    category = parameters.category()
    picture = front.venue.rest.picture
    listed = _asked(front, parameters) if category == "spot" else []
    return {
        "category": category,
        "list": [market_bodies.ticker(picture.ticker(one.symbol), one) for one in listed],
    }


def orderbook(front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell the best levels of a book."""
    listed = _named(front, parameters)
    snapshot = front.venue.rest.picture.book(listed.symbol, parameters.limit(1, BOOK_DEPTH_MAX))
    return market_bodies.book(snapshot, listed, front.wall_ms())


def recent_trades(front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell the last trades, the newest first."""
    listed = _named(front, parameters)
    tape = front.venue.rest.picture.tape(listed.symbol, parameters.limit(TAPE_MAX, TAPE_MAX))
    return {"category": "spot", "list": [market_bodies.tape_trade(trade, listed) for trade in reversed(tape)]}


def kline(front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell candles, the newest first: from `start` on, or the last ones."""
    listed = _named(front, parameters, default="linear")
    size_ns = INTERVALS.get(parameters.text("interval") or "")
    if size_ns is None:
        raise wrong("interval")
    start, end = parameters.whole("start"), parameters.whole("end")
    limit = parameters.limit(200, CANDLES_MAX)
    found = [
        candle
        for candle in front.venue.rest.picture.candles(listed.symbol).of(size_ns, until_ns=front.timeline.wall_ns())
        if (start is None or candle.start_ns >= start * MS) and (end is None or candle.start_ns <= end * MS)
    ]
    page = found[:limit] if start is not None and end is None else found[-limit:]
    bodies: list[Any] = [market_bodies.candle(candle, listed) for candle in reversed(page)]
    return {"category": "spot", "symbol": listed.id, "list": bodies}


def _asked(front: Front, parameters: Parameters) -> list[Listed]:
    name = parameters.text("symbol")
    if name is None:
        return list(front.listing)
    listed = front.listing.by_id.get(name)
    if listed is None:
        raise Refused(*UNSUPPORTED_SYMBOL)
    return [listed]


def _named(front: Front, parameters: Parameters, default: str | None = None) -> Listed:
    """Return the pair that a request is about; another category than spot has none."""
    category = parameters.category(default)
    listed = front.listing.by_id.get(parameters.text("symbol") or "")
    if listed is None or category != "spot":
        raise Refused(*UNSUPPORTED_SYMBOL)
    return listed
