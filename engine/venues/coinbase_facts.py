"""What is declared about Coinbase Advanced Trade: how its orders live, and how it counts requests.

Sources: Coinbase documentation as digested in `venues.md` 2.0 to 2.4. A request has no expiry of its own; the token
that signs it has, of two minutes, and ours are cut to what a request may live, in whole seconds. That the venue gives
an expired token no leeway is unconfirmed. A client id that was used returns the order that used it; that this holds for
ended orders is unconfirmed, so nothing is built on it. A stop becomes a limit order and nothing else; it cannot be made
smaller (`orders/edit` is for limit orders), and there is no dead man's switch. Vendors change their numbers;
these are defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.evidence import View
from engine.domain.venue_facts import NS, VenueFacts
from engine.resilience.budget import Shares
from engine.resilience.meters import LeakyMeter, Meter

FACTS = VenueFacts(
    name="coinbase",
    views=(View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=10 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=2 * NS,
    cancel_window_ns=5 * NS,
    id_protects=False,
    says_rejected=True,
    bans_address=False,
    takes_stops=True,
    stops_need_limit=True,
)

COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "markets": {"public": 5},
        "time": {"public": 1},
        "quote": {"public": 1},
        "place": {"private": 1},
        "cancel": {"private": 1},
        "look_up": {"private": 1},
        "open_orders": {"private": 1},
        "closed_orders": {"private": 1},
        "fills": {"private": 1},
        "balances": {"private": 1},
        "permissions": {"private": 1},
    }
)

SHARES = Shares()


def meters() -> dict[str, Meter]:
    """Return the counters of one account: 30 private calls a second, 10 public ones of an address."""
    return {"private": LeakyMeter(15, 15), "public": LeakyMeter(5, 5)}
