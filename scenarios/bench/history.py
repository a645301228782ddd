"""A venue with 100,000 finished orders: what it weighs, and how much slower than a young one it is.

Each venue lives in a process of its own, so that its weight is what the process grew by. Old and young then take turns
in one process at the same work: an order that rests and is cancelled, an order that trades at once, and a look at the
REST view's open orders.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import count, islice
from pathlib import Path

from scenarios.bench.figure import Figure, Stopwatch, Target, duel
from scenarios.venue_profiles import PROFILES
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.venue import Venue
from simulator.kernel import World

ORDERS = 100_000
WORKED = 1_000
MEGABYTE = 1_000_000
WEIGHT, SLOWDOWN = Target(at_most=200), Target(at_most=1.10)
SYMBOL = "BTC/USDT"


class OldVenue:
    """A venue in a world of its own, with one account and a deep book on both sides."""

    def __init__(self) -> None:
        profile = PROFILES["binance"]
        self.world = World(1)
        self.exchange = Exchange(
            "binance",
            [profile.instrument(SYMBOL)],
            self.world,
            fees=profile.fees,
            random=random.Random(1),
        )
        self.exchange.open_account("main", {"BTC": Decimal(10**6), "USDT": Decimal(10**12)})
        middle, lots = self.exchange.instrument(SYMBOL).ticks(Decimal(60_000)), 10**9
        self.exchange.quote(SYMBOL, [(middle - 1000, lots)], [(middle + 1000, lots)])
        self.venue = Venue(self.exchange, self.world)

    def trade(self, number: int) -> None:
        """Finish two orders, one by a cancel and one by a trade, and look at what is open."""
        name = f"sp{number:016x}"
        resting = request(Decimal(58_000), f"{name}r", Side.BUY)
        self.exchange.cancel("main", order_id=self.exchange.submit(resting).order_id)
        self.exchange.submit(request(Decimal(61_000), f"{name}t", Side.BUY if number % 2 else Side.SELL))
        self.venue.rest.picture.open_orders("main")

    def rest(self) -> None:
        """Let a millisecond pass, in which the streams tell what happened."""
        self.world.run(self.world.now_ns() + 1_000_000)


def request(price: Decimal, client_order_id: str, side: Side) -> OrderRequest:
    """Return a small limit order; a sale is priced to trade at once."""
    return OrderRequest(
        account="main",
        symbol=SYMBOL,
        side=side,
        type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        price=price if side is Side.BUY else Decimal(59_000),
        client_order_id=client_order_id,
    )


def grown() -> OldVenue:
    """Return a venue with `ORDERS` finished orders."""
    venue = OldVenue()
    for number in range(ORDERS // 2):
        venue.trade(number)
        if number % WORKED == 0:
            venue.rest()
    venue.rest()
    return venue


def work(venue: OldVenue, numbers: Iterator[int]) -> float:
    """Do some work at a venue; return seconds an order."""
    watch = Stopwatch()
    watch.start()
    for number in islice(numbers, WORKED // 2):
        venue.trade(number)
    venue.rest()
    watch.stop()
    return watch.total_s / WORKED


def measure() -> list[Figure]:
    """Return weight and slowdown."""
    weight = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True)
    old, numbers = grown(), count(ORDERS)
    gc.freeze()
    found = duel(partial(work, old, numbers), lambda: work(OldVenue(), numbers), rounds=11)
    gc.unfreeze()
    return [
        Figure(
            name="history_memory",
            value=float(weight.stdout),
            unit="MB",
            ours=f"what a process grew by for a venue with {ORDERS:,} finished orders and three views of it",
            floor="none: an absolute figure",
            target=WEIGHT,
        ),
        Figure(
            name="history_slowdown",
            value=found.cost_ratio,
            unit="times the floor's cost",
            ours=f"orders at a venue with {ORDERS:,} finished ones",
            floor="the same orders at a venue that has just opened",
            target=SLOWDOWN,
            detail=found.told(1e-6, "µs"),
        ),
    ]


def resident_bytes() -> int:
    """Return what the process holds in memory now; where the system does not tell, the most that it ever held."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    before = resident_bytes()
    kept = grown()
    gc.collect()
    print((resident_bytes() - before) / MEGABYTE)  # noqa: T201 - its answer
