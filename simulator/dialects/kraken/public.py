"""Kraken's public endpoints: time, status, assets, pairs, tickers, books, tape."""

from typing import Any

from simulator.dialects.kraken import bodies
from simulator.dialects.kraken.clock import NS, rfc1123, rfc3339
from simulator.dialects.kraken.errors import UNKNOWN_ASSET, Refused, invalid
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import Pair
from simulator.dialects.kraken.parameters import Parameters
from simulator.exchange.exchange import TradingMode

DEPTH_DEFAULT, DEPTH_MAX = 100, 500
TAPE_MAX = 1000
STATUSES = {
    TradingMode.FULL: "online",
    TradingMode.POST_ONLY: "post_only",
    TradingMode.CANCEL_ONLY: "cancel_only",
    TradingMode.HALTED: "maintenance",
}


def time(front: Front, _parameters: Parameters) -> Any:
    """Tell the venue's time."""
    wall_ns = front.timeline.wall_ns()
    return {"unixtime": wall_ns // NS, "rfc1123": rfc1123(wall_ns)}


def system_status(front: Front, _parameters: Parameters) -> Any:
    """Tell what the venue lets its clients do."""
    at = rfc3339(front.timeline.wall_ns())
    return {"status": STATUSES[front.exchange.mode], "timestamp": f"{at.partition('.')[0]}Z"}


def assets(front: Front, parameters: Parameters) -> Any:
    """Tell the assets, or those that are asked for."""
    asked = parameters.text("asset")
    if asked is None:
        return {one.id: bodies.asset(one) for one in front.listing.assets.values()}
    found = [front.listing.asset(name) for name in asked.split(",")]
    if None in found:
        raise Refused(UNKNOWN_ASSET)
    return {one.id: bodies.asset(one) for one in found if one is not None}


def asset_pairs(front: Front, parameters: Parameters) -> Any:
    """Tell the rules of the pairs, or of those that are asked for."""
    status = STATUSES[front.exchange.mode]
    fees = front.exchange.fees
    return {key: bodies.asset_pair(pair, fees, status) for key, pair in _asked(front, parameters)}


def ticker(front: Front, parameters: Parameters) -> Any:
    """Tell the tickers of the pairs, or of those that are asked for."""
    picture = front.venue.rest.picture
    return {key: bodies.ticker(picture.ticker(pair.symbol), pair) for key, pair in _asked(front, parameters)}


def depth(front: Front, parameters: Parameters) -> Any:
    """Tell the best levels of one book."""
    asked = parameters.required("pair")
    pair = front.listing.named(asked)
    count = parameters.whole("count")
    if count is None:
        count = DEPTH_DEFAULT
    if count < 1:
        raise invalid("count")
    book = front.venue.rest.picture.book(pair.symbol, min(count, DEPTH_MAX))
    return {pair.shown_as(asked): bodies.depth(book, pair, front.timeline.wall_ns())}


def trades(front: Front, parameters: Parameters) -> Any:
    """Tell the last trades, or those after `since` (Unix seconds, or nanoseconds as in `last`)."""
    asked = parameters.required("pair")
    pair = front.listing.named(asked)
    count = parameters.whole("count")
    if count is None:
        count = TAPE_MAX
    if count < 1:
        raise invalid("count")
    count = min(count, TAPE_MAX)
    since = parameters.number("since") if parameters.text("since") not in (None, "0") else None
    tape = front.venue.rest.picture.tape(pair.symbol)
    if since is not None:
        since_ns = int(since) if since >= NS * NS else int(since * NS)
        tape = [trade for trade in tape if trade.wall_ns > since_ns][:count]
    else:
        tape = tape[-count:]
    last_ns = tape[-1].wall_ns if tape else front.timeline.wall_ns()
    return {pair.shown_as(asked): [bodies.tape_trade(trade, pair) for trade in tape], "last": str(last_ns)}


def _asked(front: Front, parameters: Parameters) -> list[tuple[str, Pair]]:
    """Return the pairs named in `pair`, or all, with the keys under which to show them."""
    asked = parameters.text("pair")
    if asked is None:
        return [(pair.id, pair) for pair in front.listing]
    named = [(name, front.listing.named(name)) for name in asked.split(",")]
    return [(pair.shown_as(name), pair) for name, pair in named]
