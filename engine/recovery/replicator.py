"""Carries what one leader journals to the bus, in its order, and keeps the bus's part short.

An intent waits until the bus has stored it; facts are told after the event, since whoever comes next looks up what
they tell anyway. While the bus is away they wait here, up to a bound. Beyond it they are given up, and no intent goes
out before a whole snapshot has taken their place: so nothing that was sent is ever missing between two entries.
"""

import asyncio
from collections import deque

from engine.domain.codec import to_json
from engine.domain.errors import BusUnavailable
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.recovery.replica import JournalWritten, journal_subject
from engine.services.duty import pause
from engine.services.log import Log

SEQUENCES_MAX = 10_000
"""Entries since the last snapshot whose place on the bus is remembered; of older ones less can be trimmed."""


class Replicator:
    """The way of one term's entries to the bus.

    Args:
        number: the last entry before this term.
        pending_max: entries that may wait for the bus.
    """

    def __init__(
        self,
        bot: str,
        *,
        token: int,
        number: int,
        bus: Bus,
        clock: Clock,
        log: Log,
        pending_max: int,
        retry_every_ns: int,
    ) -> None:
        self.token = token
        self._subject = journal_subject(bot)
        self._number = number
        self._bus = bus
        self._clock = clock
        self._log = log
        self._pending_max = pending_max
        self._retry_every_ns = retry_every_ns
        self._pending: deque[JournalWritten] = deque()
        self._filled = asyncio.Event()
        self._awaited: dict[int, asyncio.Future[bool]] = {}
        """Intents that nobody may count on before the bus has them."""
        self._sequences: deque[tuple[int, int]] = deque(maxlen=SEQUENCES_MAX)
        self.gave_up = asyncio.Event()
        """Set while entries are missing on the bus, until a snapshot has taken their place."""

    def stamp(self) -> tuple[int, int, int]:
        """Return token, number and wall clock of the next entry."""
        self._number += 1
        return self.token, self._number, self._clock.wall_ns()

    @property
    def counted(self) -> int:
        """Return up to which entry the books in memory hold everything: an intent on its way is not in them yet."""
        return min((number - 1 for number in self._awaited), default=self._number)

    def put(self, entry: JournalWritten) -> None:
        """Have an entry stored as soon as may be."""
        if len(self._pending) >= self._pending_max:
            self._log.error("journal_entries_given_up", first=self._pending[0].number, count=len(self._pending))
            self._pending.clear()
            self.gave_up.set()
        self._pending.append(entry)
        self._filled.set()

    def deliver(self, entry: JournalWritten) -> asyncio.Future[bool]:
        """Have an entry stored, and tell whether that was possible now; `concluded` ends the waiting."""
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._awaited[entry.number] = stored
        self.put(entry)
        if self.gave_up.is_set():
            stored.set_result(False)
        return stored

    def concluded(self, number: int) -> None:
        """Note that the books count an entry that was waited for, or never will."""
        self._awaited.pop(number, None)

    async def run(self) -> None:
        """Send what waits, for ever."""
        while True:
            await self._filled.wait()
            while self._pending:
                await self._send(self._pending[0])
            self._filled.clear()

    def replaced(self, number: int) -> int | None:
        """Note that a snapshot holds all up to an entry; return before which sequence nothing is needed any more."""
        before: int | None = None
        while self._sequences and self._sequences[0][0] <= number:
            before = self._sequences.popleft()[1] + 1
        self.gave_up.clear()
        return before

    async def _send(self, entry: JournalWritten) -> None:
        identity = f"journal|{self._subject}|{entry.token}|{entry.number}"
        try:
            sequence = await self._bus.enqueue(self._subject, to_json(entry), message_id=identity)
        except BusUnavailable as problem:
            self._log.warning("journal_not_on_bus", number=entry.number, problem=str(problem))
            for intent in self._awaited.values():
                _settle(intent, possible=False)
            await pause(self._retry_every_ns)
            return
        self._sequences.append((entry.number, sequence))
        if self._pending and self._pending[0] is entry:
            self._pending.popleft()
        if (stored := self._awaited.get(entry.number)) is not None:
            _settle(stored, possible=True)


def _settle(stored: asyncio.Future[bool], *, possible: bool) -> None:
    if not stored.done():
        stored.set_result(possible)
