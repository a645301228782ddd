"""What is declared about Bybit spot: how its orders live, and how it counts requests.

Sources: Bybit API v5 documentation as digested in `venues.md` 2.0 to 2.4. Its documents call a client id always
unique, older ones did not, so nothing is built on it. Limits are per endpoint in a rolling second; half of one at once
and half a second after it never exceeds it. An address that makes 600 requests in five seconds is shut out for ten
minutes. Vendors change their numbers; these are defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.evidence import View
from engine.domain.venue_facts import NS, VenueFacts
from engine.resilience.budget import Shares
from engine.resilience.meters import LeakyMeter, Meter

FACTS = VenueFacts(
    name="bybit",
    views=(View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=10 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=NS // 2,
    cancel_window_ns=5 * NS,
    id_protects=False,
    says_rejected=True,
    takes_stops=True,
    amends=True,
)

COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "markets": {"address": 1},
        "time": {"address": 1},
        "quote": {"address": 1},
        "place": {"address": 1, "place": 1},
        "cancel": {"address": 1, "cancel": 1},
        "amend": {"address": 1, "amend": 1},
        "look_up": {"address": 1, "queries": 1},
        "open_orders": {"address": 1, "queries": 1},
        "closed_orders": {"address": 1, "queries": 1},
        "fills": {"address": 1, "queries": 1},
        "balances": {"address": 1, "queries": 1},
        "permissions": {"address": 1, "queries": 1},
    }
)

SHARES = Shares()


def meters() -> dict[str, Meter]:
    """Return the counters of one account: 600 in five seconds for the address, 20 a second placing, cancelling and
    amending each, 50 a second reading.
    """
    return {
        "address": LeakyMeter(300, 60),
        "place": LeakyMeter(10, 10),
        "cancel": LeakyMeter(10, 10),
        "amend": LeakyMeter(10, 10),
        "queries": LeakyMeter(25, 25),
    }
