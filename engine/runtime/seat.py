"""The executor's seat on one node: it waits until it leads, trades until it is deposed, and waits again.

Each term is a new set of books, accounts and drivers: nothing in memory outlives a deposition, since the successor has
gone on from where the journal stood. A bot with one executor has a lease as well, so that a second environment cannot
be started beside it; but if the bus is away when that executor starts, it begins on its own journal without a lease
(nothing is entered, what lives is looked after) instead of leaving positions alone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from engine.domain.errors import BusUnavailable
from engine.domain.messages import Component, Status
from engine.services.duty import Departing, Duty, Health, forever, pause
from engine.services.leadership import Deposed, Leadership
from engine.services.log import Log
from engine.services.standby_disk import StandbyDisk

BuildTerm = Callable[[AsyncExitStack, Leadership], Awaitable[Duty]]
"""Makes all that trades for one term."""


class Seat:
    """Wants to lead, and trades while it does.

    Args:
        leadership: makes a claim to lead for each term.
        disk: where the journal is; nobody begins a term on one that takes nothing.
        alone: whether the configuration has no other executor, and this journal has led before.
        rest_ns: wait after a deposition before it wants to lead again, so that somebody else can.
        retry_every_ns: pause between two looks while nobody can tell who leads.
    """

    component = Component.EXECUTION

    def __init__(
        self,
        leadership: Callable[[], Leadership],
        build: BuildTerm,
        *,
        disk: StandbyDisk,
        alone: bool,
        log: Log,
        rest_ns: int,
        retry_every_ns: int,
    ) -> None:
        self._leadership = leadership
        self._build = build
        self._disk = disk
        self._alone = alone
        self._log = log
        self._rest_ns = rest_ns
        self._retry_every_ns = retry_every_ns
        self._term: Duty | None = None
        self._bus_is_away = False
        self._leaves = False

    async def run(self) -> None:
        """Lead whenever that is possible, until cancelled."""
        while True:
            leadership = self._leadership()
            await self._wait(leadership)
            try:
                await self._lead(leadership)
            except ExceptionGroup as problems:
                deposed, others = problems.split(Deposed)
                if others is not None or deposed is None:
                    raise
                self._log.warning("deposed", token=leadership.token)
            if self._leaves:
                await asyncio.Event().wait()  # whoever asked it to leave ends it
            await self._disk.look()
            await pause(self._rest_ns)

    async def depart(self) -> None:
        """Let the term end in order, and lead no more."""
        self._leaves = True
        if isinstance(self._term, Departing):
            await self._term.depart()

    def health(self) -> Health:
        """Say how trading goes; a standby is well as long as it could lead."""
        if self._term is not None:
            return self._term.health()
        if self._bus_is_away:
            return Health(status=Status.DEGRADED, detail="the bus is away: nobody can tell who leads")
        if self._disk.problem is not None:
            return Health(status=Status.DEGRADED, detail=f"could not lead: {self._disk.problem}")
        return Health(status=Status.OK, detail="standing by")

    async def _wait(self, leadership: Leadership) -> None:
        """Wait until this executor leads, and see meanwhile to whether it could."""
        async with asyncio.TaskGroup() as waiting:
            trying = waiting.create_task(self._disk.watch(), name="disk-of-a-standby")
            await self._elected(leadership)
            trying.cancel()

    async def _elected(self, leadership: Leadership) -> None:
        while True:
            try:
                await leadership.acquire(self._bus_answered, lambda: self._disk.problem is None)
            except BusUnavailable as problem:
                self._log.warning("lease_out_of_reach", problem=str(problem))
                self._bus_is_away = True
                if self._alone:
                    return
                await pause(self._retry_every_ns)
            else:
                return

    def _bus_answered(self) -> None:
        self._bus_is_away = False

    async def _lead(self, leadership: Leadership) -> None:
        """Trade for one term, and let go of everything at its end."""
        stack = AsyncExitStack()
        try:
            self._term = await self._build(stack, leadership)
            await forever(self._term.run())
        except GeneratorExit:
            raise  # the loop is gone: nothing can be awaited any more
        except BaseException:
            self._term = None
            await stack.aclose()
            raise
