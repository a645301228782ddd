"""Everything that components say to each other on the bus, as tagged frozen messages in JSON.

`subject_of` and `message_id_of` say where a message goes and, where it is stored, by which id it is stored once:
both are functions of the content, so that replicas that say the same thing say it once. Unknown fields are ignored
when decoding, so that two versions can talk during a rolling restart; an unknown tag is `MessageMalformed`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from engine.domain.audit import AuditDone
from engine.domain.codec import reader, to_json
from engine.domain.control import Control, ControlDone
from engine.domain.identity import decision_id
from engine.domain.instrument import Side, dashed
from engine.domain.limits import BreakerChanged, VenueBanned
from engine.domain.money import Price, Quantity
from engine.domain.opinions import SentimentSeen, SignalDisagreed, SignalRefused
from engine.domain.profit import ProfitSeen
from engine.domain.recovery import RecoveryReported
from engine.domain.safety import SafetyChanged
from engine.domain.wish import Offer


class OrderState(StrEnum):
    """Where an order is in its life; the table of its moves is `engine.domain.order_table`."""

    INTENDED = "intended"  # journalled, not yet sent
    SUBMITTING = "submitting"  # a request is under way
    UNKNOWN = "unknown"  # it may live: counts as filled the worst way until evidence says otherwise
    WAITING = "waiting"  # a stop that the venue has, and that no price has set off
    OPEN = "open"  # the venue said that it has it
    CANCELLING = "cancelling"  # open, and we asked for its end
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"  # by the venue
    EXPIRED = "expired"  # by its own time in force
    ABSENT = "absent"  # proved never to have reached the venue
    REFUSED = "refused"  # by us, never sent


class PriceSource(StrEnum):
    """How a price came to us."""

    STREAM = "stream"
    REST = "rest"


class Component(StrEnum):
    """The four components whose uptime is promised, and what the bot can do without: nobody is paged for that."""

    INGESTION = "ingestion"
    SIGNAL = "signal"
    EXECUTION = "execution"
    MONITORING = "monitoring"
    OPTIONAL = "optional"


class Status(StrEnum):
    """How a component feels about itself."""

    OK = "ok"
    DEGRADED = "degraded"


class Outcome(StrEnum):
    """What execution made of a decision."""

    INTENTS = "intents"
    NOTHING_TO_DO = "nothing_to_do"
    REFUSED = "refused"


class _Said(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Any message: its class name travels as `type`."""


class PriceSeen(_Said, frozen=True, kw_only=True):
    """A venue quoted a price; `bid` and `ask` are `None` where its source tells only the last trade."""

    venue: str
    instrument: str
    bid: Price | None
    ask: Price | None
    last: Price
    venue_time_ms: int
    source: PriceSource
    node: str


class Heartbeat(_Said, frozen=True, kw_only=True):
    """A component is alive."""

    component: Component
    node: str
    at_ns: int
    status: Status
    detail: str = ""


class Decision(_Said, frozen=True, kw_only=True):
    """A strategy wants a total base quantity over all venues; `decision` is the bar's close in unix seconds."""

    strategy: str
    instrument: str
    decision: str
    target: Quantity
    not_after_ns: int
    decided_at_ns: int
    reference_price: Price
    node: str
    stop: Price | None = None
    """Where a position must be left at the latest; `None` leaves that to the configuration."""
    at: dict[str, Quantity] | None = None
    """What to hold at each venue that is named, where the strategy says so; `target` is then their sum. When none is
    named, everything stays as it is, and `target` says nothing.
    """
    offers: tuple[Offer, ...] | None = None
    """What to have resting, where the strategy makes a market; `target` is then the most that may come of it."""


class Proposed(_Said, frozen=True, kw_only=True):
    """A replica's opinion, where a decision needs several that agree (`engine.services.voting`)."""

    decision: Decision

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"proposal.{dashed(self.decision.instrument)}"


class DecisionHandled(_Said, frozen=True, kw_only=True):
    """Execution is done with a decision; `intents` are client order ids."""

    strategy: str
    instrument: str
    decision: str
    outcome: Outcome
    reason: str
    intents: tuple[str, ...]
    at_ns: int


class OrderChanged(_Said, frozen=True, kw_only=True):
    """An order took a step in its life; `sequence` counts the steps of this order from 1."""

    client_order_id: str
    bot: str
    strategy: str
    instrument: str
    decision: str
    leg: str
    venue: str
    side: Side
    quantity: Quantity
    price: Price | None
    state: OrderState
    venue_order_id: str | None
    filled: Quantity
    average: Price | None
    reason: str
    sequence: int
    at_ns: int


class LedgerSnapshot(_Said, frozen=True, kw_only=True):
    """What we believe to own at a venue, by our own fills alone; orders by client order id, sorted."""

    venue: str
    balances: dict[str, Decimal]
    positions: dict[str, Quantity] = {}
    """What the bot's own fills have left of each instrument, in its base asset."""
    open_orders: tuple[str, ...]
    unknown_orders: tuple[str, ...]
    at_ns: int


class Protected(_Said, frozen=True, kw_only=True):
    """How much of a position a stop would close that rests at the same venue; told at changes and repeated."""

    venue: str
    instrument: str
    position: Quantity
    covered: Quantity
    at_ns: int


class AlertRaised(_Said, frozen=True, kw_only=True):
    """Something needs a person; `key` is the same for as long as it is the same trouble."""

    key: str
    severity: str
    summary: str
    component: str
    runbook: str
    node: str
    at_ns: int


class AlertResolved(_Said, frozen=True, kw_only=True):
    """The trouble of this key is over."""

    key: str
    component: str
    node: str
    at_ns: int


class AlertAcknowledged(_Said, frozen=True, kw_only=True):
    """A person has the trouble of this key in hand."""

    key: str
    by: str
    at_ns: int


class CallsSeen(_Said, frozen=True, kw_only=True):
    """How one kind of request to one venue went lately, as one node saw it; times in nanoseconds."""

    venue: str
    operation: str
    node: str
    calls: int
    failures: int
    """Requests that nobody answered in the venue's language: a refusal is an answer."""
    p50_ns: int
    p99_ns: int
    period_ns: int
    at_ns: int


Message: TypeAlias = (
    PriceSeen
    | Heartbeat
    | Decision
    | DecisionHandled
    | OrderChanged
    | LedgerSnapshot
    | Protected
    | AlertRaised
    | AlertResolved
    | AlertAcknowledged
    | CallsSeen
    | SafetyChanged
    | Control
    | ControlDone
    | BreakerChanged
    | VenueBanned
    | ProfitSeen
    | RecoveryReported
    | Proposed
    | SignalRefused
    | SignalDisagreed
    | SentimentSeen
    | AuditDone
)


_READ: Callable[[bytes | str], Message] = reader(Message)  # type: ignore[arg-type]  # mypy has no type for a union


def encode(message: Message) -> bytes:
    """Return the JSON of a message."""
    return to_json(message)


def decode(data: bytes) -> Message:
    """Return the message in some JSON; raise `MessageMalformed` when it is none of ours."""
    return _READ(data)


def subject_of(message: Message) -> str:
    """Return the subject on which a message is sent."""
    match message:
        case PriceSeen():
            return f"price.{message.venue}.{dashed(message.instrument)}"
        case Heartbeat():
            return f"heartbeat.{message.component.value}.{message.node}"
        case Decision():
            return f"decision.{dashed(message.instrument)}"
        case DecisionHandled():
            return f"handled.{dashed(message.instrument)}"
        case OrderChanged():
            return f"order.{message.venue}.{dashed(message.instrument)}"
        case LedgerSnapshot():
            return f"ledger.{message.venue}"
        case Protected():
            return f"protected.{message.venue}.{dashed(message.instrument)}"
        case AlertRaised() | AlertResolved():
            return f"alert.{message.component}"
        case AlertAcknowledged():
            return "alert.person"
        case CallsSeen():
            return f"calls.{message.venue}.{message.node}"
        case _:  # the others say so themselves
            return message.subject


Stored: TypeAlias = (
    Decision
    | DecisionHandled
    | OrderChanged
    | AlertRaised
    | AlertResolved
    | AlertAcknowledged
    | SafetyChanged
    | Control
    | ControlDone
    | RecoveryReported
)
"""The kinds of message that wait on the bus until somebody has dealt with them."""


def message_id_of(message: Stored) -> str:
    """Return the id under which a stored message is stored once."""
    match message:
        case Decision():
            return decision_id(message.strategy, message.instrument, message.decision)
        case DecisionHandled():
            return "handled|" + decision_id(message.strategy, message.instrument, message.decision)
        case OrderChanged():
            return f"{message.client_order_id}-{message.sequence}"
        case AlertRaised():
            return f"raised|{message.key}|{message.at_ns}"
        case AlertAcknowledged():
            return f"acknowledged|{message.key}|{message.at_ns}"
        case AlertResolved():
            return f"resolved|{message.key}|{message.at_ns}"
        case _:  # the others say so themselves
            return message.name
