"""What a machine reads from the broker: messages and deliveries, and the iterator that hands them out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it arrives: published, not acknowledged."""

    subject: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored message as it arrives; `ack` ends its redelivery."""

    subject: str
    data: bytes
    message_id: str
    redelivered: bool
    acknowledge: Callable[[], None]

    async def ack(self) -> None:
        """Tell the broker that the message is done with. A lost acknowledgement means that it comes again."""
        self.acknowledge()


class Subscription:
    """An endless iterator over arriving messages; dropping it ends the subscription."""

    def __init__(self, pending_max: int, opening: tuple[Any, ...], give_up: Callable[[int], None]) -> None:
        self.opening = opening
        self._give_up = give_up
        self._arrived: deque[Any] = deque(maxlen=pending_max)
        self._waiter: asyncio.Future[None] | None = None

    def close(self) -> None:
        """Tell the broker that nobody reads any more."""
        self._give_up(self.opening[1])

    def put(self, item: Any) -> None:
        """Add an arrived message; of too many the oldest is dropped."""
        self._arrived.append(item)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Any:
        while not self._arrived:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._arrived.popleft()
