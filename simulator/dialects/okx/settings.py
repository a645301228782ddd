"""OKX's limits and windows, as numbers that can be changed: the venue changes them, too.

A limit is so many requests in so many seconds, per endpoint. Figures are those of the vendor's pages of July 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

NS = 1_000_000_000
CHECKSUMS_END_NS = 1_782_172_800 * NS
"""2026-06-23T00:00:00Z: from here on the checksum of a book is always 0."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds, counted by address, by user, or by user and instrument."""

    most: int
    seconds: int = 2
    by: Literal["address", "user", "instrument"] = "user"


RATES: Mapping[str, Rate] = MappingProxyType(
    {
        "system/status": Rate(1, 5, "address"),
        "public/time": Rate(10, 2, "address"),
        "public/instruments": Rate(20, 2, "address"),
        "market/ticker": Rate(20, 2, "address"),
        "market/tickers": Rate(20, 2, "address"),
        "market/books": Rate(40, 2, "address"),
        "market/books-full": Rate(10, 2, "address"),
        "market/trades": Rate(100, 2, "address"),
        "market/history-trades": Rate(20, 2, "address"),
        "market/candles": Rate(40, 2, "address"),
        "market/history-candles": Rate(20, 2, "address"),
        "asset/currencies": Rate(6, 1),
        "account/balance": Rate(10),
        "account/config": Rate(5),
        "account/positions": Rate(10),
        "account/trade-fee": Rate(5),
        "GET trade/order": Rate(60, 2, "instrument"),
        "trade/orders-pending": Rate(60),
        "trade/orders-history": Rate(40),
        "trade/orders-history-archive": Rate(20),
        "trade/fills": Rate(60),
        "trade/fills-history": Rate(10),
        "trade/order": Rate(60, 2, "instrument"),
        "trade/batch-orders": Rate(300, 2, "instrument"),
        "trade/cancel-order": Rate(60, 2, "instrument"),
        "trade/cancel-batch-orders": Rate(300, 2, "instrument"),
        "trade/amend-order": Rate(60, 2, "instrument"),
        "trade/amend-batch-orders": Rate(300, 2, "instrument"),
        "trade/cancel-all-after": Rate(1, 1),
        "trade/order-algo": Rate(20, 2, "instrument"),
        "GET trade/order-algo": Rate(20),
        "trade/cancel-algos": Rate(20, 2, "instrument"),
        "trade/orders-algo-pending": Rate(20),
        "trade/orders-algo-history": Rate(20),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OkxSettings:
    """Defaults are those of an account without privileges."""

    rates: Mapping[str, Rate] = field(default_factory=lambda: RATES)
    rates_scale: int = 1
    """Multiplies every rate."""
    account_orders_max: int | None = None
    """New and amended orders of an account in two seconds (1000 for derivatives); spot is exempt."""
    window_ns: int = 30 * NS
    """How old a request may be, and how far ahead its timestamp."""
    idle_ns: int = 30 * NS
    """A stream without a byte in either direction for so long is closed."""
    stream_requests_per_hour_max: int = 480
    """Logins, subscriptions and their ends on one connection."""
    connections_per_channel_max: int = 30
    price_band_percent: int = 5
    """A limit order may not be further on the wrong side of the last price."""
    checksums_end_ns: int = CHECKSUMS_END_NS
    unfilled_kept_ns: int = 7_200 * NS
    """How long a cancelled order without a fill can be looked up."""
    ban_ns: int = 300 * NS
    patience: int = 10
