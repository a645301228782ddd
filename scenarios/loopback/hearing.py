"""Listening in on the bot's bus: a real subscriber, connected straight to the server, past every proxy.

What is published is heard as it comes. What is stored is read by durable readers of the referee's own, so that a kill
of the server loses none of it, and counts from when it was stored: an order that follows from a decision may be at the
venue before the referee has read the decision.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from engine.ports.bus import BusUnavailable
from engine.runtime.real.bus import NatsBus
from engine.services.duty import NS, pause
from scenarios.loopback.world import RealWorld

STORED = ("decision", "handled", "order", "alert", "safety", "control", "obeyed", "recovery")
"""The first tokens of what is stored, but for the journal: what one leader leaves to the next is no word to others."""
UNREAD_MAX = 100_000
AGAIN_NS = NS // 2

Tap = Callable[[int, str, bytes], None]


class Overhearing:
    """Hands everything that is said to whoever taps it."""

    def __init__(self, bus: NatsBus, world: RealWorld) -> None:
        self._bus = bus
        self._world = world
        self._taps: list[Tap] = []

    def tap(self, tap: Tap) -> None:
        """Call `tap(now_ns, subject, data)` for every message."""
        self._taps.append(tap)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for as long as the context lasts."""
        tasks = [asyncio.create_task(self._published())]
        tasks += [asyncio.create_task(self._stored(first)) for first in STORED]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _published(self) -> None:
        async for message in self._bus.subscribe(">", pending_max=UNREAD_MAX):
            self._tell(self._world.now_ns(), message.subject, message.data)

    async def _stored(self, first: str) -> None:
        known: set[str] = set()
        while True:
            reader = self._bus.consume(f"{first}.>", durable=f"referee-{first}", ack_wait_ns=30 * NS)
            try:
                async for delivery in reader:
                    if delivery.message_id not in known:
                        known.add(delivery.message_id)
                        self._tell(delivery.stored_ns - self._world.epoch_ns, delivery.subject, delivery.data)
                    await delivery.ack()
            except BusUnavailable:
                await pause(AGAIN_NS)
            finally:
                reader.close()

    def _tell(self, at_ns: int, subject: str, data: bytes) -> None:
        for tap in self._taps:
            tap(at_ns, subject, data)
