"""One venue of a bot with play money: an exchange of the simulator whose market follows the real one's quotes.

The real venue is asked for what everybody may see, through the engine's own adapter and without a key: its instruments,
and then its prices. Around its best bid and offer the house quotes a ladder, so that a resting order is filled when
the real market comes to it; when the real last price moves, it is put on the tape. What the bot does moves nothing: its
orders are assumed to be small.

While the real venue brings no price, nobody could trade there, so this one is shut as well. A stand-in that went on at
the last price would be a guess.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from engine.domain.errors import FeedFailed, VenueTrouble
from engine.domain.instrument import Instrument
from engine.ports.venue import Quote, Venue
from scenarios.venue_profiles import PROFILES, Grid, VenueProfile
from simulator.dialects.gate import Gate, Rule
from simulator.exchange.orders import Side
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.market.ladder import Ladder

SILENCE_NS_MAX = 15_000_000_000
"""How long a real stream may bring nothing before it is dialled again."""
RETRY_S, SHUT_AFTER_S = 2.0, 20.0
"""The pause between two tries to hear a price, and how long none may come before the stand-in shuts."""
SHUT_STATUS = 503
LOTS_MAX = 10**9
"""The largest order, where the real venue sets no bound."""


def profile_of(name: str, instruments: Sequence[Instrument]) -> tuple[VenueProfile, dict[str, str]]:
    """Return the profile of a venue on the real grids of what is traded there, and the pair of each instrument."""
    profile = PROFILES[name]
    pairs = {one.symbol: profile.market_of(one.symbol) or one.symbol for one in instruments}
    grids = {pairs[one.symbol]: _grid(one) for one in instruments}
    return replace(profile, grids=grids), pairs


def _grid(real: Instrument) -> Grid:
    lot = real.lot_size
    least = max(lot, math.ceil(real.quantity_min.value / lot) * lot)
    most = LOTS_MAX * lot if real.quantity_max is None else int(real.quantity_max.value / lot) * lot
    value = Decimal(0) if real.notional_min is None else real.notional_min.value
    return Grid(
        tick=f"{real.tick_size:f}", lot=f"{lot:f}", least=f"{least:f}", least_value=f"{value:f}", most=f"{most:f}"
    )


class Followed:
    """Shows the prices of one real venue at its stand-in.

    Args:
        real: the real venue, opened.
        told: is called with a sentence when the stand-in shuts and opens.
    """

    def __init__(
        self,
        name: str,
        real: Venue,
        exchange: Any,
        gate: Gate,
        symbols: Sequence[str],
        *,
        random: Random,
        told: Callable[[str], None],
    ) -> None:
        self.name = name
        self.priced = asyncio.Event()
        """Set once every instrument has had a price."""
        self._real = real
        self._exchange = exchange
        self._gate = gate
        self._symbols = tuple(symbols)
        self._told = told
        self._ladders = {symbol: Ladder(exchange.instrument(symbol), random=random) for symbol in symbols}
        self._lasts: dict[str, int] = {}
        self._heard = asyncio.Event()
        self._shut: Rule | None = None

    async def run(self) -> None:
        """Follow until cancelled: the stream while it brings something, and single questions while it does not."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_silence())
            while True:
                try:
                    async with aclosing(self._stream()) as quotes:
                        async for quote in quotes:
                            self.show(quote)
                except FeedFailed:
                    await self._ask()
                await asyncio.sleep(RETRY_S)

    def _stream(self) -> Any:
        return self._real.quotes(self._symbols, silence_ns_max=SILENCE_NS_MAX)

    async def _ask(self) -> None:
        for symbol in self._symbols:
            try:
                self.show(await self._real.quote(symbol))
            except VenueTrouble:
                return  # the silence is watched, and told

    async def _watch_silence(self) -> None:
        """Shut the stand-in while the real venue is silent."""
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(SHUT_AFTER_S):
                    await self._heard.wait()
            except TimeoutError:
                self._close()
            else:
                self._open()
                await asyncio.sleep(1)

    def _close(self) -> None:
        if self._shut is None:
            self._shut = Rule(kind="error", status=SHUT_STATUS)
            self._gate.add(self._shut)
            self._gate.streams_refused = True
            self._gate.drop_streams()
            self._told(f"{self.name} brings no prices: its stand-in is shut until it does")

    def _open(self) -> None:
        if self._shut is not None:
            self._gate.remove(self._shut)
            self._gate.streams_refused = False
            self._shut = None
            self._told(f"{self.name} brings prices again: its stand-in is open")

    def show(self, quote: Quote) -> None:
        """Quote as the real venue does, and put its last price on the tape when it is a new one."""
        instrument = self._exchange.instrument(quote.instrument)
        tick, last = instrument.tick_size, quote.last.value
        bid = math.floor((last if quote.bid is None else quote.bid.value) / tick)
        ask = math.ceil((last if quote.ask is None else quote.ask.value) / tick)
        bids, asks = self._ladders[quote.instrument].quotes(float(last))
        if isinstance(self._exchange, PerpetualExchange):
            self._exchange.set_index(quote.instrument, last)
        ask = max(ask, bid + 1)
        self._exchange.quote(quote.instrument, _moved(bids, bid), _moved(asks, ask))
        ticks = round(last / tick)
        if self._lasts.get(quote.instrument) != ticks:
            self._lasts[quote.instrument] = ticks
            side = Side.BUY if 2 * ticks >= bid + ask else Side.SELL
            self._exchange.print_trade(quote.instrument, side, ticks, bids[0][1] if bids else 1)
        self._heard.set()
        if len(self._lasts) == len(self._symbols):
            self.priced.set()


def _moved(rungs: list[tuple[int, int]], best: int) -> list[tuple[int, int]]:
    """Return a ladder whose best rung is at a price; nothing below one tick."""
    return [(price - rungs[0][0] + best, lots) for price, lots in rungs if price - rungs[0][0] + best >= 1]


def opening_balances(exchange: Any, told: Mapping[str, Decimal], *, quote: Decimal) -> dict[str, Decimal]:
    """Return what the account begins with: what was told, and of the money of each market this much besides."""
    if isinstance(exchange, PerpetualExchange):  # which holds no coins
        return {exchange.margin_asset: told.get(exchange.margin_asset, quote)}
    balances: dict[str, Decimal] = {}
    for one in exchange.instruments.values():
        balances.setdefault(one.base, Decimal(0))
        balances[one.quote] = quote
    return {**balances, **{asset: amount for asset, amount in told.items() if asset in balances}}
