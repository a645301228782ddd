"""Kraken's limits and windows, as numbers that can be changed: the venue changes them, too."""

from dataclasses import dataclass

NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class KrakenSettings:
    """Defaults are those of an "intermediate" client in the vendor's documents of late 2025."""

    calls_max: int = 20
    calls_decay_per_s: float = 0.5
    history_cost: int = 2
    """What a call that reads history adds to the counter; every other one adds 1, orders and cancels none."""
    public_calls_max: int = 60
    public_calls_decay_per_s: float = 5.0
    """Public calls are counted by address; the vendor only says that one a second is always allowed."""
    orders_max: float = 125
    orders_decay_per_s: float = 2.34
    """The matching engine's own counter, by account and pair."""
    deadline_max_ns: int = 60 * NS
    token_life_ns: int = 900 * NS
    """How long a WebSocket token may be used for a first subscription."""
    ban_ns: int = 900 * NS
    """How long a temporary lockout lasts."""
    patience: int = 10
