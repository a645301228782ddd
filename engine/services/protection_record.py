"""What was already done to protect one position: its newest entry, the attempts since, and how they went.

Read from the orders in the books, never counted aside, so that a restart knows as much as its predecessor did.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.domain.instrument import Side
from engine.domain.messages import OrderState
from engine.domain.order import Order
from engine.domain.safety import Purpose

NS_PER_MS = 1_000_000
FAILED = frozenset({OrderState.REJECTED, OrderState.ABSENT, OrderState.CANCELLED, OrderState.EXPIRED})
"""Ends of a stop that closed nothing and that nobody had asked to end: the venue would not have it, or dropped it."""


@dataclass(frozen=True, kw_only=True)
class ProtectionRecord:
    """The attempts of one generation: those since the newest fill of an entry."""

    entry: Order | None
    """The newest entry with fills that anybody remembers."""
    generation: int | None
    """When that entry was last filled, in unix milliseconds of the venue's clock; None where nobody remembers one."""
    attempts: int = 0
    failures: int = 0
    refused: int = 0
    """Those among the failures that the venue refused outright: at that price it would not have one."""
    failed_ns: int = 0
    reason: str = ""
    exits: int = 0
    exited_ns: int = 0
    """When the last exit of our own changed."""

    @classmethod
    def of(
        cls, orders: Iterable[Order], venue: str, instrument: str, *, strategy: str, entry_side: Side
    ) -> "ProtectionRecord":
        """Return the record of the position that `entry_side` made in one market."""
        here = [order for order in orders if order.venue == venue and order.identity.instrument == instrument]
        entries = [order for order in here if order.fills and order.side is entry_side]
        entry = max(entries, key=_newest_ns, default=None)
        generation = None if entry is None else _newest_ns(entry) // NS_PER_MS
        since = [
            order
            for order in here
            if order.identity.strategy == strategy
            and (generation is None or order.identity.decision.startswith(f"{generation}."))
        ]
        failed = [order for order in since if order.purpose is Purpose.PROTECT and _failed(order)]
        exits = [order for order in since if order.purpose is Purpose.EXIT]
        last = max(failed, key=lambda order: order.changed_ns, default=None)
        return cls(
            entry=entry,
            generation=generation,
            attempts=len(since),
            failures=len(failed),
            refused=sum(1 for order in failed if order.state is OrderState.REJECTED and order.venue_order_id is None),
            failed_ns=0 if last is None else last.changed_ns,
            reason="" if last is None else last.reason or last.state.value,
            exits=len(exits),
            exited_ns=max((order.changed_ns for order in exits), default=0),
        )


def _failed(order: Order) -> bool:
    return order.state in FAILED and not order.filled and not order.cancel_wanted


def _newest_ns(order: Order) -> int:
    return max(trade.at_ns for trade in order.fills)
