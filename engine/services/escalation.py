"""Which alerts wake a person, and when: one table, read from the top, first match.

    at once                 somebody is, or may soon be, losing money, or nobody would notice if they were
    when unacknowledged     it may pass, and somebody who is awake can look: it is told quietly first, and becomes a
                            page when it still holds after five minutes and nobody has acknowledged it
    never                   what is optional: trading goes on without it, and the night stays quiet

A key that no row names pages at once: forgetting a row must not silence an alert. A test finds every key that the
engine raises and asks for its row.
"""

from enum import StrEnum
from fnmatch import fnmatchcase


class Escalation(StrEnum):
    """When an alert becomes a page."""

    AT_ONCE = "at once"
    UNACKNOWLEDGED = "when unacknowledged"
    NEVER = "never"


TABLE: tuple[tuple[str, Escalation, str], ...] = (
    ("degraded/optional/*", Escalation.NEVER, "trading goes on without it"),
    ("heartbeat/*", Escalation.AT_ONCE, "a silent component does nothing, and does not say so"),
    ("degraded/*", Escalation.AT_ONCE, "a component that cannot do its job is as good as silent"),
    ("bus/silent*", Escalation.AT_ONCE, "nobody hears anybody"),
    ("venue/*", Escalation.AT_ONCE, "exits may not reach the venue now, or will not after the ban that follows"),
    ("stream/*", Escalation.AT_ONCE, "prices come slower than they should, from one way only"),
    ("orders/*", Escalation.AT_ONCE, "money is where we do not know it to be"),
    ("drift/*", Escalation.AT_ONCE, "our books and the venue's disagree"),
    ("journal/*", Escalation.AT_ONCE, "nothing new may be sent"),
    ("safety/*", Escalation.AT_ONCE, "the bot has stopped doing what it is for"),
    ("flatten/*", Escalation.AT_ONCE, "what is to be closed is still open"),
    ("protection/*", Escalation.AT_ONCE, "a position is open without a working stop"),
    ("profit/*", Escalation.AT_ONCE, "the account gains or loses in a way that it never did"),
    ("config/*", Escalation.AT_ONCE, "what the venues say of the configuration could lose money, or stops entries"),
    ("flatten/*", Escalation.AT_ONCE, "a position that should be closed is not"),
    ("clock/*", Escalation.AT_ONCE, "requests will be refused, exits among them"),
    ("latency/*", Escalation.UNACKNOWLEDGED, "slow is not dead; it passes more often than not"),
    ("errors/*", Escalation.UNACKNOWLEDGED, "more failures than usual, and the rest still works"),
    ("queue/*", Escalation.UNACKNOWLEDGED, "messages wait; what must not wait has its own alert"),
    ("signal/*", Escalation.UNACKNOWLEDGED, "a decision is missing or was refused; nothing wrong was done"),
    ("optional/*", Escalation.NEVER, "trading goes on without it"),
)
"""Pattern of the key, when it pages, and why."""


def escalation_of(key: str) -> Escalation:
    """Return when an alert of this key becomes a page."""
    return next((when for pattern, when, _ in TABLE if fnmatchcase(key, pattern)), Escalation.AT_ONCE)
