"""The simulated internet: who is reached under which name, over which links, and who refuses.

Names are the real ones (`api.binance.com`), so the configuration of a bot in a scenario is the one that trades.
TLS is not simulated: an https or wss address works unchanged, its bytes merely travel in the clear. A certificate can
be a bad one all the same.
"""

from __future__ import annotations

import asyncio
import socket
import weakref
from collections.abc import Callable, Iterable
from functools import partial

import aiohttp
from aiohttp import web

from simulator.kernel import Host, World
from simulator.kernel.environment import Errand
from simulator.network.clients import VirtualAiohttp, WireConnector
from simulator.network.link import Link
from simulator.network.plain import AT_ONCE, PlainHandler
from simulator.network.toxics import LinkSpeed
from simulator.network.transport import WireTransport

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class Internet:
    """Every name, link and connection of one world."""

    def __init__(self, world: World, *, speed: LinkSpeed | None = None) -> None:
        self.world = world
        self.speed = speed or LinkSpeed()
        self._links: dict[tuple[str, str], Link] = {}
        self._listeners: dict[str, tuple[Host, ProtocolFactory, int]] = {}
        self._refused: dict[str, int] = {}
        self._unresolved: dict[str, int] = {}
        self._distrusted: dict[str, int] = {}
        self._ends: weakref.WeakKeyDictionary[WireTransport, int] = weakref.WeakKeyDictionary()
        self._connectors: weakref.WeakKeyDictionary[WireConnector, Host] = weakref.WeakKeyDictionary()
        self._plugged_in: set[str] = set()
        self._born = 0
        world.while_running.append(VirtualAiohttp(world).bound)

    # -- serving and connecting

    def listen(self, host: Host, names: Iterable[str], factory: ProtocolFactory) -> None:
        """Answer connections to `names` on `host`, until it crashes; a later call for a name replaces it."""
        for name in names:
            self._listeners[name] = (host, factory, host.boots)

    async def serve(self, host: Host, app: web.Application, names: Iterable[str]) -> web.AppRunner:
        """Serve an aiohttp application under `names`. Call it on the host's own loop."""
        runner = web.AppRunner(app, handle_signals=False, access_log=None)
        await runner.setup()
        server = runner.server
        assert server is not None
        at_once = None if app.middlewares else app.get(AT_ONCE)  # who stands in between wants to see every request
        self.listen(host, names, server if at_once is None else partial(PlainHandler, server, at_once))
        return runner

    def connector(self, host: Host) -> aiohttp.BaseConnector:
        """Return a new aiohttp connector for clients on `host`. Call it on the host's own loop."""
        connector = WireConnector(self, host)
        self._connectors[connector] = host
        self._plug_in(host)
        return connector

    async def connect(
        self, host: Host, name: str, factory: ProtocolFactory
    ) -> tuple[WireTransport, asyncio.BaseProtocol]:
        """Open a connection from `host` to `name`; it takes one round trip.

        Raises `socket.gaierror` for a name that is unknown or cannot be resolved at present, and
        `ConnectionRefusedError` where nobody listens. Where a link is a black hole or the machine is down it waits: a
        time limit is the caller's business.
        """
        if name not in self._listeners:
            raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {name}")
        if self._unresolved.get(name):
            raise socket.gaierror(socket.EAI_AGAIN, f"Temporary failure in name resolution: {name}")
        server = self._listeners[name][0]
        answered: asyncio.Future[tuple[WireTransport, asyncio.BaseProtocol]]
        answered = host.loop.create_future()
        out, back = self.link(host.name, server.name), self.link(server.name, host.name)
        arrived = [0]

        def knock() -> None:
            listener, server_factory, boot = self._listeners[name]
            if not listener.alive:
                return
            refused = bool(self._refused.get(name)) or out.refusals > 0 or listener.boots != boot
            back.carry(0, Errand(answer, listener, server_factory, refused=refused), arrived)

        def answer(listener: Host, server_factory: ProtocolFactory, *, refused: bool) -> None:
            if answered.cancelled() or not host.alive or answered.get_loop() is not host.loop:
                return
            if refused or not listener.alive:
                answered.set_exception(ConnectionRefusedError(111, f"Connection refused: {name}"))
            else:
                answered.set_result(self._join(host, listener, name, factory(), server_factory))

        out.carry(0, Errand(knock), [0])
        transport, protocol = await answered
        protocol.connection_made(transport)
        self.world.trace.record("connected", host.name, name)
        return transport, protocol

    def _join(
        self, host: Host, listener: Host, name: str, protocol: asyncio.BaseProtocol, server_factory: ProtocolFactory
    ) -> tuple[WireTransport, asyncio.BaseProtocol]:
        """Make both ends of a connection; the server's half comes to life on the server's own loop."""
        near = WireTransport(host, self.link(host.name, listener.name), protocol, name)
        far = WireTransport(listener, self.link(listener.name, host.name), asyncio.Protocol(), host.name)
        near.meet(far)
        far.meet(near)
        for end in (near, far):
            self._born += 1
            self._ends[end] = self._born
            self._plug_in(end.host)

        def accept() -> None:
            accepted = server_factory()
            far.set_protocol(accepted)
            accepted.connection_made(far)

        listener.loop.call_soon(accept)
        return near, protocol

    def _plug_in(self, host: Host) -> None:
        """See to it that a power cut on `host` silences its ends of all connections."""
        if host.name in self._plugged_in:
            return
        self._plugged_in.add(host.name)

        def cut() -> None:
            for end in self.ends():
                if end.host is host:
                    end.cut()
            for connector, owner in self._connectors.items():
                if owner is host:
                    connector.cut()

        host.unplug.append(cut)

    # -- links and trouble

    def link(self, source: str, target: str) -> Link:
        """Return the link from one machine to another, by host names; it is made at first sight."""
        key = (source, target)
        if key not in self._links:
            chance = self.world.randomness.stream(f"link/{source}->{target}")
            self._links[key] = Link(self.world, self.speed, chance)
        return self._links[key]

    def refuse(self, names: Iterable[str]) -> None:
        """Refuse new connections to `names`; calls add up and are undone one by one by `accept`."""
        _add(self._refused, names, 1)

    def accept(self, names: Iterable[str]) -> None:
        """Undo one `refuse`."""
        _add(self._refused, names, -1)

    def forget_names(self, names: Iterable[str]) -> Callable[[], None]:
        """Let nobody resolve these names, though whoever is connected stays so; return what ends that."""
        return _counted(self._unresolved, tuple(names))

    def spoil_certificates(self, names: Iterable[str]) -> Callable[[], None]:
        """Let these names show a certificate that no new TLS connection accepts; return what ends that."""
        return _counted(self._distrusted, tuple(names))

    def is_trusted(self, name: str) -> bool:
        """Say whether a name shows a certificate that a client accepts."""
        return not self._distrusted.get(name)

    def reset(self, one: str, other: str | None = None) -> None:
        """Reset every open connection of a machine, or between two machines."""
        for end in self.ends():
            if end.host.name == one and other in (None, end.peer.host.name):
                end.reset()
                end.peer.reset()

    def ends(self) -> list[WireTransport]:
        """Return the ends of open connections, oldest first."""
        return sorted((end for end in self._ends if not end.is_closing()), key=self._ends.__getitem__)


def _counted(counts: dict[str, int], names: Iterable[str]) -> Callable[[], None]:
    _add(counts, names, 1)
    return partial(_add, counts, names, -1)


def _add(counts: dict[str, int], names: Iterable[str], by: int) -> None:
    for name in names:
        counts[name] = counts.get(name, 0) + by
