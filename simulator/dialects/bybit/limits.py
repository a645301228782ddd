"""Bybit's counters: requests of an account to one endpoint within a second, and of an address within five.

Both windows roll: what is counted is what came in the last second, not in the second of the clock.
"""

from collections import deque
from collections.abc import Callable, Mapping

from simulator.dialects.bybit.errors import ShutOut, TooOften
from simulator.dialects.bybit.settings import NS, BybitSettings
from simulator.exchange.timeline import Timeline

MS = 1_000_000
ADDRESS_WINDOW_NS = 5 * NS


class Rolling:
    """The moments of the last requests, none older than the window."""

    __slots__ = ("_length_ns", "_moments", "_most")

    def __init__(self, length_ns: int, most: int) -> None:
        self._length_ns = length_ns
        self._most = most
        self._moments: deque[int] = deque()

    def take(self, now_ns: int) -> bool:
        """Count a request if there is room for it, and say whether there was."""
        moments, oldest = self._moments, now_ns - self._length_ns
        while moments and moments[0] <= oldest:
            moments.popleft()
        if len(moments) >= self._most:
            return False
        moments.append(now_ns)
        return True

    @property
    def left(self) -> int:
        """How many more there is room for, as of the last request."""
        return self._most - len(self._moments)

    @property
    def again_ns(self) -> int:
        """When there is room for one more, where there is none now (virtual)."""
        return self._moments[0] + self._length_ns


class Limits:
    """All counters of one Bybit."""

    def __init__(self, settings: BybitSettings, timeline: Timeline, ban: Callable[[str, int], None]) -> None:
        """Count from nothing; `ban` shuts an address out for so many nanoseconds."""
        self._settings = settings
        self._timeline = timeline
        self._ban = ban
        self._addresses: dict[str, Rolling] = {}
        self._accounts: dict[tuple[str, str], Rolling] = {}

    def knock(self, peer: str) -> None:
        """Count a request of an address.

        Raises:
            ShutOut: it was one too many.
        """
        rolling = self._addresses.get(peer)
        if rolling is None:
            rolling = self._addresses[peer] = Rolling(ADDRESS_WINDOW_NS, self._settings.requests_per_5s_max)
        if not rolling.take(self._timeline.now_ns()):
            self._ban(peer, self._settings.ban_ns)
            raise ShutOut

    def visit(self, account: str, path: str, headers: dict[str, str]) -> None:
        """Count a request of an account to an endpoint, and tell in `headers` what is left.

        Raises:
            TooOften: there have been enough in the last second; this one does not count.
        """
        most = self._settings.rates.get(path, self._settings.rate_default)
        rolling = self._accounts.get((account, path))
        if rolling is None:
            rolling = self._accounts[account, path] = Rolling(NS, most)
        now_ns = self._timeline.now_ns()
        taken = rolling.take(now_ns)
        wait_ns = 0 if taken else rolling.again_ns - now_ns
        headers.update(self._told(most, rolling.left, wait_ns))
        if not taken:
            raise TooOften(rolling.again_ns)

    def told_to_wait(self, path: str, wait_ns: int) -> Mapping[str, str]:
        """Return the headers of an endpoint that has no room for so long."""
        return self._told(self._settings.rates.get(path, self._settings.rate_default), 0, wait_ns)

    def _told(self, most: int, left: int, wait_ns: int) -> Mapping[str, str]:
        reset_ms = -(-(self._timeline.wall_ns() + wait_ns) // MS) if wait_ns else self._timeline.wall_ns() // MS
        return {
            "X-Bapi-Limit": str(most),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str(reset_ms),
        }
