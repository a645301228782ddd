"""What is declared about Kraken spot: how its orders live, and how it counts requests.

Sources: Kraken REST and WebSocket documentation as digested in `venues.md` 2.0 to 2.3; the counters are those of
the lowest tier. Vendors change their numbers; these are defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.evidence import View
from engine.domain.venue_facts import NS, VenueFacts
from engine.resilience.budget import Shares
from engine.resilience.meters import LeakyMeter, Meter

FACTS = VenueFacts(
    name="kraken",
    views=(View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=10 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=2 * NS,
    cancel_window_ns=None,
    id_protects=False,
    says_rejected=False,
    bans_address=False,
    takes_stops=True,
    amends=True,
    has_switch=True,
)

COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "markets": {"public": 2},
        "time": {"public": 1},
        "quote": {"public": 1},
        "place": {"trading": 1},
        "cancel": {"trading": 8},
        "look_up": {"counter": 1},
        "open_orders": {"counter": 1},
        "closed_orders": {"counter": 2},
        "fills": {"counter": 2},
        "balances": {"counter": 1},
        "permissions": {"counter": 1},
        "switch": {"counter": 1},
        "amend": {"trading": 4},
        "token": {"counter": 1},
    }
)

CANCEL_COSTS = ((5, 8.0), (10, 6.0), (15, 5.0), (45, 4.0), (90, 2.0), (300, 1.0))
"""Cancelling an order that is younger than so many seconds costs so much."""


SHARES = Shares(queries=0.9)
"""Orders and cancels are exempt from the counter of queries, so that nothing needs to be kept free of it for them."""


def cancel_cost(age_ns: int) -> float:
    """Return what cancelling an order of this age adds to the trading counter."""
    return next((cost for below_s, cost in CANCEL_COSTS if age_ns < below_s * NS), 0.0)


def meters() -> dict[str, Meter]:
    """Return the counters of one account; the trading counter is the venue's for one pair, here shared by all pairs."""
    return {
        "public": LeakyMeter(10, 1.0),
        "counter": LeakyMeter(20, 0.5),
        "trading": LeakyMeter(125, 2.34),
    }
