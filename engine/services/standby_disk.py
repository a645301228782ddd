"""Whether a standby could lead: its journal must take what it is given, and nobody would find out before it is needed.

Something that means nothing is written now and then. While it is refused, the standby says that it is unwell, a person
is called, and a lease that is free is left to whoever can write.
"""

from engine.domain.errors import StoreUnavailable
from engine.ports.clock import Clock
from engine.services.alarms import Alarms, Severity
from engine.services.duty import pause
from engine.services.latches import LatchBook
from engine.services.log import Log


class StandbyDisk:
    """Tries the journal's file of one executor that does not lead."""

    def __init__(self, book: LatchBook, *, alarms: Alarms, clock: Clock, log: Log, every_ns: int) -> None:
        self._book = book
        self._alarms = alarms
        self._clock = clock
        self._log = log
        self._every_ns = every_ns
        self.problem: str | None = None
        """What the file said when it last refused something, until it takes something again."""

    async def watch(self) -> None:
        """Look every so often until cancelled."""
        while True:
            await self.look()
            await pause(self._every_ns)

    async def look(self) -> None:
        """Write once; the alert is the one that a leader raises, and so ends what this node raised when it led."""
        try:
            await self._book.probe(self._clock.wall_ns())
        except StoreUnavailable as problem:
            self._log.warning("standby_cannot_write", problem=str(problem))
            self.problem = str(problem)
            summary = f"the journal of a standby takes nothing, so it could not lead: {problem}"
            self._alarms.raise_alert(
                "journal/unavailable", severity=Severity.CRITICAL, summary=summary, runbook="journal-unavailable"
            )
        else:
            self.problem = None
            self._alarms.resolve_alert("journal/unavailable")
