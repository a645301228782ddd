"""Kraken's candles: the OHLC endpoint, and the `ohlc` channel of WebSocket version 2.

Over REST an interval without trades has a flat candle with no volume; the channel speaks at trades only.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simulator.dialects.figures import money, truncated
from simulator.dialects.kraken.clock import NS, rfc3339
from simulator.dialects.kraken.errors import Refused, invalid
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import Pair
from simulator.dialects.kraken.parameters import Parameters
from simulator.exchange.candles import MINUTE_NS, Candle

INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""The sizes of candles, in minutes."""
CANDLES_MAX = 720
SNAPSHOT_CANDLES = 10
DEPRECATION = "timestamp is deprecated, use interval_begin"


def ohlc(front: Front, parameters: Parameters) -> Any:
    """Tell the candles of a pair that began after `since` (Unix seconds), and the one that is under way."""
    asked = parameters.required("pair")
    pair = front.listing.named(asked)
    interval = parameters.whole("interval")
    if interval is None:
        interval = 1
    if interval not in INTERVALS:
        raise invalid("interval")
    since_s = _since(parameters)
    view = front.venue.rest
    made = view.picture.candles(pair.symbol).of(interval * MINUTE_NS, until_ns=front.timeline.wall_ns() - view.lag_ns)
    last_s = made[-2].start_ns // NS if len(made) > 1 else 0
    under_way = made[-1:]  # always told, whatever `since` says
    page = [candle for candle in made[-CANDLES_MAX:-1] if candle.start_ns // NS > since_s] + under_way
    return {pair.shown_as(asked): [_row(candle, pair) for candle in page], "last": last_s}


def _since(parameters: Parameters) -> int:
    try:
        return int(parameters.number("since") or -1) if parameters.text("since") not in (None, "0") else -1
    except Refused:
        raise invalid("since") from None


def _row(candle: Candle, pair: Pair) -> list[Any]:
    price = pair.figures.prices
    return [
        candle.start_ns // NS,
        price.text(candle.open_ticks),
        price.text(candle.high_ticks),
        price.text(candle.low_ticks),
        price.text(candle.close_ticks),
        _mean(candle, pair),
        pair.figures.quantities.text(candle.lots),
        candle.trades,
    ]


def _mean(candle: Candle, pair: Pair) -> str:
    """Return the average price by volume, 0 where nothing has traded."""
    places = pair.price_places
    if not candle.lots:
        return money(Decimal(0), places)
    return money(truncated(pair.tick * candle.value / candle.lots, places), places)


def message(candles: Iterable[Candle], pair: Pair, interval: int, kind: str, wall_ns: int) -> bytes:
    """Return candles as a message of the channel."""
    price, quantity = pair.figures.prices, pair.figures.quantities
    told = ",".join(
        f'{{"symbol":"{pair.symbol}","open":{price.text(one.open_ticks)},"high":{price.text(one.high_ticks)},'
        f'"low":{price.text(one.low_ticks)},"close":{price.text(one.close_ticks)},"trades":{one.trades},'
        f'"volume":{quantity.text(one.lots)},"vwap":{_mean(one, pair)},'
        f'"interval_begin":"{_nanoseconds(one.start_ns)}","interval":{interval},'
        f'"timestamp":"{rfc3339(one.start_ns + interval * MINUTE_NS)}"}}'
        for one in candles
    )
    return f'{{"channel":"ohlc","type":"{kind}","timestamp":"{_nanoseconds(wall_ns)}","data":[{told}]}}'.encode()


def _nanoseconds(at_ns: int) -> str:
    """Return a time with nine decimals, as this channel writes some of its times."""
    return f"{rfc3339(at_ns)[:-1]}{at_ns % 1000:03d}Z"
