"""What can happen to an order (events, past tense) and what is then to be done (commands, imperative).

Evidence (`Seen`, `NotSeen`, `ViewFailed`) is defined in `engine.domain.evidence`; all other events are here.
`at_ns` is always the venue's clock, as estimated by us.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from engine.domain.evidence import NotSeen, Seen, ViewFailed
from engine.domain.money import Quantity


class _Happened(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Any event: when, on the venue's clock."""

    at_ns: int


class Journalled(_Happened, frozen=True, kw_only=True):
    """The intent is durable where its successor will look."""


class SendBegan(_Happened, frozen=True, kw_only=True):
    """A request is about to leave that the venue will not execute later than `expires_ns`."""

    expires_ns: int


class Acknowledged(_Happened, frozen=True, kw_only=True):
    """The venue answered with an order id."""

    venue_order_id: str


class RefusedByVenue(_Happened, frozen=True, kw_only=True):
    """The venue surely did not execute the last request; `final` when it never will."""

    reason: str
    final: bool
    retry_ns: int = 0


class NotSent(_Happened, frozen=True, kw_only=True):
    """No byte of the last request left us: a breaker is open, or the rate budget is spent."""

    reason: str
    retry_ns: int = 0


class OutcomeLost(_Happened, frozen=True, kw_only=True):
    """Nobody can tell whether the last request was executed."""

    reason: str


class CancelAsked(_Happened, frozen=True, kw_only=True):
    """Somebody of ours wants the order to end."""

    reason: str


class CancelAnswer(StrEnum):
    """What came back for a cancel; none of these ends an order, only evidence does."""

    ACCEPTED = "accepted"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    LOST = "lost"


class CancelAnswered(_Happened, frozen=True, kw_only=True):
    """A cancel is no longer under way."""

    answer: CancelAnswer
    reason: str = ""
    retry_ns: int = 0


class AmendAsked(_Happened, frozen=True, kw_only=True):
    """Somebody of ours wants the order to be for less than it is."""

    quantity: Quantity


class AmendAnswered(_Happened, frozen=True, kw_only=True):
    """An amendment is no longer under way; whether it was made is for the venue's views to say."""

    refused: bool
    retry_ns: int = 0


class RefusedByUs(_Happened, frozen=True, kw_only=True):
    """A rule of ours said no before anything was sent."""

    reason: str


class RestartedFromJournal(_Happened, frozen=True, kw_only=True):
    """A process found this order in the journal: whatever its predecessor did after the last record is not known."""


class TimePassed(_Happened, frozen=True, kw_only=True):
    """Time to look whether something is due: this is the whole of polling."""


OrderEvent: TypeAlias = (
    Journalled
    | SendBegan
    | Acknowledged
    | RefusedByVenue
    | NotSent
    | OutcomeLost
    | Seen
    | NotSeen
    | ViewFailed
    | CancelAsked
    | CancelAnswered
    | AmendAsked
    | AmendAnswered
    | RefusedByUs
    | RestartedFromJournal
    | TimePassed
)


class Journal(msgspec.Struct, frozen=True, tag=True):
    """Make the order, as it is now, durable."""


class Publish(msgspec.Struct, frozen=True, tag=True):
    """Tell the bus (`order_changed`)."""


class Send(msgspec.Struct, frozen=True, tag=True):
    """Send the order: announce it with `SendBegan`, then place its ticket."""


class LookUp(msgspec.Struct, frozen=True, tag=True):
    """Read the views named by `engine.domain.order_views.views_to_read`, and report each as evidence."""


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """Ask the venue to end the order, and report with `CancelAnswered`."""


class Amend(msgspec.Struct, frozen=True, tag=True):
    """Ask the venue to make the order smaller where it stands, and report with `AmendAnswered`."""


class Contradicted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A fact does not go with what was believed final, or with the order itself: hold the instrument and page."""

    detail: str


OrderCommand: TypeAlias = Journal | Publish | Send | LookUp | Cancel | Amend | Contradicted
