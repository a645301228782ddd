"""A REST call through ccxt, network and dialect against ccxt alone with a canned answer.

The floor is ccxt's own work: it builds, signs and throttles nothing less, but its `fetch` is overridden to return the
body that the venue gave once, already parsed; its parsers then make of it what they always make. Ours is the same call
in a world: aiohttp on both sides, the link, the dialect and the exchange, and the idle second after the call, in which
the venue does what it left for later.

Where an order's time goes, in floors (Binance: 107 µs; Kraken: 78 µs; on an idle machine, November 2026):

                                                          Binance   Kraken
    ccxt around `fetch`, its caches colder than alone        1.15     1.15
    ccxt's `fetch` and aiohttp's client                      0.90     1.15
    heap, links, loops                                       0.25     0.30
    the venue: HTTP, dialect, exchange                       0.85     1.20
    the idle second: the views catch up, streams are told    0.20     0.25
    in all                                                   3.35     4.05

So both miss the target of 3. Kraken cannot keep it by doing less at the venue: with a server that writes canned bytes
as soon as data arrives it is 2.6 (Binance: 2.2), and the 30 µs that are left would have to hold HTTP, the signature,
admission, matching, the ledger and three views. A read's floor is a third of an order's, and that bare server alone is
3.9 of it; the target is for an order, and a read has a guard instead.

What was tried: plain requests past aiohttp's server took 40 µs off; structs for requests and answers, one step of the
heap an event, events told only to whom they concern, forms and signatures read in one step took 25 more. Collecting
garbage more often, or by Python's own thresholds, took nothing off. In a loop by itself the exchange takes an order in
18 µs, in a call through ccxt in 35: much of what is left is code and data that ccxt and aiohttp have pushed out of the
nearest caches, so that only doing less helps, and a machine with other work to do is up to a third worse than this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import ccxt.pro

from scenarios.bench.booth import SYMBOL, Booth, credentials
from scenarios.bench.figure import Figure, Stopwatch, Target, duel

CALLS = 50
"""Calls in one round: below what Kraken lets an account leave open, and below everybody's rate limit."""
TARGETS = {"create_order": Target(at_most=3.0), "fetch_ticker": Target(at_most=6.0)}
"""The goal of an order, and a guard that is no goal for a read, which a bare server already takes above 3."""
VENUES = ("binance", "kraken")

Call = Callable[[Any, int], Awaitable[Any]]


def place(exchange: Any, number: int) -> Awaitable[Any]:
    """Place an order that rests below the market."""
    return exchange.create_order(SYMBOL, "limit", "buy", 0.01, 58_000 + number)  # type: ignore[no-any-return]


def look(exchange: Any, number: int) -> Awaitable[Any]:
    """Ask for the ticker."""
    del number
    return exchange.fetch_ticker(SYMBOL)  # type: ignore[no-any-return]


CALLED: dict[str, Call] = {"create_order": place, "fetch_ticker": look}


class Pair:
    """One call on one venue: in a world, and alone with the answer that the world gave."""

    def __init__(self, venue: str, call: Call) -> None:
        self._venue = venue
        self._call = call
        self._numbers = count()
        self.markets: Any = None
        self.body: Any = None

    def ours(self) -> float:
        """Call in a fresh world; return seconds a call."""
        booth, watch = Booth(self._venue), Stopwatch()

        async def story(exchange: Any) -> None:
            self.markets = list((await exchange.load_markets()).values())
            await self._call(exchange, 0)
            watch.start()
            for number in range(1, CALLS + 1):
                await self._call(exchange, number)
                await asyncio.sleep(1)
            watch.stop()
            self.body = await self._answer(exchange)

        try:
            booth.tell(story)
        finally:
            booth.close()
        return watch.total_s / CALLS

    async def _answer(self, exchange: Any) -> Any:
        """Call once more and keep what ccxt's `fetch` returned."""
        fetch, kept = exchange.fetch, []

        async def keeping(*request: Any) -> Any:
            kept.append(await fetch(*request))
            return kept[-1]

        exchange.fetch = keeping
        await self._call(exchange, CALLS + 1)
        return kept[-1]

    def floor(self) -> float:
        """Call with the canned answer; return seconds a call."""
        return asyncio.run(self._alone())

    async def _alone(self) -> float:
        exchange: Any = getattr(ccxt.pro, self._venue)(credentials())
        exchange.set_markets(self.markets)

        async def fetch(*_: Any) -> Any:
            return self.body

        exchange.fetch = fetch
        watch = Stopwatch()
        watch.start()
        for number in range(CALLS):
            await self._call(exchange, number)
        watch.stop()
        await exchange.close()
        return watch.total_s / CALLS


def measure() -> list[Figure]:
    """Return a figure for each venue and call."""
    figures = []
    for venue in VENUES:
        for name, call in CALLED.items():
            pair = Pair(venue, call)
            found = duel(pair.ours, pair.floor)
            figures.append(
                Figure(
                    name=f"rest_{name}_{venue}",
                    value=found.cost_ratio,
                    unit="times the floor's cost",
                    ours=f"{name} through ccxt, virtual network and the {venue} dialect",
                    floor=f"{name} in ccxt alone, fetch overridden to return the same parsed body",
                    target=TARGETS[name],
                    detail=found.told(1e-6, "µs"),
                )
            )
    return figures
