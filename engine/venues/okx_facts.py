"""What is declared about OKX spot: how its orders live, and how it counts requests.

Sources: OKX API v5 documentation as digested in `venues.md` 2.0 to 2.3. Limits are per endpoint, in rolling windows of
two seconds, and no header tells what is used; half of a limit at once and a quarter a second after it never exceeds
it, wherever the window begins. Vendors change their numbers; these are defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.evidence import View
from engine.domain.venue_facts import NS, VenueFacts
from engine.resilience.budget import Shares
from engine.resilience.meters import LeakyMeter, Meter

FACTS = VenueFacts(
    name="okx",
    views=(View.LOOK_UP, View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=10 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=NS // 2,
    cancel_window_ns=None,
    id_protects=False,
    says_rejected=False,
    bans_address=False,
    takes_stops=True,
    stop_holds=False,
    has_switch=True,
)

LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "place": 60,
        "place_algo": 20,
        "cancel": 60,
        "cancel_algos": 20,
        "order": 60,
        "algo": 20,
        "pending": 60,
        "algos_pending": 20,
        "history": 40,
        "algos_history": 20,
        "fills": 10,
        "balance": 10,
        "switch": 2,
        "public": 10,
    }
)
"""Requests in two seconds, by endpoint; the least of those that are public."""

COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "markets": {"public": 1},
        "time": {"public": 1},
        "quote": {"public": 1},
        "place": {"place": 1},
        "place_stop": {"place_algo": 1},
        "cancel": {"cancel": 1, "cancel_algos": 1},
        "look_up": {"order": 1},
        "look_up_stop": {"algo": 1},
        "open_stops": {"algos_pending": 1},
        "closed_stops": {"algos_history": 1},
        "switch": {"switch": 1},
        "open_orders": {"pending": 1},
        "closed_orders": {"history": 1},
        "fills": {"fills": 1},
        "balances": {"balance": 1},
        "permissions": {"balance": 1},
    }
)

SHARES = Shares()


def meters() -> dict[str, Meter]:
    """Return the counters of one account."""
    return {name: LeakyMeter(limit / 2, limit / 4) for name, limit in LIMITS.items()}
