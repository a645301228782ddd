"""Loops that live and die together: none ends unnoticed, and nobody stops because somebody else was cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from engine.services.duty import CancelledByStranger, LoopEnded, heard, together, unless_heard
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


@pytest.mark.parametrize(
    ("takes_s", "heard_at_s", "ends_s", "result"),
    [(2, None, 2, "done"), (2, 1, 2, "done"), (9, 5, 5, None), (9, 1, 3, None), (9, None, 9, "done")],
    ids=["undisturbed", "quick-enough", "given-up", "had-its-time", "slow-and-undisturbed"],
)
def test_slow_work_is_given_up_for_news(takes_s: int, heard_at_s: int | None, ends_s: int, result: str | None) -> None:
    """Quick work is not, and the news is still there afterwards."""
    ended: list[str] = []

    async def work() -> str:
        try:
            await asyncio.sleep(takes_s)
        finally:
            ended.append("work")
        return "done"

    async def story() -> tuple[str | None, bool, float]:
        event = asyncio.Event()
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        if heard_at_s is not None:
            loop.call_later(heard_at_s, event.set)
        found = await unless_heard(event, work(), patience_ns=3 * NS)
        took_s = loop.time() - began_s
        await asyncio.sleep(0)
        return found, event.is_set(), took_s

    _, told = run(story())

    assert told == (result, heard_at_s is not None, pytest.approx(ends_s))
    assert ended == ["work"]
