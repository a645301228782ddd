"""A connection to the bus, as far as it needs no server."""

from __future__ import annotations

import asyncio

from engine.runtime.real.bus_connection import put_to_rest


def test_a_task_that_swallows_a_cancellation_is_ended_all_the_same() -> None:
    swallowed: list[int] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed.append(1)

    async def run() -> bool:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await put_to_rest(task)
        return task.cancelled()

    assert asyncio.run(run())
    assert swallowed == [1]
