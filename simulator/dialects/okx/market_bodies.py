"""The market as OKX writes it: tickers, levels, books and the tape."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.dialects.okx.bodies import Body, milliseconds, side
from simulator.dialects.okx.listing import SPOT, Pair, plain
from simulator.exchange.events import PublicTrade
from simulator.exchange.picture import BookSnapshot
from simulator.exchange.ticker import Ticker

SEQUENCE_BASE = 1_000_000_000
"""Changes of a book are numbered by the exchange from 1, lifted to the size of OKX's numbers."""


def ticker(seen: Ticker, pair: Pair) -> Body:
    """Return a symbol at a glance."""
    price, quantity = pair.prices, pair.quantities
    opened = price.or_empty(seen.open_ticks)
    return {
        "instType": SPOT,
        "instId": pair.id,
        "last": price.or_empty(seen.last_ticks),
        "lastSz": quantity.text(seen.last_lots),
        "askPx": price.or_empty(seen.ask_ticks),
        "askSz": quantity.text(seen.ask_lots),
        "bidPx": price.or_empty(seen.bid_ticks),
        "bidSz": quantity.text(seen.bid_lots),
        "open24h": opened,
        "high24h": price.or_empty(seen.high_ticks),
        "low24h": price.or_empty(seen.low_ticks),
        "volCcy24h": plain(seen.quote_volume),
        "vol24h": quantity.text(seen.volume_lots),
        "ts": milliseconds(seen.at_ns),
        "sodUtc0": opened,
        "sodUtc8": opened,
    }


def levels(shown: Iterable[tuple[int, int]], pair: Pair) -> list[list[str]]:
    """Return levels of a book; how many orders stand behind one is not known, and told as one."""
    price, quantity = pair.prices, pair.quantities
    return [[price.text(ticks), quantity.text(lots), "0", "1" if lots else "0"] for ticks, lots in shown]


def book(shown: BookSnapshot, pair: Pair, wall_ns: int) -> Body:
    """Return a book as REST tells it."""
    return {
        "asks": levels(shown.asks, pair),
        "bids": levels(shown.bids, pair),
        "ts": milliseconds(wall_ns),
        "seqId": SEQUENCE_BASE + shown.update_id,
    }


def trade(seen: PublicTrade, pair: Pair) -> Body:
    """Return a trade of the tape."""
    return {
        "instId": pair.id,
        "side": side(seen.side),
        "sz": pair.quantities.text(seen.quantity_lots),
        "source": "0",
        "px": pair.prices.text(seen.price_ticks),
        "tradeId": str(seen.trade_id),
        "ts": milliseconds(seen.wall_ns),
    }
