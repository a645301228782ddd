"""Monitoring: silence and trouble become pages, and pages end when what they were about has ended.

Four loops share one switchboard: heartbeats and alerts come in from the bus, a clock looks for silence, and a pager
loop works off the difference between what holds and what the pager knows. An alert's delivery is acknowledged once
the pager has it, so a monitor that dies in between gets it again. When nobody at all is heard, that is one page about
the bus, not one for each component.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from engine.domain.errors import StoreUnavailable
from engine.domain.messages import AlertRaised, AlertResolved, Component, Heartbeat, Status
from engine.ports.bus import Bus, Delivery
from engine.ports.clock import Clock
from engine.ports.store import Store
from engine.services.alarms import Severity
from engine.services.duty import NS, WELL, Health, pause, together
from engine.services.heartbeat_table import Beating, HeartbeatTable
from engine.services.listening import acknowledge, listen, take
from engine.services.log import Log
from engine.services.switchboard import Page, Switchboard

TOLD_TABLE = "CREATE TABLE IF NOT EXISTS told (key TEXT PRIMARY KEY)"
OURSELVES = "monitor"


class Pager(Protocol):
    """Who wakes a person; both calls tell whether the pager has taken it, and never raise for a pager that is down."""

    async def trigger(self, page: Page) -> bool:
        """Open a page; a key that is open already stays one page."""
        ...

    async def resolve(self, key: str) -> bool:
        """End a page."""
        ...


@dataclass(frozen=True, kw_only=True)
class MonitorBounds:
    """The monitor's waits and queues; times in nanoseconds."""

    heartbeat_every_ns: int
    missed_after_ns: int
    degraded_after_ns: int
    forget_alerts_after_ns: int
    look_every_ns: int
    page_retry_first_ns: int
    page_retry_most_ns: int
    pages_max: int
    pending_max: int
    ack_wait_ns: int
    retry_every_ns: int


class Monitor:
    """Watches heartbeats and alerts and keeps the pager's open pages equal to what holds."""

    component = Component.MONITORING

    def __init__(
        self,
        expected: Iterable[Beating],
        *,
        node: str,
        bus: Bus,
        store: Store,
        pager: Pager,
        clock: Clock,
        log: Log,
        bounds: MonitorBounds,
    ) -> None:
        self._node = node
        self._bus = bus
        self._store = store
        self._pager = pager
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._expected = tuple(expected)
        self._table = HeartbeatTable(
            self._expected,
            now_ns=clock.monotonic_ns(),
            missed_after_ns=bounds.missed_after_ns,
            degraded_after_ns=bounds.degraded_after_ns,
        )
        self._board = self._empty_board(())
        self._raised_here: tuple[str, ...] = ()
        self._unacknowledged: dict[str, Delivery] = {}
        self._work = asyncio.Event()
        self._pager_down_since_ns: int | None = None

    async def run(self) -> None:
        """Remember which pages are open, then watch until cancelled."""
        self._board = self._empty_board(await self._remembered())
        await together(self._hear_beats(), self._hear_alerts(), self._look_for_silence(), self._work_off())

    def health(self) -> Health:
        """Say degraded while the pager cannot be reached: then nobody is told of anything."""
        since_ns = self._pager_down_since_ns
        if since_ns is None:
            return WELL
        seconds = (self._clock.monotonic_ns() - since_ns) // NS
        return Health(status=Status.DEGRADED, detail=f"the pager has not answered for {seconds} s")

    async def _hear_beats(self) -> None:
        bounds = self._bounds
        beats = listen(
            self._bus,
            "heartbeat.>",
            Heartbeat,
            log=self._log,
            pending_max=bounds.pending_max,
            retry_every_ns=bounds.retry_every_ns,
        )
        async for beat in beats:
            self._table.hear(beat, now_ns=self._clock.monotonic_ns())

    async def _hear_alerts(self) -> None:
        alerts = take(
            self._bus,
            "alert.>",
            durable=f"pager-{self._node}",
            log=self._log,
            ack_wait_ns=self._bounds.ack_wait_ns,
            retry_every_ns=self._bounds.retry_every_ns,
        )
        async for said, delivery in alerts:
            if not isinstance(said, AlertRaised | AlertResolved):
                await acknowledge(delivery, self._log)
            elif self._board.take(said, now_ns=self._clock.monotonic_ns()):
                self._unacknowledged[delivery.message_id] = delivery
                self._work.set()
            else:
                self._log.error("too_many_alerts", key=said.key)

    async def _look_for_silence(self) -> None:
        while True:
            await pause(self._bounds.look_every_ns)
            now_ns = self._clock.monotonic_ns()
            pages = self._pages_due(now_ns)
            for page in pages:
                self._board.announce(page, by=OURSELVES, now_ns=now_ns)
            keys = tuple(page.key for page in pages)
            for key in self._raised_here:
                if key not in keys:
                    self._board.retract(key, by=OURSELVES, now_ns=now_ns)
            self._raised_here = keys
            self._board.forget(now_ns=now_ns)
            self._work.set()

    def _pages_due(self, now_ns: int) -> tuple[Page, ...]:
        """Return the pages that heartbeats, or their absence, ask for now."""
        nobody_for_ns = now_ns - self._table.nobody_since_ns()
        if nobody_for_ns > self._bounds.missed_after_ns:
            return (self._page("bus/silent", "monitoring", "no component is heard: the bus is gone", "bus-silent"),)
        if nobody_for_ns > 2 * self._bounds.heartbeat_every_ns:
            return ()  # not one beat of anybody: probably the bus, which is one page and not one for each component
        missed = [
            self._page(
                f"heartbeat/{silent.component.value}/{silent.node}",
                silent.component.value,
                f"{silent.component.value} on {silent.node} is silent for {silent.silent_for_ns // NS} s",
                "heartbeat-missed",
            )
            for silent in self._table.silent(now_ns=now_ns)
        ]
        unwell = [
            self._page(
                f"degraded/{unwell.component.value}/{unwell.node}",
                unwell.component.value,
                f"{unwell.component.value} on {unwell.node} cannot do its job: {unwell.detail}",
                "component-degraded",
            )
            for unwell in self._table.unwell(now_ns=now_ns)
        ]
        return (*missed, *unwell)

    def _page(self, key: str, component: str, summary: str, runbook: str) -> Page:
        return Page(
            key=key,
            severity=Severity.CRITICAL,
            summary=summary,
            source=self._node,
            component=component,
            runbook=runbook,
        )

    async def _work_off(self) -> None:
        """Bring the pager up to date whenever something changed; while it is down, with a growing pause."""
        delay_ns = self._bounds.page_retry_first_ns
        while True:
            await self._work.wait()
            self._work.clear()
            if await self._bring_up_to_date():
                delay_ns = self._bounds.page_retry_first_ns
                self._pager_down_since_ns = None
                continue
            if self._pager_down_since_ns is None:
                self._pager_down_since_ns = self._clock.monotonic_ns()
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._bounds.page_retry_most_ns)
            self._work.set()

    async def _bring_up_to_date(self) -> bool:
        """Open and close what is due; False as soon as the pager does not take something."""
        for page in self._board.to_open():
            if not await self._pager.trigger(page):
                return False
            self._log.warning("paged", key=page.key, summary=page.summary)
            self._board.opened(page.key)
            await self._remember("INSERT OR IGNORE INTO told VALUES (?)", page.key)
        for key in self._board.to_close(now_ns=self._clock.monotonic_ns()):
            if not await self._pager.resolve(key):
                return False
            self._log.info("page_resolved", key=key)
            self._board.closed(key)
            await self._remember("DELETE FROM told WHERE key = ?", key)
        waiting, self._unacknowledged = self._unacknowledged, {}
        for delivery in waiting.values():
            await acknowledge(delivery, self._log)
        return True

    def _empty_board(self, told: tuple[str, ...]) -> Switchboard:
        return Switchboard(
            told,
            now_ns=self._clock.monotonic_ns(),
            forget_after_ns=self._bounds.forget_alerts_after_ns,
            pages_max=self._bounds.pages_max,
        )

    async def _remembered(self) -> tuple[str, ...]:
        """Return the keys that were open when this monitor last ran; none when its store does not answer."""
        try:
            await self._store.commit([(TOLD_TABLE, ())])
            return tuple(str(key) for (key,) in await self._store.read("SELECT key FROM told ORDER BY key"))
        except StoreUnavailable as problem:
            self._log.warning("open_pages_not_remembered", problem=str(problem))
            return ()

    async def _remember(self, sql: str, key: str) -> None:
        """Write down what the pager was told; a monitor without a store goes on paging."""
        try:
            await self._store.commit([(sql, (key,))])
        except StoreUnavailable as problem:
            self._log.warning("page_not_written_down", key=key, problem=str(problem))
