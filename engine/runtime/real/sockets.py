"""Real TCP and TLS under the engine's HTTP, with a few hosts dialled elsewhere where the configuration says so.

aiohttp lets a resolver change an address, but not take TLS away; so one private method of its connector is replaced,
the same one that the simulated internet replaces. It is checked against the installed version by a test.
"""

import asyncio
import errno
from collections.abc import Collection, Mapping
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from engine.ports.connectors import Connectors
from engine.runtime.resolving import Socket


class RealConnector(aiohttp.TCPConnector):
    """aiohttp's own connector, but that sockets of a map are dialled in plain TCP where the map says.

    Args:
        beyond: hosts that may be dialled besides; None for any.
    """

    def __init__(self, resolve: Mapping[Socket, Socket], beyond: Collection[str] | None) -> None:
        super().__init__()
        self._resolve = resolve
        self._beyond = beyond

    async def _create_connection(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> ResponseHandler:
        """Connect as TCPConnector does, or in plain TCP to what stands in for a host."""
        stand_in = self._resolve.get((req.url.host, req.url.port))
        if stand_in is None and self._beyond is not None and req.url.host not in self._beyond:
            refused = OSError(errno.EACCES, "play money stays here: nothing stands in for this host")
            raise aiohttp.ClientConnectorError(req.connection_key, refused)
        if stand_in is None:
            return await super()._create_connection(req, traces, timeout)
        host, port = stand_in
        try:
            async with asyncio.timeout(timeout.sock_connect):
                _, protocol = await self._loop.create_connection(self._factory, host, port)
        except TimeoutError:
            raise
        except OSError as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        return protocol


def real_connectors(resolve: Mapping[Socket, Socket], *, beyond: Collection[str] | None = None) -> Connectors:
    """Return the factory of a process's connectors, which must be called inside its loop.

    Args:
        resolve: what is dialled elsewhere.
        beyond: what else may be dialled; None for everything. With play money no order may reach a real exchange,
            whatever keys it would be signed with, so there these are the bot's own services and nothing else.
    """
    return lambda: RealConnector(resolve, beyond)
