"""Candles as OKX writes them: [time, open, high, low, close, volume, quote volume, quote volume, confirmed].

From six hours on a candle begins with a day in Hong Kong, unless its name ends in `utc`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulator.dialects.okx.bodies import milliseconds
from simulator.dialects.okx.listing import Pair, plain
from simulator.exchange.candles import DAY_NS, HOUR_NS, MINUTE_NS, Candle, Candles, start_of

HONG_KONG_NS = 8 * HOUR_NS
LONG_NS = 6 * HOUR_NS
SIZES: Mapping[str, int] = {
    **{f"{minutes}m": minutes * MINUTE_NS for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}H": hours * HOUR_NS for hours in (1, 2, 4, 6, 12)},
    **{f"{days}D": days * DAY_NS for days in (1, 2, 3)},
    "1W": 7 * DAY_NS,
}


class Bar:
    """A size of candles: its length, and by how much its days begin before those of UTC."""

    __slots__ = ("_shift_ns", "name", "size_ns")

    def __init__(self, name: str) -> None:
        """Read a name such as `1m`, `1D` or `1Dutc`.

        Raises:
            ValueError: there are no such candles.
        """
        bare = name.removesuffix("utc")
        size_ns = SIZES.get(bare)
        if size_ns is None or (bare != name and size_ns < LONG_NS):
            raise ValueError(name)
        self.name = name
        self.size_ns = size_ns
        self._shift_ns = HONG_KONG_NS if size_ns >= LONG_NS and bare == name else 0

    def start(self, wall_ns: int) -> int:
        """Return when the candle of a moment begins."""
        return start_of(wall_ns + self._shift_ns, self.size_ns) - self._shift_ns

    def of(self, candles: Candles, now_ns: int) -> list[Candle]:
        """Return the candles of this size, oldest first; between trades they are flat."""
        if not self._shift_ns:
            return candles.of(self.size_ns, until_ns=now_ns)
        merged: list[Candle] = []
        for hour in candles.of(HOUR_NS, until_ns=now_ns):
            start_ns = self.start(hour.start_ns)
            if merged and merged[-1].start_ns == start_ns:
                merged[-1] = merged[-1].and_then(hour)
            else:
                merged.append(replace(hour, start_ns=start_ns))
        return merged

    def at(self, candles: Candles, at_ns: int) -> Candle | None:
        """Return the candle of a moment that no later one follows, None while nothing has traded."""
        if self._shift_ns:
            drawn = self.of(candles, at_ns)
            return drawn[-1] if drawn else None
        last, start_ns = candles.last(self.size_ns), self.start(at_ns)
        return last if last is None or last.start_ns >= start_ns else last.flat(start_ns)

    def body(self, candle: Candle, pair: Pair, now_ns: int) -> list[str]:
        """Return a candle as OKX writes it; it is confirmed once it is over."""
        price = pair.prices
        volume = plain(pair.instrument.cost(candle.value, 1))
        return [
            milliseconds(candle.start_ns),
            price.text(candle.open_ticks),
            price.text(candle.high_ticks),
            price.text(candle.low_ticks),
            price.text(candle.close_ticks),
            pair.quantities.text(candle.lots),
            volume,
            volume,
            "1" if candle.start_ns + self.size_ns <= now_ns else "0",
        ]
