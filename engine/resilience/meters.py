"""Two ways in which venues count requests: in fixed windows, and in a counter that decays.

A meter keeps our own count and takes the venue's where it tells one (the larger is believed, since others may share
the account or the address). It never waits; it says how long a request of some cost has to wait until it fits into
a share of the limit. Counts are in the venue's own unit, mostly called weight.
"""

from __future__ import annotations

from typing import Protocol

from engine.resilience.breaker import NS


class Meter(Protocol):
    """One counter of one venue account."""

    def wait_ns(self, cost: float, share: float, now_ns: int, *, paced: bool) -> int:
        """Return how long until `cost` more fits below `share` (0 to 1) of the limit; zero when it does now.

        A `paced` request also waits so that what is left of a window lasts until its end.
        """
        ...

    def spend(self, cost: float, now_ns: int) -> None:
        """Count a request that is sent now."""
        ...

    def told(self, used: float, now_ns: int) -> None:
        """Take over what the venue says is used."""
        ...

    def share_used(self, now_ns: int) -> float:
        """Return how much of the limit is used, from 0 to 1."""
        ...


class WindowMeter:
    """So much per fixed window, aligned to the venue's clock; `now_ns` is that clock (Binance: 6000 weight a minute).

    From `slow_from` of the share upward, paced requests spread what is left over the rest of the window instead of
    using it up at once: polling slows before the venue says 429.
    """

    def __init__(self, limit: float, window_ns: int, *, slow_from: float = 0.5) -> None:
        self.limit = limit
        self.window_ns = window_ns
        self._slow_from = slow_from
        self._window = -1
        self._used = 0.0
        self._last_ns = 0

    @property
    def used(self) -> float:
        """Return what is used in the window last looked at."""
        return self._used

    def wait_ns(self, cost: float, share: float, now_ns: int, *, paced: bool) -> int:
        self._roll(now_ns)
        allowed = share * self.limit
        left_ns = (self._window + 1) * self.window_ns - now_ns
        if self._used + cost > allowed:
            return left_ns
        if not paced or self._used < self._slow_from * allowed:
            return 0
        pace_ns = int(left_ns * cost / (allowed - self._used))
        return max(0, self._last_ns + pace_ns - now_ns)

    def spend(self, cost: float, now_ns: int) -> None:
        self._roll(now_ns)
        self._used += cost
        self._last_ns = now_ns

    def told(self, used: float, now_ns: int) -> None:
        self._roll(now_ns)
        self._used = max(self._used, used)

    def share_used(self, now_ns: int) -> float:
        return self._used / self.limit if now_ns // self.window_ns == self._window else 0.0

    def _roll(self, now_ns: int) -> None:
        window = now_ns // self.window_ns
        if window != self._window:
            self._window = window
            self._used = 0.0


class LeakyMeter:
    """A counter that decays by so much a second, and refuses above its limit (Kraken: 15, decaying 0.33 a second)."""

    def __init__(self, limit: float, decay_per_s: float) -> None:
        self.limit = limit
        self.decay_per_s = decay_per_s
        self._level = 0.0
        self._at_ns = 0

    def level(self, now_ns: int) -> float:
        """Return the counter now."""
        return max(0.0, self._level - self.decay_per_s * max(0, now_ns - self._at_ns) / NS)

    def wait_ns(self, cost: float, share: float, now_ns: int, *, paced: bool) -> int:
        # The decay itself is the pace.
        over = self.level(now_ns) + cost - max(share * self.limit, cost)
        return 0 if over <= 0 else int(over / self.decay_per_s * NS) + 1

    def spend(self, cost: float, now_ns: int) -> None:
        self._level = self.level(now_ns) + cost
        self._at_ns = now_ns

    def told(self, used: float, now_ns: int) -> None:
        self._level = max(self.level(now_ns), used)
        self._at_ns = now_ns

    def share_used(self, now_ns: int) -> float:
        return self.level(now_ns) / self.limit
