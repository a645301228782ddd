"""When a leader steps down by itself: its disk takes nothing, and somebody stands by whose disk does.

A leader that cannot write enters nothing, and after a minute it closes what it holds; the bot is down for as long as
the disk is. A standby would go on at once, from what the bus has of the journal. But a lease that is laid down where
nobody takes it up leaves positions alone, and a term cannot begin on a disk that takes nothing; so the lease is laid
down only when another executor has said that it is well, which it says only while its own disk takes what it is given,
and has said so since it must have tried that disk again: what takes one disk may have taken both.
"""

from engine.domain.errors import BusUnavailable
from engine.domain.messages import Component, Heartbeat, Status
from engine.domain.safety import BOT, Loss
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.duty import pause, together
from engine.services.leadership import Leadership
from engine.services.listening import listen
from engine.services.log import Log
from engine.services.safety import Safety

LOOK_EVERY_NS = 1_000_000_000


class Abdication:
    """Lays the lease down when that helps; the term then ends as if somebody had taken it.

    Args:
        after_ns: how long the journal takes nothing before somebody else should lead.
        fresh_ns: how old a standby's last heartbeat may be.
        tried_every_ns: how often a standby tries its disk.
    """

    def __init__(
        self,
        leadership: Leadership,
        safety: Safety,
        *,
        node: str,
        bus: Bus,
        clock: Clock,
        log: Log,
        after_ns: int,
        fresh_ns: int,
        tried_every_ns: int,
        pending_max: int,
        retry_every_ns: int,
    ) -> None:
        self._leadership = leadership
        self._safety = safety
        self._node = node
        self._bus = bus
        self._clock = clock
        self._log = log
        self._after_ns = after_ns
        self._fresh_ns = fresh_ns
        self._tried_every_ns = tried_every_ns
        self._pending_max = pending_max
        self._retry_every_ns = retry_every_ns
        self._well: dict[str, int] = {}
        """When each other executor last said that it is well."""

    async def run(self) -> None:
        """Listen and look until cancelled."""
        await together(self._listen(), self._look())

    async def _listen(self) -> None:
        pattern = f"heartbeat.{Component.EXECUTION.value}.*"
        async for beat in listen(
            self._bus,
            pattern,
            Heartbeat,
            log=self._log,
            pending_max=self._pending_max,
            retry_every_ns=self._retry_every_ns,
        ):
            if beat.node != self._node and beat.status is Status.OK:
                self._well[beat.node] = self._clock.monotonic_ns()
            else:
                self._well.pop(beat.node, None)

    async def _look(self) -> None:
        since_ns = self._clock.monotonic_ns()
        while True:
            await pause(LOOK_EVERY_NS)
            now_ns = self._clock.monotonic_ns()
            if not self._safety.holds(Loss.JOURNAL, scope=BOT):
                since_ns = now_ns
            elif now_ns - since_ns >= self._after_ns and (heir := self._heir(since_ns, now_ns)) is not None:
                await self._step_down(heir)

    def _heir(self, since_ns: int, now_ns: int) -> str | None:
        """Return who is well, and would know by now if it had lost its disk when we lost ours."""
        tried_ns = since_ns + LOOK_EVERY_NS + self._tried_every_ns
        earliest_ns = max(tried_ns, now_ns - self._fresh_ns)
        return next((node for node, at_ns in self._well.items() if at_ns >= earliest_ns), None)

    async def _step_down(self, heir: str) -> None:
        self._log.warning("stepping_down", because="the journal takes nothing", well=heir)
        try:
            await self._leadership.lay_down()
        except BusUnavailable as problem:
            self._log.warning("lease_not_laid_down", problem=str(problem))
