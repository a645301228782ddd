"""What a component still has to tell the bus: sent again until the broker has stored it, in order where that matters.

A broker that is away must not stop an order's life, so a component puts its messages here and goes on. Only who must
know that a message is stored (before it acknowledges another) waits for it. The box is bounded: when it is full the
oldest message goes, with an error in the log, since by then the newer ones describe the world better, and orders are
told again from the journal at the next start.

A broker may be far away. Messages about different matters are therefore under way at the same time; of one matter it
is one at a time, because a broker that failed to store the first may well have stored the second. What waits behind it
is cut short where it goes in a circle, so that an order that is tried again and again is not told of ever later. To
wait for each answer before the next message of whatever matter was rejected: over a round trip of 2.5 s it made an
order's end known 470 s late.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from engine.domain.matters import matter_of, picture_of
from engine.domain.messages import Stored, encode, message_id_of, subject_of
from engine.ports.bus import Bus, BusUnavailable
from engine.ports.clock import Clock
from engine.services.duty import forever, pause, unless_asked
from engine.services.log import Log

EMPTY_LOOK_NS = 20_000_000
"""How often it is looked whether the box is empty, by whoever waits for that."""


@dataclass(frozen=True, slots=True)
class _Letter:
    message: Stored
    put_ns: int
    picture: tuple[object, ...] | None = None
    not_after_ns: int | None = None
    stored: asyncio.Future[bool] | None = None


@dataclass(slots=True)
class _Lane:
    """The letters about one matter."""

    under_way: _Letter | None = None
    waiting: deque[_Letter] = field(default_factory=deque)


class Outbox:
    """Messages on their way to the bus.

    Args:
        pending_max: messages that may wait.
        in_flight_max: messages that may be under way at a time.
        retry_every_ns: pause between attempts while the broker cannot be reached.
    """

    def __init__(
        self, bus: Bus, clock: Clock, log: Log, *, pending_max: int, in_flight_max: int, retry_every_ns: int
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._log = log
        self._pending_max = pending_max
        self._in_flight_max = in_flight_max
        self._retry_every_ns = retry_every_ns
        self._lanes: dict[str, _Lane] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        """The matters of which something waits and nothing is under way."""
        self._waiting = 0
        self.unreachable_since_ns: int | None = None
        """Monotonic time since when the broker does not answer; None while it does."""

    @property
    def waiting(self) -> int:
        """Return how many messages wait; those that are under way not counted."""
        return self._waiting

    def put(self, message: Stored, *, not_after_ns: int | None = None) -> None:
        """Have a message stored as soon as the broker is there; after `not_after_ns` (wall clock) it is dropped."""
        now_ns = self._clock.monotonic_ns()
        self._append(_Letter(message, now_ns, picture=picture_of(message), not_after_ns=not_after_ns))

    async def emptied(self, *, within_ns: int) -> bool:
        """Wait until nothing is left to be stored, for at most a time; tell whether that is so."""
        until_ns = self._clock.monotonic_ns() + within_ns
        while self._lanes and self._clock.monotonic_ns() < until_ns:
            await pause(EMPTY_LOOK_NS)
        return not self._lanes

    async def deliver(self, message: Stored) -> bool:
        """Have a message stored, and wait until it is; False when it was dropped because the box overflowed."""
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._append(_Letter(message, self._clock.monotonic_ns(), stored=stored))
        return await stored

    async def run(self) -> None:
        """Send what is in the box, for ever; what was under way when an earlier run ended is sent again."""
        self._ready = asyncio.Queue()
        for matter in self._lanes:
            self._ready.put_nowait(matter)
        async with asyncio.TaskGroup() as group:
            group.create_task(forever(self._hand_out(group)), name="outbox")

    async def _hand_out(self, group: asyncio.TaskGroup) -> None:
        """Start with each matter whose turn it is."""
        slots = asyncio.Semaphore(self._in_flight_max)
        while True:
            await slots.acquire()
            carrying = unless_asked(self._carry(await self._ready.get()))
            group.create_task(carrying, name="letter").add_done_callback(lambda _: slots.release())

    def _append(self, letter: _Letter) -> None:
        matter = matter_of(letter.message)
        if matter not in self._lanes:
            self._lanes[matter] = _Lane()
            self._ready.put_nowait(matter)
        lane = self._lanes[matter]
        self._cut_short(lane, letter)
        if self._waiting >= self._pending_max:
            self._drop_oldest()
        lane.waiting.append(letter)
        self._waiting += 1

    def _cut_short(self, lane: _Lane, letter: _Letter) -> None:
        """Take out what leads in a circle to what a letter shows: the last that showed the same, and all since."""
        for back, earlier in enumerate(reversed(lane.waiting), start=1):
            if earlier.picture is None or letter.picture is None:
                return
            if earlier.picture == letter.picture:
                for _ in range(back):
                    lane.waiting.pop()
                self._waiting -= back
                return

    def _drop_oldest(self) -> None:
        lane = min((lane for lane in self._lanes.values() if lane.waiting), key=lambda lane: lane.waiting[0].put_ns)
        dropped = self._next(lane)
        self._log.error("outbox_overflowed", message_id=message_id_of(dropped.message))
        _settle(dropped, stored=False)

    def _next(self, lane: _Lane) -> _Letter:
        self._waiting -= 1
        return lane.waiting.popleft()

    async def _carry(self, matter: str) -> None:
        """Have the first letter about a matter stored, and see to it that the next one's turn comes."""
        lane = self._lanes[matter]
        if lane.under_way is None and lane.waiting:  # else all that waited was dropped
            lane.under_way = self._next(lane)
        while lane.under_way is not None:
            if await self._send(lane.under_way):
                lane.under_way = None
            else:
                await pause(self._retry_every_ns)
        if lane.waiting:
            self._ready.put_nowait(matter)
        else:
            del self._lanes[matter]

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
                self._log.warning("bus_unreachable", problem=str(problem), waiting=self._waiting)
            return False
        self.unreachable_since_ns = None
        _settle(letter, stored=True)
        return True


def _settle(letter: _Letter, *, stored: bool) -> None:
    if letter.stored is not None and not letter.stored.done():
        letter.stored.set_result(stored)
