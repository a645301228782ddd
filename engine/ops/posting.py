"""One POST to somewhere outside, on a connection of its own, whose every failure is an answer.

Pages, notices and signs of life are rare: a connection that was kept open for days is dead when it is needed.
"""

import asyncio
from typing import Any

import aiohttp

from engine.ports.connectors import Connectors
from engine.services.duty import NS
from engine.services.log import Log


class Poster:
    """Posts JSON and tells the status.

    Args:
        name: what is at the other end, for the log; an address may hold a secret and is not logged.
        timeout_ns: for one whole request.
    """

    def __init__(self, name: str, connectors: Connectors, *, timeout_ns: int, log: Log) -> None:
        self._name = name
        self._connectors = connectors
        self._timeout = aiohttp.ClientTimeout(total=timeout_ns / NS)
        self._log = log

    async def post(self, url: str, body: dict[str, Any]) -> int | None:
        """Return the status of the answer; None when there was none."""
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
