"""The ten lines that stay for ever: the same seed gives the same run, whatever the process, hash seed or Python."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from contextlib import suppress

import pytest

from simulator.kernel import NS, EscapedSimulation, Host, Randomness, World

PROGRAM = """
import asyncio
from simulator.kernel import NS, World

world = World(seed=7)
chance = {name: world.randomness.stream(name) for name in ("a", "b", "c")}

async def machine(host):
    async def child(n):
        await asyncio.sleep(chance[host.name].random())
        world.trace.record("child_done", host.name, n)
        await asyncio.sleep(50)
    while True:
        try:
            async with asyncio.timeout(2), asyncio.TaskGroup() as group:
                for n in {f"x{i}" for i in range(9)}:
                    group.create_task(child(len(n)))
        except TimeoutError:
            world.trace.record("round_over", host.name)

for name in chance:
    world.host(name, machine)
world.run(20 * NS); world.crash("b"); world.reboot("b"); world.run(60 * NS)
print(world.trace.digest()); world.close()
"""


def digest_of(hash_seed: str, program: str = PROGRAM) -> str:
    """Run the program in a process of its own and return the digest that it prints."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    return ran.stdout.strip()


def test_the_same_seed_gives_the_same_digest_in_every_process() -> None:
    assert len({digest_of(seed) for seed in ("0", "1", "4242")}) == 1


def test_another_seed_gives_another_digest() -> None:
    assert digest_of("0") != digest_of("0", PROGRAM.replace("seed=7", "seed=8"))


def digest_of_one(at_ns: int, kind: str, *ids: str | int) -> str:
    """Return the digest of a world in which one thing happens."""
    with World() as world:
        world.call_at(at_ns, lambda: world.trace.record(kind, *ids))
        world.run(10)
        return world.trace.digest()


def test_the_digest_tells_when_what_and_to_whom() -> None:
    seen = {digest_of_one(5, "crashed", "a"), digest_of_one(6, "crashed", "a"), digest_of_one(5, "booted", "a")}

    assert len(seen | {digest_of_one(5, "crashed", "b"), digest_of_one(5, "crashed", "a", 1)}) == 5
    assert digest_of_one(5, "crashed", "a") in seen


def test_python_collects_cycles_when_the_world_says_so_and_not_when_memory_does() -> None:
    log: list[bool] = []
    with World() as world:
        world.call_later(1, lambda: log.append(gc.isenabled()))
        world.run(10)

    assert log == [False]
    assert gc.isenabled()


def test_streams_of_chance_do_not_move_each_other() -> None:
    first, second = Randomness(7), Randomness(7)
    first.stream("fault/1").random()

    assert first.stream("market").random() == second.stream("market").random()
    assert first.stream("market").random() != first.stream("fault/1").random()
    assert list(first.numbers("m").random(3)) == list(second.numbers("m").random(3))


ESCAPES = {
    "time.time": "import time; time.time()",
    "time.monotonic": "import time; time.monotonic()",
    "random.random": "import random; random.random()",
    "uuid.uuid4": "import uuid; uuid.uuid4()",
    "Thread.start": "import threading; threading.Thread(target=print).start()",
    "socket.connect": "import socket\nwith socket.socket() as s: s.connect(('127.0.0.1', 9))",
}


@pytest.mark.parametrize("what", ESCAPES)
def test_our_own_code_cannot_leave_the_simulation_even_if_it_catches_the_refusal(what: str) -> None:
    world = World()
    module = {"__name__": "engine.services.planted"}

    async def leaving(host: Host) -> None:
        with suppress(RuntimeError):
            exec(ESCAPES[what], module)  # code of ours, as far as its module name says

    world.host("a", leaving)

    with pytest.raises(EscapedSimulation, match=f"{what}.*use .* instead"):
        world.run(NS)
    world.escapes.seen.clear()
    world.close()


def test_a_library_may_read_the_real_clock() -> None:
    world = World()
    module = {"__name__": "somebody_elses"}

    async def reading(host: Host) -> None:
        exec("import time; time.time()", module)

    world.host("a", reading)
    world.run(NS)
    world.close()


def test_threads_and_sockets_of_the_loop_are_refused() -> None:
    world = World()
    host = world.host("a")

    with pytest.raises(EscapedSimulation, match="run_in_executor"):
        host.loop.run_in_executor(None, print)
    with pytest.raises(EscapedSimulation, match=r"Internet\.connect"):
        world.complete(host.spawn(host.loop.create_connection()))
    world.close()
