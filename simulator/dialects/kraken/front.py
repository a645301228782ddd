"""What every Kraken endpoint leans on: the venue, its names, its counters, its tokens and its clock."""

import base64
import hashlib
from dataclasses import dataclass

from simulator.dialects.kraken.limits import Limits
from simulator.dialects.kraken.listing import Listing
from simulator.dialects.kraken.settings import KrakenSettings
from simulator.dialects.kraken.signing import Doorman
from simulator.exchange.orders import OrderRecord
from simulator.exchange.venue import ApiKey, Venue

USERREFS_MAX = 100_000
"""How many orders' user references are remembered; the oldest are forgotten."""
TOKENS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Token:
    """What opens a private stream, until it expires."""

    account: str
    expires_ns: int


class Front:
    """One Kraken, as its endpoints see it."""

    def __init__(self, venue: Venue, settings: KrakenSettings) -> None:
        self.venue = venue
        self.settings = settings
        self.timeline = venue.timeline
        self.exchange = venue.exchange
        self.listing = Listing(venue.exchange.instruments.values())
        self.limits = Limits(settings, venue.timeline, venue.exchange)
        self.doorman = Doorman(venue)
        self._userrefs: dict[int, int] = {}
        self._tokens: dict[str, Token] = {}
        self._born_ns = venue.timeline.now_ns()
        self._issued = 0

    def note_userref(self, order_id: int, userref: int) -> None:
        """Remember the number a client gave an order."""
        self._userrefs[order_id] = userref
        if len(self._userrefs) > USERREFS_MAX:
            del self._userrefs[next(iter(self._userrefs))]

    def userref(self, record: OrderRecord) -> int | None:
        """Return the number a client gave an order."""
        return self._userrefs.get(record.order_id)

    def issue_token(self, key: ApiKey) -> str:
        """Return a new token for the private streams, unlike any before the last boot."""
        self._issued += 1
        digest = hashlib.sha256(f"{key.secret}/{self._born_ns}/{self._issued}".encode()).digest()
        token = base64.b64encode(digest).decode().rstrip("=")
        expires_ns = self.timeline.now_ns() + self.settings.token_life_ns
        self._tokens[token] = Token(key.account, expires_ns)
        if len(self._tokens) > TOKENS_MAX:
            del self._tokens[next(iter(self._tokens))]
        return token

    def account_of(self, token: object) -> str | None:
        """Return whose token this is, None if it is unknown or has expired."""
        found = self._tokens.get(token) if isinstance(token, str) else None
        if found is None or self.timeline.now_ns() >= found.expires_ns:
            return None
        return found.account
