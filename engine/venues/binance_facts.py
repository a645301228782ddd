"""What is declared about Binance spot: how its orders live, and how it counts requests.

Sources: Binance spot API documentation (limits, request security) as digested in `venues.md` 2.0 to 2.3. Vendors
change their numbers; these are defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.evidence import View
from engine.domain.venue_facts import NS, VenueFacts
from engine.resilience.budget import Shares
from engine.resilience.meters import Meter, WindowMeter

FACTS = VenueFacts(
    name="binance",
    views=(View.LOOK_UP, View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=10 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=NS // 2,
    cancel_window_ns=5 * NS,
    id_protects=False,
    says_rejected=True,
    takes_stops=True,
)

WINDOW_MS_MAX = 60_000
"""The longest `recvWindow` that is taken."""

COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "markets": {"weight": 20},
        "time": {"weight": 1},
        "quote": {"weight": 2},
        "place": {"weight": 1, "orders": 1},
        "cancel": {"weight": 1},
        "look_up": {"weight": 4},
        "open_orders": {"weight": 6},
        "closed_orders": {"weight": 20},
        "fills": {"weight": 20},
        "fills_of_order": {"weight": 5},
        "balances": {"weight": 20},
        "permissions": {"weight": 1},
    }
)

HEADERS: Mapping[str, str] = MappingProxyType({"x-mbx-used-weight-1m": "weight", "x-mbx-order-count-10s": "orders"})

SHARES = Shares()


def meters() -> dict[str, Meter]:
    """Return 6000 weight a minute for each address, 100 orders in 10 s for each account."""
    return {"weight": WindowMeter(6000, 60 * NS), "orders": WindowMeter(100, 10 * NS)}
