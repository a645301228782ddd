"""What is declared about Binance's perpetuals (USD-M): how their orders live, and how requests are counted.

Sources: Binance USD-M futures API documentation (general info, limits; orders that the venue places itself begin with
`autoclose-`, `adl_autoclose` or `settlement_autoclose-`). Vendors change their numbers; these are defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from engine.domain.evidence import View
from engine.domain.venue_facts import NS, VenueFacts
from engine.resilience.budget import Shares
from engine.resilience.meters import Meter, WindowMeter

FACTS = VenueFacts(
    name="binanceusdm",
    views=(View.LOOK_UP, View.OPEN_ORDERS, View.CLOSED_ORDERS, View.FILLS),
    view_lag_ns=10 * NS,
    request_window_ns=5 * NS,
    request_window_min_ns=NS // 2,
    cancel_window_ns=5 * NS,
    id_protects=False,
    says_rejected=True,
    takes_stops=True,
    stop_locks=False,
    holds_positions=True,
    money_off_max=Decimal("0.01"),
    takes_away_as=("autoclose-", "adl_autoclose", "settlement_autoclose-"),
)

COSTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "markets": {"weight": 1},
        "time": {"weight": 1},
        "quote": {"weight": 1},
        "place": {"orders": 1},
        "cancel": {"weight": 1},
        "look_up": {"weight": 1},
        "open_orders": {"weight": 1},
        "closed_orders": {"weight": 5},
        "fills": {"weight": 5},
        "fills_of_order": {"weight": 5},
        "payments": {"weight": 30},
        "balances": {"weight": 5},
        "permissions": {"weight": 1},
        "position_terms": {"weight": 10},
        "set_position_terms": {"weight": 4},
        "listen_key": {"weight": 1},
    }
)

SHARES = Shares()


def meters() -> dict[str, Meter]:
    """Return 2400 weight a minute for each address, 300 orders in 10 s for each account."""
    return {"weight": WindowMeter(2400, 60 * NS), "orders": WindowMeter(300, 10 * NS)}
