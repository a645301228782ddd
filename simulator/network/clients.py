"""aiohttp inside the simulated internet: a connector over links, the virtual clock, and seeded bytes.

aiohttp reads the real world in four places: its connection pool's monotonic clock, the `Date` header and cookie
times, the WebSocket handshake key, and the WebSocket masks. While a world runs, those four names are bound to
the world's clock and to a stream of the world's chance; afterwards they are what they were.

From Python 3.12 on it also starts some tasks eagerly, past the loop and its way of making tasks. Two requests made in
one instant would then leave in another order than on Python 3.11; so aiohttp is told, while a world runs, that this
is Python 3.11.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import client, client_reqrep, client_ws, connector, cookiejar, helpers, web_protocol, web_ws
from aiohttp._websocket.writer import WebSocketWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from simulator.kernel import NS, Host, World

if TYPE_CHECKING:
    from simulator.network.internet import Internet


STARTS_EAGERLY = (client_reqrep, client_ws, connector, web_protocol, web_ws)
"""The modules of aiohttp that start tasks eagerly where Python can."""


class WireConnector(aiohttp.BaseConnector):
    """An aiohttp connector whose connections are links of the simulated internet."""

    def __init__(self, internet: Internet, host: Host) -> None:
        super().__init__(loop=host.loop)
        self._internet = internet
        self._host = host
        self._lent: weakref.WeakSet[Connection] = weakref.WeakSet()

    def cut(self) -> None:
        """Lose power: count as closed, so that nobody complains when a dead machine's sessions are collected."""
        self._closed = True
        for connection in self._lent:
            connection._protocol = None

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        """Lend a connection, and remember to whom."""
        connection = await super().connect(*args, **kwargs)
        self._lent.add(connection)
        return connection

    async def _create_connection(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> ResponseHandler:
        """Connect as TCPConnector does, with its errors; of TLS there is only the look at the certificate."""
        try:
            async with asyncio.timeout(timeout.sock_connect):
                transport, protocol = await self._internet.connect(self._host, req.url.host, self._factory)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        if req.is_ssl() and not self._internet.is_trusted(req.url.host):
            transport.close()
            spoilt = ssl.SSLCertVerificationError("certificate verify failed: certificate has expired")
            raise aiohttp.ClientConnectorCertificateError(req.connection_key, spoilt)
        assert isinstance(protocol, ResponseHandler)
        return protocol


class Stead:
    """A module as seen by another one: the same names, but for those that are replaced."""

    def __init__(self, module: Any, **replaced: Any) -> None:
        self._module = module
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class VirtualAiohttp:
    """aiohttp's four views of the real world, bound to one simulated world while it runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.randomness.stream("aiohttp")

    @contextmanager
    def bound(self) -> Iterator[None]:
        """Bind aiohttp to the world, and let go of it afterwards."""
        bindings = self._bindings()
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in bindings]
        try:
            for owner, name, value in bindings:
                setattr(owner, name, value)
            yield
        finally:
            for owner, name, value in originals:
                setattr(owner, name, value)

    def _bindings(self) -> list[tuple[Any, str, Any]]:
        wall = Stead(time, time=lambda: self._world.wall_ns() / NS)
        masks = {**writer_defaults(), "random": self._chance}
        python_311 = Stead(sys, version_info=(3, 11, 0, "final", 0))
        return [
            *((module, "sys", python_311) for module in STARTS_EAGERLY),
            (connector, "monotonic", lambda: self._world.now_ns() / NS),
            (cookiejar, "time", wall),
            (helpers, "time", wall),
            (client, "os", Stead(os, urandom=self._chance.randbytes)),
            (WebSocketWriter.__init__, "__kwdefaults__", masks),
        ]


def writer_defaults() -> dict[str, Any]:
    """Return the keyword defaults of aiohttp's WebSocket writer; among them is its source of masks."""
    defaults: dict[str, Any] = WebSocketWriter.__init__.__kwdefaults__ or {}
    if not isinstance(defaults.get("random"), Random):
        raise TypeError("aiohttp's WebSocketWriter has no default source of masks any more; see this module")
    return defaults
