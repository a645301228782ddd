"""A symbol at a glance: best prices, last trade, and the statistics of the last 24 hours."""

from decimal import Decimal

import msgspec


class Ticker(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Prices in ticks, quantities in lots; None where a side is empty or nothing has traded."""

    symbol: str
    bid_ticks: int | None
    bid_lots: int
    ask_ticks: int | None
    ask_lots: int
    last_ticks: int | None
    last_lots: int
    last_trade_id: int
    open_ticks: int | None
    high_ticks: int | None
    low_ticks: int | None
    volume_lots: int
    quote_volume: Decimal
    trades: int
    opened_ns: int  # Unix ns of the first trade in the window
    at_ns: int  # Unix ns of this snapshot
