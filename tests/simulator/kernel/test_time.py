"""Time in the simulated world: one order of events, deadlines that are never early, timers that can be forgotten."""

from __future__ import annotations

import asyncio
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel import NS, Host, SimulationDeadlock, SimulationLivelock, World
from simulator.kernel.environment import SimEnvironment
from simulator.kernel.loop import deadline_ns
from simulator.kernel.world import CALLBACKS_PER_COLLECTION, SETTLED_AFTER_CALLBACKS


def test_an_hour_of_sleep_takes_no_real_time_and_exactly_one_virtual_hour() -> None:
    world = World()
    log: list[int] = []

    async def sleeper(host: Host) -> None:
        await asyncio.sleep(3600)
        log.append(world.now_ns())

    world.host("a", sleeper)
    world.run(2 * 3600 * NS)

    assert log == [3600 * NS]
    assert world.now_ns() == 2 * 3600 * NS
    world.close()


@given(st.floats(min_value=0, max_value=3e7, allow_nan=False))
def test_a_deadline_is_rounded_up_so_that_no_timer_fires_early(when_s: float) -> None:
    at_ns = deadline_ns(when_s)

    assert at_ns / NS >= when_s
    assert at_ns - when_s * NS <= max(2, when_s * 1e-6)


def test_machines_and_the_world_share_one_heap_and_one_order() -> None:
    world = World()
    log: list[str] = []

    async def ticking(host: Host) -> None:
        for _ in range(2):
            await asyncio.sleep(1)
            log.append(host.name)

    world.host("a", ticking)
    world.call_later(NS, lambda: log.append("world"))
    world.host("b", ticking)
    world.run(3 * NS)

    assert log == ["world", "a", "b", "a", "b"]
    world.close()


def test_cancelled_timeouts_are_forgotten_so_that_a_long_run_stays_small() -> None:
    world = World()

    async def guarded(host: Host) -> None:
        for _ in range(5_000):
            async with asyncio.timeout(3600):
                await asyncio.sleep(0.001)

    world.host("a", guarded)
    world.run(60 * NS)

    assert len(world.env) < 600
    world.close()


def test_what_lived_in_one_run_and_became_garbage_in_another_is_let_go_of() -> None:
    world = World()
    open_ones: list[weakref.ref[Connection]] = []

    class Connection:
        """Two ends that know each other, as those of a connection do."""

        def __init__(self) -> None:
            self.peer = self

    async def busy(host: Host) -> None:
        connection = Connection()
        open_ones.append(weakref.ref(connection))
        await asyncio.sleep(1.5)
        del connection
        for _ in range((SETTLED_AFTER_CALLBACKS + CALLBACKS_PER_COLLECTION) // 100):
            await asyncio.sleep(0.001)
            for _ in range(100):
                await asyncio.sleep(0)

    world.host("a", busy)
    for second in range(1, 5):
        world.run(second * NS)
        if second == 1:
            assert open_ones[0]() is not None

    assert open_ones[0]() is None
    world.close()


def test_forgetting_changes_nothing_else() -> None:
    log: list[int] = []
    env = SimEnvironment()
    events = [env.call_in(n, lambda event, n=n: log.append(n)) for n in range(1_000)]  # type: ignore[misc]

    for event in events[::2] + events[1::4]:
        env.forget(event)
    while env.peek() < 10_000:
        env.step()

    assert log == list(range(3, 1_000, 4))


def test_a_world_in_which_everybody_waits_for_ever_is_a_deadlock_that_names_them() -> None:
    world = World()

    async def waiting(host: Host) -> None:
        await asyncio.Event().wait()

    world.host("patient", waiting)

    with pytest.raises(SimulationDeadlock, match="patient/main"):
        world.run(NS)
    world.close()


def test_a_free_running_process_does_not_hide_a_deadlock() -> None:
    world = World()

    async def waiting(host: Host) -> None:
        await asyncio.Event().wait()

    def tick() -> None:
        world.call_later(5 * NS, tick)

    world.host("patient", waiting)
    tick()

    with pytest.raises(SimulationDeadlock, match="patient/main"):
        world.run(7200 * NS)
    world.close()


def test_machines_that_sleep_for_hours_beside_a_free_running_process_are_no_deadlock() -> None:
    world = World()
    log: list[int] = []

    async def sleeping(host: Host) -> None:
        await asyncio.sleep(5 * 3600)
        log.append(world.now_ns())

    def tick() -> None:
        world.call_later(5 * NS, tick)

    world.host("patient", sleeping)
    tick()
    world.run(6 * 3600 * NS)

    assert log == [5 * 3600 * NS]
    world.close()


@pytest.mark.parametrize("pause_s", [0, 1e-9])
def test_a_loop_that_never_lets_time_pass_is_a_livelock(pause_s: float) -> None:
    world = World()

    async def spinning(host: Host) -> None:
        while True:  # noqa: ASYNC110  # this is the mistake itself
            await asyncio.sleep(pause_s)

    world.host("busy", spinning)

    with pytest.raises(SimulationLivelock, match="busy/main"):
        world.run(NS)
    world.close()


def test_the_monotonic_clock_starts_again_at_boot_and_the_wall_clock_goes_on() -> None:
    world = World(epoch_ns=1_000_000 * NS)
    readings: list[tuple[int, int]] = []

    async def reading(host: Host) -> None:
        await asyncio.sleep(1)
        readings.append((host.monotonic_ns(), host.wall_ns()))
        await asyncio.sleep(1e6)

    world.host("a", reading)
    world.run(10 * NS)
    world.crash("a")
    world.reboot("a")
    world.run(20 * NS)

    assert readings == [(NS, 1_000_001 * NS), (NS, 1_000_011 * NS)]
    world.close()


def test_a_wall_clock_steps_and_drifts_while_the_loop_does_not_notice() -> None:
    world = World(epoch_ns=0)
    host = world.host("a")

    host.step_clock(-500)
    host.drift_clock(100)
    world.run(10 * NS)
    drifted_ns = host.wall_ns() - world.wall_ns()
    host.drift_clock(0)
    world.run(20 * NS)

    assert drifted_ns == -500 + 10 * NS // 10_000
    assert host.wall_ns() - world.wall_ns() == drifted_ns
    assert host.monotonic_ns() == 20 * NS
    world.close()
