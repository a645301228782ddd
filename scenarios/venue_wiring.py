"""Sets up the venues of a virtual world, each on a machine of its own, and the markets that all of them follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from scenarios.venue_profiles import PROFILES, open_venue
from simulator.dialects.gate import Gate
from simulator.exchange.exchange import Exchange
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.timeline import Timeline
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import Host, Randomness, World
from simulator.market.bursts import Bursts
from simulator.market.climate import Climate
from simulator.market.fair import PriceProcess
from simulator.market.ladder import Ladder
from simulator.market.market import Market, Outlet
from simulator.market.prices import Basis, JumpDiffusion
from simulator.market.replays import open_replay
from simulator.network import Internet

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from scenarios.schema import Market as MarketPlan
    from simulator.exchange.timeline import Cancellable

QUOTE_BALANCE = Decimal(100_000)
"""What the bot's account holds of each quote asset unless the scenario says otherwise."""


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


class ContractOutlet(Outlet):
    """A window on a market through a contract: its index is the market's price, and its mark is the index."""

    def show(self, price: float, activity: float) -> None:
        """Quote around the venue's version of a price, and let the index follow."""
        super().show(price, activity)
        exchange: Any = self.exchange
        contract = exchange.instrument(self.symbol)
        exchange.set_index(self.symbol, contract.price(max(1, round(price / float(contract.tick_size)))))


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
    keys: tuple[ApiKey, ...] = ()


def build_venue(
    scenario: Scenario, world: World, internet: Internet, name: str, secrets: Mapping[str, str]
) -> VirtualVenue:
    """Open one venue on a machine of its own, with the bot's account and key."""
    host = world.host(name)
    timeline = HostTimeline(host)
    profile = PROFILES[name]
    venue, account, keys = furnish_venue(scenario, timeline, world.randomness, name, secrets)
    gate = Gate(timeline)
    names: list[str] = []

    async def serve(host: Host) -> None:
        apps = profile.applications(venue, gate)
        names[:] = apps
        for served_name, app in apps.items():
            await internet.serve(host, app, [served_name])

    host.factory = serve
    world.complete(host.spawn(serve(host)))
    return VirtualVenue(
        name=name,
        host=name,
        names=tuple(names),
        account=account,
        exchange=venue.exchange,
        gate=gate,
        venue=venue,
        keys=keys,
    )


def furnish_venue(
    scenario: Scenario, timeline: Timeline, randomness: Randomness, name: str, secrets: Mapping[str, str]
) -> tuple[Venue, str, tuple[ApiKey, ...]]:
    """Open one venue behind no door yet, and return it with the bot's account there and the keys of that."""
    profile = PROFILES[name]
    listed = [symbol for symbol in scenario.world.markets if profile.lists(symbol)]
    venue = open_venue(name, listed, timeline, randomness.stream(f"exchange/{name}"))
    config = scenario.bot.venues.get(name)
    if config is None:
        return venue, "nobody", ()
    venue.exchange.open_account(config.account, opening_balances(scenario, venue.exchange, listed))
    passphrase = secrets[config.passphrase_env] if config.passphrase_env else ""
    key = profile.key_of(config.account, secrets[config.key_env], secrets[config.secret_env], passphrase)
    venue.issue_key(key)
    return venue, config.account, (key,)


def opening_balances(scenario: Scenario, exchange: Exchange, listed: Sequence[str]) -> dict[str, Decimal]:
    """Return what the bot's account holds of each asset when the run begins."""
    truth: object = exchange
    if isinstance(truth, PerpetualExchange):  # which holds no coins
        return {truth.margin_asset: scenario.world.balances.get(truth.margin_asset, QUOTE_BALANCE)}
    balances: dict[str, Decimal] = {}
    for symbol in listed:
        instrument = exchange.instrument(symbol)
        balances.setdefault(instrument.base, Decimal(0))
        balances[instrument.quote] = QUOTE_BALANCE
    return {**balances, **scenario.world.balances}


class MarketWorld(Timeline, Protocol):
    """What markets need of a world: its time, and chance."""

    @property
    def randomness(self) -> Randomness:
        """Every stream of chance, by name."""
        ...


def start_markets(
    scenario: Scenario, world: MarketWorld, venues: Mapping[str, VirtualVenue], climate: Climate
) -> dict[str, Market]:
    """Let every market move, on all venues at once."""
    markets: dict[str, Market] = {}
    for symbol, plan in scenario.world.markets.items():
        process = price_process(scenario, world, symbol, plan, climate)
        market = markets[symbol] = Market(symbol, process, world, tick_ns=scenario.world.tick_ns)
        for name, venue in venues.items():
            if not PROFILES[name].lists(symbol):
                continue
            where = f"market/{symbol}/{name}"
            traded = PROFILES[name].traded_as(symbol) or symbol
            offset_bps = float(plan.basis.get(name, 0)) * 10_000
            kind = Outlet if traded == symbol or not PROFILES[name].follows_pairs else ContractOutlet
            market.add(
                kind(
                    venue.exchange,
                    traded,
                    basis=Basis(random=world.randomness.stream(f"{where}/basis"), offset_bps=offset_bps),
                    ladder=Ladder(venue.exchange.instrument(traded), random=world.randomness.stream(f"{where}/ladder")),
                )
            )
        market.start()
    return markets


def price_process(
    scenario: Scenario, world: MarketWorld, symbol: str, plan: MarketPlan, climate: Climate
) -> PriceProcess:
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
