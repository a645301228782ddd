"""aiohttp inside the simulated internet follows the world's clock and seed, not the machine's."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import aiohttp
from aiohttp._websocket.writer import WebSocketWriter

from simulator.kernel import World
from simulator.network import Internet
from tests.simulator.network.stage import Stage, hello


def test_an_idle_connection_is_given_up_after_its_virtual_time_and_not_after_the_machines(stage: Stage) -> None:
    connected: list[str] = []
    stage.world.trace.listen(lambda at_ns, kind, ids: connected.append(kind), "connected")

    async def now_and_later(session: aiohttp.ClientSession) -> None:
        for pause_s in (0, 1, 60):  # aiohttp keeps an idle connection for 15 s
            await asyncio.sleep(pause_s)
            await hello(session)

    stage.tell(now_and_later)

    assert len(connected) == 2
    stage.world.close()


def test_masks_and_keys_of_websockets_are_drawn_from_the_seed() -> None:
    def drawn(seed: int) -> list[object]:
        with World(seed) as world:
            Internet(world)
            log: list[object] = []
            world.call_later(1, lambda: log.append(WebSocketWriter(None, None).get_random_bits()))  # type: ignore[arg-type]
            world.call_later(2, lambda: log.append(aiohttp.client.os.urandom(16)))  # type: ignore[attr-defined]
            world.run(3)
        return log

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


PROGRAM = """
import asyncio, sys, time
sys.path.insert(0, "")
from tests.simulator.network.stage import Stage, NAME
slowly = time.sleep

stage = Stage(seed=3, delay_ns=5_000_000, jitter_ns=3_000_000)

async def story(session):
    async with session.ws_connect(f"wss://{NAME}/ticks", heartbeat=5) as socket:
        for n in range(40):
            await socket.receive()
            if SLOW and n % 10 == 0:
                slowly(0.3)
            async with session.get(f"https://{NAME}/hello") as answer:
                stage.world.trace.record("answered", answer.headers["Date"], (await answer.json())["n"])
            await asyncio.sleep(20 if n == 20 else 0)

stage.tell(story)
print(stage.world.trace.digest())
"""


def test_a_deliberately_slowed_process_keeps_its_digest() -> None:
    """aiohttp's pool, dates, keys and masks follow the world's clock and seed, not the machine's."""

    def digest(slow: bool, hash_seed: str) -> str:
        program = f"SLOW = {slow}\n{PROGRAM}"
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return ran.stdout.strip()

    assert digest(slow=False, hash_seed="1") == digest(slow=True, hash_seed="2")
