"""Coinbase's limits and windows, as numbers that can be changed: the venue changes them, too."""

from dataclasses import dataclass

NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class CoinbaseSettings:
    """Defaults are those of the vendor's documents, or the README says that nobody has confirmed them."""

    host: str = "api.coinbase.com"
    """The name that the `uri` claim of a token must carry, unless the client called us by another one."""
    private_per_s: int = 30
    """Private calls to /api/v3 a second, by user."""
    public_per_s: int = 10
    """Public calls to /api/v3 a second, by address."""
    old_calls_per_hour: int = 10_000
    """Calls to /v2 an hour, by user or address."""
    token_life_max_ns: int = 120 * NS
    """A token that claims to live longer is refused."""
    leeway_ns: int = 5 * NS
    """How far a token's `nbf` may lie ahead of the venue's clock."""
    subscribe_within_ns: int = 5 * NS
    """A connection that has not said what it wants by then is closed."""
    idle_close_ns: int = 75 * NS
    """A connection that nothing was told for so long is closed, unless it has subscribed to the heartbeats."""
    heartbeat_ns: int = NS
    messages_per_s: int = 8
    """Unauthenticated messages on streams a second, by address."""
    batch_tickers_ns: int = 5 * NS
    """How often the `ticker_batch` channel speaks."""
    ban_ns: int = 600 * NS
    """How long the network in front of the venue shuts a client out, where a `throttle` rule leads to that."""
    patience: int = 20
