"""Binance's limits and windows, as numbers that can be changed: the venue changes them, too."""

from dataclasses import dataclass

NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class BinanceSettings:
    """Defaults are those of the vendor's documents of late 2025."""

    weight_per_minute_max: int = 6000
    orders_per_10s_max: int = 100
    orders_per_day_max: int = 200_000
    recv_window_default_ms: int = 5_000
    recv_window_max_ms: int = 60_000
    timestamp_ahead_max_ms: int = 1_000
    open_orders_max: int = 200
    """What `MAX_NUM_ORDERS` tells; the exchange core enforces its own number, which should be this one."""
    patience: int = 10
    """Requests after a 429 and before its time is over that are still forgiven."""
    ban_ns: int = 120 * NS
    """The first ban; the vendor's scale from 2 minutes to 3 days."""
    ticker_interval_ns: int = 1 * NS
    """How often a ticker stream may speak."""
    depth_interval_ns: int = NS // 10
    kline_interval_ns: int = 2 * NS
    """How often the stream of a kline may speak while it grows."""
    stream_messages_per_second_max: int = 5
    """A client that sends more is disconnected."""
    streams_per_connection_max: int = 1024
    ping_interval_ns: int = 20 * NS
    pong_timeout_ns: int = 60 * NS
    stream_life_ns: int = 24 * 3600 * NS
    code_of_500: int = -1000
    """What Binance says with HTTP 500: -1000 or -1001, or -1006, which says itself that the outcome is unknown."""
