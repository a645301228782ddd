"""Binance's counters: request weight by address and clock minute, unfilled orders by account.

Windows are aligned with the clock, so a burst across a full minute is allowed, as it is at the venue.
"""

from collections.abc import Mapping

from simulator.dialects.binance.refusals import TooMuch
from simulator.dialects.binance.settings import NS, BinanceSettings
from simulator.exchange.events import Event, OrderChanged
from simulator.exchange.exchange import Exchange
from simulator.exchange.timeline import Timeline

MINUTE_NS = 60 * NS
TEN_SECONDS_NS = 10 * NS
DAY_NS = 86_400 * NS


class Window:
    """A counter that starts again at each multiple of its length on the wall clock."""

    __slots__ = ("_counts", "_number", "length_ns")

    def __init__(self, length_ns: int) -> None:
        self.length_ns = length_ns
        self._number = -1
        self._counts: dict[str, int] = {}

    def add(self, who: str, amount: int, wall_ns: int) -> int:
        """Count, and return what `who` has used in the present window."""
        number = wall_ns // self.length_ns
        if number != self._number:
            self._number = number
            self._counts.clear()
        used = max(0, self._counts.get(who, 0) + amount)
        self._counts[who] = used
        return used

    def left_ns(self, wall_ns: int) -> int:
        """Return how long the present window lasts from now."""
        return self.length_ns - wall_ns % self.length_ns


class Limits:
    """All counters of one Binance."""

    def __init__(self, settings: BinanceSettings, timeline: Timeline, exchange: Exchange) -> None:
        self._settings = settings
        self._timeline = timeline
        self._weights = Window(MINUTE_NS)
        self._orders_10s = Window(TEN_SECONDS_NS)
        self._orders_1d = Window(DAY_NS)
        self.forget = exchange.events.subscribe(self._hear, OrderChanged)

    def _hear(self, event: Event) -> None:
        """An order that trades for the first time no longer counts."""
        if isinstance(event, OrderChanged) and event.trade is not None:
            first_fill = event.record.filled_lots == event.trade.quantity_lots
            if first_fill:
                self.uncount_order(event.record.account)

    def spend(self, peer: str, weight: int) -> int:
        """Count a request and return the weight used this minute.

        Raises:
            TooMuch: more than the minute allows.
        """
        wall_ns = self._timeline.wall_ns()
        used = self._weights.add(peer, weight, wall_ns)
        most = self._settings.weight_per_minute_max
        if used > most:
            text = f"Too much request weight used; current limit is {most} request weight per 1 MINUTE. "
            text += "Please use WebSocket Streams for live updates to avoid polling the API."
            raise TooMuch(-1003, text, self._timeline.now_ns() + self._weights.left_ns(wall_ns))
        return used

    def spend_quietly(self, peer: str, weight: int) -> int:
        """Count a request over a stream, which tells its limits and enforces them elsewhere."""
        return self._weights.add(peer, weight, self._timeline.wall_ns())

    def count_order(self, account: str) -> None:
        """Count a new order.

        Raises:
            TooMuch: more unfilled orders than an interval allows.
        """
        wall_ns = self._timeline.wall_ns()
        settings = self._settings
        for window, most, words in (
            (self._orders_10s, settings.orders_per_10s_max, "10 SECOND"),
            (self._orders_1d, settings.orders_per_day_max, "1 DAY"),
        ):
            if window.add(account, 1, wall_ns) > most:
                window.add(account, -1, wall_ns)
                text = f"Too many new orders; current limit is {most} orders per {words}."
                raise TooMuch(-1015, text, self._timeline.now_ns() + window.left_ns(wall_ns))

    def uncount_order(self, account: str) -> None:
        """Take back a `count_order` whose order was not accepted."""
        wall_ns = self._timeline.wall_ns()
        self._orders_10s.add(account, -1, wall_ns)
        self._orders_1d.add(account, -1, wall_ns)

    def order_counts(self, account: str) -> tuple[int, int]:
        """Return the unfilled orders of an account in the present 10 seconds and day."""
        wall_ns = self._timeline.wall_ns()
        return self._orders_10s.add(account, 0, wall_ns), self._orders_1d.add(account, 0, wall_ns)

    def order_headers(self, account: str) -> Mapping[str, str]:
        """Return the headers of an answer to a new order."""
        in_10s, in_1d = self.order_counts(account)
        return {"X-MBX-ORDER-COUNT-10S": str(in_10s), "X-MBX-ORDER-COUNT-1D": str(in_1d)}
