"""The bus between components: some messages reach whoever listens now, others wait until they are acknowledged; and a
few values that are compared before they are replaced.

Subjects and patterns are NATS's: tokens joined by dots, `*` stands for one token, a trailing `>` for one or more. All
of it means what NATS JetStream means by it, so that a broker of that kind fits behind it. What is stored under one
first token is a stream of its own, so whoever reads or trims what is stored names that token; and the two kinds are
kept apart: nobody who listens hears what is stored, and nothing that is published is stored.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

from engine.domain.errors import BusUnavailable, RevisionStale

__all__ = ["Bus", "BusUnavailable", "Delivery", "Entry", "Message", "RevisionStale", "Stored", "Subscription"]

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


class Stored(Message, Protocol):
    """One stored message as the past shows it: nothing is to be acknowledged."""

    @property
    def sequence(self) -> int:
        """Return its place among what is stored under its first token; later messages have higher ones."""
        ...


class Entry(Protocol):
    """One value under a key, and which of its writings this is."""

    @property
    def value(self) -> bytes: ...
    @property
    def revision(self) -> int: ...


T = TypeVar("T", covariant=True)


class Subscription(Protocol[T]):
    """Messages as they come; whoever is done with them closes it, or keeps them from others who could read them."""

    def __aiter__(self) -> Subscription[T]: ...
    async def __anext__(self) -> T: ...
    def close(self) -> None:
        """Ask for nothing more, at once; closing twice does nothing."""
        ...


class Bus(Protocol):
    """What components talk through; none calls another."""

    async def publish(self, subject: str, data: bytes) -> None:
        """Send to whoever listens now; raise `BusUnavailable` when the broker cannot be reached."""
        ...

    async def enqueue(self, subject: str, data: bytes, *, message_id: str) -> int:
        """Store a message and return its sequence; it is durable when this returns, and stored once per `message_id`.
        Raise `BusUnavailable`.
        """
        ...

    def subscribe(self, pattern: str, *, pending_max: int = PENDING_MAX) -> Subscription[Message]:
        """Listen from now on; of more than `pending_max` unread messages the oldest are dropped."""
        ...

    def consume(self, pattern: str, *, durable: str, ack_wait_ns: int) -> Subscription[Delivery]:
        """Read stored messages from the first that this durable name has not acknowledged; each comes again after
        `ack_wait_ns`. Of several who read under one name each message comes to one.
        """
        ...

    def history(self, pattern: str, *, after: int = 0) -> AsyncIterator[Stored]:
        """Read what is stored with a higher sequence than `after`, oldest first; it ends with what was stored when it
        began. Raise `BusUnavailable`.
        """
        ...

    async def trim(self, pattern: str, *, before: int) -> None:
        """Forget what is stored with a lower sequence than `before`, read or not; raise `BusUnavailable`."""
        ...

    async def get(self, key: str) -> Entry | None:
        """Return the value under a key, None when there was never one; raise `BusUnavailable`."""
        ...

    async def put(self, key: str, value: bytes, *, revision: int | None = None) -> int:
        """Replace the value under a key, durably, and return its new revision.

        Args:
            revision: the one that is to be replaced, 0 for a key that must not exist; None replaces whatever is there.

        Raises:
            RevisionStale: the key has another revision, and was left alone.
            BusUnavailable: nobody can tell whether it was replaced.
        """
        ...
