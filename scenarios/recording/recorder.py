"""Writes a recording: pages into a file beside its final name, checked as a replay would read it, then moved there.

Nothing half-written is left: a recording that fails, is interrupted, or turns out to have a gap leaves no file under
the name that was asked for. Refusals that pass (limits, timeouts) are waited out with a growing pause.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.problem import UsageError
from scenarios.recording.pages import Wanted, candle_pages, patiently, trade_pages
from simulator.market import candles, trades
from simulator.market.recording import RecordingError

COLUMNS = {"candles": candles.COLUMNS, "trades": trades.COLUMNS}


async def record(
    exchange: Any, wanted: Wanted, kind: str, path: Path, on_row: Callable[[int], None] = lambda _: None
) -> int:
    """Record candles or trades through an open ccxt exchange; return how many rows were written.

    `on_row` is told the time of the last row in Unix milliseconds, page by page. Raises `UsageError` for a symbol
    that the venue has not, when it has nothing in the span, or when what it has cannot be replayed.
    """
    await patiently(exchange.load_markets)
    if wanted.symbol not in exchange.symbols:
        raise UsageError(f"{exchange.id} has no {wanted.symbol}; name a pair as ccxt does, such as BTC/USDT")
    partial = path.with_name(f"{path.name}.partial")
    try:
        rows = await write(partial, exchange, wanted, kind, on_row)
        if not rows:
            raise UsageError(f"{exchange.id} has no {kind} of {wanted.symbol} in that span; choose a later one")
        check(partial, kind, path)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return rows


async def write(path: Path, exchange: Any, wanted: Wanted, kind: str, on_row: Callable[[int], None]) -> int:
    """Write the rows of every page; return their number."""
    rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS[kind])
        pages = candle_pages(exchange, wanted) if kind == "candles" else trade_pages(exchange, wanted)
        async for page in pages:
            writer.writerows(page)
            rows += len(page)
            on_row(int(page[-1][0]))
    return rows


def check(path: Path, kind: str, shown: Path) -> None:
    """Read a recording as a replay would; raise `UsageError` with what stands against it."""
    try:
        if kind == "candles":
            candles.read_candles(path)
        else:
            trades.read_trades(path)
    except RecordingError as error:
        where = f" (row {error.line})" if error.line is not None else ""
        raise UsageError(f"the recording for {shown} cannot be replayed{where}: it {error.problem}") from None
