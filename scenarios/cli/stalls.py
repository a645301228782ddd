"""What `serve` sets up: the venues that were asked for, their markets, one account at each, and their ports.

The venues are those of a scenario, opened by the same profiles. All of them follow one market for each symbol, as in a
scenario, so that their prices agree unless somebody bends them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from scenarios.venue_profiles import PROFILES, Opened
from simulator.dialects.gate import Gate
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.venue import ApiKey
from simulator.kernel.randomness import Randomness
from simulator.market.ladder import Ladder
from simulator.market.market import Market, Outlet
from simulator.market.prices import Basis, JumpDiffusion
from simulator.serve import LoopbackPorts, RealTimeline, ServedVenue, VenueFaults, control, origin_of
from simulator.serve.origins import loopback_of

ACCOUNT = "main"

WEALTH = Decimal(100_000)
"""What the account holds of each asset, counted in the quote asset at the opening prices."""

TICK_NS = 1_000_000_000
"""How often prices move, in venue time: often enough for somebody who watches."""

VOLATILITY = 0.8

SURPRISE, DECIDED = 0.02, 3.0
"""How far the logarithm of a price must move to change odds by e, and the most that they are changed by, as a power."""


@dataclass(frozen=True, kw_only=True)
class Stall:
    """One venue of `serve`: its truth, its door, and the key to its account; a spare one is for a standby or a kill."""

    venue: Opened
    gate: Gate
    key: ApiKey
    faults: VenueFaults
    spare_key: ApiKey | None = None


@dataclass(kw_only=True)
class Stalls:
    """All that is served, until it is closed."""

    timeline: RealTimeline
    ports: LoopbackPorts
    stalls: Mapping[str, Stall]
    ready: dict[str, object] = field(default_factory=dict)
    """What a client needs to know, as it is printed."""

    async def open(self, token: str) -> None:
        """Open one port for each real host, and one for the control API.

        Raises:
            PortNotOpened: one of them cannot be had.
        """
        served = {}
        for name, stall in self.stalls.items():
            hosts = {}
            for host, application in PROFILES[name].applications(stall.venue, stall.gate).items():
                origin = origin_of(host)
                hosts[origin] = loopback_of(origin, await self.ports.open(application))
            served[name] = ServedVenue(name=name, faults=stall.faults, hosts=hosts)
            told = {"hosts": hosts, "credentials": PROFILES[name].credentials(stall.key)}
            if stall.spare_key is not None:
                told["spare_credentials"] = PROFILES[name].credentials(stall.spare_key)
            self.ready[name] = told
        self.ready["control"] = loopback_of("https://control", await self.ports.open(control(served, token)))
        self.ready["token"] = token

    async def close(self) -> None:
        """Let go of every client, and close the ports."""
        for stall in self.stalls.values():
            stall.faults.heal_all()
            stall.gate.drop_streams()
        await self.ports.close()
        self.timeline.close()


def set_up(
    venues: tuple[str, ...], prices: Mapping[str, Decimal], timeline: RealTimeline, *, seed: int, port: int | None
) -> Stalls:
    """Open venues that trade these symbols at these prices, and let their markets move; no port is open yet."""
    randomness = Randomness(seed)
    stalls = {name: _stall(name, prices, timeline, randomness) for name in venues}
    for symbol, price in prices.items():
        _market(symbol, price, timeline, randomness, stalls).start()
    return Stalls(timeline=timeline, ports=LoopbackPorts(port), stalls=stalls)


def _stall(name: str, prices: Mapping[str, Decimal], timeline: RealTimeline, randomness: Randomness) -> Stall:
    venue = PROFILES[name].open(name, prices, timeline, randomness.stream(f"exchange/{name}"))
    gate = Gate(timeline)
    venue.exchange.open_account(ACCOUNT, _balances(venue, prices))
    streams = (randomness.stream(f"key/{name}"), randomness.stream(f"key/{name}/spare"))
    key, spare = (PROFILES[name].issue(ACCOUNT, stream) for stream in streams)  # the same for the same seed
    for one in (key, spare):
        venue.issue_key(one)
    faults = VenueFaults(venue, gate, timeline, randomness)
    return Stall(venue=venue, gate=gate, key=key, spare_key=spare, faults=faults)


def _balances(venue: Opened, prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return equal wealth in every asset; an asset that is a quote somewhere counts as one."""
    instruments = venue.exchange.instruments.values()
    balances = {one.quote: WEALTH for one in instruments}
    if isinstance(venue, PerpetualVenue) or isinstance(venue.exchange, PredictionExchange):
        return balances  # nobody owns what futures are about, and answers are bought
    for one in instruments:
        lots = int(WEALTH / prices[one.symbol] / one.lot_size)
        balances.setdefault(one.base, one.quantity(lots))
    return balances


def _market(
    symbol: str, price: Decimal, timeline: RealTimeline, randomness: Randomness, stalls: Mapping[str, Stall]
) -> Market:
    chance = randomness.stream(f"market/{symbol}")
    process = JumpDiffusion(price=float(price), volatility=VOLATILITY, tick_ns=TICK_NS, random=chance)
    market = Market(symbol, process, timeline, tick_ns=TICK_NS)
    for name, stall in stalls.items():
        traded = PROFILES[name].traded_as(symbol)
        if traded is None:
            continue
        where = f"market/{symbol}/{name}"
        exchange: Any = stall.venue.exchange
        basis = Basis(random=randomness.stream(f"{where}/basis"))
        ladder = Ladder(exchange.instrument(traded), random=randomness.stream(f"{where}/ladder"))
        market.add(_outlet_kind(exchange)(exchange, traded, basis=basis, ladder=ladder))
    return market


def _outlet_kind(exchange: object) -> type[Outlet]:
    if isinstance(exchange, PredictionExchange):
        return QuestionOutlet
    return FuturesOutlet if isinstance(exchange, PerpetualExchange) else Outlet


class FuturesOutlet(Outlet):
    """A window on the market where futures are traded: their index is the fair price, their book stands around it."""

    def show(self, price: float, activity: float) -> None:
        """Quote, let strangers trade, and tell the index, from which marks and funding come."""
        super().show(price, activity)
        exchange: Any = self.exchange
        exchange.set_index(self.symbol, Decimal(price))


class QuestionOutlet(Outlet):
    """A window on the market where it is asked whether the price stays above that of the opening.

    The chance of it is a logistic curve of how far the price has come; it never gets near to certainty, so that both
    sides have room to be quoted.
    """

    opened_at: float | None = None

    def version(self, price: float) -> float:
        """Return how likely the answer is yes at a fair price."""
        price = super().version(price)
        if self.opened_at is None:
            self.opened_at = price
        away = max(-DECIDED, min(DECIDED, math.log(price / self.opened_at) / SURPRISE))
        return 1 / (1 + math.exp(-away))
