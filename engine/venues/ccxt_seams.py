"""The seams at which ccxt is given our clock, our ids and our ear, and nothing else of it is changed.

- Time: `milliseconds` and its like are overridden, so that nonces, signatures and stamps go by the venue's clock. -
Ids and dice: `uuid*`, `random_bytes` and `rand_number` draw from the stream that was handed in. Nonces rise over
all instances of one key. - Limits: `enableRateLimit=False`; the guard in front counts for REST, streams and orders
together. - Answers: every answer's headers are heard (`on_rest_response`), and an exception that ccxt raises over
an answer carries that answer (`answer`), since the exception's class does not tell what happened. - WebSocket
clients are made by ccxt and become `QuietWire`: ccxt's keep-alive reads a static wall clock from its module's
global, which would have to be patched for the whole process, live and simulated, for every host in it. A subclass
keeps the cure with the one connection that needs it, and survives a reboot of a host because it holds no state of
its own. - A message that cannot be handled tears its connection down; ccxt alone would keep the socket and stop
reading it.

Private names of ccxt are used nowhere but here, and checked against version 4.5.90 by tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any

from aiohttp import WSMsgType
from ccxt.async_support.base.ws.client import Client
from ccxt.base.errors import BaseError, ExchangeError, NetworkError, RequestTimeout

from engine.domain.ticket import OrderRef, Ticket
from engine.domain.venue_facts import NS
from engine.venues.answers import Answer, shown
from engine.venues.venue_clock import VenueClock

CLOSE_S_MAX = 1.0
"""How long a WebSocket may take to say goodbye before its transport is dropped."""
KEEP_ALIVE_MS = 15_000
"""How often a peer is pinged; silence for more than two of these ends a connection."""
USER_AGENT = "stormproof"
"""The same on every Python: its length is part of the bytes whose timing is simulated."""

Heard = Callable[[dict[str, str]], None]
Read = Callable[[int, dict[str, str], str], Answer]


class Seam:
    """What all ccxt instances of one venue share."""

    def __init__(self, clock: VenueClock, random: Random, *, heard: Heard, read: Read) -> None:
        self.clock = clock
        self.random = random
        self.heard = heard
        self.read = read
        self._last_nonce = 0

    def nonce(self, wanted: int) -> int:
        """Return a nonce that is higher than any before it."""
        self._last_nonce = max(wanted, self._last_nonce + 1)
        return self._last_nonce

    def hex(self, digits: int) -> str:
        """Return random hexadecimal digits."""
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"


class QuietWire(Client):  # type: ignore[misc]  # ccxt has no types
    """One WebSocket connection whose silence is measured on our clock: any frame is a sign of life, its reading is
    not data.
    """

    seam: Seam
    heard_ns = 0
    _answering: asyncio.Future[None] | None = None
    """The latest answer to a ping, held here since nobody waits for it."""

    @property
    def lastPong(self) -> int:  # noqa: N802  # ccxt's name
        return self.heard_ns // 1_000_000

    @lastPong.setter
    def lastPong(self, _told: object) -> None:  # noqa: N802
        self.heard_ns = self.seam.clock.monotonic_ns()

    def future(self, message_hash: str) -> Any:
        """Note the end of every future as seen: ccxt rejects some that nobody awaits."""
        future = super().future(message_hash)
        future.remove_done_callback(_noted)
        future.add_done_callback(_noted)
        return future

    def handle_message(self, message: Any) -> None:
        self.heard_ns = self.seam.clock.monotonic_ns()
        if message.type is WSMsgType.PING:  # ccxt answers in a task whose failure nobody would hear of
            self._answering = asyncio.ensure_future(self._pong(message.data))
        else:
            super().handle_message(message)

    async def ping_loop(self) -> None:
        self.heard_ns = self.seam.clock.monotonic_ns()
        patience_ns = int(self.keepAlive * self.maxPingPongMisses * 1_000_000)
        while not self.closed():
            await asyncio.sleep(self.keepAlive / 1000)
            if self.closed():
                return
            if self.seam.clock.monotonic_ns() - self.heard_ns > patience_ns:
                self.on_error(RequestTimeout(f"{self.url} has been silent for too long"))
                return
            await self._ping()

    async def _pong(self, data: bytes) -> None:
        with suppress(Exception):  # whatever a closing transport raises, whoever reads from it hears of its end
            await self.connection.pong(data)

    async def _ping(self) -> None:
        try:
            await (self.send(self.ping(self)) if self.ping else self.connection.ping())
        except Exception as problem:  # whatever a closing transport raises, the connection is over
            if not self.closed():
                self.on_error(NetworkError(str(problem)))


class Seams:
    """Put in front of a ccxt class; `seam` must be there before its constructor runs, which already draws an id."""

    clients: dict[str, Any]
    number: Any = str  # exact: the text that the venue sent
    enableLastHttpResponse = False  # noqa: N815  # ccxt's name; shared by all requests under way, so it tells about any of them
    enableLastJsonResponse = False  # noqa: N815
    enableLastResponseHeaders = False  # noqa: N815

    credentials: tuple[str | None, ...] = ("apiKey", "secret", "password")
    """What ccxt calls a key, its secret and its passphrase."""

    def __init__(self, seam: Seam, config: dict[str, Any]) -> None:
        self.seam = seam
        self.frame: Callable[[Any], None] | None = None
        """Is shown every frame of a stream after ccxt has handled it."""
        self.cut: Callable[[str, int], None] | None = None
        """Is told why a connection ended, and for how many nanoseconds its venue asked us to stay away."""
        super().__init__(config)  # type: ignore[call-arg]  # the next class is ccxt's

    def traded(self) -> Mapping[str, Any]:
        """Return the markets that may be traded, by what they are called here."""
        return self.markets  # type: ignore[attr-defined,no-any-return]  # ccxt's

    def name_of(self, order: OrderRef | Ticket) -> str | None:
        """Return what the venue will call an order, where that is known before it is sent."""
        return None

    def __del__(self) -> None:
        """Say nothing: the session is ours to close, and a host that lost its power closed nothing."""

    def milliseconds(self) -> int:
        return self.seam.clock.wall_ns() // 1_000_000

    def seconds(self) -> int:
        return self.seam.clock.wall_ns() // 1_000_000_000

    def microseconds(self) -> int:
        return self.seam.clock.wall_ns() // 1_000

    def incrementing_nonce(self) -> int:
        return self.seam.nonce(self.milliseconds())

    def uuid(self) -> str:
        digits = self.seam.hex(32)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def uuid16(self, length: int = 16) -> str:
        return self.seam.hex(length)

    def uuid22(self, length: int = 22) -> str:
        return self.seam.hex(length)

    def random_bytes(self, length: int) -> str:
        return self.seam.hex(2 * length)

    def rand_number(self, size: int) -> int:
        return self.seam.random.randrange(10 ** (size - 1), 10**size)

    def on_rest_response(
        self, code: int, reason: str, url: str, method: str, headers: dict[str, str], body: str, *_request: Any
    ) -> str:
        self.seam.heard(_lower(headers))
        return body.strip()

    def handle_errors(
        self, code: int, reason: str, url: str, method: str, headers: dict[str, str], body: str, *rest: Any
    ) -> Any:
        """Attach the answer to whatever ccxt raises over it, and raise over every status that is not 2xx."""
        try:
            handled = super().handle_errors(code, reason, url, method, headers, body, *rest)  # type: ignore[misc]
            if code >= 300:
                raise ExchangeError(f"{method} {url}: {code} {reason}")
        except BaseError as problem:
            problem.answer = self.seam.read(code, _lower(headers), body or "")
            raise
        return handled

    def client(self, url: str) -> Any:
        known = url in (self.clients or {})
        client = super().client(url)  # type: ignore[misc]
        if not known:
            client.__class__ = QuietWire
            client.seam = self.seam
        return client

    def on_error(self, client: Any, error: Any) -> None:
        current = self._is_current(client)
        super().on_error(client, error)  # type: ignore[misc]
        seconds = getattr(client, "last_retry_after", None) or 0
        if self.cut is not None and current:
            self.cut(shown(error), int(seconds * NS))

    def on_close(self, client: Any, code: Any) -> None:
        current = self._is_current(client)
        super().on_close(client, code)  # type: ignore[misc]
        if self.cut is not None and current:
            self.cut(f"the connection was closed with code {code}", 0)

    def handle_message(self, client: Any, message: Any) -> None:
        if not self._is_current(client):
            return
        try:
            super().handle_message(client, message)  # type: ignore[misc]
            if self.frame is not None:
                self.frame(message)
        except Exception as problem:  # a supervised border: what a venue sends must not silence a stream unseen
            client.on_error(NetworkError(f"{type(problem).__name__}: {problem}"))

    def _is_current(self, client: Any) -> bool:
        """Tell whether a connection is one that is still wanted: what an old one says late is nobody's business."""
        return (self.clients or {}).get(client.url) is client

    async def hang_up(self) -> None:
        """Drop the connections and what they brought; the next watch dials anew, as on a new instance.

        An instance is kept for its markets: to make one costs milliseconds, and a stream may be redialled for hours.
        """
        self.frame = self.cut = None
        await self.close_ws_clients()
        self.clean_ws_data()  # type: ignore[attr-defined]  # ccxt's
        self.ws_dial_backoff: dict[str, Any] = {}

    async def close_ws_clients(self) -> None:
        clients: dict[str, Any] = self.clients or {}
        while clients:
            _, client = clients.popitem()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S_MAX):
                    await client.close()


def _noted(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
