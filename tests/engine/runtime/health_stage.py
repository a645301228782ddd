"""Nodes that can be asked how they are and what they have counted, over the simulated internet."""

from collections.abc import Sequence
from typing import Any

import aiohttp

from engine.runtime.kit import Kit
from engine.runtime.node import run_node
from engine.runtime.real.health import health_application
from engine.runtime.real.metrics import NodeFigures
from engine.runtime.real.readiness import Readiness
from engine.runtime.real.tally import Tally
from engine.runtime.supervision import Post
from engine.services.duty import together
from simulator.kernel import Host
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

    def __init__(self, **changes: Any) -> None:
        super().__init__(**{"nodes": NODES, "health": {"token_env": "HEALTH"}, **changes})
        self.secrets["HEALTH"] = TOKEN

    async def _run(self, host: Host) -> None:
        async def answer(kit: Kit, posts: Sequence[Post]) -> None:
            readiness, tally = Readiness(kit, posts), Tally(kit)
            application = health_application(readiness, NodeFigures(kit, posts, readiness, tally), token=TOKEN)
            await self.internet.serve(host, application, [f"{host.name}.health"])
            await together(readiness.hear(), *tally.loops())

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
