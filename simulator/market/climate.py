"""What all markets of a world share: a common factor that moves them together, and regimes, calm or stormy.

Instruments are correlated by one factor: each move is rho times the factor's draw plus sqrt(1 - rho²) times the
instrument's own, so that two instruments with loadings a and b correlate by a·b. A storm is a spell in which every
market is more volatile, jumps more often and trades more; spells come and go as a two-state Markov chain. Both are
read by tick number, and all markets tick together, so it does not matter which of them asks first.
"""

import math
import random
from collections import OrderedDict
from collections.abc import Callable

from simulator.market.chance import normal

TICKS_KEPT_MAX = 64
"""How many ticks one market may lag behind another before a draw that it needs is forgotten."""


class ByTick:
    """Values drawn once a tick, in order, and the same for whoever asks."""

    def __init__(self, draw: Callable[[], float]) -> None:
        self._draw = draw
        self._next = 0
        self._kept: OrderedDict[int, float] = OrderedDict()

    def at(self, tick: int) -> float:
        """Return the value of a tick, counted from 0.

        Raises:
            KeyError: the tick is so long ago that its value is forgotten.
        """
        while self._next <= tick:
            self._kept[self._next] = self._draw()
            self._next += 1
            if len(self._kept) > TICKS_KEPT_MAX:
                self._kept.popitem(last=False)
        return self._kept[tick]


class Climate:
    """The common factor and the regime of every tick."""

    def __init__(
        self,
        *,
        random: random.Random,
        tick_ns: int,
        storm_every_ns: int | None = None,
        storm_lasts_ns: int = 1_800_000_000_000,
        storm_volatility: float = 4.0,
        storm_jumps: float = 20.0,
    ) -> None:
        """Begin calm. Storms come once in `storm_every_ns` of calm on average (None: never).

        `storm_volatility` multiplies the volatility and `storm_jumps` the rate of jumps while one lasts.

        Raises:
            ValueError: a time or a multiple is not positive.
        """
        for name, value in (
            ("tick_ns", tick_ns),
            ("storm_lasts_ns", storm_lasts_ns),
            ("storm_volatility", storm_volatility),
            ("storm_jumps", storm_jumps),
            ("storm_every_ns", storm_every_ns if storm_every_ns is not None else 1),
        ):
            if not value > 0:
                raise ValueError(f"{name} is {value}; give a positive number")
        self.storm_volatility = storm_volatility
        self.storm_jumps = storm_jumps
        self._random = random
        self._is_stormy = False
        self._begins = 0.0 if storm_every_ns is None else 1 - math.exp(-tick_ns / storm_every_ns)
        self._ends = 1 - math.exp(-tick_ns / storm_lasts_ns)
        self._factor = ByTick(lambda: normal(random))
        self._regime = ByTick(self._next_regime)

    @property
    def stormy(self) -> bool:
        """Whether a storm lasts at the latest tick that anybody has asked about."""
        return self._is_stormy

    def factor(self, tick: int) -> float:
        """Return the common standard normal draw of a tick."""
        self._regime.at(tick)  # both come from one stream: always in the same order
        return self._factor.at(tick)

    def is_stormy(self, tick: int) -> bool:
        """Say whether a storm lasts at a tick."""
        stormy = self._regime.at(tick) > 0
        self._factor.at(tick)
        return stormy

    def _next_regime(self) -> float:
        changes = self._random.random() < (self._ends if self._is_stormy else self._begins)
        self._is_stormy ^= changes
        return 1.0 if self._is_stormy else 0.0
