"""Ways to trade that a seed may draw: the strategy, and what goes with it in the bot's file."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from chaos.units import DURATION_UNITS
from scenarios.bot_sections import PRICED
from scenarios.explore.listings import ANSWERS, PERPETUAL, SPOT, Listing

MINUTE_NS = DURATION_UNITS["m"]


@dataclass(frozen=True, kw_only=True)
class Style:
    """A way to trade: sections of the bot's file, how long it needs to learn, and what is traded so."""

    strategy: Mapping[str, Any]
    execution: Mapping[str, Any] = field(default_factory=lambda: PRICED)
    rest: Mapping[str, Any] = field(default_factory=dict)
    warm_up_ns: int
    stop: str | None = None
    """How far a stop may stand from the entry, where a stop is possible."""
    listings: tuple[Listing, ...] = (SPOT,)

    @property
    def bar(self) -> str:
        """How often it decides."""
        return str(self.strategy["bar"])


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "quick momentum": Style(
            strategy={"name": "momentum", "bar": "15s", "lookback": 5}, warm_up_ns=4 * MINUTE_NS, stop="3%"
        ),
        "momentum": Style(
            strategy={"name": "momentum", "bar": "60s", "lookback": 5}, warm_up_ns=7 * MINUTE_NS, stop="3%"
        ),
        "maker": Style(
            strategy={"name": "market-maker", "bar": "30s", "spread": "16bps", "lean": "4bps", "slice": "50%"},
            execution={"entry_ttl": "2m", "not_after": "30s", "price_collar": "20bps"},
            rest={"signal": {"gather": "5s"}, "feed": {"connections": 2}},
            warm_up_ns=5 * MINUTE_NS,
        ),
        "model": Style(
            strategy={"name": "forecast", "bar": "30s", "lookback": 3, "enter": 0.55, "leave": 0.45},
            rest={
                "model": {"use": "scenarios.bots.drift:Drift", "low": 0, "high": 1, "within": "2s", "costs": "200ms"}
            },
            warm_up_ns=5 * MINUTE_NS,
            stop="3%",
        ),
        "swing": Style(
            strategy={"name": "swing", "use": "scenarios.bots.swing:Swing", "bar": "30s"},
            execution={**PRICED, "not_after": "90s"},
            warm_up_ns=4 * MINUTE_NS,
            stop="2%",
            listings=(PERPETUAL,),
        ),
        "answers": Style(
            strategy={"name": "momentum", "bar": "15s", "lookback": 5},
            execution={"entry_ttl": "30s", "not_after": "90s", "price_collar": "100bps"},
            warm_up_ns=4 * MINUTE_NS,
            listings=(ANSWERS,),
        ),
    }
)


def draw_style(chance: random.Random, listing: Listing) -> Style:
    """Return a way to trade what is listed."""
    return chance.choice([style for style in STYLES.values() if listing in style.listings])
