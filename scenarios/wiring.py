"""Sets up the virtual world of one run: venues, bus, pager, and the bot's machines, each with what it is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chaos.ground import Place
from scenarios.climates import climate_of
from scenarios.node_wiring import build_node, secrets_of
from scenarios.venue_wiring import VirtualVenue, build_venue, start_markets
from simulator.kernel import NS, World
from simulator.market.climate import Climate
from simulator.market.market import Market
from simulator.network import Internet, LinkSpeed
from simulator.services import Analytics, Broker, ModelSickness, Pager, SentimentSource
from simulator.services.outside import CHAT_NAME, ChatRoom, DeadMansSwitch
from simulator.services.pager import NAME as PAGER_NAME
from simulator.storage import Disk

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

LINK = LinkSpeed(delay_ns=2_000_000, jitter_ns=1_000_000)
"""Half a millisecond to a venue's own region would flatter; two to three each way is a machine in the same country."""

SWITCH_PERIOD_NS = 60 * NS
SWITCH_GRACE_NS = 60 * NS
"""How long the switch outside waits for a ping before it rings the pager by itself."""


@dataclass(frozen=True, kw_only=True)
class VirtualStage:
    """The world of one run, ready to be let go."""

    world: World
    internet: Internet
    venues: Mapping[str, VirtualVenue]
    broker: Broker
    pager: Pager
    chat: ChatRoom | None
    sentiment: SentimentSource | None
    analytics: Analytics | None
    markets: Mapping[str, Market]
    climate: Climate
    disks: Mapping[str, Disk]
    models: Mapping[str, ModelSickness]
    """What is wrong with the models on each of the bot's machines."""
    nodes: tuple[str, ...]

    @property
    def services(self) -> Mapping[str, Place]:
        """What can be taken away besides venues and machines, and where it answers."""
        places = {
            "bus": Place(host=self.broker.host.name, names=(self.broker.name,)),
            "pager": Place(host=self.pager.host.name, names=(PAGER_NAME,)),
        }
        if self.chat is not None:
            places["chat"] = Place(host=self.chat.host.name, names=(CHAT_NAME,))
        for name, service in (("sentiment", self.sentiment), ("analytics", self.analytics)):
            if service is not None:
                places[name] = Place(host=service.host.name, names=(service.name,))
        return places

    def close(self) -> None:
        """End the world: bury its machines, take its disks away."""
        self.world.close()


def build_stage(scenario: Scenario, seed: int) -> VirtualStage:
    """Set up everything a scenario names. Virtual time has moved by `ENGINE_BOOTS_NS` when nothing else has."""
    world = World(seed, epoch_ns=scenario.world.start_ns)
    internet = Internet(world, speed=LINK)
    secrets = secrets_of(scenario.bot)
    pager = Pager(world, internet, routing_key=secrets[scenario.bot.pager.routing_key_env])
    chat = ChatRoom(world, internet) if scenario.bot.pager.webhook_url_env is not None else None
    if scenario.bot.pager.bell_url_env is not None:
        DeadMansSwitch(world, internet, pager, period_ns=SWITCH_PERIOD_NS, grace_ns=SWITCH_GRACE_NS)
    broker = Broker(world, internet)
    sentiment, analytics = build_optional(scenario, world, internet)
    venues = {name: build_venue(scenario, world, internet, name, secrets) for name in scenario.world.venues}
    climate = climate_of(scenario.world, world.randomness)
    markets = start_markets(scenario, world, venues, climate)
    models = {name: ModelSickness() for name in scenario.bot.nodes}
    disks = {
        name: build_node(scenario.bot, world, internet, name, secrets, models[name]) for name in scenario.bot.nodes
    }
    return VirtualStage(
        world=world,
        internet=internet,
        venues=venues,
        broker=broker,
        pager=pager,
        chat=chat,
        sentiment=sentiment,
        analytics=analytics,
        markets=markets,
        climate=climate,
        disks=disks,
        models=models,
        nodes=tuple(scenario.bot.nodes),
    )


def build_optional(
    scenario: Scenario, world: World, internet: Internet
) -> tuple[SentimentSource | None, Analytics | None]:
    """Set up what the bot's configuration says that it can do without, under the names that it looks for."""
    wanted = scenario.bot.dependencies
    source = collector = None
    if wanted.sentiment is not None:
        name = urlsplit(wanted.sentiment.url).hostname or ""
        source = SentimentSource(world, internet, name=name, symbols=tuple(scenario.world.markets))
    if wanted.analytics is not None and wanted.analytics.url is not None:
        collector = Analytics(world, internet, name=urlsplit(wanted.analytics.url).hostname or "")
    return source, collector
