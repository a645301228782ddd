"""What the bot said on its bus, read from the raw JSON by code of the referee's own.

The engine's own decoder is not used: a field that the engine writes wrongly and reads wrongly would look right. What
cannot be read is kept and told, since a referee who skips what it does not understand would call silence good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from scenarios.record import (
    AlertSeen,
    BeatSeen,
    Believed,
    DecisionSeen,
    HandledSeen,
    OpinionSeen,
    OrderReported,
    PriceSeen,
)

UNREADABLE_TOLD_MAX = 20
UNREAD = "journal."
"""What one leader leaves to the next is no word to anybody else; what came of it is judged at the venues."""
MS = 1_000_000


@dataclass
class Heard:
    """Everything that was said, by kind, in order of time."""

    decisions: list[DecisionSeen] = field(default_factory=list)
    handled: list[HandledSeen] = field(default_factory=list)
    reports: list[OrderReported] = field(default_factory=list)
    beliefs: list[Believed] = field(default_factory=list)
    prices: list[PriceSeen] = field(default_factory=list)
    beats: list[BeatSeen] = field(default_factory=list)
    alerts: list[AlertSeen] = field(default_factory=list)
    opinions: list[OpinionSeen] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_bus(messages: Iterable[tuple[int, str, bytes]], epoch_ns: int) -> Heard:
    """Return what messages of (virtual time, subject, JSON) say; `epoch_ns` is the wall clock at virtual time 0."""
    heard = Heard()
    for at_ns, subject, data in messages:
        if subject.startswith(UNREAD):
            continue
        try:
            said = msgspec.json.decode(data)
            if said["type"] not in UNJUDGED:
                READERS[said["type"]](heard, at_ns, said, epoch_ns)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
            if len(heard.unreadable) < UNREADABLE_TOLD_MAX:
                heard.unreadable.append(f"{subject} at {at_ns / 1e9:.3f} s ({type(error).__name__}: {error})")
    return heard


Said = Mapping[str, Any]


def _price(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    heard.prices.append(
        PriceSeen(
            at_ns=at_ns,
            venue=said["venue"],
            instrument=said["instrument"],
            last=Decimal(said["last"]),
            venue_ns=int(said["venue_time_ms"]) * MS - epoch_ns,
            source=said["source"],
            node=said["node"],
        )
    )


def _beat(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    del epoch_ns
    heard.beats.append(BeatSeen(at_ns=at_ns, component=said["component"], node=said["node"], status=said["status"]))


def _decision(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    heard.decisions.append(
        DecisionSeen(
            at_ns=at_ns,
            strategy=said["strategy"],
            instrument=said["instrument"],
            decision=said["decision"],
            target=Decimal(said["target"]),
            not_after_ns=int(said["not_after_ns"]) - epoch_ns,
            node=said["node"],
            two_sided=said.get("offers") is not None,
        )
    )


def _handled(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    del epoch_ns
    heard.handled.append(
        HandledSeen(
            at_ns=at_ns,
            strategy=said["strategy"],
            instrument=said["instrument"],
            decision=said["decision"],
            outcome=said["outcome"],
            reason=said["reason"],
            intents=tuple(said["intents"]),
        )
    )


def _order(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    del epoch_ns
    heard.reports.append(
        OrderReported(
            at_ns=at_ns,
            client_order_id=said["client_order_id"],
            venue=said["venue"],
            instrument=said["instrument"],
            quantity=Decimal(said["quantity"]),
            filled=Decimal(said["filled"]),
            state=said["state"],
            reason=said["reason"],
            sequence=int(said["sequence"]),
            venue_order_id=said["venue_order_id"],
        )
    )


def _ledger(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    del epoch_ns
    heard.beliefs.append(
        Believed(
            at_ns=at_ns,
            venue=said["venue"],
            balances={asset: Decimal(total) for asset, total in said["balances"].items()},
            open_orders=tuple(said["open_orders"]),
            unknown_orders=tuple(said["unknown_orders"]),
        )
    )


def _raised(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    del epoch_ns
    heard.alerts.append(AlertSeen(at_ns=at_ns, key=said["key"], raised=True, node=said["node"]))


def _resolved(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    del epoch_ns
    heard.alerts.append(AlertSeen(at_ns=at_ns, key=said["key"], raised=False, node=said["node"]))


def _opinion(heard: Heard, at_ns: int, said: Said, epoch_ns: int) -> None:
    del epoch_ns
    heard.opinions.append(
        OpinionSeen(at_ns=at_ns, instrument=said["instrument"], node=said["node"], refused=said.get("why"))
    )


READERS: Mapping[str, Callable[[Heard, int, Said, int], None]] = {
    "PriceSeen": _price,
    "Heartbeat": _beat,
    "Decision": _decision,
    "DecisionHandled": _handled,
    "OrderChanged": _order,
    "LedgerSnapshot": _ledger,
    "AlertRaised": _raised,
    "AlertResolved": _resolved,
    "SignalRefused": _opinion,
    "SignalDisagreed": _opinion,
}

UNJUDGED = frozenset(
    {
        "AlertAcknowledged",
        "AuditDone",
        "BreakerChanged",
        "CallsSeen",
        "Control",
        "ControlDone",
        "ProfitSeen",
        "Proposed",
        "Protected",
        "RecoveryReported",
        "SafetyChanged",
        "SentimentSeen",
        "VenueBanned",
    }
)
"""Kinds of message that no promise asks about. A new kind is put here knowingly, or taught above."""
