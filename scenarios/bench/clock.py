"""The loop of a simulated machine against SimPy's own timeouts: what asyncio costs on top of the heap."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import simpy

from scenarios.bench.figure import Figure, Stopwatch, Target, duel
from simulator.kernel import NS, Host, World

SLEEPERS, SLEEPS = 100, 500
TARGET = Target(at_most=8.0)
"""A guard and no goal: a sleep is a future, a timer, two callbacks and a task's step, where SimPy's is one event."""


def sleep_in_a_world() -> float:
    """Let many tasks of one machine sleep by turns; return seconds a sleep."""
    watch = Stopwatch()

    async def sleep(number: int) -> None:
        for _ in range(SLEEPS):
            await asyncio.sleep(0.001 + number / 1_000_000)

    async def sleepers(_: Host) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(SLEEPERS):
                tasks.create_task(sleep(number))

    with World(1) as world:
        world.host("machine", sleepers)
        watch.start()
        world.run(10 * NS)
        watch.stop()
    return watch.total_s / (SLEEPERS * SLEEPS)


def time_out_in_simpy() -> float:
    """Let as many processes of SimPy time out as often; return seconds a timeout."""
    watch = Stopwatch()
    env = simpy.Environment()

    def sleep(number: int) -> Generator[simpy.Event, Any, None]:
        for _ in range(SLEEPS):
            yield env.timeout(1_000_000 + number * 1_000)

    for number in range(SLEEPERS):
        env.process(sleep(number))
    watch.start()
    env.run(until=10 * NS)
    watch.stop()
    return watch.total_s / (SLEEPERS * SLEEPS)


def measure() -> list[Figure]:
    """Return the figure."""
    found = duel(sleep_in_a_world, time_out_in_simpy)
    return [
        Figure(
            name="kernel_sleep",
            value=found.cost_ratio,
            unit="times the floor's cost",
            ours="an asyncio.sleep on a machine's loop",
            floor="a timeout of a SimPy process with the same delay",
            target=TARGET,
            detail=found.told(1e-6, "µs"),
        )
    ]
