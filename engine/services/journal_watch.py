"""Whether the journal takes what it is given, found out before an order needs it, and told to safety and the pager.

While the journal takes nothing, nothing of ours would be written that could show that it takes something again; so a
row that means nothing is written, now and then always, and before each decision while it fails. A second file on the
same disk is the second reading: what fails there too is the disk, and not one file.
"""

from engine.domain.errors import NotReplicated, StoreUnavailable
from engine.domain.safety import BOT, Loss
from engine.ports.clock import Clock
from engine.services.alarms import Alarms, Severity
from engine.services.latches import LatchBook
from engine.services.log import Log
from engine.services.safety import Safety


class JournalWatch:
    """Watches the journal of one executor.

    Args:
        journal: writes into the journal's own file.
        witness: writes into a file beside it.
    """

    def __init__(
        self, journal: LatchBook, witness: LatchBook, *, safety: Safety, alarms: Alarms, clock: Clock, log: Log
    ) -> None:
        self._journal = journal
        self._witness = witness
        self._safety = safety
        self._alarms = alarms
        self._clock = clock
        self._log = log

    @property
    def fails(self) -> bool:
        """Tell whether the journal took nothing when it was last given something."""
        return self._safety.holds(Loss.JOURNAL, scope=BOT)

    def took(self) -> None:
        """Note that the journal took something."""
        self._alarms.resolve_alert("journal/unavailable")
        self._safety.regained(Loss.JOURNAL, scope=BOT)

    def refused(self, problem: StoreUnavailable, *, reading: str) -> None:
        """Note that the journal took nothing; `reading` says what it was given."""
        self._log.warning("not_journalled", what=reading, problem=str(problem))
        if isinstance(problem, NotReplicated):  # the disk is well; whoever finds the bus back says so
            self._safety.lost(Loss.BUS, scope=BOT, reason=str(problem), reading="journal")
            return
        self._safety.lost(Loss.JOURNAL, scope=BOT, reason=str(problem), reading=reading)
        summary = f"the journal takes nothing, so nothing new is entered: {problem}"
        self._alarms.raise_alert(
            "journal/unavailable", severity=Severity.CRITICAL, summary=summary, runbook="journal-unavailable"
        )

    async def try_again(self) -> None:
        """Find out whether a journal that took nothing takes something now."""
        if self.fails:
            await self.probe()

    async def probe(self) -> None:
        """Find out whether the journal takes anything, and if not, whether the disk does."""
        at_ns = self._clock.wall_ns()
        try:
            await self._journal.probe(at_ns)
        except StoreUnavailable as problem:
            self.refused(problem, reading="probe")
        else:
            self.took()
            return
        try:
            await self._witness.probe(at_ns)
        except StoreUnavailable as problem:
            self.refused(problem, reading="disk")
