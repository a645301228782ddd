"""OKX's public endpoints: time, status, instruments, tickers, books, tape, candles."""

from __future__ import annotations

from itertools import islice
from typing import Any

from simulator.dialects.okx import market_bodies as bodies
from simulator.dialects.okx.candles import Bar
from simulator.dialects.okx.errors import NO_INSTRUMENT, Refused, bad_parameter
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.listing import SPOT, TYPES, Pair, plain
from simulator.dialects.okx.parameters import Fields, page, required, whole
from simulator.exchange.exchange import TradingMode

BOOK_DEPTH_MAX, FULL_DEPTH_MAX = 400, 5_000
TAPE_MAX, CANDLES_MAX = 500, 300
LISTED_MS = "1548133413000"
STATES = {
    TradingMode.FULL: "live",
    TradingMode.POST_ONLY: "live",
    TradingMode.CANCEL_ONLY: "suspend",
    TradingMode.HALTED: "suspend",
}


def time(front: Front, _fields: Fields) -> list[Any]:
    """Tell the venue's time."""
    return [{"ts": str(front.wall_ms())}]


def status(front: Front, fields: Fields) -> list[Any]:
    """Tell of maintenance: one entry while the venue is halted, or open for cancels and post-only orders alone."""
    mode, wanted = front.exchange.mode, fields.get("state")
    state = "ongoing" if mode is TradingMode.HALTED else "pre_open"
    if mode is TradingMode.FULL or wanted not in (None, "", state):
        return []
    now = str(front.wall_ms())
    return [
        {
            "begin": now,
            "end": "",
            "env": "1",
            "href": "",
            "maintType": "3",
            "preOpenBegin": now if state == "pre_open" else "",
            "scheDesc": "",
            "serviceType": "5",
            "state": state,
            "system": "unified",
            "title": "Spot trading system upgrade",
        }
    ]


def instruments(front: Front, fields: Fields) -> list[Any]:
    """Tell the rules of the instruments of one type; of types other than spot there are none."""
    kind = required(fields, "instType")
    if kind not in TYPES:
        raise bad_parameter("instType")
    wanted = fields.get("instId")
    if wanted and kind == SPOT and wanted not in front.listing.by_id:
        raise Refused(NO_INSTRUMENT.code, NO_INSTRUMENT.message)
    shown = [pair for pair in front.listing if kind == SPOT and wanted in (None, "", pair.id)]
    return [_rules(front, pair) for pair in shown]


def tickers(front: Front, fields: Fields) -> list[Any]:
    """Tell the tickers of all instruments of a type."""
    kind = required(fields, "instType")
    if kind not in TYPES:
        raise bad_parameter("instType")
    picture = front.venue.rest.picture
    return [bodies.ticker(picture.ticker(pair.symbol), pair) for pair in front.listing if kind == SPOT]


def ticker(front: Front, fields: Fields) -> list[Any]:
    """Tell one ticker."""
    pair = named(front, fields)
    return [bodies.ticker(front.venue.rest.picture.ticker(pair.symbol), pair)]


def books(front: Front, fields: Fields) -> list[Any]:
    """Tell the best levels of a book."""
    return _book(front, fields, BOOK_DEPTH_MAX)


def books_full(front: Front, fields: Fields) -> list[Any]:
    """Tell a book to its depth."""
    return _book(front, fields, FULL_DEPTH_MAX)


def trades(front: Front, fields: Fields) -> list[Any]:
    """Tell the last trades, newest first."""
    pair = named(front, fields)
    tape = front.venue.rest.picture.tape(pair.symbol, page(fields, TAPE_MAX) if fields.get("limit") else 100)
    return [bodies.trade(one, pair) for one in reversed(tape)]


def history_trades(front: Front, fields: Fields) -> list[Any]:
    """Tell older trades, newest first: those before the trade `after`, or after the trade `before`."""
    pair = named(front, fields)
    most = page(fields)
    by_time = fields.get("type") == "2"
    older, newer = whole(fields, "after"), whole(fields, "before")
    if by_time and newer is not None:
        raise Refused("50039", 'Parameter "before" isn\'t supported for timestamp pagination')

    def is_wanted(number: int) -> bool:
        return (older is None or number < older) and (newer is None or number > newer)

    tape = front.venue.rest.picture.tape(pair.symbol)
    found = (one for one in reversed(tape) if is_wanted(one.wall_ns // 1_000_000 if by_time else one.trade_id))
    return [bodies.trade(one, pair) for one in islice(found, most)]


def candles(front: Front, fields: Fields) -> list[Any]:
    """Tell candles, newest first: those that began before `after` and after `before` (milliseconds)."""
    pair = named(front, fields)
    most = page(fields, CANDLES_MAX) if fields.get("limit") else 100
    older, newer = whole(fields, "after"), whole(fields, "before")
    try:
        bar = Bar(fields.get("bar") or "1m")
    except ValueError:
        raise bad_parameter("bar") from None
    now_ns = front.timeline.wall_ns()
    shown = []
    for candle in reversed(bar.of(front.venue.rest.picture.candles(pair.symbol), now_ns)):
        at_ms = candle.start_ns // 1_000_000
        if (older is None or at_ms < older) and (newer is None or at_ms > newer):
            shown.append(bar.body(candle, pair, now_ns))
    return shown[:most]


def named(front: Front, fields: Fields) -> Pair:
    """Return the instrument that a request names.

    Raises:
        Refused: it names none.
    """
    pair = front.listing.by_id.get(required(fields, "instId"))
    if pair is None:
        raise Refused(NO_INSTRUMENT.code, NO_INSTRUMENT.message)
    return pair


def _book(front: Front, fields: Fields, most: int) -> list[Any]:
    pair = named(front, fields)
    depth = page(fields, most, "sz") if fields.get("sz") else 1
    return [bodies.book(front.venue.rest.picture.book(pair.symbol, depth), pair, front.timeline.wall_ns())]


def _rules(front: Front, pair: Pair) -> dict[str, Any]:
    instrument = pair.instrument
    most = plain(instrument.max_quantity)
    empty = (
        *("alias", "auctionEndTime", "ctMult", "ctType", "ctVal", "ctValCcy", "expTime", "instFamily", "optType"),
        *("settleCcy", "stk", "uly", "lever", "contTdSwTime", "openType", "preMktSwTime"),
    )
    return {
        **dict.fromkeys(empty, ""),
        "baseCcy": instrument.base,
        "category": "1",
        "instId": pair.id,
        "instIdCode": 1_000 + list(front.listing.by_id).index(pair.id),
        "instType": SPOT,
        "listTime": LISTED_MS,
        "lotSz": plain(instrument.lot_size),
        "maxIcebergSz": most,
        "maxLmtAmt": "20000000",
        "maxLmtSz": most,
        "maxMktAmt": "1000000",
        "maxMktSz": "1000000",
        "maxStopSz": "1000000",
        "maxTriggerSz": most,
        "maxTwapSz": most,
        "minSz": plain(instrument.min_quantity),
        "quoteCcy": instrument.quote,
        "ruleType": "normal",
        "state": STATES[front.exchange.mode],
        "tickSz": plain(instrument.tick_size),
        "tradeQuoteCcyList": [instrument.quote],
    }
