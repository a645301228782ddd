"""Real time as a venue's timeline: order, speed, and a life of its own for each timer. Waits here are milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from simulator.kernel.errors import EscapedSimulation
from simulator.kernel.escapes import Escapes
from simulator.serve.real_time import CANCELLED_KEPT_MAX, RealTimeline

MS = 1_000_000


def told(story: Callable[[RealTimeline, list[Any]], object], *, speed: float = 1.0, for_ms: int = 40) -> list[Any]:
    """Let a story set timers, wait, and return what was logged."""

    async def run() -> list[Any]:
        log: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: log.append(context["message"]))
        timeline = RealTimeline(asyncio.get_running_loop(), speed=speed)
        story(timeline, log)
        await asyncio.sleep(for_ms / 1000)
        timeline.close()
        return log

    return asyncio.run(run())


def test_timers_fire_in_the_order_of_their_times_and_then_of_their_calls() -> None:
    def story(timeline: RealTimeline, log: list[Any]) -> None:
        for name, delay_ms in (("late", 9), ("first", 3), ("second", 3), ("third", 3), ("at once", 0), ("past", -5)):
            timeline.call_later(delay_ms * MS, lambda name=name: log.append(name))  # type: ignore[misc]

    assert told(story) == ["at once", "past", "first", "second", "third", "late"]


def test_no_timer_fires_early() -> None:
    def story(timeline: RealTimeline, log: list[Any]) -> None:
        for delay_ms in (1, 2, 5, 9):
            due_ns = timeline.now_ns() + delay_ms * MS
            timeline.call_later(delay_ms * MS, lambda due_ns=due_ns: log.append(timeline.now_ns() >= due_ns))  # type: ignore[misc]

    assert told(story) == [True] * 4


def test_a_cancelled_timer_does_not_fire_and_may_be_cancelled_again() -> None:
    def story(timeline: RealTimeline, log: list[Any]) -> None:
        timer = timeline.call_later(2 * MS, lambda: log.append("cancelled"))
        timeline.call_later(2 * MS, lambda: log.append("kept"))
        timer.cancel()
        timer.cancel()

    assert told(story) == ["kept"]


def test_many_cancelled_timers_are_swept_out() -> None:
    def story(timeline: RealTimeline, log: list[Any]) -> None:
        for _ in range(3 * CANCELLED_KEPT_MAX):
            timeline.call_later(3600 * 1000 * MS, lambda: None).cancel()
        timeline.call_later(2 * MS, lambda: log.append(len(timeline._heap)))

    (left,) = told(story)
    assert left <= CANCELLED_KEPT_MAX


def test_a_timer_that_sets_itself_again_does_not_starve_the_loop() -> None:
    """At a speed that cannot be kept, requests are still answered: the loop gets its turn."""

    def story(timeline: RealTimeline, log: list[Any]) -> None:
        def again() -> None:
            timeline.call_later(1, again)

        again()
        timeline._loop.call_later(0.002, log.append, "the loop had its turn")

    assert told(story, speed=10_000) == ["the loop had its turn"]


def test_a_bug_in_one_timer_is_told_and_the_others_fire() -> None:
    def story(timeline: RealTimeline, log: list[Any]) -> None:
        timeline.call_later(1 * MS, lambda: log.remove("what is not there"))
        timeline.call_later(1 * MS, lambda: log.append("the other"))

    assert told(story) == ["a bug in a timer of a venue", "the other"]


def test_time_goes_as_fast_as_said_on_both_clocks() -> None:
    def story(timeline: RealTimeline, log: list[Any]) -> None:
        born_ns = timeline.wall_ns()

        def look() -> None:
            log.extend((timeline.now_ns(), timeline.wall_ns() - born_ns))

        timeline._loop.call_later(0.02, look)

    since_ns, on_the_wall_ns = told(story, speed=1000)
    assert since_ns >= 20 * 1000 * MS * 0.95
    assert on_the_wall_ns == pytest.approx(since_ns, rel=0.2)


@pytest.mark.parametrize("speed", [0, -1, 1e9, float("nan"), float("inf")])
def test_a_speed_that_makes_no_sense_is_refused(speed: float) -> None:
    async def run() -> None:
        with pytest.raises(ValueError, match="give a number from"):
            RealTimeline(asyncio.get_running_loop(), speed=speed)

    asyncio.run(run())


def test_it_cannot_be_used_inside_a_virtual_world() -> None:
    """The walls of the world refuse the real clock, whoever asks for it."""

    async def run() -> None:
        with Escapes().refused(), pytest.raises(EscapedSimulation):
            RealTimeline(asyncio.get_running_loop())

    asyncio.run(run())
