"""What the bot said on its bus, read from the raw JSON by code of the referee's own.

The engine's own decoder is not used: a field that the engine writes wrongly and reads wrongly would look right. What
cannot be read is kept and told, since a referee who skips what it does not understand would call silence good.

Messages are read as they come, and only what a promise asks about is kept: the rest would be most of a run's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from scenarios.chronicle import Chronicle
from scenarios.record import (
    AlertSeen,
    BeatSeen,
    Believed,
    DecisionSeen,
    HandledSeen,
    OpinionSeen,
    OrderReported,
    PriceSeen,
    RecoverySeen,
)

UNREADABLE_TOLD_MAX = 20
UNREAD = "journal."
"""What one leader leaves to the next is no word to anybody else; what came of it is judged at the venues."""
MS = 1_000_000


class Heard:
    """Everything that was said, by kind, in order of time; `epoch_ns` is the wall clock at virtual time 0."""

    def __init__(self, epoch_ns: int) -> None:
        self.epoch_ns = epoch_ns
        self.decisions = Chronicle(DecisionSeen)
        self.handled = Chronicle(HandledSeen)
        self.reports = Chronicle(OrderReported)
        self.beliefs = Chronicle(Believed)
        self.prices = Chronicle(PriceSeen)
        self.beats = Chronicle(BeatSeen)
        self.alerts = Chronicle(AlertSeen)
        self.opinions = Chronicle(OpinionSeen)
        self.recoveries = Chronicle(RecoverySeen)
        self.unreadable: list[str] = []

    def hear(self, at_ns: int, subject: str, data: bytes) -> None:
        """Take in what one message says: its virtual time, its subject, its JSON."""
        if subject.startswith(UNREAD):
            return
        try:
            said = msgspec.json.decode(data)
            if said["type"] not in UNJUDGED:
                READERS[said["type"]](self, at_ns, said)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
            if len(self.unreadable) < UNREADABLE_TOLD_MAX:
                self.unreadable.append(f"{subject} at {at_ns / 1e9:.3f} s ({type(error).__name__}: {error})")


Said = Mapping[str, Any]


def _price(heard: Heard, at_ns: int, said: Said) -> None:
    heard.prices.append(
        PriceSeen(
            at_ns=at_ns,
            venue=said["venue"],
            instrument=said["instrument"],
            last=Decimal(said["last"]),
            venue_ns=int(said["venue_time_ms"]) * MS - heard.epoch_ns,
            source=said["source"],
            node=said["node"],
        )
    )


def _beat(heard: Heard, at_ns: int, said: Said) -> None:
    heard.beats.append(BeatSeen(at_ns=at_ns, component=said["component"], node=said["node"], status=said["status"]))


def _decision(heard: Heard, at_ns: int, said: Said) -> None:
    heard.decisions.append(
        DecisionSeen(
            at_ns=at_ns,
            strategy=said["strategy"],
            instrument=said["instrument"],
            decision=said["decision"],
            target=Decimal(said["target"]),
            not_after_ns=int(said["not_after_ns"]) - heard.epoch_ns,
            node=said["node"],
            two_sided=said.get("offers") is not None,
        )
    )


def _handled(heard: Heard, at_ns: int, said: Said) -> None:
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


def _order(heard: Heard, at_ns: int, said: Said) -> None:
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


def _ledger(heard: Heard, at_ns: int, said: Said) -> None:
    heard.beliefs.append(
        Believed(
            at_ns=at_ns,
            venue=said["venue"],
            balances={asset: Decimal(total) for asset, total in said["balances"].items()},
            open_orders=tuple(said["open_orders"]),
            unknown_orders=tuple(said["unknown_orders"]),
        )
    )


def _raised(heard: Heard, at_ns: int, said: Said) -> None:
    heard.alerts.append(
        AlertSeen(at_ns=at_ns, key=said["key"], raised=True, node=said["node"], runbook=said["runbook"])
    )


def _resolved(heard: Heard, at_ns: int, said: Said) -> None:
    heard.alerts.append(AlertSeen(at_ns=at_ns, key=said["key"], raised=False, node=said["node"]))


def _opinion(heard: Heard, at_ns: int, said: Said) -> None:
    heard.opinions.append(
        OpinionSeen(at_ns=at_ns, instrument=said["instrument"], node=said["node"], refused=said.get("why"))
    )


def _recovery(heard: Heard, at_ns: int, said: Said) -> None:
    heard.recoveries.append(
        RecoverySeen(
            at_ns=at_ns,
            node=said["node"],
            point_ns=int(said["point_ns"]) - heard.epoch_ns,
            from_snapshot=said["from_snapshot"],
            entries=said["entries"],
            holes=said["holes"],
            orders=said["orders"],
        )
    )


READERS: Mapping[str, Callable[[Heard, int, Said], None]] = {
    "PriceSeen": _price,
    "Heartbeat": _beat,
    "Decision": _decision,
    "DecisionHandled": _handled,
    "OrderChanged": _order,
    "LedgerSnapshot": _ledger,
    "AlertRaised": _raised,
    "AlertResolved": _resolved,
    "RecoveryReported": _recovery,
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
        "SafetyChanged",
        "SentimentSeen",
        "VenueBanned",
    }
)
"""Kinds of message that no promise asks about. A new kind is put here knowingly, or taught above."""
