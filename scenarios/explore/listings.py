"""What a seed may trade, and where: a pair at spot venues, a perpetual, or the answer to a question."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from scenarios.bot_sections import venues_section

SPOT_VENUES = ("binance", "kraken", "okx", "bybit", "coinbase")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One instrument under the bot's name for it, the market behind it, and the venues that list it."""

    symbol: str
    market: str
    venues: tuple[str, ...]
    counts: tuple[int, ...]
    """How many of the venues a bot uses, one of these."""
    price: float
    volatilities: tuple[float, ...]
    jumps_per_day: tuple[int, ...]
    size: float
    limit: float
    section: Callable[[Sequence[str]], dict[str, Any]] = venues_section
    """Writes the `venues` of the bot's file."""
    starts: tuple[str, ...] = ()
    """When a world begins, one of these, where the hour of the day matters."""

    def choose_venues(self, chance: random.Random) -> tuple[str, ...]:
        """Return some of the venues, in their order."""
        chosen = chance.sample(self.venues, chance.choice(self.counts))
        return tuple(sorted(chosen, key=self.venues.index))

    def world(self, chance: random.Random, venues: Sequence[str]) -> dict[str, Any]:
        """Return the lines of a scenario's `world` that say what is traded."""
        market: dict[str, Any] = {
            "model": "jump_diffusion",
            "price": self.price,
            "volatility": chance.choice(self.volatilities),
            "jumps_per_day": chance.choice(self.jumps_per_day),
        }
        if len(venues) > 1:
            market["basis"] = {venue: f"{chance.randint(-3, 3)}bps" for venue in venues[1:]}
        start = {"start": chance.choice(self.starts)} if self.starts else {}
        return {**start, "venues": list(venues), "markets": {self.market: market}}


def _perpetual_section(venues: Sequence[str]) -> dict[str, Any]:
    keys = {"key_env": "BINANCE_KEY", "secret_env": "BINANCE_SECRET"}
    terms = {"margin": "cross", "leverage": 3, "set": True}
    return {venue: {"account": "main", **keys, "share": 1, "positions": terms} for venue in venues}


def _answers_section(venues: Sequence[str]) -> dict[str, Any]:
    keys = {"key_env": "POLYMARKET_WALLET", "secret_env": "POLYMARKET_KEY"}
    return {venue: {"account": "main", **keys, "share": 1} for venue in venues}


SPOT = Listing(
    symbol="BTC/USDT",
    market="BTC/USDT",
    venues=SPOT_VENUES,
    counts=(1, 2, 2, 3),
    price=60_000,
    volatilities=(0.4, 0.8, 1.2, 2.0),
    jumps_per_day=(0, 4, 40),
    size=0.02,
    limit=0.05,
)
PERPETUAL = Listing(
    symbol="BTC/USDT:USDT",
    market="BTC/USDT",
    venues=("binanceusdm",),
    counts=(1,),
    price=60_000,
    volatilities=(0.8, 1.2, 2.0),
    jumps_per_day=(0, 4, 40),
    size=0.02,
    limit=0.05,
    section=_perpetual_section,
    starts=("2026-03-01T00:00:00Z", "2026-03-01T07:45:00Z", "2026-03-01T15:50:00Z"),  # funding is due every eight hours
)
ANSWERS = Listing(
    symbol="RAIN:YES/USDC",
    market="RAIN:YES/USDC",
    venues=("polymarket",),
    counts=(1,),
    price=0.5,
    volatilities=(8, 12),
    jumps_per_day=(0,),
    size=400,
    limit=1000,
    section=_answers_section,
)

LISTINGS: Mapping[str, Listing] = MappingProxyType({"spot": SPOT, "perpetual": PERPETUAL, "answers": ANSWERS})
HOW_OFTEN: Mapping[str, int] = MappingProxyType({"spot": 14, "perpetual": 4, "answers": 2})
"""Of twenty seeds; most bots trade pairs."""


def draw_listing(chance: random.Random) -> Listing:
    """Return what a seed trades."""
    return LISTINGS[chance.choices(tuple(HOW_OFTEN), weights=tuple(HOW_OFTEN.values()))[0]]
