"""What every endpoint of the futures leans on: the spot front's names and clock, and limits and keys of their own."""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

from simulator.dialects.binance.front import Front as SpotFront
from simulator.dialects.binance.limits import MINUTE_NS, TEN_SECONDS_NS, Limits, Window
from simulator.dialects.binance.refusals import TooMuch
from simulator.dialects.binanceusdm.settings import BinanceUsdmSettings
from simulator.dialects.figures import Figures, decimals
from simulator.exchange.events import Event
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.perpetual.records import Mark
from simulator.exchange.perpetual.venue import PerpetualVenue
from simulator.exchange.rejections import UnknownSymbol
from simulator.exchange.timeline import Timeline


def too_many(most: int) -> str:
    """Return what a client is told that has used up its weight."""
    text = f"Too many requests; current limit is {most} requests per minute. "
    return text + "Please use the websocket for live updates to avoid polling the API."


class FuturesLimits(Limits):
    """Request weight as on spot; orders are counted in ten seconds and in a minute, whether they fill or not."""

    def __init__(self, settings: BinanceUsdmSettings, timeline: Timeline, exchange: Any) -> None:
        super().__init__(settings, timeline, exchange)
        self._clock = timeline
        self._most = settings.weight_per_minute_max
        self._windows = (
            (Window(TEN_SECONDS_NS), settings.orders_per_10s_max, "10 SECOND", "10S"),
            (Window(MINUTE_NS), settings.orders_per_minute_max, "1 MINUTE", "1M"),
        )

    def _hear(self, event: Event) -> None:
        """Fills change nothing here."""

    def spend(self, peer: str, weight: int) -> int:
        """Count a request and return the weight used this minute.

        Raises:
            TooMuch: more than the minute allows.
        """
        try:
            return super().spend(peer, weight)
        except TooMuch as refused:
            raise TooMuch(refused.code, too_many(self._most), refused.quiet_until_ns) from None

    def count_order(self, account: str) -> None:
        """Count a new order.

        Raises:
            TooMuch: more orders than an interval allows.
        """
        wall_ns = self._clock.wall_ns()
        for window, most, words, _ in self._windows:
            if window.add(account, 1, wall_ns) > most:
                text = f"Too many new orders; current limit is {most} orders per {words}."
                raise TooMuch(-1015, text, self._clock.now_ns() + window.left_ns(wall_ns))

    def order_headers(self, account: str) -> Mapping[str, str]:
        """Return the headers of an answer to a new order."""
        wall_ns = self._clock.wall_ns()
        return {
            f"X-MBX-ORDER-COUNT-{name}": str(window.add(account, 0, wall_ns)) for window, _, _, name in self._windows
        }


class ListenKeys:
    """The keys of the user data streams: one an account, an hour long, longer for who asks in time."""

    def __init__(self, settings: BinanceUsdmSettings, timeline: Timeline, name: str) -> None:
        self._life_ns = settings.listen_key_life_ns
        self._timeline = timeline
        self._name = name
        self._keys: dict[str, tuple[str, int]] = {}  # by account: key, end of its life
        self._born = 0

    def give(self, account: str) -> str:
        """Return the account's key, a new one if it has none, and let it live for another hour."""
        key = self.of(account)
        if key is None:
            self._born += 1
            seed = f"{self._name}/{account}/{self._timeline.now_ns()}/{self._born}".encode()
            key = hashlib.sha256(seed).hexdigest()[:64]
        self._keys[account] = (key, self._timeline.now_ns() + self._life_ns)
        return key

    def of(self, account: str) -> str | None:
        """Return the account's key, None if it has none that lives."""
        key, ends_ns = self._keys.get(account, ("", 0))
        return key if ends_ns > self._timeline.now_ns() else None

    def left_ns(self, account: str) -> int:
        """Return how long the account's key still lives."""
        return max(0, self._keys.get(account, ("", 0))[1] - self._timeline.now_ns())

    def drop(self, account: str) -> None:
        """Let the account's key end now."""
        self._keys.pop(account, None)

    def account(self, key: str) -> str | None:
        """Return whose key this is, None if it does not live."""
        return next((account for account in self._keys if self.of(account) == key), None)


class Front(SpotFront):
    """One Binance USD-M, as its endpoints see it.

    It is a spot front as well, so that what both exchanges say alike is said by the same code; what that code reads
    of a venue (listing, views, mode) this venue has, too.
    """

    def __init__(self, venue: PerpetualVenue, settings: BinanceUsdmSettings) -> None:
        super().__init__(cast(Any, venue), settings)
        self.limits.forget()
        self.usdm = settings
        self.doors = venue
        self.futures = venue.exchange
        self.limits = FuturesLimits(settings, venue.timeline, venue.exchange)
        self.listen_keys = ListenKeys(settings, venue.timeline, venue.name)
        for listed in self.listing:
            instrument = listed.instrument
            listed.figures = Figures(instrument, decimals(instrument.tick_size), decimals(instrument.lot_size))

    def contract(self, symbol: str) -> Contract:
        """Return the contract of an exchange's symbol."""
        return self.futures.instrument(symbol)

    def mark(self, symbol: str) -> Mark | None:
        """Return the mark of a contract as the REST view shows it, None while it has none."""
        try:
            return self.doors.seen.mark(symbol)
        except UnknownSymbol:
            return None
