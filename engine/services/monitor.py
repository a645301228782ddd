"""Monitoring: silence and trouble become pages, and pages end when what they were about has ended.

Heartbeats and alerts come in from the bus, a clock looks for silence, and `engine.services.paging` keeps the pager
equal to what holds. When nobody at all is heard, that is one page about the bus, not one for each component. A bot
runs two monitors on two machines that watch each other like everybody else; and while a monitor hears the bot it
rings a bell outside, where silence is heard when all of them are gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from engine.domain.messages import AlertAcknowledged, AlertRaised, AlertResolved, Component, Heartbeat
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.alarms import Severity
from engine.services.duty import NS, Health, pause, together
from engine.services.heartbeat_table import Beating, HeartbeatTable
from engine.services.listening import acknowledge, listen, take
from engine.services.log import Log
from engine.services.paging import Paging
from engine.services.switchboard import Page

OURSELVES = "monitor"


class Bell(Protocol):
    """Somebody outside who pages when it is not rung for too long."""

    async def ring(self) -> bool:
        """Give a sign of life; False when it was not heard. Does not raise for one that is down."""
        ...


@dataclass(frozen=True, kw_only=True)
class MonitorBounds:
    """The monitor's waits and queues; times in nanoseconds."""

    heartbeat_every_ns: int
    missed_after_ns: int
    degraded_after_ns: int
    look_every_ns: int
    ring_every_ns: int
    pending_max: int
    ack_wait_ns: int
    retry_every_ns: int


class Monitor:
    """Watches heartbeats and alerts, and has a person told."""

    component = Component.MONITORING

    def __init__(
        self,
        expected: Iterable[Beating],
        *,
        later: Iterable[Beating] = (),
        node: str,
        bus: Bus,
        paging: Paging,
        bell: Bell | None,
        clock: Clock,
        log: Log,
        bounds: MonitorBounds,
    ) -> None:
        self._node = node
        self._bus = bus
        self._paging = paging
        self._bell = bell
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._table = HeartbeatTable(
            tuple(expected),
            later=tuple(later),
            now_ns=clock.monotonic_ns(),
            missed_after_ns=bounds.missed_after_ns,
            degraded_after_ns=bounds.degraded_after_ns,
        )
        self._raised_here: tuple[str, ...] = ()

    async def run(self) -> None:
        """Remember which pages are open, then watch until cancelled."""
        await self._paging.open()
        await together(
            self._hear_beats(), self._hear_alerts(), self._look_for_silence(), self._ring(), self._paging.run()
        )

    def health(self) -> Health:
        """Say degraded while nobody can be paged."""
        return self._paging.health()

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
            if not isinstance(said, AlertRaised | AlertResolved | AlertAcknowledged):
                await acknowledge(delivery, self._log)
            elif not self._paging.take(said, delivery):
                self._log.error("too_many_alerts", key=said.key)

    async def _look_for_silence(self) -> None:
        """Look at who is silent; after a sleep of this machine what was said meanwhile is not all heard yet."""
        board = self._paging.board
        looked_ns = self._clock.monotonic_ns()
        while True:
            await pause(self._bounds.look_every_ns)
            now_ns = self._clock.monotonic_ns()
            if now_ns - looked_ns > self._bounds.look_every_ns + self._bounds.heartbeat_every_ns:
                self._table.begin_again(now_ns=now_ns)
            looked_ns = now_ns
            pages = self._pages_due(now_ns)
            for page in pages:
                board.announce(page, by=OURSELVES, now_ns=now_ns)
            keys = tuple(page.key for page in pages)
            for key in self._raised_here:
                if key not in keys:
                    board.retract(key, by=OURSELVES, now_ns=now_ns)
            self._raised_here = keys
            self._paging.look()

    async def _ring(self) -> None:
        """Ring the bell outside for as long as the bot is heard: who hears nobody must not vouch for anybody."""
        while True:
            heard_ns = self._clock.monotonic_ns() - self._table.nobody_since_ns()
            if self._bell is not None and heard_ns <= self._bounds.missed_after_ns and not await self._bell.ring():
                self._log.warning("bell_not_rung")
            await pause(self._bounds.ring_every_ns)

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
