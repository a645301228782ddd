"""The whole books on the bus, every minute and at the begin of each term, so that a successor reads little.

A snapshot names the entry after which it was taken; what lies before is then trimmed from the bus, so that the stream
holds about a minute. It is taken from memory in one go, between two messages, and an intent that is not in memory yet
does not lie before it. A leader that was deposed and does not know it yet leaves its successor's alone: it reads what
is there before it replaces just that.
"""

from engine.domain.codec import to_json
from engine.domain.errors import BusUnavailable, RevisionStale
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.recovery.books import JournalledBooks
from engine.recovery.replica import Baseline, Snapshot, journal_subject, snapshot_name, token_of
from engine.recovery.replicator import Replicator
from engine.recovery.schema import VERSION
from engine.services.duty import heard, pause
from engine.services.log import Log

KNOWN_MAX = 2_000
"""Latest fills that a snapshot names."""
SETTLED_MAX = 500
"""Settled orders and concluded decisions that it holds, at most, each."""


class Snapshots:
    """Takes snapshots for one term."""

    def __init__(
        self,
        bot: str,
        books: JournalledBooks,
        replica: Replicator,
        *,
        node: str,
        bus: Bus,
        clock: Clock,
        log: Log,
        every_ns: int,
        retry_every_ns: int,
    ) -> None:
        self._bot = bot
        self._books = books
        self._replica = replica
        self._node = node
        self._bus = bus
        self._clock = clock
        self._log = log
        self._every_ns = every_ns
        self._retry_every_ns = retry_every_ns

    async def run(self) -> None:
        """Take one now and every so often, for ever; at once where entries were given up."""
        while True:
            while not await self.take():
                await pause(self._retry_every_ns)
            await heard(self._replica.gave_up, within_ns=self._every_ns)

    async def take(self) -> bool:
        """Take one; tell whether the bus has it."""
        snapshot = self._taken()
        try:
            there = await self._bus.get(snapshot_name(self._bot))
            revision = there.revision if there is not None else 0
            if there is not None and token_of(there.value) > snapshot.token:
                self._log.warning("snapshot_left_to_the_successor", number=snapshot.number)
                return True
            await self._bus.put(snapshot_name(self._bot), to_json(snapshot), revision=revision)
            before = self._replica.replaced(snapshot.number)
            if before is not None:
                await self._bus.trim(journal_subject(self._bot), before=before)
        except (BusUnavailable, RevisionStale) as problem:
            self._log.warning("snapshot_not_taken", number=snapshot.number, problem=str(problem))
            return False
        return True

    def _taken(self) -> Snapshot:
        books = self._books
        return Snapshot(
            schema=VERSION,
            token=self._replica.token,
            number=self._replica.counted,
            node=self._node,
            ledger=books.sums(named=KNOWN_MAX),
            baselines=tuple(Baseline(venue=venue, balances=dict(there)) for venue, there in books.baselines()),
            orders=(*books.recent()[-SETTLED_MAX:], *books.unsettled()),
            decisions=books.decisions()[-SETTLED_MAX:],
            known=books.known(KNOWN_MAX),
            known_until_ns=books.known_until_ns,
            at_ns=self._clock.wall_ns(),
        )
