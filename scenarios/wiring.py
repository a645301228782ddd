"""Sets up the virtual world of one run: venues, bus, pager, and the bot's machines, each with what it is handed.

This is where the engine's ports meet the simulator's shapes; mypy checks the fit here, for neither knows the other.
Every machine of the bot gets what a real process would get: clocks, a way to dial, a bus, a disk, secrets in its
environment.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.ports.bus import BusUnavailable
from engine.ports.store import Store
from engine.runtime.config import BotConfig
from engine.runtime.node import run_node
from engine.runtime.sqlite import SqliteStore
from engine.runtime.surroundings import Surroundings
from scenarios.venue_profiles import PROFILES, open_venue
from simulator.dialects.gate import Gate
from simulator.exchange.exchange import Exchange
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import NS, Host, World
from simulator.market.bursts import Bursts
from simulator.market.climate import Climate
from simulator.market.fair import PriceProcess
from simulator.market.ladder import Ladder
from simulator.market.market import Market, Outlet
from simulator.market.prices import Basis, JumpDiffusion
from simulator.market.replays import open_replay
from simulator.network import Internet, LinkSpeed
from simulator.services import Broker, BrokerClient, Pager
from simulator.storage import Disk

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from scenarios.schema import Market as MarketPlan
    from simulator.exchange.timeline import Cancellable

LINK = LinkSpeed(delay_ns=2_000_000, jitter_ns=1_000_000)
"""Half a millisecond to a venue's own region would flatter; two to three each way is a machine in the same country."""

QUOTE_BALANCE = Decimal(100_000)
"""What the bot's account holds of each quote asset unless the scenario says otherwise."""

ENGINE_BOOTS_NS = 2 * NS
"""The bot's machines are switched on when the venues and the bus already run."""


class HostTimeline:
    """The time a venue lives in: the world's timers, and the wall clock of the machine it runs on."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def now_ns(self) -> int:
        """Return virtual time."""
        return self._host.world.now_ns()

    def wall_ns(self) -> int:
        """Return what the venue believes the time to be."""
        return self._host.wall_ns()

    def call_later(self, delay_ns: int, fn: Callable[[], None], /) -> Cancellable:
        """Run `fn` in `delay_ns`."""
        return self._host.world.call_later(delay_ns, fn)


@dataclass(frozen=True, kw_only=True)
class VirtualVenue:
    """A venue of the virtual world: its truth, its door, and where it answers."""

    name: str
    host: str
    names: tuple[str, ...]
    account: str
    exchange: Exchange
    gate: Gate
    venue: Venue


@dataclass(frozen=True, kw_only=True)
class VirtualStage:
    """The world of one run, ready to be let go."""

    world: World
    internet: Internet
    venues: Mapping[str, VirtualVenue]
    broker: Broker
    pager: Pager
    markets: Mapping[str, Market]
    disks: Mapping[str, Disk]
    nodes: tuple[str, ...]

    def close(self) -> None:
        """End the world: bury its machines, take its disks away."""
        self.world.close()


def build_stage(scenario: Scenario, seed: int) -> VirtualStage:
    """Set up everything a scenario names. Virtual time has moved by `ENGINE_BOOTS_NS` when nothing else has."""
    world = World(seed, epoch_ns=scenario.world.start_ns)
    internet = Internet(world, speed=LINK)
    secrets = secrets_of(scenario.bot)
    pager = Pager(world, internet, routing_key=secrets[scenario.bot.pager.routing_key_env])
    broker = Broker(world, internet)
    venues = {name: build_venue(scenario, world, internet, name, secrets) for name in scenario.world.venues}
    markets = start_markets(scenario, world, venues)
    disks = {
        name: build_node(scenario.bot, world, internet, name, node.zone, secrets)
        for name, node in scenario.bot.nodes.items()
    }
    return VirtualStage(
        world=world,
        internet=internet,
        venues=venues,
        broker=broker,
        pager=pager,
        markets=markets,
        disks=disks,
        nodes=tuple(scenario.bot.nodes),
    )


def secrets_of(bot: BotConfig) -> dict[str, str]:
    """Make up the secrets of the simulated accounts, under the names that the bot's configuration looks for."""
    secrets = {bot.pager.routing_key_env: "simulated-routing-key"}
    for name, venue in bot.venues.items():
        secrets[venue.key_env] = f"key-of-{name}-{venue.account}"
        secrets[venue.secret_env] = base64.b64encode(f"secret of {name} {venue.account}".encode()).decode()
        if venue.passphrase_env is not None:
            secrets[venue.passphrase_env] = f"passphrase of {name}"
    return secrets


# -- venues and markets


def build_venue(
    scenario: Scenario, world: World, internet: Internet, name: str, secrets: Mapping[str, str]
) -> VirtualVenue:
    """Open one venue on a machine of its own, with the bot's account and key."""
    host = world.host(name)
    timeline = HostTimeline(host)
    venue = open_venue(name, scenario.world.markets, timeline, world.randomness.stream(f"exchange/{name}"))
    exchange = venue.exchange
    gate = Gate(timeline)
    account = "nobody"
    if (config := scenario.bot.venues.get(name)) is not None:
        account = config.account
        exchange.open_account(account, opening_balances(scenario))
        passphrase = secrets[config.passphrase_env] if config.passphrase_env else ""
        key, secret = secrets[config.key_env], secrets[config.secret_env]
        venue.issue_key(ApiKey(account=account, key=key, secret=secret, passphrase=passphrase))

    names: list[str] = []

    async def serve(host: Host) -> None:
        apps = PROFILES[name].applications(venue, gate)
        names[:] = apps
        for served_name, app in apps.items():
            await internet.serve(host, app, [served_name])

    host.factory = serve
    world.complete(host.spawn(serve(host)))
    return VirtualVenue(
        name=name, host=name, names=tuple(names), account=account, exchange=exchange, gate=gate, venue=venue
    )


def opening_balances(scenario: Scenario) -> dict[str, Decimal]:
    """Return what the bot's account holds of each asset when the run begins."""
    balances: dict[str, Decimal] = {}
    for symbol in scenario.world.markets:
        base, quote = symbol.split("/")
        balances.setdefault(base, Decimal(0))
        balances[quote] = QUOTE_BALANCE
    return {**balances, **scenario.world.balances}


def start_markets(scenario: Scenario, world: World, venues: Mapping[str, VirtualVenue]) -> dict[str, Market]:
    """Let every market move, on all venues at once."""
    climate = climate_of(scenario, world)
    markets: dict[str, Market] = {}
    for symbol, plan in scenario.world.markets.items():
        process = price_process(scenario, world, symbol, plan, climate)
        market = markets[symbol] = Market(symbol, process, world, tick_ns=scenario.world.tick_ns)
        for name, venue in venues.items():
            where = f"market/{symbol}/{name}"
            offset_bps = float(plan.basis.get(name, 0)) * 10_000
            market.add(
                Outlet(
                    venue.exchange,
                    symbol,
                    basis=Basis(random=world.randomness.stream(f"{where}/basis"), offset_bps=offset_bps),
                    ladder=Ladder(venue.exchange.instrument(symbol), random=world.randomness.stream(f"{where}/ladder")),
                )
            )
        market.start()
    return markets


def climate_of(scenario: Scenario, world: World) -> Climate:
    """Return what the markets share: a factor, and storms where the scenario has them."""
    chance, plan = world.randomness.stream("climate"), scenario.world.climate
    if plan is None:
        return Climate(random=chance, tick_ns=scenario.world.tick_ns)
    return Climate(
        random=chance,
        tick_ns=scenario.world.tick_ns,
        storm_every_ns=plan.storm_every_ns,
        storm_lasts_ns=plan.storm_lasts_ns,
        storm_volatility=float(plan.storm_volatility),
        storm_jumps=float(plan.storm_jumps),
    )


def price_process(scenario: Scenario, world: World, symbol: str, plan: MarketPlan, climate: Climate) -> PriceProcess:
    """Return what moves a market: its model, or its recorded past."""
    chance, tick_ns = world.randomness.stream(f"market/{symbol}"), scenario.world.tick_ns
    if plan.model is None:
        path, ends_ns = scenario.replays[symbol], scenario.world.ends_ns
        return open_replay(path, need_ns=ends_ns, tick_ns=tick_ns, random=chance)
    assert plan.price is not None
    trading, branching = world.randomness.stream(f"market/{symbol}/bursts"), float(plan.branching)
    return JumpDiffusion(
        price=float(plan.price),
        volatility=float(plan.volatility),
        tick_ns=tick_ns,
        random=chance,
        jumps_per_day=float(plan.jumps_per_day),
        jump_bps=float(plan.jump_size) * 10_000,
        climate=climate,
        correlation=float(plan.correlation),
        bursts=Bursts(random=trading, tick_ns=tick_ns, branching=branching) if branching else None,
    )


# -- the bot


def build_node(
    bot: BotConfig, world: World, internet: Internet, name: str, zone: str, secrets: Mapping[str, str]
) -> Disk:
    """Set up one machine of the bot, to be switched on in a moment; return its disk."""

    async def run(host: Host) -> None:
        await run_node(name, bot, surroundings(internet, host, disk, secrets))

    host = world.host(name, run, zone=zone, boot=False)
    disk = Disk(host)
    world.call_at(ENGINE_BOOTS_NS, lambda: world.reboot(name))
    return disk


def surroundings(internet: Internet, host: Host, disk: Disk, secrets: Mapping[str, str]) -> Surroundings:
    """Hand a machine of the bot all that a real process would find around it."""

    async def pace() -> None:
        await asyncio.sleep(disk.sync_ns / NS)

    async def open_store(name: str) -> Store:
        store = SqliteStore(name, vfs=disk.vfs, pace=pace)
        host.world.at_end.append(store.close)  # what a dead machine left open is closed on ghosts
        return store

    return Surroundings(
        clock=host,
        connectors=lambda: internet.connector(host),
        bus=BrokerClient(internet, host, unavailable=BusUnavailable),
        open_store=open_store,
        random=host.world.randomness.stream(f"node/{host.name}/{host.boots}"),
        secrets=secrets,
        node=host.name,
    )
