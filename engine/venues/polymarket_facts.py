"""What is declared about Polymarket: how its orders live, and how it counts requests.

Sources: Polymarket documentation as digested in `venues.md` 2.0 to 2.6. An order's id is the hash of what was signed,
and the same hash is never taken twice. A request has no expiry; the time in its headers is its only bound, here taken
to be a minute, which is unconfirmed. So a stamp is counted back from when the request should be dead, and a successor
waits that minute. The network in front of the venue delays rather than refuses; its windows are not counted here.
Vendors change their numbers; these are defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.evidence import View
from engine.domain.venue_facts import NS, VenueFacts
from engine.resilience.budget import Shares
from engine.resilience.meters import LeakyMeter, Meter

FACTS = VenueFacts(
    name="polymarket",
    views=(View.LOOK_UP, View.FILLS),
    view_lag_ns=10 * NS,
    request_window_ns=60 * NS,
    request_window_min_ns=2 * NS,
    cancel_window_ns=60 * NS,
    id_protects=True,
    says_rejected=True,
)

COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "markets": {"queries": 2},
        "time": {"queries": 1},
        "quote": {"queries": 1},
        "place": {"orders": 1},
        "cancel": {"cancels": 1},
        "look_up": {"queries": 1},
        "open_orders": {"queries": 1},
        "fills": {"queries": 1},
        "balances": {"queries": 1},
        "positions": {"queries": 1},
    }
)

SHARES = Shares()


def meters() -> dict[str, Meter]:
    """Return the counters of one account: half of 40 orders and 80 cancels a second, and 15 questions."""
    return {"orders": LeakyMeter(30, 20), "cancels": LeakyMeter(60, 40), "queries": LeakyMeter(15, 15)}
