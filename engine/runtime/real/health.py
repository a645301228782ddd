"""Tells whoever watches a node from outside whether it lives, whether it is ready, and what it has counted, over HTTP.

*Live* is answered by the loop that does the work: if that stands still nobody answers, and this is the sign. *Ready* is
`engine.runtime.real.readiness`. Who comes without the token is told the bare word, which is all that a probe of
Kubernetes needs, since it can carry no secret; reasons and figures need the token.

It stands beside the parts and never in their way: it is supervised like one of them, a port that is taken is logged
with its remedy and tried again while the node trades, and whatever is told is put together when somebody asks for it.
"""

import asyncio
import hmac
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from engine.domain.errors import EngineError
from engine.domain.messages import Component
from engine.runtime.kit import Kit
from engine.runtime.real.metrics import NodeFigures
from engine.runtime.real.readiness import Readiness
from engine.runtime.real.tally import Tally
from engine.runtime.supervision import Post, RestartBounds
from engine.services.duty import WELL, Health, together

FAREWELL_S: Final = 1.0
"""How long an answer that is under way may take when the node ends."""


class PortTaken(EngineError):
    """Nobody can be told how the node is: the port for it cannot be opened."""


async def serve_health(kit: Kit, posts: Sequence[Post]) -> None:
    """Serve `/live`, `/ready` and `/metrics` until cancelled, as the section `health` says; see `run_node`'s `beside`.

    It never fails: what goes wrong is logged and tried again.

    Args:
        posts: the parts of the node, whose health is told.
    """
    restart = kit.config.restart
    bounds = RestartBounds(
        first_ns=restart.first_ns,
        most_ns=restart.most_ns,
        window_ns=restart.window_ns,
        restarts_max=restart.restarts_max,
    )

    async def build(_stack: AsyncExitStack) -> HealthServer:
        return HealthServer(kit, posts)

    await Post("health", Component.OPTIONAL, build, clock=kit.clock, log=kit.log, bounds=bounds).run()


class HealthServer:
    """Answers on one port of this machine, which others cannot reach unless the configuration says so."""

    component = Component.OPTIONAL

    def __init__(self, kit: Kit, posts: Sequence[Post]) -> None:
        self._kit = kit
        self._readiness = Readiness(kit, posts)
        self._tally = Tally(kit)
        self._figures = NodeFigures(kit, posts, self._readiness, self._tally)

    async def run(self) -> None:
        """Answer until cancelled; raise `PortTaken`."""
        await together(self._readiness.hear(), *self._tally.loops(), self._serve())

    def health(self) -> Health:
        """Say well: whoever asks is answered."""
        return WELL

    async def _serve(self) -> None:
        config = self._kit.config.health
        assert config is not None
        port = config.ports.get(self._kit.node, config.port)
        token = self._kit.secrets[config.token_env]
        application = health_application(self._readiness, self._figures, token=token)
        runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=FAREWELL_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, config.host, port).start()
            self._kit.log.info("health_served", address=":".join(map(str, runner.addresses[0][:2])))
            await asyncio.Event().wait()
        except OSError as problem:
            remedy = f"give {self._kit.node} another one in health.ports, or end who has it"
            raise PortTaken(f"health cannot listen on {config.host}:{port} ({problem.strerror}); {remedy}") from problem
        finally:
            await runner.cleanup()


def health_application(readiness: Readiness, figures: NodeFigures, *, token: str) -> web.Application:
    """Return what answers, to be served on some port.

    Args:
        token: what a request must bring, as `Authorization: Bearer …`, to be told more than a word.
    """

    async def live(_request: web.Request) -> web.Response:
        return web.Response(text="live\n")

    async def ready(request: web.Request) -> web.Response:
        checks = await readiness.checks()
        well = all(check.ok for check in checks)
        status = 200 if well else 503
        if not _has(request, token):
            return web.Response(text="ready\n" if well else "not ready\n", status=status)
        told = {"node": readiness.node, "ready": well, "checks": checks}
        return web.Response(body=msgspec.json.encode(told), content_type="application/json", status=status)

    async def metrics(request: web.Request) -> web.Response:
        if not _has(request, token):
            return web.Response(text="bring the token\n", status=401, headers={"WWW-Authenticate": "Bearer"})
        return web.Response(body=figures.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.add_routes([web.get("/live", live), web.get("/ready", ready), web.get("/metrics", metrics)])
    return application


def _has(request: web.Request, token: str) -> bool:
    """Tell whether a request brings the token, in a time that does not tell how much of it was right."""
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
