"""What a venue tells of its past, page by page: candles, or trades.

Venues serve the past in pages of a few hundred rows, beginning at a given time. A page that brings nothing new ends
the reading, for the venue has no more. Rows are told apart by their time (candles) or by their id (trades), since
pages overlap. Refusals that pass (limits, timeouts) are waited out with a growing pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import ccxt

PAGE_ROWS_MAX = 1000
ATTEMPTS_MAX = 6
PAUSE_FIRST_S = 1.0
PAUSE_MOST_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be recorded: a symbol as ccxt unifies it, and a span of Unix milliseconds, its end left out."""

    symbol: str
    from_ms: int
    to_ms: int
    timeframe: str = "1m"


async def candle_pages(exchange: Any, wanted: Wanted) -> AsyncIterator[list[list[str]]]:
    """Yield pages of rows `timestamp,open,high,low,close,volume`, as text, finished candles only."""
    since_ms, step_ms = wanted.from_ms, exchange.parse_timeframe(wanted.timeframe) * 1000
    while since_ms < wanted.to_ms:
        ask = partial(exchange.fetch_ohlcv, wanted.symbol, wanted.timeframe, since_ms, PAGE_ROWS_MAX)
        page = await patiently(ask)
        now_ms = exchange.milliseconds()
        new = [row for row in page if since_ms <= row[0] < wanted.to_ms and row[0] + step_ms <= now_ms]
        if not new:
            return
        since_ms = new[-1][0] + step_ms
        yield [[str(row[0]), *(text(value) for value in row[1:6])] for row in new]


async def trade_pages(exchange: Any, wanted: Wanted) -> AsyncIterator[list[list[str]]]:
    """Yield pages of rows `timestamp,price,amount,side`, as text."""
    since_ms, seen = wanted.from_ms, set[str]()
    while since_ms < wanted.to_ms:
        ask = partial(exchange.fetch_trades, wanted.symbol, since_ms - 1, PAGE_ROWS_MAX)  # some begin after it
        page = sorted(await patiently(ask), key=lambda trade: (trade["timestamp"], str(trade["id"]).zfill(20)))
        new = [trade for trade in page if since_ms <= trade["timestamp"] < wanted.to_ms and identity(trade) not in seen]
        if not new:
            return
        since_ms = new[-1]["timestamp"]
        seen = {identity(trade) for trade in page if trade["timestamp"] == since_ms}
        yield [
            [str(trade["timestamp"]), text(trade["price"]), text(trade["amount"]), str(trade["side"])] for trade in new
        ]


def identity(trade: dict[str, Any]) -> str:
    """Return by what a trade is known; a venue that gives no id is told apart by the trade itself."""
    return str(trade.get("id") or (trade["timestamp"], trade["price"], trade["amount"], trade["side"]))


def text(number: Any) -> str:
    """Return a number as plain decimal text, without an exponent."""
    written = repr(number) if isinstance(number, float) else str(number)
    return f"{number:.12f}".rstrip("0").rstrip(".") if "e" in written.lower() else written


async def patiently(call: Callable[[], Any]) -> Any:
    """Return what a call returns, waiting out what passes by itself; raise what does not, or lasts too long."""
    pause_s = PAUSE_FIRST_S
    for _ in range(ATTEMPTS_MAX - 1):
        try:
            return await call()
        except ccxt.OperationFailed:  # network trouble, limits, an overloaded venue
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_MOST_S)
    return await call()
