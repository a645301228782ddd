"""Coinbase's limits: so many calls or messages a second by user or by address, told by the refusal and nothing else."""

from simulator.dialects.coinbase.settings import NS, CoinbaseSettings
from simulator.exchange.timeline import Timeline

HOUR_NS = 3_600 * NS
CALLERS_MAX = 10_000


class Bucket:
    """Lets `most` calls through at once, and then one for each `span_ns / most` that passes; counts each caller."""

    __slots__ = ("_full_ns", "_price_ns", "_until_ns")

    def __init__(self, most: int, span_ns: int) -> None:
        self._price_ns = span_ns // most
        self._full_ns = self._price_ns * most
        self._until_ns: dict[str, int] = {}

    def take(self, who: str, now_ns: int) -> bool:
        """Count a call, and say whether it may pass; one that may not costs nothing."""
        until_ns = max(self._until_ns.get(who, 0), now_ns) + self._price_ns
        if until_ns - now_ns > self._full_ns:
            return False
        if who not in self._until_ns and len(self._until_ns) >= CALLERS_MAX:
            del self._until_ns[next(iter(self._until_ns))]
        self._until_ns[who] = until_ns
        return True


class Limits:
    """All limits of one Coinbase."""

    def __init__(self, settings: CoinbaseSettings, timeline: Timeline) -> None:
        self._timeline = timeline
        self._private = Bucket(settings.private_per_s, NS)
        self._public = Bucket(settings.public_per_s, NS)
        self._old = Bucket(settings.old_calls_per_hour, HOUR_NS)
        self._messages = Bucket(settings.messages_per_s, NS)

    def private(self, account: str) -> bool:
        """Count a private call by user; say whether it may pass."""
        return self._private.take(account, self._timeline.now_ns())

    def public(self, peer: str) -> bool:
        """Count a public call by address; say whether it may pass."""
        return self._public.take(peer, self._timeline.now_ns())

    def old(self, who: str) -> bool:
        """Count a call to /v2; say whether it may pass."""
        return self._old.take(who, self._timeline.now_ns())

    def message(self, peer: str) -> bool:
        """Count a message on a stream without a token, by address; say whether it may be read."""
        return self._messages.take(peer, self._timeline.now_ns())
