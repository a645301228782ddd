"""Toxiproxy as the loopback world uses it: a server that runs or is started, proxies in it, and toxics on these.

A typed door in front of toxiproxy-python, which keeps the server's address in a class of its own and asks over HTTP
without a word of types.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from engine.services.duty import pause
from simulator.serve import LoopbackPorts

NAMES = ("toxiproxy-server", "toxiproxy")
LOOK_NS = 50_000_000
LOOKS_MAX = 100
"""After five seconds a server that was started and does not answer has failed."""
WHERE = "set TOXIPROXY_URL to one that runs, TOXIPROXY_SERVER to its binary, or put toxiproxy-server on the PATH"


class ToxiproxyMissing(Exception):
    """There is no Toxiproxy to put between; says what to do."""


class Proxy:
    """One way through Toxiproxy: where it listens, and what is wrong with it. Calls to `refuse` are counted."""

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy
        self._refusals = 0
        self._numbers = count(1)
        self.port = int(proxy.listen.rpartition(":")[2])

    def refuse(self) -> None:
        """Cut everybody, and refuse who dials."""
        self._refusals += 1
        if self._refusals == 1:
            self._proxy.disable()

    def accept(self) -> None:
        """Undo one `refuse`."""
        self._refusals -= 1
        if self._refusals == 0:
            self._proxy.enable()

    def cut(self) -> None:
        """Cut everybody, once."""
        if self._refusals == 0:
            self._proxy.disable()
            self._proxy.enable()

    def poison(self, kind: str, stream: str, attributes: Mapping[str, int]) -> str:
        """Put a toxic on a stream (`upstream`, `downstream`) and return its name."""
        name = f"{kind}-{stream}-{next(self._numbers)}"
        self._proxy.add_toxic(name=name, type=kind, stream=stream, attributes=dict(attributes))
        return name

    def cure(self, name: str) -> None:
        """Take a toxic away."""
        self._proxy.destroy_toxic(name)


class Toxiproxy:
    """A Toxiproxy server."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._names = count(1)
        self._mine: list[str] = []

    def proxy(self, name: str, port: int) -> Proxy:
        """Open a way to a port of this machine."""
        told = f"{os.getpid()}-{next(self._names)}-{name}".replace("/", "-")
        made = self._server.create(upstream=f"127.0.0.1:{port}", name=told)
        self._mine.append(told)
        return Proxy(made)

    def close(self) -> None:
        """Take all ways away that were opened here."""
        while self._mine:
            self._server.destroy(self._mine.pop())


@asynccontextmanager
async def find_toxiproxy(environment: Mapping[str, str]) -> AsyncIterator[Toxiproxy]:
    """Use the server that runs, or start one for as long as the context lasts; raise `ToxiproxyMissing`."""
    from toxiproxy import Toxiproxy as Server  # late: an extra that only this world needs
    from toxiproxy.api import APIConsumer

    url = environment.get("TOXIPROXY_URL")
    process: subprocess.Popen[bytes] | None = None
    if url is None:
        binary = _binary(environment)
        APIConsumer.host, APIConsumer.port = "127.0.0.1", await _free_port()
        process = subprocess.Popen(  # noqa: ASYNC220  # it returns at once
            [binary, "-host", "127.0.0.1", "-port", str(APIConsumer.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    else:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        APIConsumer.host, APIConsumer.port = parts.hostname or "127.0.0.1", parts.port or 8474
    try:
        server = Server()
        await _answers(server, process)
        toxiproxy = Toxiproxy(server)
        try:
            yield toxiproxy
        finally:
            toxiproxy.close()
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _binary(environment: Mapping[str, str]) -> str:
    named = environment.get("TOXIPROXY_SERVER")
    for candidate in (named,) if named else NAMES:
        found = shutil.which(candidate, path=environment.get("PATH"))
        if found is not None:
            return found
    what = f"TOXIPROXY_SERVER is {named}, which cannot be run" if named else "there is no Toxiproxy"
    raise ToxiproxyMissing(f"{what}: {WHERE}")


async def _answers(server: Any, process: subprocess.Popen[bytes] | None) -> None:
    for _ in range(LOOKS_MAX):
        if server.running():
            return
        if process is not None and process.poll() is not None:
            raise ToxiproxyMissing(f"the Toxiproxy that was started has ended with {process.returncode}: {WHERE}")
        await pause(LOOK_NS)
    raise ToxiproxyMissing(f"Toxiproxy does not answer: {WHERE}")


async def _free_port() -> int:
    """Return a port that was free a moment ago: the server must be told one, and does not tell which it took."""
    ports = LoopbackPorts()
    port = await ports.open(web.Application())
    await ports.close()
    return port
