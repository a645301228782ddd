"""A node in real time tells on a real port how it is; and one whose port is taken says so, and runs all the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from engine.runtime.config import BotConfig, bot_config
from engine.runtime.node import run_node
from engine.runtime.real.bus_address import BusAddress
from engine.runtime.real.bus_server import BusServer
from engine.runtime.real.clock import RealClock
from engine.runtime.real.health import serve_health
from engine.runtime.real.surroundings import real_surroundings
from tests.engine.runtime.stage import BOT
from tests.real.test_store_contract import awaited

TOKEN, CLOCK = "a-token", RealClock()
SECRETS = {"KEY": "k", "SECRET": "s", "PAGERDUTY_KEY": "p", "HEALTH": TOKEN}


def config(ports: dict[str, int]) -> BotConfig:
    health = {"token_env": "HEALTH", "ports": ports}
    return bot_config({**BOT, "mode": "live", "health": health, "monitor": {"heartbeat_every": "1s"}})


class Node:
    """A node that runs, and what it logged."""

    def __init__(self, name: str, ports: dict[str, int], data: Path, bus: BusAddress) -> None:
        self.lines: list[dict[str, Any]] = []
        self._task = asyncio.create_task(self._run(name, config(ports), data, bus))

    async def _run(self, name: str, bot: BotConfig, data: Path, bus: BusAddress) -> None:
        def note(line: str) -> None:
            self.lines.append(json.loads(line))

        async with real_surroundings(bot, name, data=data, secrets=SECRETS, bus=bus, log_line=note) as surroundings:
            await run_node(name, bot, surroundings, beside=(serve_health,))

    async def logged(self, event: str) -> dict[str, Any]:
        """Return the first line of an event, once it is there."""
        while True:
            for line in self.lines:
                if line["event"] == event:
                    return line
            assert not self._task.done(), self.lines
            await asyncio.sleep(0.02)

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@asynccontextmanager
async def nodes(tmp_path: Path) -> AsyncIterator[Callable[[str, dict[str, int]], Node]]:
    """Start nodes on a bus of their own; all are ended."""
    started: list[Node] = []
    async with BusServer(tmp_path / "bus", token=TOKEN, clock=CLOCK) as server:

        def start(name: str, ports: dict[str, int]) -> Node:
            node = Node(name, ports, tmp_path / "data", BusAddress(urls=(server.url,), token=TOKEN))
            started.append(node)
            return node

        try:
            yield start
        finally:
            for node in started:
                await node.end()


async def ask(address: str, path: str, token: str | None = TOKEN) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}{path}", headers=headers) as answer:
        return answer.status, await answer.text()


async def ready(address: str) -> dict[str, Any]:
    """Return what a node says of itself once it is ready."""
    while True:
        status, text = await ask(address, "/ready")
        if status == 200:
            return dict(json.loads(text))
        await asyncio.sleep(0.1)


def lived(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(awaited(story()))


def test_a_node_on_a_real_bus_is_ready_once_it_was_heard_and_tells_its_figures(tmp_path: Path) -> None:
    async def story() -> None:
        async with nodes(tmp_path) as start:
            node = start("signal-a", {"signal-a": 0})
            address = (await node.logged("health_served"))["address"]
            assert address.startswith("127.0.0.1:")
            assert await ask(address, "/live", None) == (200, "live\n")
            told = await ready(address)
            assert [check["name"] for check in told["checks"]] == ["signal", "bus"]
            assert (await ask(address, "/metrics", "wrong"))[0] == 401
            status, text = await ask(address, "/metrics")
            assert status == 200
            assert 'stormproof_component_up{bot="test-bot",component="signal",node="signal-a"} 1.0' in text
            assert "stormproof_bus_silent_seconds{" in text
            assert "python_gc" not in text

    lived(story)


def test_a_port_that_is_taken_is_told_with_what_to_do_and_served_when_it_is_free(tmp_path: Path) -> None:
    async def story() -> None:
        async with nodes(tmp_path) as start:
            first = start("signal-a", {"signal-a": 0})
            port = int((await first.logged("health_served"))["address"].rpartition(":")[2])
            second = start("signal-b", {"signal-b": port})
            problem = (await second.logged("part_failed"))["problem"]
            assert f"127.0.0.1:{port}" in problem
            assert "health.ports" in problem
            assert not any(line["event"] == "health_served" for line in second.lines)
            await first.end()
            assert (await second.logged("health_served"))["address"] == f"127.0.0.1:{port}"

    lived(story)
