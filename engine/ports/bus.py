"""The bus between components: some messages reach whoever listens now, others wait until they are acknowledged.

Subjects and patterns are NATS's: tokens joined by dots, `*` stands for one token, a trailing `>` for one or more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from engine.domain.errors import BusUnavailable

__all__ = ["Bus", "BusUnavailable", "Delivery", "Message"]

PENDING_MAX = 1000


class Message(Protocol):
    """One message that was published: at most once, not acknowledged."""

    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> bytes: ...


class Delivery(Message, Protocol):
    """One message that was enqueued: it comes again until it is acknowledged."""

    @property
    def message_id(self) -> str: ...
    @property
    def redelivered(self) -> bool: ...

    async def ack(self) -> None:
        """Tell the bus that this message is done with: it will not come again. A lost acknowledgement only repeats
        it.
        """
        ...


class Bus(Protocol):
    """What components talk through; none calls another."""

    async def publish(self, subject: str, data: bytes) -> None:
        """Send to whoever listens now; raise `BusUnavailable` when the broker cannot be reached."""
        ...

    async def enqueue(self, subject: str, data: bytes, *, message_id: str) -> None:
        """Store a message; it is durable when this returns, and stored once per `message_id`. Raise
        `BusUnavailable`.
        """
        ...

    def subscribe(self, pattern: str, *, pending_max: int = PENDING_MAX) -> AsyncIterator[Message]:
        """Listen from now on; of more than `pending_max` unread messages the oldest are dropped."""
        ...

    def consume(self, pattern: str, *, durable: str, ack_wait_ns: int) -> AsyncIterator[Delivery]:
        """Read stored messages from the first that this durable name has not acknowledged; each comes again after
        `ack_wait_ns`.
        """
        ...
