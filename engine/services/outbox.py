"""What a component still has to tell the bus: kept in order, sent again until the broker has stored it.

A broker that is away must not stop an order's life, so a component puts its messages here and goes on. Only who must
know that a message is stored (before it acknowledges another) waits for it. The box is bounded: when it is full the
oldest message goes, with an error in the log, since by then the newer ones describe the world better, and orders are
told again from the journal at the next start.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from engine.domain.messages import Stored, encode, message_id_of, subject_of
from engine.ports.bus import Bus, BusUnavailable
from engine.ports.clock import Clock
from engine.services.duty import pause
from engine.services.log import Log


@dataclass(slots=True)
class _Letter:
    message: Stored
    not_after_ns: int | None
    stored: asyncio.Future[bool] | None


class Outbox:
    """Messages on their way to the bus, oldest first.

    Args:
        pending_max: messages that may wait.
        retry_every_ns: pause between attempts while the broker cannot be reached.
    """

    def __init__(self, bus: Bus, clock: Clock, log: Log, *, pending_max: int, retry_every_ns: int) -> None:
        self._bus = bus
        self._clock = clock
        self._log = log
        self._pending_max = pending_max
        self._retry_every_ns = retry_every_ns
        self._letters: deque[_Letter] = deque()
        self._filled = asyncio.Event()
        self.unreachable_since_ns: int | None = None
        """Monotonic time since when the broker does not answer; None while it does."""

    def put(self, message: Stored, *, not_after_ns: int | None = None) -> None:
        """Have a message stored as soon as the broker is there; after `not_after_ns` (wall clock) it is dropped."""
        self._append(_Letter(message, not_after_ns, None))

    async def deliver(self, message: Stored) -> bool:
        """Have a message stored, and wait until it is; False when it was dropped because the box overflowed."""
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._append(_Letter(message, None, stored))
        return await stored

    async def run(self) -> None:
        """Send what is in the box, for ever."""
        while True:
            await self._filled.wait()
            while self._letters:
                letter = self._letters[0]
                if await self._send(letter):
                    if self._letters and self._letters[0] is letter:
                        self._letters.popleft()
                else:
                    await pause(self._retry_every_ns)
            self._filled.clear()

    def _append(self, letter: _Letter) -> None:
        if len(self._letters) >= self._pending_max:
            dropped = self._letters.popleft()
            self._log.error("outbox_overflowed", message_id=message_id_of(dropped.message))
            _settle(dropped, stored=False)
        self._letters.append(letter)
        self._filled.set()

    async def _send(self, letter: _Letter) -> bool:
        """Try once; tell whether the letter is done with."""
        message = letter.message
        if letter.not_after_ns is not None and self._clock.wall_ns() > letter.not_after_ns:
            self._log.warning("message_expired_unsent", message_id=message_id_of(message))
            return True
        try:
            await self._bus.enqueue(subject_of(message), encode(message), message_id=message_id_of(message))
        except BusUnavailable as problem:
            if self.unreachable_since_ns is None:
                self.unreachable_since_ns = self._clock.monotonic_ns()
                self._log.warning("bus_unreachable", problem=str(problem), waiting=len(self._letters))
            return False
        self.unreachable_since_ns = None
        _settle(letter, stored=True)
        return True


def _settle(letter: _Letter, *, stored: bool) -> None:
    if letter.stored is not None and not letter.stored.done():
        letter.stored.set_result(stored)
