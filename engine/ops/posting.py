"""One POST to somewhere outside, on a connection of its own, whose every failure is an answer.

Pages, notices and signs of life are rare: a connection that was kept open for days is dead when it is needed. A breaker
in front of it refuses at once what would only time out, so that the next way to a person is tried sooner.
"""

import asyncio
from typing import Any

import aiohttp

from engine.ports.connectors import Connectors
from engine.resilience.breaker import Breaker
from engine.services.duty import NS
from engine.services.log import Log

SICK_FROM = 500
"""From this status on it is the other end that is sick; below it has answered."""


class Poster:
    """Posts JSON and tells the status.

    Args:
        name: what is at the other end, for the log; an address may hold a secret and is not logged.
        timeout_ns: for one whole request.
        breaker: asked before each request, if there is one.
    """

    def __init__(
        self, name: str, connectors: Connectors, *, timeout_ns: int, log: Log, breaker: Breaker | None = None
    ) -> None:
        self._name = name
        self._connectors = connectors
        self._timeout = aiohttp.ClientTimeout(total=timeout_ns / NS)
        self._log = log
        self._breaker = breaker

    async def post(self, url: str, body: dict[str, Any]) -> int | None:
        """Return the status of the answer; None when there was none, or the request was not worth making."""
        breaker = self._breaker
        if breaker is None:
            return await self._post(url, body)
        if not breaker.admit():
            self._log.info("post_not_tried", to=self._name)
            return None
        try:
            status = await self._post(url, body)
        except asyncio.CancelledError:
            breaker.abandoned()
            raise
        if status is None or status >= SICK_FROM:
            breaker.failed()
        else:
            breaker.succeeded()
        return status

    async def _post(self, url: str, body: dict[str, Any]) -> int | None:
        try:
            async with (
                aiohttp.ClientSession(connector=self._connectors(), timeout=self._timeout) as session,
                session.post(url, json=body) as answer,
            ):
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            self._log.warning("post_failed", to=self._name, problem=type(problem).__name__)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._log.warning("post_failed", to=self._name, problem="the request was cancelled")
        return None


def taken(status: int | None) -> bool:
    """Tell whether an answer says yes."""
    return status is not None and 200 <= status < 300
