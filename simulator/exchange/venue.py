"""A venue: one exchange, the views of it, and the keys that open its accounts."""

from dataclasses import dataclass

from simulator.exchange.exchange import Exchange
from simulator.exchange.timeline import Timeline
from simulator.exchange.views import ReadView, StreamView


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """What a client signs with; `passphrase` only where the venue has one."""

    account: str
    key: str
    secret: str
    passphrase: str = ""

    def __repr__(self) -> str:
        """Show the account and the key, never the secret."""
        return f"ApiKey(account={self.account!r}, key={self.key!r})"


class Venue:
    """One exchange as its clients meet it."""

    name: str
    exchange: Exchange
    rest: ReadView
    public: StreamView  # told: PublicTrade, BookChanged, TickerChanged
    private: StreamView  # told: OrderChanged, Traded, BalanceChanged

    def __init__(
        self,
        exchange: Exchange,
        timeline: Timeline,
        *,
        rest_lag_ns: int = 0,
        public_lag_ns: int = 0,
        private_lag_ns: int = 0,
    ) -> None:
        raise NotImplementedError

    def issue_key(self, key: ApiKey) -> None:
        """Let `key` act for its account from now on."""
        raise NotImplementedError

    def revoke_key(self, key: str) -> None:
        """Let the key act for nobody; do nothing if it is unknown."""
        raise NotImplementedError

    def key(self, key: str) -> ApiKey | None:
        """Return the key, or None if it was never issued or has been revoked."""
        raise NotImplementedError
