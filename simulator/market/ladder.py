"""The background ladder: what the rest of the world bids and asks around a price.

It is quoted anew on every market tick. When the price moves through somebody's resting order, the new ladder
crosses it and fills it, in part where the crossing levels are small; so resting orders live as they do on a real
book, without a model of other traders' minds.
"""

import math
import random
from dataclasses import dataclass

from simulator.exchange.instrument import Instrument
from simulator.exchange.orders import Side
from simulator.market.chance import normal

Rungs = list[tuple[int, int]]  # (price in ticks, lots), best first


@dataclass(frozen=True, kw_only=True, slots=True)
class LadderShape:
    """How a ladder looks: distances in basis points of the price, sizes in the quote asset."""

    levels: int = 12
    spread_bps: float = 2.0  # between best bid and best ask
    step_bps: float = 1.0  # between two levels of a side
    level_value: float = 20_000.0  # a usual level
    trade_value: float = 2_000.0  # a usual trade between strangers
    thin_share: float = 0.25  # of the levels that are thin
    thin_value: float = 200.0  # a thin level, so that orders are filled in part


class Ladder:
    """Draws one venue's ladder for one instrument."""

    def __init__(self, instrument: Instrument, *, random: random.Random, shape: LadderShape | None = None) -> None:
        self._shape = shape or LadderShape()
        self._random = random
        self._tick = float(instrument.tick_size)
        self._lot = float(instrument.lot_size)
        levels, half = range(self._shape.levels), self._shape.spread_bps / 2
        self._distances = tuple((half + level * self._shape.step_bps) * 1e-4 for level in levels)

    def quotes(self, price: float) -> tuple[Rungs, Rungs]:
        """Return bids and asks around `price`, best first, never crossing."""
        middle = price / self._tick
        bids: Rungs = []
        asks: Rungs = []
        bid, ask = math.floor(middle) + 1, math.ceil(middle) - 1
        level_lots = self._level_lots
        for away in self._distances:
            bid = min(bid - 1, math.floor(middle * (1 - away)))
            ask = max(ask + 1, math.ceil(middle * (1 + away)), 2)
            if bid >= 1:
                bids.append((bid, level_lots(price)))
            asks.append((ask, level_lots(price)))
        if bids and bids[0][0] >= asks[0][0]:
            asks = [(rung + 1, lots) for rung, lots in asks]
        return bids, asks

    def print_of(self, bids: Rungs, asks: Rungs, activity: float) -> tuple[Side, int, int] | None:
        """Return (side of the taker, price, lots) of a trade between strangers, None if the market is asleep."""
        side = Side.BUY if self._random.random() < 0.5 else Side.SELL
        value = self._shape.trade_value * activity * math.exp(0.8 * normal(self._random))
        rungs = asks if side is Side.BUY else bids
        if not rungs or activity <= 0:
            return None
        price = rungs[0][0]
        return side, price, self._lots(value, price * self._tick)

    def _level_lots(self, price: float) -> int:
        chance, shape = self._random, self._shape
        value = shape.thin_value if chance.random() < shape.thin_share else shape.level_value
        return round(value * math.exp(0.6 * normal(chance)) / price / self._lot) or 1

    def _lots(self, value: float, price: float) -> int:
        return round(value / price / self._lot) or 1
