"""What a process reads from the bus: messages as they come, deliveries to acknowledge, and one consumer's batches."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from engine.ports.bus import BusUnavailable

T = TypeVar("T")
NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A published message."""

    subject: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """A stored message, until it is acknowledged."""

    subject: str
    data: bytes
    message_id: str
    redelivered: bool
    stored_ns: int
    """When the server stored it, on its own wall clock."""
    acknowledge: Callable[[], Awaitable[None]] = field(repr=False)

    async def ack(self) -> None:
        """See `engine.ports.bus.Delivery`."""
        await self.acknowledge()


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A stored message as the past shows it."""

    sequence: int
    subject: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Value:
    """What is under a key."""

    value: bytes
    revision: int


class Inlet(Generic[T]):
    """Messages as they arrive, in order; of more unread ones than it may hold the oldest are dropped."""

    def __init__(self, pending_max: int) -> None:
        self._arrived: deque[T] = deque(maxlen=pending_max)
        self._stirred = asyncio.Event()
        self._problem: BusUnavailable | None = None
        self.give_up: Callable[[], object] | None = None
        """Stops the arriving; None once it was stopped."""
        self.hungry = asyncio.Event()
        """Set while a reader waits and nothing is there."""

    def put(self, item: T) -> None:
        """Add what has arrived."""
        self._arrived.append(item)
        self.hungry.clear()
        self._stirred.set()

    def fail(self, problem: BusUnavailable) -> None:
        """Tell the reader, once it has read what is there, that no more will come."""
        self._problem = problem
        self._stirred.set()

    def close(self) -> None:
        """Ask for nothing more."""
        give_up, self.give_up = self.give_up, None
        if give_up is not None:
            give_up()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._arrived:
            if self._problem is not None:
                raise self._problem
            self.hungry.set()
            self._stirred.clear()
            await self._stirred.wait()
        return self._arrived.popleft()


class Pull:
    """What one JetStream consumer hands out, asked for in batches over an inbox of its own."""

    def __init__(self, client: Client, stream: str, consumer: str) -> None:
        self._client = client
        self._asks = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._ear = await self._client.subscribe(self._inbox, cb=self._arrived.put)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await silence(self._ear.unsubscribe())

    async def batch(self, most: int, *, within_ns: int) -> AsyncIterator[Msg]:
        """Yield up to `most` messages as they come, until there are that many or the time is over.

        Raises:
            BusUnavailable: the consumer is gone, or nobody answers for it.
        """
        beat_ns = within_ns // 4
        wanted = {"batch": most, "expires": within_ns, "idle_heartbeat": beat_ns}
        await self._client.publish(self._asks, json.dumps(wanted).encode(), reply=self._inbox)
        left = most
        while left:
            message = await self._next(within_ns=3 * beat_ns)
            match (message.headers or {}).get("Status"):
                case None:
                    left -= 1
                    yield message
                case "404" | "408":
                    return
                case "100":
                    continue  # nothing yet, and it is still there
                case status:
                    told = (message.headers or {}).get("Description", "no consumer")
                    raise BusUnavailable(f"the bus hands out nothing more: {status} {told}")

    async def _next(self, *, within_ns: int) -> Msg:
        try:
            async with asyncio.timeout(within_ns / NS):
                return await self._arrived.get()
        except TimeoutError:
            raise BusUnavailable("the bus was asked for messages and fell silent") from None


async def silence(ending: Awaitable[object]) -> None:
    """Await what tells a server that something ends; one that is gone need not be told."""
    try:
        await ending
    except nats.errors.Error:
        return
