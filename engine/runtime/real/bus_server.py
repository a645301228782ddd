"""A bus of our own: a nats-server that is started with the bot, watched, started again, and ended with it.

It listens on this machine alone, writes through to the disk before it confirms, and dies with its parent: on Linux
the kernel sees to that; elsewhere one that was left behind keeps the folder's lock, so that no second one can write
there. A folder that it cannot serve entire is refused, since a bus that has silently forgotten its streams would have a
new leader begin with empty books.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.domain.errors import BusUnavailable
from engine.ports.clock import Clock
from engine.runtime.real.bus_connection import BusConnection, Link, put_to_rest
from engine.runtime.real.bus_server_files import (
    BusServerFailed,
    FolderInUse,
    Peers,
    check_version,
    last_words,
    lock_folder,
    read_port,
    streams_on_disk,
    write_configuration,
)
from engine.runtime.real.nats_binary import find_server, server_version
from engine.services.duty import NS, pause

__all__ = ["BusServer", "BusServerFailed", "Peers", "ServerBounds"]

VERSION_MIN = (2, 12)
PAYLOAD_MAX = 8 * 1024 * 1024
"""Bytes of the largest message: the whole books of a leader are one."""
LOOK_EVERY_NS = 10_000_000
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class ServerBounds:
    """How long things may take, and how often the server is started again; times in nanoseconds."""

    start_within_ns: int = 20 * NS
    end_within_ns: int = 5 * NS
    first_ns: int = NS // 10
    most_ns: int = 5 * NS
    window_ns: int = 60 * NS
    restarts_max: int = 5
    """More restarts than this within the window, and it is given up."""
    probe_every_ns: int = 2 * NS
    misses_max: int = 3
    """Probes in turn that nobody answers, and the server is killed and started again."""


class BusServer:
    """A nats-server for as long as the context lasts.

    Args:
        folder: its data folder; what is stored there outlives it.
        token: what its clients must present.
        clock: counts the restarts.
        binary: the path of the server; see `find_server`.
        port: where it listens; 0 lets it choose, and it keeps that one over restarts.
        peers: its place in a cluster.
        told: is called with a sentence whenever it had to be started again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        token: str,
        clock: Clock,
        binary: str | None = None,
        port: int = 0,
        peers: Peers | None = None,
        bounds: ServerBounds | None = None,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._token = token
        self._clock = clock
        self._binary = binary
        self._port = port or -1
        self._peers = peers
        self._bounds = bounds or ServerBounds()
        self._told = told
        self._lock = -1
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return where its clients find it."""
        return f"nats://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Return the number of its process; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def __aenter__(self) -> Self:
        """Start it, and make sure that it serves all that its folder holds.

        Raises:
            BusServerFailed: it cannot be used; the message says what to do.
        """
        self._server = find_server(self._binary)
        version = await server_version(self._server)
        self._lock = await self._locked()
        try:
            check_version(self._folder, version, least=VERSION_MIN)
            await self._start()
        except BaseException:
            await self._end()
            raise
        self._keeper = asyncio.create_task(self._keep(), name="bus-server")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._keeper is not None
        await put_to_rest(self._keeper)
        await self._end()

    async def failed(self) -> None:
        """Wait until it is given up; raise `BusServerFailed` then, and nothing else."""
        assert self._keeper is not None
        await asyncio.shield(self._keeper)

    # -- one life of it

    async def _locked(self) -> int:
        """Lock the folder; a server whose parent has just died is given the time to end."""
        began_ns = self._clock.monotonic_ns()
        while True:
            try:
                return lock_folder(self._folder)
            except FolderInUse:
                if self._clock.monotonic_ns() - began_ns > self._bounds.end_within_ns:
                    raise
            await pause(LOOK_EVERY_NS)

    async def _start(self) -> None:
        expected = streams_on_disk(self._folder)
        path = write_configuration(
            self._folder, token=self._token, port=self._port, payload_max=PAYLOAD_MAX, peers=self._peers
        )
        self._process = await asyncio.create_subprocess_exec(
            self._server,
            "--config",
            str(path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(self._lock,),
            start_new_session=True,  # an interrupt from the keyboard is for its parent, which ends it in order
            preexec_fn=_die_with(os.getpid()),
        )
        try:
            async with asyncio.timeout(self._bounds.start_within_ns / NS):
                self._port = await self._listening(self._process)
                await self._check_streams(expected)
        except TimeoutError:
            told = f"nats-server did not come up within {self._bounds.start_within_ns // NS} s"
            raise BusServerFailed(f"{told}: {last_words(self._folder)}; see {self._folder / 'server.log'}") from None

    async def _listening(self, process: asyncio.subprocess.Process) -> int:
        """Return the port, once the server says that it listens there."""
        while (port := read_port(self._folder, process.pid)) is None:
            if process.returncode is not None:
                told = f"nats-server ended at its start: {last_words(self._folder)}"
                raise BusServerFailed(f"{told}; see {self._folder / 'server.log'}")
            await pause(LOOK_EVERY_NS)
        return port

    async def _check_streams(self, expected: tuple[str, ...]) -> None:
        """Refuse a folder of which not everything is served; one server of a cluster alone cannot tell."""
        if self._peers is not None or not expected:
            return
        async with self._connected() as connection:
            served = await connection.ask("its streams", _streams)
        for name in expected:
            lost = served.get(name)
            if lost is None or lost > 0:
                what = "is not served" if lost is None else f"has lost {lost} messages"
                told = f"the bus's data folder {self._folder} is damaged: stream {name} {what}"
                raise BusServerFailed(f"{told}; put a copy of it back, or move it away to begin with an empty bus")

    async def _end(self) -> None:
        """End the process, if it still runs, and let go of the folder."""
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            if not await _ended(process, within_ns=self._bounds.end_within_ns):
                process.kill()
                await process.wait()
        os.close(self._lock)

    # -- all its lives

    async def _keep(self) -> None:
        """Start it again whenever it is gone, until that happens too often."""
        again_ns: deque[int] = deque(maxlen=self._bounds.restarts_max)
        delay_ns = self._bounds.first_ns
        problem = await self._gone()
        while True:
            now_ns = self._clock.monotonic_ns()
            if len(again_ns) == again_ns.maxlen and now_ns - again_ns[0] < self._bounds.window_ns:
                raise BusServerFailed(f"nats-server does not stay up: {problem}; see {self._folder / 'server.log'}")
            if not again_ns or now_ns - again_ns[-1] > self._bounds.window_ns:
                delay_ns = self._bounds.first_ns
            again_ns.append(now_ns)
            self._told(f"nats-server is started again: {problem}")
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._bounds.most_ns)
            try:
                await self._start()
            except BusServerFailed as failure:
                problem = str(failure)
            else:
                problem = await self._gone()

    async def _gone(self) -> str:
        """Wait until the server is gone, or kill it when it serves nothing for long; return what happened."""
        process = self._process
        assert process is not None
        misses = 0
        async with self._connected() as connection:
            while not await _ended(process, within_ns=self._bounds.probe_every_ns):
                misses = 0 if await self._serves(connection) else misses + 1
                if misses >= self._bounds.misses_max:
                    process.kill()
                    await process.wait()
                    return f"it served nothing, {misses} times in turn"
        return f"it ended with {process.returncode}: {last_words(self._folder)}"

    async def _serves(self, connection: BusConnection) -> bool:
        try:
            if self._peers is not None:  # without the others it cannot serve, and is not to blame
                await connection.connected("its health")
            else:
                await connection.ask("its health", _health)
        except BusUnavailable:
            return False
        return True

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[BusConnection]:
        connection = BusConnection([self.url], token=self._token, name="stormproof-supervisor", clock=self._clock)
        keeper = asyncio.create_task(connection.keep(), name="bus-server-client")
        try:
            yield connection
        finally:
            await put_to_rest(keeper)


async def _streams(link: Link) -> dict[str, int]:
    """Return each stream that is served, with how many messages the server knows to have lost of it."""
    found = await link.js.streams_info()
    lost = {str(one.config.name): one.state.lost for one in found}
    return {name: len(gone.msgs or ()) if gone is not None else 0 for name, gone in lost.items()}


async def _health(link: Link) -> object:
    return await link.js.account_info()


async def _ended(process: asyncio.subprocess.Process, *, within_ns: int) -> bool:
    """Wait for the end of a process for at most a time; tell whether it came."""
    try:
        async with asyncio.timeout(within_ns / NS):
            await process.wait()
    except TimeoutError:
        return False
    return True


def _die_with(parent: int) -> Callable[[], None] | None:
    """Return what a child does first so that it does not outlive its parent, where the system can see to that."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
