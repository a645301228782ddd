"""Trading that begets trading: a self-exciting intensity, as trades on real tapes come in bursts.

A Hawkes process (Hawkes 1971) with an exponential kernel, one step a tick: intensity' = usual + (intensity - usual)
times exp(-tick/memory) + branching·(1 - exp(-tick/memory))·trades. `branching` is the share of trades that were set
off by earlier ones; at one or above the market would never calm down, so it is refused.
"""

import math
import random

TRADES_MAX = 200
"""More trades than this in one tick are not drawn one by one."""


class Bursts:
    """How busy one instrument is, tick by tick; 1.0 on average."""

    def __init__(self, *, random: random.Random, tick_ns: int, branching: float = 0.6, memory_ns: int = 10_000_000_000):
        """Begin at the usual pace.

        Raises:
            ValueError: `branching` outside 0 to 1, or a time that is not positive.
        """
        if not 0 <= branching < 1:
            raise ValueError(f"branching is {branching}; give a share from 0 up to, not including, 1")
        if tick_ns <= 0 or memory_ns <= 0:
            raise ValueError(f"tick_ns is {tick_ns} and memory_ns {memory_ns}; give positive numbers")
        self._random = random
        self._usual = 1.0 - branching
        self._branching = branching
        self._keeps = math.exp(-tick_ns / memory_ns)
        self._intensity = 1.0

    def next(self, pressure: float = 1.0) -> float:
        """Return the activity of the next tick; `pressure` is how busy the news alone would make the market."""
        trades = self._poisson(self._intensity * pressure)
        left = 1 - self._keeps
        self._intensity = self._usual * left + self._intensity * self._keeps + self._branching * left * trades
        return float(trades)

    def _poisson(self, mean: float) -> int:
        """Draw a Poisson number by Knuth's multiplication (The Art of Computer Programming, vol. 2, 3.4.1)."""
        if mean > TRADES_MAX:
            return round(mean)
        limit, product, drawn = math.exp(-mean), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            drawn += 1
        return drawn
