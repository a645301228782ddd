"""A process's connection to NATS: one server after the other, for ever, with its subscriptions taken up again.

The client library could do that too, and was not let: it keeps what is published while it is away and sends it later,
when a price is no news any more, and it waits for answers that cannot come any more until they are overdue.
"""

import asyncio
import ssl
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import APIError, ServiceUnavailableError

from engine.domain.errors import EngineError
from engine.ports.bus import BusUnavailable
from engine.ports.clock import Clock
from engine.runtime.real.bus_reading import NS, Inlet
from engine.services.duty import heard, pause, unless_heard

T = TypeVar("T")

ANSWER_WITHIN_NS = 5 * NS
"""What is not stored or answered within this time has failed, as far as its sender knows."""
CONNECT_WITHIN_NS = 2 * NS
RECONNECT_WAIT_NS = 50_000_000
PING_EVERY_S = 2
PINGS_MAX = 2
"""Unanswered pings beyond which a connection counts as lost: after some six seconds of silence."""
CANCEL_AGAIN_NS = NS
VERSION_MIN = (2, 11)
ANOTHER_CONFIGURATION = 10058
NO_JETSTREAM = (None, 10039, 10076)


class BusRefused(EngineError):
    """The bus is there, and does not let us in or is none that can be leant on: a person has to mend it."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """One connection, as long as it lasts."""

    client: Client
    js: JetStreamContext
    lost: asyncio.Event
    streams: set[str] = field(default_factory=set)
    """Those that are known to be there."""

    async def ensure(self, stream: StreamConfig) -> str:
        """See to it that a stream is there, and return its name; what a person has changed of it stays so."""
        name = str(stream.name)
        if name not in self.streams:
            try:
                await self.js.add_stream(stream)
            except APIError as problem:
                if problem.err_code != ANOTHER_CONFIGURATION:
                    raise
            self.streams.add(name)
        return name


Read = Callable[[Link, asyncio.Event], Coroutine[Any, Any, None]]
"""Puts into an inlet what arrives over one connection; sets the event once the server knows of it."""


class BusConnection:
    """Keeps a process connected; everything that is asked or read goes over the connection of the moment."""

    def __init__(self, urls: Sequence[str], *, token: str | None, name: str, clock: Clock) -> None:
        self._urls = tuple(urls)
        self._token = token
        self._name = name
        self._clock = clock
        self.link: Link | None = None
        self._linked = asyncio.Event()
        self._tried = asyncio.Event()
        self._refused: BusRefused | None = None
        self._away_since_ns = clock.monotonic_ns()
        self._problem = "nobody answers"
        self._numbers = 0
        self._reads: dict[int, Read] = {}
        self._readers: dict[int, asyncio.Task[None]] = {}
        self._opening: dict[int, asyncio.Event] = {}
        """Readers that the server may not know of yet."""

    # -- connecting

    async def tried(self) -> None:
        """Wait until every server was tried once, or one is connected; raise `BusRefused` when one must not be used."""
        await self._tried.wait()
        if self.link is None and self._refused is not None:
            raise self._refused

    async def keep(self) -> None:
        """Stay connected until cancelled."""
        while True:
            for url in self._urls:
                try:
                    async with self._dialled(url) as link:
                        self._begin(link)
                        try:
                            await link.lost.wait()
                        finally:
                            self._end()
                except BusRefused as problem:
                    self._refused, self._problem = problem, str(problem)
                except Exception as problem:  # the supervision point: whatever the client runs into, it dials again
                    self._problem = str(problem) or type(problem).__name__
                await pause(RECONNECT_WAIT_NS)
            self._tried.set()

    @asynccontextmanager
    async def _dialled(self, url: str) -> AsyncIterator[Link]:
        """Connect to one server for as long as the context lasts, having made sure that it can be leant on."""
        client, lost = Client(), asyncio.Event()

        async def on_lost() -> None:
            lost.set()

        async def on_error(problem: Exception) -> None:
            self._problem = str(problem) or type(problem).__name__

        try:
            async with asyncio.timeout(CONNECT_WITHIN_NS / NS):
                await client.connect(
                    [url],
                    name=self._name,
                    token=self._token,
                    tls=ssl.create_default_context() if url.startswith("tls:") else None,
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=RECONNECT_WAIT_NS / NS,  # type: ignore[arg-type]  # a float does as well
                    connect_timeout=CONNECT_WITHIN_NS // NS,
                    ping_interval=PING_EVERY_S,
                    max_outstanding_pings=PINGS_MAX,
                    disconnected_cb=on_lost,
                    closed_cb=on_lost,
                    error_cb=on_error,
                )
            js = client.jetstream(timeout=ANSWER_WITHIN_NS / NS)
            await _check(client, js, url)
            yield Link(client=client, js=js, lost=lost)
        except nats.errors.Error as problem:
            if "authorization" not in str(problem).lower():
                raise
            told = f"the bus at {url} does not accept our token; give the one that the server was started with"
            raise BusRefused(told) from None
        finally:
            await client.close()

    def _begin(self, link: Link) -> None:
        self.link = link
        self._refused = None
        for number, read in self._reads.items():
            self._start(number, read, link)
        self._linked.set()
        self._tried.set()

    def _end(self) -> None:
        self.link = None
        self._linked.clear()
        self._away_since_ns = self._clock.monotonic_ns()
        for reader in self._readers.values():
            reader.cancel()
        self._readers.clear()
        self._opening.clear()

    # -- asking

    async def connected(self, about: str) -> Link:
        """Return the connection, waiting for it as long as for an answer; raise `BusUnavailable`."""
        if self.link is None:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_NS / NS):
                    await self._linked.wait()
            except TimeoutError:
                pass
        if self.link is None:
            away_s = (self._clock.monotonic_ns() - self._away_since_ns) / NS
            raise BusUnavailable(f"the bus is away for {away_s:.1f} s ({self._problem}); {about} has to wait")
        return self.link

    async def opened(self) -> None:
        """Wait until the server knows of every reader that was opened before."""
        for opened in list(self._opening.values()):
            await opened.wait()

    async def ask(self, about: str, work: Callable[[Link], Coroutine[Any, Any, T]]) -> T:
        """Ask the server for something; raise `BusUnavailable` when no answer came, or can come any more."""
        link = await self.connected(about)
        try:
            answer = await unless_heard(link.lost, work(link), patience_ns=0)
        except (nats.errors.Error, TimeoutError) as problem:
            link.streams.clear()  # one of them may be what is missing
            raise BusUnavailable(f"the bus did not answer about {about}: {problem or 'in time'}") from None
        if answer is None:
            raise BusUnavailable(f"the bus was lost before it answered about {about}")
        return answer

    # -- reading

    def open(self, inlet: Inlet[Any], read: Read) -> None:
        """Have an inlet filled over this connection and all that follow, until it is closed or dropped."""
        self._numbers += 1
        self._reads[self._numbers] = read
        inlet.give_up = dropped = weakref.finalize(inlet, self._give_up, self._numbers)
        dropped.atexit = False
        if self.link is not None:
            self._start(self._numbers, read, self.link)

    def _start(self, number: int, read: Read, link: Link) -> None:
        opened = self._opening[number] = asyncio.Event()
        reader = self._readers[number] = asyncio.create_task(read(link, opened), name=f"bus-reader-{number}")
        reader.add_done_callback(lambda _: self._let_go(number, opened))

    def _let_go(self, number: int, opened: asyncio.Event) -> None:
        opened.set()
        if self._opening.get(number) is opened:
            del self._opening[number]

    def _give_up(self, number: int) -> None:
        self._reads.pop(number, None)
        reader = self._readers.pop(number, None)
        if reader is not None:
            reader.cancel()


async def put_to_rest(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it is over, whatever it ends with.

    Once is not enough: before Python 3.12 `asyncio.wait_for`, by which the client library waits, swallows a
    cancellation that comes just when what it waits for is done, as a refused connection is all the time.
    """
    over = asyncio.Event()
    task.add_done_callback(lambda _: over.set())
    while not task.done():
        task.cancel()
        await heard(over, within_ns=CANCEL_AGAIN_NS)
    if not task.cancelled():
        task.exception()  # noted, so that nobody complains of it later


async def _check(client: Client, js: JetStreamContext, url: str) -> None:
    """Refuse a server that lacks what is leant on; raise `BusRefused`."""
    version = client.connected_server_version
    if (version.major, version.minor) < VERSION_MIN:
        least = ".".join(map(str, VERSION_MIN))
        raise BusRefused(f"the bus at {url} is {version!r}; at least {least} is needed: install a newer one")
    try:
        await js.account_info()
    except ServiceUnavailableError as problem:
        if problem.err_code in NO_JETSTREAM:
            raise BusRefused(f"the bus at {url} has no JetStream; start nats-server with it (-js)") from None
        raise
