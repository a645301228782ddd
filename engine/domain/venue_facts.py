"""What is known about a venue before the first request, and decides how an order's life may go there.

Vendor numbers change, so each can be overridden by configuration; the values that ship are in
`engine/venues/<venue>_facts.py`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.domain.evidence import View

NS = 1_000_000_000


class VenueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Declared facts of one venue."""

    name: str
    views: tuple[View, ...]
    """Every view that must be negative before an order may be called absent, cheapest first; for an order that the
    venue has named, its look-up by that name as well (`order_views.views_in_doubt`).
    """
    view_lag_ns: int
    """The longest that any of these views is behind the truth."""
    request_window_ns: int
    """How long a submit that we send may live; no submit is executed later than this after its stamp."""
    request_window_min_ns: int
    """The shortest window that the venue takes: with less left, nothing is sent."""
    cancel_window_ns: int | None
    """The same for cancels; `None` where the venue has no expiry for them."""
    id_protects: bool
    """True where a venue refuses an id that it has ever seen; false where it forgets finished orders (Binance,
    Kraken).
    """
    says_rejected: bool
    """False where a rejection shows only as cancelled or expired without fills and without our asking (Kraken)."""
    zombie_ns: int = 0
    """How long after its lease a request of a deposed executor may still be executed; 0 where requests expire by their
    own stamp. A new leader sends nothing for so long.
    """
    bans_address: bool = True
    """True where a ban shuts out an address, with everybody behind it; false where it shuts out an account."""
    takes_stops: bool = False
    """True where the adapter can place a stop and find it again where the venue keeps it (nautilus#4411)."""
    stops_need_limit: bool = False
    """True where a stop becomes a limit order and nothing else: it can be passed over, and is then no stop any more."""
    amends: bool = False
    """True where the adapter can make an order smaller where it stands."""
    has_switch: bool = False
    """True where the adapter can have all orders of the account cancelled unless it keeps saying that we live."""
    stop_locks: bool = True
    """True where an exit must wait for the end of a stop: that locks what it would sell, or would sell it again (spot;
    false where both can only close a position).
    """
    stop_holds: bool = True
    """True where a waiting stop holds what it would sell, so that the balance tells whether it still does."""
    holds_positions: bool = False
    """True where contracts are traded: an account holds positions with margin instead of coins, and may be short.

    Such an account is read as a spot account whose coins may be below zero (`engine.domain.instrument.asset_of`).
    """
    money_off_max: Decimal = Decimal("0.00000001")
    """How far the money of an account may be off what its fills come to, by the venue's own rounding."""
    takes_away_as: tuple[str, ...] = ()
    """How the names begin of orders with which the venue itself closes a position: liquidations and their like."""

    def took_away(self, client_order_id: str | None) -> bool:
        """Tell whether an order of this name is one with which the venue itself closes a position."""
        return client_order_id is not None and client_order_id.startswith(self.takes_away_as or ("\0",))
