"""The bus as it is shipped: three servers from `deploy/nats` find each other, keep all in three copies, lose one."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nats
import pytest

from engine.domain.errors import BusUnavailable
from engine.ports.bus import Bus
from engine.runtime.real.bus import BusRefused, open_bus
from engine.runtime.real.clock import RealClock
from engine.runtime.real.nats_binary import find_server
from tests.real.test_store_contract import STORY_S_MAX

pytestmark = [pytest.mark.wire, pytest.mark.quick]

SHIPPED = Path(__file__).parents[2] / "deploy" / "nats"
TOKEN, CLOCK = "t0ken-of-the-test", RealClock()
PLACES = [f"127.{os.getpid() % 200 + 20}.0.{number + 1}" for number in range(3)]
"""Each server stands on an address of its own, with the ports that it has everywhere."""
URLS = tuple(f"nats://{place}:4222" for place in PLACES)
END_S_MAX = 10


@contextmanager
def cluster(folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the three servers as the units and the pods start them, but for where they listen."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number, place in enumerate(PLACES):
            home = folder / f"nats-{number}"
            home.mkdir()
            conf = (SHIPPED / "nats.conf").read_text(encoding="utf-8")
            (home / "nats.conf").write_text(conf.replace("0.0.0.0", place).replace("127.0.0.1:8222", f"{place}:8222"))
            environment = {
                **os.environ,
                "SERVER_NAME": f"nats-{number}",
                "NATS_TOKEN": TOKEN,
                "NATS_STORE": str(home),
                "NATS_PEERS": " ".join(f"{peer}:6222" for peer in PLACES),
                "NATS_SERVER": str(find_server(None)),
            }
            command = ["sh", str(SHIPPED / "with-routes"), str(home / "nats.conf")]
            with (home / "log").open("wb") as log:
                processes.append(
                    subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                )
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait(timeout=END_S_MAX)


async def stored(bus: Bus, name: str) -> int:
    """Have a message stored, however often that must be tried: a cluster elects first."""
    while True:
        try:
            return await bus.enqueue("order.x", name.encode(), message_id=name)
        except BusUnavailable:
            await asyncio.sleep(0.1)


async def held(bus: Bus) -> list[str]:
    while True:
        try:
            return [one.data.decode() async for one in bus.history("order.>")]
        except BusUnavailable:
            await asyncio.sleep(0.1)


async def copies_at(url: str) -> set[int]:
    """Return on how many servers the streams lie."""
    client = await nats.connect(url, token=TOKEN)
    try:
        return {int(stream.config.num_replicas or 0) for stream in await client.jetstream().streams_info()}
    finally:
        await client.close()


def test_three_servers_as_shipped_keep_what_they_took_when_one_dies_and_ask_for_the_token(tmp_path: Path) -> None:
    async def story(servers: list[subprocess.Popen[bytes]]) -> None:
        async with open_bus(URLS, token=TOKEN, name="test", space="bot", clock=CLOCK, replicas=3) as bus:
            for number in range(20):
                await stored(bus, f"before {number}")
            assert await copies_at(URLS[1]) == {3}
            servers[0].kill()
            for number in range(20):
                await stored(bus, f"after {number}")
            found = await held(bus)
        assert found == [f"{when} {number}" for when in ("before", "after") for number in range(20)]
        with pytest.raises(BusRefused):
            async with open_bus(URLS[1:], token="wrong", name="test", space="bot", clock=CLOCK):
                pass

    async def bounded(servers: list[subprocess.Popen[bytes]]) -> None:
        async with asyncio.timeout(2 * STORY_S_MAX):
            await story(servers)

    with cluster(tmp_path) as servers:
        asyncio.run(bounded(servers))
