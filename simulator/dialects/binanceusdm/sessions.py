"""The user data stream's connection, which lives no longer than its listen key; public ones are the spot's."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec
from aiohttp import web

from simulator.dialects.binance.sessions import Keeper
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.user_events import UserEvents
from simulator.dialects.streams import StreamSocket
from simulator.exchange.timeline import Cancellable

NORMAL = 1000


def listen_key(request: web.Request) -> str:
    """Return the listen key in a connection's address: `?listenKey=…`, or the end of its path."""
    path, _, query = request.raw_path.partition("?")
    named = parse_qs(query).get("listenKey")
    return named[0] if named else path.rpartition("/")[2]


class UserSession:
    """A connection to a user data stream; with a key that does not live it is silent."""

    def __init__(self, front: Front, events: UserEvents, socket: StreamSocket, request: web.Request) -> None:
        self._front = front
        self._socket = socket
        self._keeper = Keeper(front, socket)
        self._key = listen_key(request)
        self._end: Callable[[], None] = lambda: None
        self._timer: Cancellable | None = None
        account = front.listen_keys.account(self._key)
        if account is not None:
            self._end = events.subscribe(account, socket.send)
            self._await_end(account)

    def received(self, text: str) -> None:
        """Answer what a client says here: nothing can be asked."""
        if self._keeper.heard():
            self._socket.send(b'{"error":{"code":2,"msg":"Invalid request: unknown variant"},"id":null}')

    def ponged(self) -> None:
        """Note a pong."""
        self._keeper.ponged()

    def closed(self) -> None:
        """End the subscription."""
        self._keeper.stop()
        self._end()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _await_end(self, account: str) -> None:
        left_ns = self._front.listen_keys.left_ns(account)
        self._timer = self._front.timeline.call_later(left_ns, lambda: self._look(account))

    def _look(self, account: str) -> None:
        if self._front.listen_keys.of(account) == self._key:
            self._await_end(account)
            return
        self._timer = None
        self._end()
        told = {"e": "listenKeyExpired", "E": self._front.wall_ms(), "listenKey": self._key}
        self._socket.send(msgspec.json.encode(told))
        self._socket.close(NORMAL, "listenKey expired")
