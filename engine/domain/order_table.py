"""The life of an order as one table: what each event means in each state.

    intended ──► submitting ──► open ──► cancelling ──► filled | cancelled | rejected | expired
        │            │        ▲   │           │                     ▲
        │            ├──► waiting ┤           │                     │   a stop, until a price sets it off
        │            └────────────┴───────────┴──► unknown ─────────┤   by positive evidence
        ▼                                             │             │
     refused  (never sent)                            └──► absent   │   by the silence of every view after expiry
                                                                    │   filled, expired ──► cancelled: a fill is lost
                                                      ▲             │
               any living state, after a restart ─────┘─────────────┘

Every pair of event and state has an entry; what means nothing says `ignored`. Final states are left by no event, but
for the one above: what they still learn are fills, and which of them do not count. A test walks the whole table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain import order_amending as amending
from engine.domain import order_cancelling as cancelling
from engine.domain import order_learning as learning
from engine.domain import order_sending as sending
from engine.domain.evidence import NotSeen, Seen, ViewFailed
from engine.domain.messages import OrderState
from engine.domain.order import FINAL
from engine.domain.order_events import (
    Acknowledged,
    AmendAnswered,
    AmendAsked,
    CancelAnswered,
    CancelAsked,
    Journalled,
    NotSent,
    OrderEvent,
    OutcomeLost,
    RefusedByUs,
    RefusedByVenue,
    RestartedFromJournal,
    SendBegan,
    TimePassed,
)
from engine.domain.order_moves import Rule, ignored


def row(
    *,
    intended: Rule,
    submitting: Rule,
    unknown: Rule,
    open: Rule,  # noqa: A002  # a state's name
    cancelling: Rule,
    final: Rule,
    **exceptions: Rule,
) -> Mapping[OrderState, Rule]:
    """Write one event's line: a rule for each living state, one for all final states, and exceptions to that one.

    A stop that waits is at rest like an open order, so whatever means something to the one means it to the other.
    """
    living = {
        OrderState.INTENDED: intended,
        OrderState.SUBMITTING: submitting,
        OrderState.UNKNOWN: unknown,
        OrderState.WAITING: open,
        OrderState.OPEN: open,
        OrderState.CANCELLING: cancelling,
    }
    ends = {state: exceptions.get(state.value, final) for state in OrderState if state in FINAL}
    return MappingProxyType(living | ends)


# fmt: off
LIFE: Mapping[type[OrderEvent], Mapping[OrderState, Rule]] = MappingProxyType({
    Journalled: row(
        intended=sending.journalled, submitting=ignored, unknown=ignored, open=ignored, cancelling=ignored,
        final=ignored),
    SendBegan: row(
        intended=sending.began, submitting=ignored, unknown=sending.began, open=ignored, cancelling=ignored,
        final=ignored),
    Acknowledged: row(
        intended=sending.acknowledged, submitting=sending.acknowledged, unknown=sending.acknowledged,
        open=sending.named, cancelling=sending.named,
        final=sending.named, absent=sending.disproved, rejected=sending.disproved, refused=sending.disproved),
    RefusedByVenue: row(
        intended=ignored, submitting=sending.refused_by_venue, unknown=ignored, open=ignored, cancelling=ignored,
        final=ignored),
    NotSent: row(
        intended=ignored, submitting=sending.not_sent, unknown=ignored, open=ignored, cancelling=ignored,
        final=ignored),
    OutcomeLost: row(
        intended=ignored, submitting=sending.lost, unknown=ignored, open=ignored, cancelling=ignored,
        final=ignored),
    Seen: row(
        intended=learning.seen, submitting=learning.seen, unknown=learning.seen, open=learning.seen,
        cancelling=learning.seen,
        final=learning.seen_late),
    NotSeen: row(
        intended=ignored, submitting=ignored, unknown=learning.unseen, open=learning.vanishing,
        cancelling=learning.vanishing,
        final=ignored),
    ViewFailed: row(
        intended=ignored, submitting=ignored, unknown=ignored, open=ignored, cancelling=ignored,
        final=ignored),
    CancelAsked: row(
        intended=cancelling.give_up, submitting=cancelling.remember, unknown=cancelling.cancel,
        open=cancelling.cancel, cancelling=cancelling.cancel,
        final=ignored),
    CancelAnswered: row(
        intended=ignored, submitting=cancelling.answered, unknown=cancelling.answered, open=cancelling.answered,
        cancelling=cancelling.answered,
        final=ignored),
    AmendAsked: row(
        intended=ignored, submitting=ignored, unknown=ignored, open=amending.ask, cancelling=ignored,
        final=ignored),
    AmendAnswered: row(
        intended=ignored, submitting=ignored, unknown=amending.answered, open=amending.answered,
        cancelling=amending.answered,
        final=ignored),
    RefusedByUs: row(
        intended=sending.refuse, submitting=ignored, unknown=ignored, open=ignored, cancelling=ignored,
        final=ignored),
    RestartedFromJournal: row(
        intended=sending.restarted, submitting=sending.restarted, unknown=sending.restarted, open=sending.restarted,
        cancelling=sending.restarted,
        final=ignored),
    TimePassed: row(
        intended=sending.send_if_in_time, submitting=ignored, unknown=sending.resolve, open=sending.poll,
        cancelling=sending.poll,
        final=sending.settle),
})
# fmt: on
