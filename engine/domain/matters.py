"""What a stored message is about: messages about one matter stay in their order, those about different ones need not.

Finer than the subject where one subject carries many lives: the steps of one order, the alerts of one key. Some
messages paint the whole picture of their matter, so that a later one with the same picture says all that it and
whatever lies between had to say; others count each time they are told.
"""

from __future__ import annotations

from engine.domain.messages import (
    AlertAcknowledged,
    AlertRaised,
    AlertResolved,
    DecisionHandled,
    OrderChanged,
    Stored,
    message_id_of,
    subject_of,
)


def matter_of(message: Stored) -> str:
    """Return the name of what a message is about."""
    match message:
        case OrderChanged():
            return f"order|{message.client_order_id}"
        case AlertRaised() | AlertResolved() | AlertAcknowledged():
            return f"alert|{message.key}"
        case DecisionHandled():
            return message_id_of(message)
        case _:
            return subject_of(message)


def picture_of(message: Stored) -> tuple[object, ...] | None:
    """Return what a message shows of its matter, None where each telling counts.

    An order that is tried again goes from state to state in a circle; an alert that holds is repeated. Why an order is
    where it is, and since when, is told best by the latest.
    """
    match message:
        case OrderChanged():
            trade = message.filled, message.average, message.quantity, message.price
            return message.state, message.venue_order_id, *trade
        case AlertRaised():
            return message.severity, message.summary, message.runbook
        case _:
            return None
