"""Bybit's limits and windows, as numbers that can be changed: the venue changes them, too."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NS = 1_000_000_000

RATES: Mapping[str, int] = {
    "/v5/order/create": 20,
    "/v5/order/amend": 20,
    "/v5/order/cancel": 20,
    "/v5/order/cancel-all": 20,
    "/v5/order/create-batch": 20,
    "/v5/order/amend-batch": 20,
    "/v5/order/cancel-batch": 20,
    "/v5/order/disconnected-cancel-all": 5,
    "/v5/account/fee-rate": 5,
    "/v5/asset/coin/query-info": 5,
    "/v5/user/query-api": 10,
}
"""Requests a second of one account to one endpoint, spot; what is not named here may be asked `rate_default` times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BybitSettings:
    """Defaults are those of a unified account without VIP level in the vendor's documents of late 2025."""

    rates: Mapping[str, int] = field(default_factory=lambda: RATES)
    rate_default: int = 50
    requests_per_5s_max: int = 600
    """By address, public and private together; more is answered with 403."""
    ban_ns: int = 600 * NS
    """How long an address is shut out after that."""
    recv_window_default_ms: int = 5_000
    timestamp_ahead_max_ms: int = 1_000
    recent_orders_max: int = 500
    """How many finished orders `order/realtime` remembers; a restart makes it forget them."""
    history_lag_ns: int = 0
    """How much later than `order/realtime` the endpoint `order/history` learns of an order's end."""
    dcp_is_granted: bool = True
    """Whether the account manager has switched disconnection protection on."""
    dcp_window_default_s: int = 10
    stream_idle_ns: int = 600 * NS
    """A connection on which nothing is said for so long is cut."""
    stream_topics_per_request_max: int = 10
    ticker_interval_ns: int = NS // 20
    kline_interval_ns: int = 1 * NS
    depth_intervals_ns: Mapping[int, int] = field(
        default_factory=lambda: {1: NS // 100, 50: NS // 50, 200: NS // 5, 1000: 3 * NS // 10}
    )
    """How often a book of so many levels may speak."""
    best_repeat_ns: int = 3 * NS
    """After so long without a change, the book of one level says the same again."""
