"""Loops that live and die together: none ends unnoticed, and nobody stops because somebody else was cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from engine.services.duty import CancelledByStranger, LoopEnded, heard, together
from simulator.kernel import NS, World


def run(story: Coroutine[Any, Any, object]) -> tuple[World, object]:
    world = World(1)
    host = world.host("node")
    try:
        return world, world.complete(host.spawn(story))
    finally:
        world.close()


def test_a_loop_that_ends_takes_the_others_with_it() -> None:
    log: list[str] = []

    async def short() -> None:
        await asyncio.sleep(1)

    async def long() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            log.append("cancelled")

    with pytest.raises(ExceptionGroup) as failed:
        run(together(short(), long()))

    assert isinstance(failed.value.exceptions[0], LoopEnded)
    assert log == ["cancelled"]


def test_a_cancellation_that_nobody_asked_for_is_a_failure_and_not_an_end() -> None:
    async def watcher() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(1, future.cancel)
        await future

    async def other() -> None:
        await asyncio.sleep(100)

    with pytest.raises(ExceptionGroup) as failed:
        run(together(watcher(), other()))

    assert isinstance(failed.value.exceptions[0], CancelledByStranger)


def test_who_is_asked_to_stop_stops() -> None:
    async def story() -> bool:
        async def sleeper() -> None:
            await asyncio.sleep(100)

        task = asyncio.ensure_future(together(sleeper(), sleeper()))
        await asyncio.sleep(1)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return True
        return False

    _, stopped = run(story())

    assert stopped


def test_waiting_for_an_event_ends_at_the_event_or_at_its_bound() -> None:
    async def story() -> tuple[bool, bool]:
        event = asyncio.Event()
        missed = await heard(event, within_ns=2 * NS)
        asyncio.get_running_loop().call_later(1, event.set)
        return missed, await heard(event, within_ns=2 * NS)

    world, result = run(story())

    assert result == (False, True)
    assert world.now_ns() == 3 * NS
