"""OKX's rate limits: so many requests in a rolling window, per endpoint and address, user, or user and instrument.

Nothing is told in headers. Placing, amending and cancelling are counted apart; a batch counts its orders, and one of
a single order counts as a single request.
"""

from __future__ import annotations

from collections import deque

from simulator.dialects.okx.errors import ACCOUNT_RATE, RATE, TOO_MANY, OrderRefused, Refused
from simulator.dialects.okx.settings import NS, OkxSettings
from simulator.exchange.timeline import Timeline

ACCOUNT_WINDOW_NS = 2 * NS
WINDOWS_MAX = 10_000
"""How many counters are kept; the one that was made first is forgotten."""


class Limits:
    """All counters of one OKX."""

    def __init__(self, settings: OkxSettings, timeline: Timeline) -> None:
        self._settings = settings
        self._timeline = timeline
        self._windows: dict[tuple[str, str], deque[int]] = {}

    def request(self, endpoint: str, who: str, instrument: str = "") -> None:
        """Count a request.

        Raises:
            Refused: there were too many.
        """
        if not self._count(endpoint, who, instrument):
            raise Refused(*TOO_MANY, status=429, bare=True)

    def order_of_batch(self, endpoint: str, who: str, instrument: str) -> None:
        """Count one order of a batch.

        Raises:
            OrderRefused: there were too many.
        """
        if not self._count(endpoint, who, instrument):
            raise OrderRefused(RATE)

    def order(self, account: str) -> None:
        """Count a new or amended order of an account.

        Raises:
            OrderRefused: there were too many.
        """
        most = self._settings.account_orders_max
        if most is not None and not self._spend(("account", account), most, ACCOUNT_WINDOW_NS):
            raise OrderRefused(ACCOUNT_RATE)

    def _count(self, endpoint: str, who: str, instrument: str) -> bool:
        rate = self._settings.rates[endpoint]
        name = f"{who}/{instrument}" if rate.by == "instrument" else who
        return self._spend((endpoint, name), rate.most * self._settings.rates_scale, rate.seconds * NS)

    def _spend(self, name: tuple[str, str], most: int, window_ns: int) -> bool:
        now_ns = self._timeline.now_ns()
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = deque()
            if len(self._windows) > WINDOWS_MAX:
                del self._windows[next(iter(self._windows))]
        while window and window[0] <= now_ns - window_ns:
            window.popleft()
        if len(window) >= most:
            return False
        window.append(now_ns)
        return True
