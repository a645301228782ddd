"""What a seed draws besides its weather: the bot's machines, venues and strategy, the market, and a person's orders.

A drawn scenario is written as the two files that a person would write, so that whatever breaks in it can be run,
shrunk, and put into the library as it is. Nothing here knows what the engine does with it; the bounds that the referee
judges by follow from what was drawn (a limit, the length of a bar), as they would for somebody who writes by hand.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from chaos.ground import Sites
from chaos.schedule import written
from chaos.swarm import Crews, swarm
from chaos.units import DURATION_UNITS, spoken
from scenarios.bot_sections import PAGER, SMALL, nodes_section
from scenarios.explore.listings import Listing, draw_listing
from scenarios.explore.styles import Style, draw_style
from simulator.kernel.randomness import Randomness

HEALED_NS = 10 * DURATION_UNITS["m"]

TOPOLOGIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "one executor": SMALL,
        "two executors": {**SMALL, "exec-b": "b"},
        "three zones": {**SMALL, "signal-c": "c", "exec-b": "b", "monitor-c": "c"},
    }
)
"""Machines by name, and the zone each stands in; the first word of a name is what it runs."""

EXTRAS = {"extras-b": "b"}
"""The machine of what a bot can do without."""

DEPENDENCIES: Mapping[str, Any] = MappingProxyType(
    {
        "sentiment": {"url": "https://sentiment.example/v1/scores", "every": "20s", "fresh_for": "60s"},
        "analytics": {"url": "https://analytics.example/v1/events"},
        "history": {},
    }
)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A scenario and its bot, as the plain values of the two files; `bot` is found at `scenario["bot"]`."""

    scenario: dict[str, Any]
    bot: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Bot:
    """What was drawn of a bot, before it is written down."""

    nodes: Mapping[str, str]
    listing: Listing
    venues: tuple[str, ...]
    style: Style
    stop: str | None
    extras: bool
    failover: bool

    @property
    def sites(self) -> Sites:
        """Where faults can strike."""
        services = ("pager", "sentiment", "analytics") if self.extras else ("pager",)
        return Sites(venues=self.venues, nodes=dict(self.nodes), markets=(self.listing.market,), services=services)

    @property
    def crews(self) -> Crews:
        """The machines that can stand in for one another; what it can do without is nobody's crew."""
        kinds = sorted({name.partition("-")[0] for name in self.nodes if name not in EXTRAS})
        return [frozenset(name for name in self.nodes if name.startswith(f"{kind}-")) for kind in kinds]

    def written(self) -> dict[str, Any]:
        """Return it as its file."""
        stop = {"protection": {"stop": self.stop, "within": "10s", "grace": "10s"}} if self.stop else {}
        return {
            "bot": "explored",
            "nodes": nodes_section(self.nodes),
            "venues": self.listing.section(self.venues),
            "instruments": {self.listing.symbol: {"size": self.listing.size, "limit": self.listing.limit}},
            "strategy": dict(self.style.strategy),
            **self.style.rest,
            **({"dependencies": dict(DEPENDENCIES)} if self.extras else {}),
            "execution": {**self.style.execution, **({"failover": True} if self.failover else {})},
            **stop,
            "pager": dict(PAGER),
        }


def draw_surroundings(seed: int, *, lasts_ns: int) -> Drawn:
    """Return the scenario that a seed stands for, with `lasts_ns` of virtual time under fire."""
    chance = Randomness(seed).stream("surroundings")
    bot = _bot(chance)
    warm_up_ns = bot.style.warm_up_ns
    faults = swarm(seed, bot.sites, bot.crews, from_ns=warm_up_ns, until_ns=lasts_ns)
    scenario = {
        "title": f"What seed {seed} drew",
        "incidents": ["explored"],
        "world": _world(chance, bot, lasts_ns),
        "bot": "bot.yaml",
        "faults": [written(fault) for fault in faults],
        "actions": _actions(chance, tuple(bot.nodes), warm_up_ns, lasts_ns),
        "expect": _expect(bot),
    }
    return Drawn(scenario=scenario, bot=bot.written())


def _bot(chance: random.Random) -> Bot:
    nodes = TOPOLOGIES[chance.choice(tuple(TOPOLOGIES))]
    listing = draw_listing(chance)
    venues = listing.choose_venues(chance)
    style = draw_style(chance, listing)
    extras = chance.random() < 0.2
    return Bot(
        nodes={**nodes, **EXTRAS} if extras else nodes,
        listing=listing,
        venues=venues,
        style=style,
        stop=style.stop if chance.random() < 0.7 else None,
        extras=extras,
        failover=len(venues) > 1 and chance.random() < 0.4,
    )


def _world(chance: random.Random, bot: Bot, lasts_ns: int) -> dict[str, Any]:
    world: dict[str, Any] = {
        **bot.listing.world(chance, bot.venues),
        "duration": spoken(lasts_ns),
        "healed": spoken(HEALED_NS),
        "zones": sorted(set(bot.nodes.values())),
    }
    if chance.random() < 0.2:
        world["climate"] = {"storm_every": "20m", "storm_lasts": "5m"}
    return world


def _actions(chance: random.Random, nodes: Sequence[str], from_ns: int, until_ns: int) -> list[dict[str, Any]]:
    """What a person does: exits, kill and re-arm, pause and resume, a deploy, a look at what has been paged."""

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
        actions.append({"do": "deploy", "at": at(0.1, 0.9), "on": chance.choice(nodes)})
    if chance.random() < 0.3:
        actions.append({"do": "acknowledge", "at": at(0, 0.3), "every": f"{chance.randint(1, 4)}m"})
    return actions


def _expect(bot: Bot) -> dict[str, Any]:
    return {
        "recovery": "120s",
        "warm_up": spoken(bot.style.warm_up_ns),
        "decision_every": bot.style.bar,
        "exposure": {bot.listing.symbol: bot.listing.limit},
        **({"protection": "40s"} if bot.stop else {}),
        "promises": [],
    }
