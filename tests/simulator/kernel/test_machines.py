"""Machines: they crash without last words, boot from their factory, and never carry each other's context."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from simulator.kernel import NS, Host, World

whose: ContextVar[str] = ContextVar("whose", default="nobody's")


def test_no_finally_runs_in_a_power_cut_and_none_runs_at_the_reboot() -> None:
    world = World()
    log: list[str] = []

    async def careful(host: Host) -> None:
        boot = host.boots
        try:
            await asyncio.sleep(100)
        finally:
            log.append(f"boot {boot} cleaned up")

    world.host("a", careful)
    world.run(NS)
    world.crash("a")
    world.reboot("a")
    world.run(50 * NS)

    assert log == []
    world.close()
    assert log == ["boot 1 cleaned up", "boot 2 cleaned up"]


def test_the_dead_are_buried_between_two_runs_and_let_go_of_while_the_living_go_on() -> None:
    world = World()
    log: list[str] = []
    bodies: list[weakref.ref[Body]] = []

    class Body:
        """What a machine holds in its memory, in a cycle of its own."""

        def __init__(self) -> None:
            self.own = self

    async def careful(host: Host) -> None:
        boot, body = host.boots, Body()
        bodies.append(weakref.ref(body))
        try:
            await asyncio.sleep(100 if body else 0)
        finally:
            log.append(f"boot {boot} cleaned up")

    host = world.host("a", careful)
    host.after_burial.append(lambda: log.append("buried"))
    world.run(NS)
    world.crash("a")
    world.reboot("a")
    world.run(50 * NS)

    world.bury_dead()
    world.bury_dead()

    assert log == ["boot 1 cleaned up", "buried"]
    assert [body() is None for body in bodies] == [True, False]
    world.run(60 * NS)
    assert host.monotonic_ns() == 59 * NS
    world.close()
    assert log == ["boot 1 cleaned up", "buried", "boot 2 cleaned up", "buried"]


def test_a_crash_unplugs_first_and_then_drops_what_was_ready() -> None:
    world = World()
    log: list[str] = []
    host = world.host("a")
    host.unplug.append(lambda: log.append(f"unplugged while alive={host._loop is not None}"))
    host.loop.call_soon(lambda: log.append("a dead machine ran"))

    world.crash("a")
    world.run(NS)

    assert log == ["unplugged while alive=False"]
    world.close()


def test_a_timer_of_a_dead_boot_does_not_wake_the_next_one() -> None:
    world = World()
    log: list[int] = []

    async def alarm(host: Host) -> None:
        boot = host.boots
        asyncio.get_running_loop().call_later(10, log.append, boot)
        await asyncio.sleep(1000)

    world.host("a", alarm)
    world.run(5 * NS)
    world.crash("a")
    world.reboot("a")
    world.run(30 * NS)

    assert log == [2]
    world.close()


def test_a_callback_from_another_machine_does_not_carry_its_context() -> None:
    world = World()
    log: list[str] = []
    receiver = world.host("receiver")

    async def sender(host: Host) -> None:
        whose.set("the sender's")
        receiver.loop.call_soon(lambda: log.append(whose.get()))
        receiver.loop.call_later(1, lambda: log.append(whose.get()))
        receiver.spawn(read())

    async def read() -> None:
        log.append(whose.get())

    world.host("sender", sender)
    world.run(5 * NS)

    assert log == ["nobody's"] * 3
    world.close()


def cancellation_order() -> list[str]:
    """Cancel ten groups of twenty tasks; return the names in the order in which they were cancelled."""
    log: list[str] = []

    async def child(name: str) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            log.append(name)

    async def parent(host: Host) -> None:
        for group in range(10):
            with suppress_group(ValueError):
                async with asyncio.TaskGroup() as tasks:
                    for n in range(20):
                        tasks.create_task(child(f"{group}.{n}"))
                    await asyncio.sleep(1)
                    raise ValueError

    with World() as world:
        world.host("a", parent)
        world.run(100 * NS)
    return log


@contextmanager
def suppress_group(kind: type[Exception]) -> Iterator[None]:
    """Let an exception group of one kind pass."""
    try:
        yield
    except* kind:
        pass


def test_task_groups_cancel_their_children_in_an_order_that_does_not_depend_on_memory() -> None:
    """Hashed by address, two runs differ with near certainty: other objects lie between the tasks."""
    first = cancellation_order()
    junk = [object() for _ in range(10_007)]
    second = cancellation_order()

    assert len(first) == 200
    assert first == second
    assert junk


def test_an_async_generator_that_a_living_machine_drops_is_closed_and_a_dead_machine_closes_none() -> None:
    log: list[str] = []

    async def numbers(name: str) -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(1e6)
        finally:
            await asyncio.sleep(1)
            log.append(f"{name} cleaned up")

    async def dropping(host: Host) -> None:
        async for _ in numbers("dropped"):
            break
        async for _ in numbers("held"):
            pass

    with World() as world:
        world.host("a", dropping)
        world.run(10 * NS)
        world.crash("a")

    assert log == ["dropped cleaned up"]


def test_an_error_nobody_handled_is_kept_with_the_machine_that_made_it() -> None:
    world = World()
    host = world.host("a")
    host.loop.call_soon(lambda: 1 / 0)

    world.run(NS)

    assert "ZeroDivisionError" in host.complaints[0]
    world.close()


def test_a_world_can_be_run_from_inside_another_loop_as_a_notebook_does() -> None:
    log: list[str] = []

    async def outside() -> None:
        with World() as world:
            world.host("a", inside)
            world.run(NS)
        log.append("outside" if asyncio.get_running_loop() is not None else "nowhere")
        await asyncio.sleep(0)

    async def inside(host: Host) -> None:
        await asyncio.sleep(0.5)
        log.append("inside")

    asyncio.run(outside())

    assert log == ["inside", "outside"]


def test_what_a_machine_runs_is_there_as_long_as_it_waits_though_nobody_else_holds_it() -> None:
    world = World()
    waited_for: list[weakref.ref[asyncio.Future[None]]] = []

    async def wait(host: Host) -> None:
        future: asyncio.Future[None] = host.loop.create_future()
        waited_for.append(weakref.ref(future))
        await future

    world.host("a", wait)
    world.call_later(2 * NS, lambda: None)  # or the world would say that nothing can wake anybody
    world.run(NS)
    gc.collect()

    assert waited_for[0]() is not None
    world.close()
