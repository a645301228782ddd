"""A venue: one exchange, the views of it, and the keys that open its accounts.

The fourth view, that of the matching engine, is the exchange's own truth: it does not lag.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

from simulator.exchange.events import PrivateEvent, PublicEvent
from simulator.exchange.exchange import Exchange
from simulator.exchange.timeline import Timeline
from simulator.exchange.views import ReadView, StreamView, Viewed

Permission = Literal["read", "trade", "withdraw"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """What a client signs with, and what it may do; `passphrase` only where the venue has one."""

    account: str
    key: str
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)
    may: frozenset[Permission] = frozenset({"read", "trade"})


class Doors:
    """The views of an exchange of any kind, and the keys of its accounts."""

    def __init__(
        self,
        name: str,
        exchange: Viewed,
        timeline: Timeline,
        *,
        rest_lag_ns: int = 0,
        public_lag_ns: int = 0,
        private_lag_ns: int = 0,
    ) -> None:
        """Open three doors to the exchange, each as late as said; every lag can be set later."""
        self.name = name
        self.timeline = timeline
        self.rest = ReadView("rest", exchange, timeline, lag_ns=rest_lag_ns)
        self.public = StreamView("public", exchange, timeline, lag_ns=public_lag_ns, kinds=get_args(PublicEvent))
        self.private = StreamView("private", exchange, timeline, lag_ns=private_lag_ns, kinds=get_args(PrivateEvent))
        self._keys: dict[str, ApiKey] = {}

    @property
    def views(self) -> dict[str, ReadView | StreamView]:
        """The views that can lag, by name."""
        return {view.name: view for view in (self.rest, self.public, self.private)}

    def issue_key(self, key: ApiKey) -> None:
        """Let `key` act for its account from now on."""
        self._keys[key.key] = key

    def revoke_key(self, key: str) -> None:
        """Let the key act for nobody; do nothing if it is unknown."""
        self._keys.pop(key, None)

    def key(self, key: str) -> ApiKey | None:
        """Return the key, or None if it was never issued or has been revoked."""
        return self._keys.get(key)


class Venue(Doors):
    """One spot exchange as its clients meet it."""

    def __init__(
        self,
        exchange: Exchange,
        timeline: Timeline,
        *,
        rest_lag_ns: int = 0,
        public_lag_ns: int = 0,
        private_lag_ns: int = 0,
    ) -> None:
        """Open three doors to the exchange, each as late as said; every lag can be set later."""
        self.exchange = exchange
        super().__init__(
            exchange.name,
            exchange,
            timeline,
            rest_lag_ns=rest_lag_ns,
            public_lag_ns=public_lag_ns,
            private_lag_ns=private_lag_ns,
        )
