"""Which client order ids a bot may use, worked out by the referee's own hand from the decisions on the bus.

The engine has the same function. It is written a second time here on purpose: the referee's ruler is not borrowed
from the player, and if the engine's ids changed from attempt to attempt, a shared function would agree with it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.record import DecisionSeen, Record


@dataclass(frozen=True, kw_only=True)
class Intent:
    """An order that a decision allows: one for each decision and leg; the leg is the venue, or a side of it."""

    client_order_id: str
    decision: DecisionSeen
    venue: str


def client_order_id(bot: str, strategy: str, instrument: str, decision: str, leg: str) -> str:
    """Return the only client order id of an intent: `sp`, four letters of the bot, twelve of the identity."""
    identity = "|".join((bot, strategy, instrument, decision, leg))
    return namespace(bot) + _letters(identity)[:12]


def namespace(bot: str) -> str:
    """Return what every client order id of a bot begins with."""
    return "sp" + _letters(bot)[:4]


def intents_of(record: Record) -> Mapping[tuple[str, str], Intent]:
    """Return every intent that the decisions of a record allow, by (venue, client order id)."""
    first: dict[tuple[str, str, str], DecisionSeen] = {}
    for decision in record.decisions:
        first.setdefault(decision.identity, decision)
    found: dict[tuple[str, str], Intent] = {}
    for decision in first.values():
        for venue in record.venues:
            for leg in (f"{venue}-buy", f"{venue}-sell") if decision.two_sided else (venue,):
                own = client_order_id(record.bot, *decision.identity, leg)
                found[venue, own] = Intent(client_order_id=own, decision=decision, venue=venue)
    return found


def _letters(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode("ascii").lower()
