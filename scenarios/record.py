"""What was observed in a run, from outside: the only thing the referee reads.

Two kinds of fact stand side by side. Truth comes from the world: what the venues' matching did, which requests passed
their doors, which faults were injected, which machines had power, which pages rang. Behaviour comes from the wire:
what the bot said on its bus. Nothing here is the bot's memory or configuration; a promise judged on this record is
judged by what anybody standing outside could have seen.

Times are virtual nanoseconds unless a name says wall. A record can be written by hand, which is how the promises are
tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import Struct

Amounts = Mapping[str, Decimal]


class DecisionSeen(Struct, frozen=True, kw_only=True, array_like=True):
    """A decision stood on the bus."""

    at_ns: int
    strategy: str
    instrument: str
    decision: str
    target: Decimal
    not_after_ns: int
    node: str
    two_sided: bool = False
    """It asks for offers on both sides of a venue, each of which is an order of its own."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What it is about, however many replicas said it."""
        return (self.strategy, self.instrument, self.decision)


class OpinionSeen(Struct, frozen=True, kw_only=True, array_like=True):
    """A replica said why it did not decide, or that not all replicas were of one mind."""

    at_ns: int
    instrument: str
    node: str
    refused: str | None
    """The word for what it refused; None where replicas disagreed."""


class HandledSeen(Struct, frozen=True, kw_only=True, array_like=True):
    """Execution said what it made of a decision."""

    at_ns: int
    strategy: str
    instrument: str
    decision: str
    outcome: str
    reason: str
    intents: tuple[str, ...]

    @property
    def identity(self) -> tuple[str, str, str]:
        """The decision that was handled."""
        return (self.strategy, self.instrument, self.decision)


class OrderReported(Struct, frozen=True, kw_only=True, array_like=True):
    """The bot said where one of its orders stands."""

    at_ns: int
    client_order_id: str
    venue: str
    instrument: str
    quantity: Decimal
    filled: Decimal
    state: str
    reason: str
    sequence: int
    venue_order_id: str | None = None
    """What it said that the venue calls the order, once it knew."""


class Believed(Struct, frozen=True, kw_only=True, array_like=True):
    """The bot said what it believes to own at a venue."""

    at_ns: int
    venue: str
    balances: Amounts
    open_orders: tuple[str, ...] = ()
    unknown_orders: tuple[str, ...] = ()


class PriceSeen(Struct, frozen=True, kw_only=True, array_like=True):
    """A price stood on the bus; `venue_ns` is when the venue says it was true, in virtual time."""

    at_ns: int
    venue: str
    instrument: str
    last: Decimal
    venue_ns: int
    source: str
    node: str


class BeatSeen(Struct, frozen=True, kw_only=True, array_like=True):
    """A component of a node said that it lives."""

    at_ns: int
    component: str
    node: str
    status: str


class AlertSeen(Struct, frozen=True, kw_only=True, array_like=True):
    """The bot raised an alert on its bus, or took it back."""

    at_ns: int
    key: str
    raised: bool
    node: str
    runbook: str = ""
    """What it told a person to read."""


class RecoverySeen(Struct, frozen=True, kw_only=True, array_like=True):
    """An executor said that it leads, on books that are as new as `point_ns`."""

    at_ns: int
    node: str
    point_ns: int
    """When the last of what it found had been written, in virtual time by the clock of whoever wrote it."""
    from_snapshot: bool
    """Its own journal was behind the bus, and was replaced."""
    entries: int
    holes: int
    orders: int
    """Orders without an end that it found: each is in doubt until it was looked up."""


class VenueOrder(Struct, frozen=True, kw_only=True, array_like=True):
    """Truth: an order of the bot's account at a venue, as it stood from `at_ns` on."""

    at_ns: int
    venue: str
    order_id: int
    client_order_id: str
    instrument: str
    side: str
    quantity: Decimal
    filled: Decimal
    status: str
    reason: str = ""
    is_stop: bool = False
    """It waits for the market to go against whoever holds a position, and then closes."""
    closes: bool = False
    """It can only bring a position nearer to flat: a stop, a reduce-only order, a sale where nothing can be owed."""
    is_cut: bool = False
    """The venue itself cuts it to what there is to close: it is reduce-only."""
    by_venue: bool = False
    """The venue placed it, and no client: it takes a position away that has no margin left."""

    @property
    def is_open(self) -> bool:
        """Whether it could still trade."""
        return self.status in ("NEW", "PARTIALLY_FILLED", "UNTRIGGERED")


class VenueTrade(Struct, frozen=True, kw_only=True, array_like=True):
    """Truth: a fill of the bot's account, or the opposite of one that was taken back, its fee below zero."""

    at_ns: int
    venue: str
    order_id: int
    instrument: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    takes_back: bool = False


class VenueBalance(Struct, frozen=True, kw_only=True, array_like=True):
    """Truth: the bot's account held this total of an asset from `at_ns` on."""

    at_ns: int
    venue: str
    asset: str
    total: Decimal


class RequestSeen(Struct, frozen=True, kw_only=True, array_like=True):
    """Truth: a request came from a machine to a venue's door and left with this HTTP status (0: no answer)."""

    at_ns: int
    venue: str
    endpoint: str
    status: int
    account: str | None
    refused: bool = False
    """The answer was an error, whatever its HTTP status: Kraken says 200 and an error in the body."""
    sender: str = "?"
    """The machine that it came from."""
    method: str = ""
    path: str = ""
    client_order_id: str | None = None
    """The order that it names, if it names one by the bot's own id."""
    outcome: str = "answered"
    """answered, throttled, banned, error, hung, cut, refused."""
    until_ns: int = 0
    """Where the sender was told to keep quiet: until when."""


@dataclass(frozen=True, kw_only=True)
class PageSeen:
    """Truth: the pager was told."""

    at_ns: int
    action: str
    key: str
    severity: str = ""
    summary: str = ""
    runbook: str = ""
    """What it told a person to read."""


@dataclass(frozen=True, kw_only=True)
class FaultSeen:
    """Truth: a fault was injected and healed; one that still acts when the run ends heals at its end."""

    id: str
    name: str
    on: str
    injected_ns: int
    healed_ns: int
    blocks: frozenset[str]
    hits: tuple[str, ...] = ()
    """The venues and machines that it acts on, where `on` is a zone or a link; `on` itself where this is empty."""

    @property
    def places(self) -> tuple[str, ...]:
        """Every venue and machine that it acts on."""
        return self.hits or (self.on,)

    @property
    def lasted_ns(self) -> int:
        """How long it acted."""
        return self.healed_ns - self.injected_ns


@dataclass(frozen=True, kw_only=True)
class ActionSeen:
    """Truth: a person did something to the bot, and it was done, as the door said, at `done_ns` (None: never)."""

    at_ns: int
    verb: str
    on: str = ""
    done_ns: int | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class PowerSeen:
    """Truth: a machine lost power, or booted."""

    at_ns: int
    host: str
    up: bool


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that was observed, each kind in order of time."""

    epoch_ns: int
    """The wall clock at virtual time 0."""
    fire_ns: int
    """Where the act under fire ends and the healed act begins."""
    end_ns: int
    bot: str
    """The name that goes into client order ids."""
    venues: tuple[str, ...]
    instruments: tuple[str, ...]
    decisions: Sequence[DecisionSeen] = ()
    handled: Sequence[HandledSeen] = ()
    opinions: Sequence[OpinionSeen] = ()
    reports: Sequence[OrderReported] = ()
    beliefs: Sequence[Believed] = ()
    prices: Sequence[PriceSeen] = ()
    beats: Sequence[BeatSeen] = ()
    alerts: Sequence[AlertSeen] = ()
    recoveries: Sequence[RecoverySeen] = ()
    orders: Sequence[VenueOrder] = ()
    trades: Sequence[VenueTrade] = ()
    balances: Sequence[VenueBalance] = ()
    requests: Sequence[RequestSeen] = ()
    pages: Sequence[PageSeen] = ()
    faults: Sequence[FaultSeen] = ()
    powers: Sequence[PowerSeen] = ()
    actions: Sequence[ActionSeen] = ()
    unreadable: Sequence[str] = field(default=())
    """Messages on the bus that are none we know: the referee does not judge what it cannot read."""
