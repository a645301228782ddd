"""What a venue's answers to a submit and to a cancel mean to the order they were about; none of them is left out."""

from engine.domain.order_events import (
    Acknowledged,
    CancelAnswer,
    CancelAnswered,
    NotSent,
    OrderEvent,
    OutcomeLost,
    RefusedByVenue,
)
from engine.domain.ticket import Accepted, CancelAccepted, CancelOutcome, PlaceOutcome, Refused, Unknown
from engine.domain.trouble import NEVER_SENT, Trouble, TroubleKind


def outcome_event(outcome: PlaceOutcome, *, at_ns: int) -> OrderEvent:
    """Say what an answer to a submit means to the order; no class of answer is left out."""
    match outcome:
        case Accepted(venue_order_id=venue_order_id):
            return Acknowledged(at_ns=at_ns, venue_order_id=venue_order_id)
        case Refused(trouble=trouble) if trouble.kind in NEVER_SENT:
            return NotSent(at_ns=at_ns, reason=str(trouble), retry_ns=trouble.until_ns or 0)
        case Refused(trouble=trouble):
            return RefusedByVenue(at_ns=at_ns, reason=str(trouble), final=outcome.final, retry_ns=trouble.until_ns or 0)
        case Unknown(trouble=trouble):
            return OutcomeLost(at_ns=at_ns, reason=str(trouble))


def cancel_event(outcome: CancelOutcome, *, at_ns: int) -> CancelAnswered:
    """Say what an answer to a cancel means to the order: never that it has ended."""
    match outcome:
        case CancelAccepted():
            return CancelAnswered(at_ns=at_ns, answer=CancelAnswer.ACCEPTED)
        case Refused(trouble=trouble):
            return _cancel_failed(CancelAnswer.REFUSED, trouble, at_ns)
        case Unknown(trouble=trouble):
            not_found = trouble.kind is TroubleKind.NOT_FOUND
            return _cancel_failed(CancelAnswer.NOT_FOUND if not_found else CancelAnswer.LOST, trouble, at_ns)


def _cancel_failed(answer: CancelAnswer, trouble: Trouble, at_ns: int) -> CancelAnswered:
    return CancelAnswered(at_ns=at_ns, answer=answer, reason=str(trouble), retry_ns=trouble.until_ns or 0)
