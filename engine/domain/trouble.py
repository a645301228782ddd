"""What kind of trouble a venue's answer is, in words that decide what may be done next.

ccxt's exception classes do not say whether an order is final (`venues.md`, fact 1), so an answer is judged by
operation, HTTP status, venue code and text, and becomes one of these. The three groups below are what the rest of
the engine asks about.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class TroubleKind(StrEnum):
    """What happened to a request."""

    UNKNOWN = "unknown"  # it may have been executed: nobody answered, or the answer does not say
    MALFORMED = "malformed"  # it was answered by something that is not the venue's language: as good as unknown
    DUPLICATE = "duplicate"  # the venue already holds an order of that id: look it up, adopt it
    NOT_FOUND = "not_found"  # the venue says that it knows no such order; one view, at one moment
    THROTTLED = "throttled"  # not executed: too many requests, until a time
    BANNED = "banned"  # not executed: the address or the account is shut out, until a time
    CLOCK = "clock"  # not executed: timestamp, window, deadline or nonce was not accepted
    MAINTENANCE = "maintenance"  # not executed: the venue, or this market, takes no such requests now
    AUTH = "auth"  # not executed: the key is not accepted for this
    REJECTED = "rejected"  # not executed, and never will be: the venue refused the request itself
    BREAKER_OPEN = "breaker_open"  # never sent: our own breaker is open
    BUDGET_SPENT = "budget_spent"  # never sent: our own rate budget would have had to wait too long


UNCERTAIN = frozenset({TroubleKind.UNKNOWN, TroubleKind.MALFORMED, TroubleKind.DUPLICATE, TroubleKind.NOT_FOUND})
"""Kinds after which a submit may have been executed."""

NEVER_SENT = frozenset({TroubleKind.BREAKER_OPEN, TroubleKind.BUDGET_SPENT})
"""Kinds in which no byte left us."""

VENUE_IS_SICK = frozenset({TroubleKind.UNKNOWN, TroubleKind.MALFORMED})
"""Kinds that count as a failure for a circuit breaker: a venue that refuses is healthy."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One request's failure: where, what the venue said, how we read it, and until when it lasts if that is known."""

    kind: TroubleKind
    venue: str
    operation: str
    status: int | None = None
    code: str = ""
    text: str = ""
    until_ns: int | None = None
    """Wall clock, in nanoseconds: no request of this kind before it."""

    def __str__(self) -> str:
        said = " ".join(str(part) for part in (self.status, self.code, self.text) if part not in (None, ""))
        return f"{self.venue} {self.operation}: {self.kind.value}" + (f" ({said})" if said else "")
