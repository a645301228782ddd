"""Binance's klines: candles as arrays over REST, and as a stream that speaks while they grow and when they close.

An interval without trades has a flat kline, over REST and as the last word of its stream. The venue's `1s` and `1M`
are not served: the exchange keeps no candles below a minute, and months have no fixed length.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from simulator.dialects.binance.front import MS, Front
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.pace import Channel, Pace
from simulator.dialects.binance.parameters import SYMBOL, Parameters
from simulator.dialects.binance.refusals import Refused, invalid, missing
from simulator.dialects.figures import money
from simulator.exchange.candles import DAY_NS, HOUR_NS, MINUTE_NS, WEEK_NS, Candle, start_of

INTERVALS: Mapping[str, int] = {
    **{f"{number}m": number * MINUTE_NS for number in (1, 3, 5, 15, 30)},
    **{f"{number}h": number * HOUR_NS for number in (1, 2, 4, 6, 8, 12)},
    **{f"{number}d": number * DAY_NS for number in (1, 3)},
    "1w": WEEK_NS,
}
BAD_INTERVAL = (-1120, "Invalid interval.")
LIMIT_DEFAULT, LIMIT_MAX = 500, 1000
UTC = ("0", "00:00", "0:00", "+00:00", "-00:00")


def klines(front: Front, parameters: Parameters) -> list[list[Any]]:
    """Tell the last candles of a symbol, or those of a span, oldest first."""
    if not parameters.text("symbol"):
        raise missing("symbol")
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    interval = parameters.text("interval")
    if interval is None:
        raise missing("interval")
    if interval not in INTERVALS:
        raise Refused(*BAD_INTERVAL)
    if parameters.text("timeZone") not in (None, *UTC):
        raise invalid("timeZone")
    start, end = parameters.long("startTime"), parameters.long("endTime")
    limit = parameters.limit(LIMIT_DEFAULT, LIMIT_MAX)
    size_ns = INTERVALS[interval]
    view = front.venue.rest
    made = view.picture.candles(listed.symbol).of(size_ns, until_ns=front.timeline.wall_ns() - view.lag_ns)
    found = [
        candle
        for candle in made
        if (start is None or candle.start_ns >= start * MS) and (end is None or candle.start_ns <= end * MS)
    ]
    page = found[-limit:] if start is None else islice(found, limit)
    return [_row(candle, size_ns, listed) for candle in page]


def _row(candle: Candle, size_ns: int, listed: Listed) -> list[Any]:
    price, quantity = listed.figures.prices.text, listed.figures.quantities.text
    return [
        candle.start_ns // MS,
        price(candle.open_ticks),
        price(candle.high_ticks),
        price(candle.low_ticks),
        price(candle.close_ticks),
        quantity(candle.lots),
        (candle.start_ns + size_ns) // MS - 1,
        _worth(candle.value, listed),
        candle.trades,
        quantity(candle.bought_lots),
        _worth(candle.bought_value, listed),
        "0",
    ]


def _worth(value: int, listed: Listed) -> str:
    return money(listed.instrument.cost(value, 1), PLACES)


class KlineStream:
    """The klines of one symbol and interval: at most one message in `kline_interval_ns`, and one when it closes."""

    def __init__(self, front: Front, listed: Listed, channel: Channel, interval: str) -> None:
        self._front = front
        self._listed = listed
        self._channel = channel
        self._interval = interval
        self._size_ns = INTERVALS[interval]
        self._pace = Pace(front, front.settings.kline_interval_ns, self._speak)
        self._closes_ns = 0  # when the one under way ends, 0 while nobody waits for that

    def see(self) -> None:
        """Take note that something has traded."""
        if self._channel.holders:
            self._pace.nudge()
            if not self._closes_ns:
                self._await_close()

    def _await_close(self) -> None:
        wall_ns = self._front.timeline.wall_ns()
        self._closes_ns = start_of(wall_ns, self._size_ns) + self._size_ns
        self._front.timeline.call_later(self._closes_ns - wall_ns, self._close)

    def _close(self) -> None:
        start_ns, self._closes_ns = self._closes_ns - self._size_ns, 0
        if self._channel.holders:
            candle = self._candle(start_ns)
            if candle is not None:
                self._tell(candle, self._front.timeline.wall_ns(), closed=True)
            self._await_close()

    def _speak(self, wall_ns: int) -> None:
        candle = self._candle(start_of(wall_ns, self._size_ns))
        if candle is not None:
            self._tell(candle, wall_ns, closed=False)

    def _candle(self, start_ns: int) -> Candle | None:
        """Return the candle that began then, as the public view has it."""
        candles = self._front.venue.public.picture.candles(self._listed.symbol)
        last = candles.last(self._size_ns)
        if last is None or last.start_ns == start_ns:
            return last
        if last.start_ns < start_ns:
            return last.flat(start_ns)
        return next((one for one in candles.of(self._size_ns) if one.start_ns == start_ns), None)

    def _tell(self, candle: Candle, wall_ns: int, *, closed: bool) -> None:
        price, quantity = self._listed.figures.prices.text, self._listed.figures.quantities.text
        payload = (
            f'{{"e":"kline","E":{wall_ns // MS},"s":"{self._listed.id}","k":{{'
            f'"t":{candle.start_ns // MS},"T":{(candle.start_ns + self._size_ns) // MS - 1},'
            f'"s":"{self._listed.id}","i":"{self._interval}",'
            f'"f":{candle.first_id if candle.trades else -1},"L":{candle.last_id if candle.trades else -1},'
            f'"o":"{price(candle.open_ticks)}","c":"{price(candle.close_ticks)}",'
            f'"h":"{price(candle.high_ticks)}","l":"{price(candle.low_ticks)}",'
            f'"v":"{quantity(candle.lots)}","n":{candle.trades},"x":{"true" if closed else "false"},'
            f'"q":"{_worth(candle.value, self._listed)}","V":"{quantity(candle.bought_lots)}",'
            f'"Q":"{_worth(candle.bought_value, self._listed)}","B":"0"}}}}'
        )
        self._channel.tell(payload.encode())
