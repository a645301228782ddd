"""Events passed on to a place for analysis, in batches: nice to have, and nothing more.

While the place takes nothing, events are kept here, up to a bound; of more, the oldest are dropped and counted. An
event is acknowledged once it is here, taken or not: the bus is no buffer for what may be lost. The history
(`engine.services.history`) is what keeps everything.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from engine.domain.messages import Component, Status
from engine.ports.bus import Bus, Delivery
from engine.ports.clock import Clock
from engine.resilience.breaker import Breaker
from engine.services.duty import Health, pause, together
from engine.services.listening import acknowledge, take
from engine.services.log import Log

PATTERNS = ("decision.>", "handled.>", "order.>", "alert.>", "safety.>")
"""What is worth analysing; prices are everywhere."""


class Collector(Protocol):
    """Where events go."""

    async def take(self, events: Sequence[dict[str, Any]]) -> bool:
        """Hand a batch over; False when it was not taken."""
        ...


@dataclass(frozen=True, kw_only=True)
class AnalyticsBounds:
    """The pace, and how much may wait."""

    every_ns: int
    batch_max: int
    buffer_max: int
    degraded_after_ns: int
    ack_wait_ns: int
    retry_every_ns: int


class Analytics:
    """Hears events and hands them over.

    Args:
        bot: whose place in the queues it keeps.
    """

    component = Component.OPTIONAL

    def __init__(
        self,
        bot: str,
        collector: Collector,
        *,
        bus: Bus,
        breaker: Breaker,
        clock: Clock,
        log: Log,
        bounds: AnalyticsBounds,
    ) -> None:
        self._bot = bot
        self._collector = collector
        self._bus = bus
        self._breaker = breaker
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._events: deque[dict[str, Any]] = deque()
        self._taken_ns = clock.monotonic_ns()
        self._dropped = 0

    async def run(self) -> None:
        """Hear and hand over until cancelled."""
        await together(*(self._hear(pattern) for pattern in PATTERNS), self._hand_over())

    def health(self) -> Health:
        """Say how much waits and was dropped; degraded when nothing was taken for long."""
        detail = f"{len(self._events)} events wait" if self._events else ""
        if self._dropped:
            detail += f"; {self._dropped} were dropped"
        since_ns = self._clock.monotonic_ns() - self._taken_ns
        stuck = bool(self._events) and since_ns > self._bounds.degraded_after_ns
        return Health(status=Status.DEGRADED if stuck else Status.OK, detail=detail)

    async def _hear(self, pattern: str) -> None:
        deliveries = take(
            self._bus,
            pattern,
            durable=f"analytics-{self._bot}-{pattern.partition('.')[0]}",
            log=self._log,
            ack_wait_ns=self._bounds.ack_wait_ns,
            retry_every_ns=self._bounds.retry_every_ns,
        )
        async for _, delivery in deliveries:
            self._keep(delivery)
            await acknowledge(delivery, self._log)

    def _keep(self, delivery: Delivery) -> None:
        event = {
            "id": delivery.message_id,
            "subject": delivery.subject,
            "heard_ns": self._clock.wall_ns(),
            "event": msgspec.json.decode(delivery.data),
        }
        if len(self._events) >= self._bounds.buffer_max:
            self._events.popleft()
            self._dropped += 1
        self._events.append(event)

    async def _hand_over(self) -> None:
        while True:
            await pause(self._bounds.every_ns)
            while self._events and self._breaker.admit():
                batch = [self._events[place] for place in range(min(len(self._events), self._bounds.batch_max))]
                if not await self._collector.take(batch):
                    self._breaker.failed()
                    self._log.warning("analytics_not_taken", waiting=len(self._events))
                    break
                self._breaker.succeeded()
                self._taken_ns = self._clock.monotonic_ns()
                self._forget(batch)
            if not self._events:
                self._taken_ns = self._clock.monotonic_ns()

    def _forget(self, batch: Sequence[dict[str, Any]]) -> None:
        """Let go of what was taken; what overflowed meanwhile is gone already."""
        for event in batch:
            if self._events and self._events[0] is event:
                self._events.popleft()
