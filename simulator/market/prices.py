"""Fair prices, one a market tick: drawn from a seed, or replayed from candles; and how far a venue stands from them."""

import math
import random
from collections.abc import Iterator
from itertools import pairwise

from simulator.market.bursts import Bursts
from simulator.market.candles import CandleSeries
from simulator.market.chance import normal
from simulator.market.climate import Climate
from simulator.market.fair import Fair
from simulator.market.recording import RecordingError

DAY_NS = 86_400_000_000_000
YEAR_NS = 365 * DAY_NS
JUMP_ACTIVITY = 5.0  # how busy the market is when it jumps
STORM_ACTIVITY = 3.0  # and in a storm
TICKS_PER_CANDLE_MIN = 4  # open, two extremes, close


class JumpDiffusion:
    """Prices that diffuse, and jump now and then (Merton 1976), both drawn from a seed.

    Over a tick dt the log price moves by -s²dt/2 + s√dt·z, s the annualised volatility, plus, with probability
    1 - exp(-rate·dt), a jump of z'·size. With a climate, z is correlated with other markets through its factor, and
    s and the rate are multiplied while a storm lasts; with bursts, trading begets trading.
    """

    def __init__(
        self,
        *,
        price: float,
        volatility: float,
        tick_ns: int,
        random: random.Random,
        jumps_per_day: float = 4.0,
        jump_bps: float = 40.0,
        climate: Climate | None = None,
        correlation: float = 0.0,
        bursts: Bursts | None = None,
    ) -> None:
        """Begin at `price`; `volatility` is annualised (0.8 is 80 %), `jump_bps` a jump's standard deviation.

        `correlation` is with the climate's factor: two markets of 0.8 and 0.9 correlate by 0.72.

        Raises:
            ValueError: a number that makes no sense, or a correlation without a climate.
        """
        for name, value in (("price", price), ("tick_ns", tick_ns)):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; give a positive number")
        for name, value in (("volatility", volatility), ("jumps_per_day", jumps_per_day), ("jump_bps", jump_bps)):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}; give a number of at least 0")
        if not -1 <= correlation <= 1 or (correlation and climate is None):
            raise ValueError(f"correlation is {correlation}; give a number from -1 to 1, and a climate to go with it")
        self._random = random
        self._log_price = math.log(price)
        self._spread = volatility * math.sqrt(tick_ns / YEAR_NS)
        self._jump_rate = jumps_per_day * tick_ns / DAY_NS
        self._jump_size = jump_bps * 1e-4
        self._climate = climate
        self._loading = correlation
        self._own = math.sqrt(1 - correlation * correlation)
        self._bursts = bursts
        self._ticks = 0

    def next_fair(self) -> Fair:
        """Return the price of the next tick; the first is the price given."""
        tick, self._ticks = self._ticks, self._ticks + 1
        if tick == 0:
            return Fair(math.exp(self._log_price), 1.0)
        stormy = self._climate is not None and self._climate.is_stormy(tick)
        spread, jump_rate = self._spread, self._jump_rate
        if stormy and self._climate is not None:
            spread *= self._climate.storm_volatility
            jump_rate *= self._climate.storm_jumps
        self._log_price += spread * self._draw(tick) - spread * spread / 2
        jumped = self._random.random() < 1 - math.exp(-jump_rate)
        if jumped:
            self._log_price += self._jump_size * normal(self._random)
        pressure = JUMP_ACTIVITY if jumped else STORM_ACTIVITY if stormy else 1.0
        return Fair(math.exp(self._log_price), pressure if self._bursts is None else self._bursts.next(pressure))

    def _draw(self, tick: int) -> float:
        own = normal(self._random)
        if self._climate is None:
            return own
        return self._loading * self._climate.factor(tick) + self._own * own


class CandleReplay:
    """Recorded candles, walked through tick by tick: each is opened, touches both extremes, and is closed.

    Which extreme comes first, and when, is drawn from a seed; between the four points the price goes straight.
    A file's unit of volume is unknown (base, quote or contracts), so volume only says how busy a candle was,
    relative to the average of the file.
    """

    def __init__(self, series: CandleSeries, *, tick_ns: int, random: random.Random) -> None:
        """Begin with the first candle, whatever its date.

        Raises:
            RecordingError: the interval is not a whole number, at least four, of ticks.
        """
        ticks = series.interval_ns // tick_ns
        if ticks < TICKS_PER_CANDLE_MIN or series.interval_ns % tick_ns:
            problem = f"candles of {series.interval_ns / 1e9:g} s do not fit a market tick of {tick_ns / 1e9:g} s"
            remedy = f"choose a tick that divides the interval into {TICKS_PER_CANDLE_MIN} or more"
            raise RecordingError(series.path, None, problem, remedy)
        self._series = series
        self._ticks = ticks
        self._random = random
        self._usual_volume = math.fsum(series.volume) / len(series) or 1.0  # sum() rounds otherwise before 3.12
        self._path = self._walk()

    def next_fair(self) -> Fair:
        """Return the price of the next tick.

        Raises:
            RecordingError: the last candle is over. Reading the file with `need_ns` finds that out beforehand.
        """
        try:
            return next(self._path)
        except StopIteration:
            raise RecordingError(
                self._series.path, None, "the run goes on after the last candle", "give a longer file"
            ) from None

    def _walk(self) -> Iterator[Fair]:
        series = self._series
        for number in range(len(series)):
            activity = series.volume[number] / self._usual_volume
            for price in self._candle(number):
                yield Fair(price, activity)

    def _candle(self, number: int) -> list[float]:
        series, last = self._series, self._ticks - 1
        first, second = series.low[number], series.high[number]
        if self._random.random() < 0.5:
            first, second = second, first
        one = 1 + int(self._random.random() * (last - 1))
        two = 1 + int(self._random.random() * (last - 2))
        two += two >= one
        points = [
            (0, series.open[number]),
            (min(one, two), first),
            (max(one, two), second),
            (last, series.close[number]),
        ]
        prices: list[float] = []
        for (start, start_price), (end, end_price) in pairwise(points):
            slope = (end_price - start_price) / (end - start)
            prices.extend(start_price + slope * step for step in range(end - start))
        return [*prices, series.close[number]]


class Basis:
    """How far one venue's price stands from the fair price: an offset, and a little noise that comes home.

    The noise is an AR(1) process, x' = 0.9·x + e, scaled to the standard deviation given.
    """

    RETURN = 0.9  # share of the noise that is left after a tick

    def __init__(self, *, random: random.Random, offset_bps: float = 0.0, noise_bps: float = 0.5) -> None:
        """Begin without noise; `offset_bps` may be set at any time."""
        self.offset_bps = offset_bps
        self._random = random
        self._noise_bps = 0.0
        self._kick_bps = noise_bps * math.sqrt(1 - self.RETURN**2)

    def apply(self, price: float) -> float:
        """Return the venue's price for the next tick's fair price."""
        self._noise_bps = self.RETURN * self._noise_bps + self._kick_bps * normal(self._random)
        return price * (1 + (self.offset_bps + self._noise_bps) * 1e-4)
