"""What of a journal is on the bus: its entries one by one, and every so often the whole, so that the next leader needs
nobody's disk.

Entries are counted over all terms, and each carries its leader's fencing token. A new leader first writes that its
term has begun; whatever a deposed one still writes behind that carries a lower token, and is passed over by everybody.
An entry that does not follow its predecessor shows that something between is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import msgspec

from engine.domain.codec import reader
from engine.domain.evidence import Trade
from engine.domain.messages import DecisionHandled
from engine.domain.order import Order
from engine.recovery.ledger import LedgerState, TradeKey


class VenueFill(msgspec.Struct, frozen=True, kw_only=True):
    """A fill and where it happened."""

    venue: str
    trade: Trade


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What an account held before the bot."""

    venue: str
    balances: dict[str, Decimal]


class Position(msgspec.Struct, frozen=True, order=True):
    """How far a journal is: the token of its last entry's leader, and that entry's number."""

    token: int = 0
    number: int = 0


class JournalWritten(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One entry: what was written in one transaction."""

    schema: int
    token: int
    number: int
    orders: tuple[Order, ...] = ()
    fills: tuple[VenueFill, ...] = ()
    handled: DecisionHandled | None = None
    baseline: Baseline | None = None
    at_ns: int


class TermBegan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """From here on only entries with this token, or a higher one, count."""

    schema: int
    token: int
    node: str
    at_ns: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The books as they were after an entry."""

    schema: int
    token: int
    number: int
    node: str
    ledger: LedgerState
    baselines: tuple[Baseline, ...]
    orders: tuple[Order, ...]
    """Those that are not settled, and the latest that are."""
    decisions: tuple[DecisionHandled, ...]
    known: tuple[TradeKey, ...]
    """The latest fills that are counted, so that none is counted twice."""
    known_until_ns: int = 0
    """When the last of them happened, on its venue's clock."""
    at_ns: int

    @property
    def position(self) -> Position:
        """Return after which entry it was taken."""
        return Position(self.token, self.number)


Entry: TypeAlias = JournalWritten | TermBegan

read_entry: Callable[[bytes | str], Entry] = reader(Entry)  # type: ignore[arg-type]  # mypy has no type for a union
read_snapshot = reader(Snapshot)


class _Signed(msgspec.Struct, frozen=True, tag="Snapshot"):
    """Whose a snapshot is: the least that can be read of one."""

    token: int


_read_signed = reader(_Signed)


def token_of(snapshot: bytes) -> int:
    """Return the fencing token of a snapshot, and leave the rest of it unread; raise `MessageMalformed`."""
    return _read_signed(snapshot).token


def journal_subject(bot: str) -> str:
    """Return where a bot's entries are stored."""
    return f"journal.{bot}"


def snapshot_name(bot: str) -> str:
    """Return the name under which a bot's latest snapshot is kept."""
    return f"snapshot/{bot}"
