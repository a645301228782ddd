"""The server is killed, or away: nothing that was confirmed is lost or doubled, and who waits is told in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

import pytest

from engine.ports.bus import Bus, BusUnavailable
from tests.contracts.bus.stage import Perform, Stage

NS = 1_000_000_000
TOLD_WITHIN_NS = 6 * NS
"""What cannot be had is told within this time: five seconds, and some for a busy machine."""
KILLS = 3
WRITERS = 4


async def until_stored(bus: Bus, body: str) -> int:
    """Store a message as an outbox does: again and again, under the same id."""
    while True:
        try:
            return await bus.enqueue("order.a", body.encode(), message_id=body)
        except BusUnavailable:
            await asyncio.sleep(0.1)


def test_kills_under_load_lose_nothing_that_was_confirmed_and_double_nothing(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        reader = await stage.bus()
        read: list[str] = []
        stored: dict[str, int] = {}
        over = asyncio.Event()

        async def write(name: str, bus: Bus) -> None:
            number = 0
            while not over.is_set():
                body = f"{name}{number}"
                stored[body] = await until_stored(bus, body)
                number += 1
                await asyncio.sleep(0.005)

        async def consume() -> None:
            async for delivery in reader.consume("order.>", durable="one", ack_wait_ns=NS):
                if delivery.data.decode() not in read:
                    read.append(delivery.data.decode())
                await delivery.ack()

        consuming = asyncio.create_task(consume())
        buses = [await stage.bus() for _ in range(WRITERS)]
        writing = [asyncio.create_task(write(f"writer {n} ", bus)) for n, bus in enumerate(buses)]
        for _ in range(KILLS):
            await asyncio.sleep(0.4)
            await stage.kill()
            known = len(stored)
            await grown(stored, known + 60, within_s=3 * stage.noticed_s + 5)
        over.set()
        await asyncio.gather(*writing)
        await asyncio.sleep(stage.noticed_s)

        kept = {message.data.decode(): message.sequence async for message in reader.history("order.>")}
        assert kept == stored
        assert len(set(stored.values())) == len(stored) > 60 * KILLS
        await grown(read, len(stored), within_s=stage.noticed_s + 5)
        assert sorted(read) == sorted(stored)
        consuming.cancel()

    perform(story)


def test_values_and_their_revisions_outlive_a_kill(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        revision = await bus.put("lease/bot", b"kept", revision=0)
        await stage.kill()
        await asyncio.sleep(stage.noticed_s)
        entry = await bus.get("lease/bot")
        assert entry is not None
        assert (entry.value, entry.revision) == (b"kept", revision)
        assert await bus.put("lease/bot", b"next", revision=revision) > revision

    perform(story)


async def grown(collection: Collection[str], size: int, *, within_s: float) -> None:
    """Wait until something has grown to a size."""
    async with asyncio.timeout(within_s):
        while len(collection) < size:  # noqa: ASYNC110  # what grows is a plain list or dictionary
            await asyncio.sleep(0.1)


async def read_past(bus: Bus) -> None:
    async for _ in bus.history("order.a"):
        pass


ASKED: dict[str, Callable[[Bus], Awaitable[object]]] = {
    "publish": lambda bus: bus.publish("price.a", b""),
    "enqueue": lambda bus: bus.enqueue("order.a", b"", message_id="1"),
    "history": read_past,
    "trim": lambda bus: bus.trim("order.a", before=2),
    "get": lambda bus: bus.get("lease/bot"),
    "put": lambda bus: bus.put("lease/bot", b""),
    "compare": lambda bus: bus.put("lease/bot", b"", revision=1),
}


def test_who_asks_a_bus_that_is_away_is_told_so_in_time(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        await bus.put("lease/bot", b"")
        await stage.take_away()
        await asyncio.sleep(stage.noticed_s)

        async def told(ask: Callable[[Bus], Awaitable[object]]) -> int:
            asked_ns = stage.clock.monotonic_ns()
            with pytest.raises(BusUnavailable):
                await ask(bus)
            return stage.clock.monotonic_ns() - asked_ns

        for took_ns in await asyncio.gather(*(told(ask) for ask in ASKED.values())):
            assert took_ns < TOLD_WITHIN_NS
        await stage.bring_back()
        await asyncio.sleep(1)
        assert await bus.get("lease/bot") is not None

    perform(story)


def test_who_waits_for_a_server_that_comes_back_in_time_is_answered(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        await bus.put("lease/bot", b"")
        await stage.take_away()
        await asyncio.sleep(stage.noticed_s)
        asking = asyncio.create_task(bus.enqueue("order.a", b"", message_id="1"))
        await asyncio.sleep(0.5)
        await stage.bring_back()
        assert await asking > 0

    perform(story)
