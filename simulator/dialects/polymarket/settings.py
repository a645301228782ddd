"""Polymarket's limits and windows, as numbers that can be changed: the venue changes them, too."""

from dataclasses import dataclass
from decimal import Decimal

NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PolymarketSettings:
    """Defaults are those of the vendor's documents, or the README says that nobody has confirmed them."""

    tier: str = "standard"
    orders_per_s: int = 40
    """Orders a second by account, and how many at once; a batch has as many as it has entries."""
    orders_burst: int = 60
    cancels_per_s: int = 80
    cancels_burst: int = 120
    batch_orders_max: int = 15
    batch_cancels_max: int = 1_000
    tokens_max: int = 500
    """How many tokens a request for several books or prices may name."""
    header_window_ns: int = 60 * NS
    """How far the timestamp of a request may be from the venue's clock."""
    order_size_min: Decimal = Decimal(5)
    """The least shares of an order that may rest."""
    marketable_value_min: Decimal = Decimal(1)
    """The least collateral that an order to buy which would trade at once is worth."""
    expiry_margin_ns: int = 60 * NS
    """An order good till a time ends so much earlier."""
    heartbeat_ns: int = 10 * NS
    """Once an account has sent a heartbeat, its orders are cancelled unless another follows within this."""
    silence_max_ns: int = 60 * NS
    """A stream whose client sends nothing for so long, not even a PING, is closed."""
    stream_tokens_max: int = 500
    """How many tokens a connection may follow."""
    ban_ns: int = 600 * NS
    """How long the network in front of the venue shuts a client out, where a `throttle` rule leads to that."""
    patience: int = 20
