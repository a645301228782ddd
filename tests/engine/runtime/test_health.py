"""Whoever asks from outside is told whether a node could work, and more than a word only with the token."""

from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest

from engine.runtime.config import bot_config
from engine.runtime.kit import Kit
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.node import check_node, check_secrets, run_node
from engine.runtime.real.health import health_application
from engine.runtime.real.readiness import Readiness
from engine.runtime.supervision import Post
from simulator.kernel import Host
from tests.engine.runtime.stage import BOT
from tests.engine.runtime.trading_stage import TradingStage

TOKEN = "a token"
NODES = {
    "feed-a": {"zone": "a", "runs": ["feed"]},
    "signal-a": {"zone": "a", "runs": ["signal"]},
    "exec-a": {"zone": "a", "runs": ["execution"]},
    "exec-b": {"zone": "b", "runs": ["execution"]},
    "monitor-a": {"zone": "a", "runs": ["monitor"]},
}


class HealthStage(TradingStage):
    """Nodes that can be asked how they are, each at `NODE.health`, and somebody who asks."""

    def __init__(self) -> None:
        super().__init__(nodes=NODES, health={"token_env": "HEALTH"})
        self.secrets["HEALTH"] = TOKEN

    async def _run(self, host: Host) -> None:
        async def answer(kit: Kit, posts: Sequence[Post]) -> None:
            readiness = Readiness(kit, posts)
            await self.internet.serve(host, health_application(readiness, token=TOKEN), [f"{host.name}.health"])
            await readiness.hear()

        await run_node(host.name, self.config, self.surroundings(host), beside=(answer,))

    def ask(self, node: str, path: str = "/ready", token: str | None = TOKEN) -> tuple[int, Any]:
        """Return status and body of an answer."""
        person = self.world.hosts.get("person") or self.world.host("person")

        async def asked() -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
            async with (
                aiohttp.ClientSession(connector=self.internet.connector(person)) as session,
                session.get(f"http://{node}.health{path}", headers=headers) as answer,
            ):
                told = answer.content_type == "application/json"
                return answer.status, await (answer.json() if told else answer.text())

        return self.world.complete(person.spawn(asked()))

    def wants(self, node: str) -> list[str]:
        """Return the names of what a node has not."""
        return [check["name"] for check in self.ask(node)[1]["checks"] if not check["ok"]]


def test_a_node_is_ready_once_it_was_heard_and_somebody_leads_and_a_standby_is_too() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.world.crash("bus")

    stage.run(5)
    before = stage.wants("exec-a")
    stage.world.reboot("bus")
    stage.run(60)

    assert {"bus", "lease"} <= set(before)
    assert {node: stage.ask(node)[0] for node in NODES} == dict.fromkeys(NODES, 200)
    assert [check["name"] for check in stage.ask("exec-b")[1]["checks"]] == ["execution", "bus", "lease"]
    stage.world.close()


def test_a_feed_without_prices_is_not_ready_and_says_of_what() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(30)

    stage.quoting = False
    stage.world.crash("binance")
    stage.run(60)

    assert stage.wants("feed-a") == ["ingestion"]
    assert stage.ask("feed-a", token=None) == (503, "not ready\n")
    assert stage.ask("feed-a", "/live", token=None) == (200, "live\n")
    stage.world.close()


def test_without_the_bus_nobody_is_ready_and_everybody_lives() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(30)

    stage.world.crash("bus")
    stage.run(60)

    assert "bus" in stage.wants("feed-a")
    assert {"bus", "lease"} <= set(stage.wants("exec-b"))
    assert stage.ask("exec-a", "/live")[0] == 200
    stage.world.close()


def test_who_has_no_token_or_a_wrong_one_is_told_the_bare_word() -> None:
    stage = HealthStage()
    stage.boot(*NODES)
    stage.run(30)

    assert stage.ask("exec-a", token=None) == (200, "ready\n")
    assert stage.ask("exec-a", token="another token") == (200, "ready\n")
    stage.world.close()


def test_a_port_for_a_node_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigRefused) as refused:
        bot_config({**BOT, "health": {"token_env": "HEALTH", "ports": {"exec-z": 9000}}})

    assert [mistake.path for mistake in refused.value.mistakes] == [("health", "ports", "exec-z")]


def test_a_node_without_its_token_is_refused_and_a_kill_does_not_ask_for_it() -> None:
    stage = HealthStage()
    del stage.secrets["HEALTH"]
    host = stage.world.host("exec-a")

    with pytest.raises(ConfigRefused, match="HEALTH"):
        check_node("exec-a", stage.config, stage.surroundings(host))
    check_secrets(("execution",), stage.config, stage.surroundings(host))
    stage.world.close()
