"""Sections of a bot's file for whoever writes one by program: machines by their names, venues with their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

RUNS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "feed": ("feed",),
        "signal": ("signal",),
        "exec": ("execution",),
        "monitor": ("monitor",),
        "extras": ("sentiment", "analytics", "history"),
    }
)
"""What a machine runs, by the first word of its name."""

SMALL: Mapping[str, str] = MappingProxyType(
    {"feed-a": "a", "feed-b": "b", "signal-a": "a", "signal-b": "b", "exec-a": "a", "monitor-a": "a"}
)
"""The machines of a bot with nothing to spare but its feeds and signals, and the zone of each."""

SHARES: Mapping[int, Sequence[float]] = MappingProxyType(
    {1: (1,), 2: (0.5, 0.5), 3: (0.4, 0.3, 0.3), 4: (0.25,) * 4, 5: (0.2,) * 5}
)
"""Of each entry, by how many venues there are."""

PASSPHRASED = ("okx",)
PRICED: Mapping[str, Any] = MappingProxyType({"entry_ttl": "30s", "not_after": "60s", "price_collar": "20bps"})
PAGER: Mapping[str, Any] = MappingProxyType(
    {"url": "https://events.pagerduty.com/v2/enqueue", "routing_key_env": "PAGERDUTY_KEY"}
)


def nodes_section(machines: Mapping[str, str]) -> dict[str, Any]:
    """Return the `nodes` of machines, given the zone of each by its name."""
    return {name: {"zone": zone, "runs": [*RUNS[name.partition("-")[0]]]} for name, zone in machines.items()}


def venues_section(venues: Sequence[str]) -> dict[str, Any]:
    """Return the `venues` of up to five, each with its keys' names and its share."""
    return {venue: _venue(venue, share) for venue, share in zip(venues, SHARES[len(venues)], strict=True)}


def _venue(venue: str, share: float) -> dict[str, Any]:
    word = venue.upper()
    keys = {"key_env": f"{word}_KEY", "secret_env": f"{word}_SECRET"}
    if venue in PASSPHRASED:
        keys["passphrase_env"] = f"{word}_PASSPHRASE"
    return {"account": "main", **keys, "share": share}
