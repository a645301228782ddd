"""What a seed draws besides its weather: the bot's machines, venues and strategy, the market, and a person's orders.

A drawn scenario is written as the two files that a person would write, so that whatever breaks in it can be run,
shrunk, and put into the library as it is. Nothing here knows what the engine does with it; the bounds that the referee
judges by follow from what was drawn (a limit, the length of a bar), as they would for somebody who writes by hand.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from chaos.ground import Sites
from chaos.schedule import written
from chaos.swarm import Crews, swarm
from chaos.units import DURATION_UNITS, spoken
from scenarios.bot_sections import PAGER, PRICED, SMALL, nodes_section, venues_section
from simulator.kernel.randomness import Randomness

MINUTE_NS = DURATION_UNITS["m"]
SYMBOL = "BTC/USDT"
HEALED_NS = 10 * MINUTE_NS

TOPOLOGIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "one executor": SMALL,
        "two executors": {**SMALL, "exec-b": "b"},
        "three zones": {**SMALL, "signal-c": "c", "exec-b": "b", "monitor-c": "c"},
    }
)
"""Machines by name, and the zone each stands in; the first word of a name is what it runs."""

VENUES = ("binance", "kraken", "okx", "bybit", "coinbase")


@dataclass(frozen=True, kw_only=True)
class Style:
    """A way to trade: the strategy and what goes with it in the bot's file, and how long it needs to learn."""

    strategy: Mapping[str, Any]
    execution: Mapping[str, Any]
    rest: Mapping[str, Any]
    limit: float
    warm_up_ns: int
    protected: bool

    @property
    def bar(self) -> str:
        """How often it decides."""
        return str(self.strategy["bar"])


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "quick momentum": Style(
            strategy={"name": "momentum", "bar": "15s", "lookback": 5},
            execution=PRICED,
            rest={},
            limit=0.05,
            warm_up_ns=4 * MINUTE_NS,
            protected=True,
        ),
        "momentum": Style(
            strategy={"name": "momentum", "bar": "60s", "lookback": 5},
            execution=PRICED,
            rest={},
            limit=0.05,
            warm_up_ns=7 * MINUTE_NS,
            protected=True,
        ),
        "maker": Style(
            strategy={"name": "market-maker", "bar": "30s", "spread": "16bps", "lean": "4bps", "slice": "50%"},
            execution={"entry_ttl": "2m", "not_after": "30s", "price_collar": "20bps"},
            rest={"signal": {"gather": "5s"}, "feed": {"connections": 2}},
            limit=0.05,
            warm_up_ns=5 * MINUTE_NS,
            protected=False,
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A scenario and its bot, as the plain values of the two files; `bot` is found at `scenario["bot"]`."""

    scenario: dict[str, Any]
    bot: dict[str, Any]


def draw_surroundings(seed: int, *, lasts_ns: int) -> Drawn:
    """Return the scenario that a seed stands for, with `lasts_ns` of virtual time under fire."""
    chance = Randomness(seed).stream("surroundings")
    nodes = TOPOLOGIES[chance.choice(tuple(TOPOLOGIES))]
    venues = tuple(sorted(chance.sample(VENUES, min(len(VENUES), chance.choice((1, 2, 2, 3)))), key=VENUES.index))
    style = STYLES[chance.choice(tuple(STYLES))]
    protected = style.protected and chance.random() < 0.7
    sites = Sites(venues=venues, nodes=dict(nodes), markets=(SYMBOL,), services=("pager",))
    faults = swarm(seed, sites, _crews(nodes), from_ns=style.warm_up_ns, until_ns=lasts_ns)
    scenario = {
        "title": f"What seed {seed} drew",
        "incidents": ["explored"],
        "world": _world(chance, nodes, venues, lasts_ns),
        "bot": "bot.yaml",
        "faults": [written(fault) for fault in faults],
        "actions": _actions(chance, nodes, style.warm_up_ns, lasts_ns),
        "expect": _expect(style, protected=protected),
    }
    return Drawn(scenario=scenario, bot=_bot(chance, nodes, venues, style, protected=protected))


def _crews(nodes: Mapping[str, str]) -> Crews:
    kinds = sorted({name.partition("-")[0] for name in nodes})
    return [frozenset(name for name in nodes if name.startswith(f"{kind}-")) for kind in kinds]


def _world(chance: random.Random, nodes: Mapping[str, str], venues: tuple[str, ...], lasts_ns: int) -> dict[str, Any]:
    market: dict[str, Any] = {
        "model": "jump_diffusion",
        "price": 60000,
        "volatility": chance.choice((0.4, 0.8, 1.2, 2.0)),
        "jumps_per_day": chance.choice((0, 4, 40)),
        "basis": {venue: f"{chance.randint(-3, 3)}bps" for venue in venues[1:]},
    }
    world: dict[str, Any] = {
        "duration": spoken(lasts_ns),
        "healed": spoken(HEALED_NS),
        "zones": sorted(set(nodes.values())),
        "venues": list(venues),
        "markets": {SYMBOL: market},
    }
    if chance.random() < 0.2:
        world["climate"] = {"storm_every": "20m", "storm_lasts": "5m"}
    return world


def _bot(
    chance: random.Random, nodes: Mapping[str, str], venues: tuple[str, ...], style: Style, *, protected: bool
) -> dict[str, Any]:
    execution = dict(style.execution)
    if len(venues) > 1 and chance.random() < 0.4:
        execution["failover"] = True
    return {
        "bot": "explored",
        "nodes": nodes_section(nodes),
        "venues": venues_section(venues),
        "instruments": {SYMBOL: {"size": 0.02, "limit": style.limit}},
        "strategy": dict(style.strategy),
        **style.rest,
        "execution": execution,
        **({"protection": {"stop": "3%", "within": "10s", "grace": "10s"}} if protected else {}),
        "pager": dict(PAGER),
    }


def _actions(chance: random.Random, nodes: Mapping[str, str], from_ns: int, until_ns: int) -> list[dict[str, Any]]:
    """What a person does: ask for exits, kill and re-arm, pause and resume, or restart every machine in turn."""

    def at(low: float, high: float) -> str:
        return spoken(from_ns + chance.randint(round(low * 1000), round(high * 1000)) * (until_ns - from_ns) // 1000)

    actions: list[dict[str, Any]] = []
    if chance.random() < 0.4:
        actions.append({"do": "exit", "at": at(0, 0.2), "every": f"{chance.randint(2, 6)}m"})
    if chance.random() < 0.2:
        actions += [
            {"do": "kill", "at": at(0.2, 0.6), "door": chance.choice(("bus", "direct"))},
            {"do": "rearm", "at": at(0.75, 0.85)},
        ]
    elif chance.random() < 0.2:
        actions += [{"do": "pause", "at": at(0.2, 0.4)}, {"do": "resume", "at": at(0.5, 0.6)}]
    if chance.random() < 0.2:
        actions.append({"do": "deploy", "at": at(0.1, 0.9), "on": chance.choice(tuple(nodes))})
    return actions


def _expect(style: Style, *, protected: bool) -> dict[str, Any]:
    return {
        "recovery": "120s",
        "warm_up": spoken(style.warm_up_ns),
        "decision_every": style.bar,
        "exposure": {SYMBOL: style.limit},
        **({"protection": "40s"} if protected else {}),
        "promises": [],
    }
