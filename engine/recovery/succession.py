"""One leader's beginning and what it leaves to the next: what it inherited, its books, and their way to the bus."""

from collections.abc import Coroutine
from typing import Any

from engine.domain.recovery import RecoveryReported
from engine.ports.clock import Clock
from engine.recovery.books import JournalledBooks
from engine.recovery.inheritance import Inherited
from engine.recovery.replicator import Replicator
from engine.recovery.snapshots import Snapshots
from engine.services.alarms import Alarms, Severity
from engine.services.leadership import Leadership
from engine.services.outbox import Outbox


class Succession:
    """The books of one term; without an inheritance they are the own journal's, and go nowhere else."""

    def __init__(
        self,
        bot: str,
        books: JournalledBooks,
        leadership: Leadership,
        *,
        node: str,
        clock: Clock,
        alarms: Alarms,
        began_ns: int,
        inherited: Inherited | None = None,
        replica: Replicator | None = None,
        snapshots: Snapshots | None = None,
    ) -> None:
        self.books = books
        self._bot = bot
        self._leadership = leadership
        self._node = node
        self._clock = clock
        self._alarms = alarms
        self._began_ns = began_ns
        self._inherited = inherited
        self._replica = replica
        self._snapshots = snapshots

    @property
    def mark(self) -> int:
        """Where on the bus this term began; 0 for one that began without the bus."""
        return self._inherited.mark if self._inherited is not None else 0

    def loops(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what must run for as long as the term lasts."""
        if self._replica is None or self._snapshots is None:
            return ()
        return (self._replica.run(), self._snapshots.run())

    def tell(self, outbox: Outbox) -> None:
        """Say from what the books were recovered, once they are open; page for what the bus had lost."""
        found = self._inherited
        if found is None:
            return
        if found.holes:
            summary = f"{found.holes} journal entries were lost on the bus: compare orders and fills with the venues"
            self._alarms.raise_alert(
                "journal/holes", severity=Severity.CRITICAL, summary=summary, runbook="journal-holes"
            )
        now_ns = self._clock.wall_ns()
        outbox.put(
            RecoveryReported(
                bot=self._bot,
                node=self._node,
                token=found.position.token,
                number=found.position.number,
                point_ns=found.point_ns or now_ns,
                from_snapshot=found.from_snapshot,
                entries=found.entries,
                holes=found.holes,
                orders=sum(1 for order in self.books.unsettled() if not order.final),
                waited_ns=self._leadership.waited_ns,
                took_ns=self._clock.monotonic_ns() - self._began_ns,
                at_ns=now_ns,
            )
        )
