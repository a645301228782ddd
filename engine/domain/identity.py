"""What an intent is about, and the client order id that follows from it.

The id is a pure function of (bot, strategy, instrument, decision, leg): never of price, size or attempt, never of a
counter (nautilus#3592: ids taken from memory change when memory is lost). So a replica, a successor and a restarted
process all arrive at the same id, and a venue that still holds the order refuses it a second time.

Eighteen characters `[a-z0-9]` starting with a letter: the least that every venue takes (Kraken's free text ends at
18). Six of them are the bot's namespace, by which its own orphans are told from other people's orders; twelve (60
bits) tell its intents apart: by the birthday bound, ten million intents collide with a chance below 1 in 20,000.
"""

from __future__ import annotations

import base64
import hashlib

import msgspec

CLIENT_ORDER_ID_CHARS = 18
_SEPARATOR = "|"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One intent: what the bot wants, for which decision, on which leg (for one venue: the venue's name)."""

    bot: str
    strategy: str
    instrument: str
    decision: str
    leg: str

    def __post_init__(self) -> None:
        for field in (self.bot, self.strategy, self.instrument, self.decision, self.leg):
            if not field or _SEPARATOR in field:
                raise ValueError(f"{field!r} cannot be part of an identity: it is empty or contains {_SEPARATOR!r}")

    def __str__(self) -> str:
        return _SEPARATOR.join((self.bot, self.strategy, self.instrument, self.decision, self.leg))

    @property
    def client_order_id(self) -> str:
        """The only id under which this intent is ever sent."""
        return namespace(self.bot) + _letters(str(self), 12)


def namespace(bot: str) -> str:
    """Return the six characters that every client order id of a bot starts with."""
    return "sp" + _letters(bot, 4)


def is_ours(client_order_id: str | None, bot: str) -> bool:
    """Tell whether an order found at a venue was sent by this bot (by any of its processes, ever)."""
    return (
        client_order_id is not None
        and len(client_order_id) == CLIENT_ORDER_ID_CHARS
        and client_order_id.startswith(namespace(bot))
    )


def decision_id(strategy: str, instrument: str, decision: str) -> str:
    """Return the id under which a decision is enqueued once, however many replicas make it."""
    return _SEPARATOR.join((strategy, instrument, decision))


def _letters(text: str, count: int) -> str:
    """Return the first letters of the lower-case RFC 4648 base32 of a SHA-256."""
    enough = hashlib.sha256(text.encode()).digest()[:10]  # sixteen letters, of five bits each
    return base64.b32encode(enough).decode().lower()[:count]
