"""Polymarket's limits by account: one bucket of tokens for orders and one for cancels, told of in headers.

Orders and cancels that are named pay before they are done, all of them or none. How much a "cancel all" costs is
known when it has been done, and so it may leave a debt.
"""

from __future__ import annotations

from simulator.dialects.polymarket.settings import NS, PolymarketSettings
from simulator.exchange.timeline import Timeline

ACCOUNTS_MAX = 10_000


class Bucket:
    """Refills at `rate` tokens a second up to `burst`, for each account; time stands in for what is missing."""

    __slots__ = ("_burst", "_full_at_ns", "_price_ns", "_tier", "_timeline")

    def __init__(self, rate: int, burst: int, tier: str, timeline: Timeline) -> None:
        self._price_ns = NS // rate
        self._burst = burst
        self._tier = tier
        self._timeline = timeline
        self._full_at_ns: dict[str, int] = {}

    def take(self, account: str, tokens: int) -> bool:
        """Take so many tokens if they are there; say whether they were."""
        if self._missing_ns(account) + tokens * self._price_ns > self._burst * self._price_ns:
            return False
        self.charge(account, tokens)
        return True

    def charge(self, account: str, tokens: int) -> None:
        """Take so many tokens, be they there or not."""
        if account not in self._full_at_ns and len(self._full_at_ns) >= ACCOUNTS_MAX:
            del self._full_at_ns[next(iter(self._full_at_ns))]
        missing_ns = self._missing_ns(account) + tokens * self._price_ns
        self._full_at_ns[account] = self._timeline.now_ns() + missing_ns

    def wait_ns(self, account: str, tokens: int) -> int:
        """Return how long it takes until so many tokens are there; no less than nothing."""
        return max(0, self._missing_ns(account) + (tokens - self._burst) * self._price_ns)

    def headers(self, account: str, wait_ns: int = 0) -> dict[str, str]:
        """Return what an answer tells of an account's bucket."""
        missing = -(-self._missing_ns(account) // self._price_ns)
        told = {
            "Poly-RateLimit-Remaining": str(self._burst - missing),
            "Poly-RateLimit-Reset": str(-(-(self._timeline.wall_ns() + wait_ns) // NS)),
            "Poly-RateLimit-Tier": self._tier,
        }
        return {**told, "Retry-After": str(max(1, -(-wait_ns // NS)))} if wait_ns else told

    def _missing_ns(self, account: str) -> int:
        return max(0, self._full_at_ns.get(account, 0) - self._timeline.now_ns())


class Limits:
    """Both buckets of one Polymarket."""

    def __init__(self, settings: PolymarketSettings, timeline: Timeline) -> None:
        tier = settings.tier
        self.orders = Bucket(settings.orders_per_s, settings.orders_burst, tier, timeline)
        self.cancels = Bucket(settings.cancels_per_s, settings.cancels_burst, tier, timeline)
