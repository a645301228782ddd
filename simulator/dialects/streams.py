"""WebSocket connections of a venue: the handshake, what comes in, and frames that go out without waiting.

aiohttp does the handshake and reads. What is sent is framed here and written straight to the transport: a public
message is encoded and framed once however many clients watch it, and sending from an event of the exchange needs
no task. That is what keeps a ticker message cheap. A client that does not read is cut off, as venues do.

Compression is declined: the bytes never leave the machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiohttp import WSMsgType, web

from simulator.dialects import bugs
from simulator.dialects.call import Answer
from simulator.dialects.gate import Gate, RequestSeen, StreamKind
from simulator.dialects.peers import peer_of
from simulator.exchange.timeline import Timeline

PENDING_BYTES_MAX = 1024 * 1024
"""A client with more than this unread is cut off."""

MESSAGE_BYTES_MAX = 64 * 1024
"""Longer messages from a client end the connection (close code 1009)."""

SHORT_MAX, MEDIUM_MAX = 125, 0xFFFF
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A


def frame(payload: bytes, head: int = TEXT) -> bytes:
    """Return a whole unmasked frame (RFC 6455, section 5.2), as a server sends it."""
    size = len(payload)
    if size <= SHORT_MAX:
        return bytes((head, size)) + payload
    if size <= MEDIUM_MAX:
        return bytes((head, 126, size >> 8, size & 0xFF)) + payload
    return bytes((head, 127)) + size.to_bytes(8, "big") + payload


class StreamSocket:
    """One client's connection: frames go out at once, in order, or not at all; a `deaf` one brings no messages."""

    __slots__ = ("_transport", "deaf", "kind", "peer")

    def __init__(self, transport: asyncio.Transport, kind: StreamKind, peer: str) -> None:
        self._transport = transport
        self.kind = kind
        self.peer = peer
        self.deaf = False

    def send_frame(self, data: bytes) -> None:
        """Send a frame made by `frame`."""
        transport = self._transport
        if transport.is_closing() or (self.deaf and data[0] == TEXT):
            return
        if transport.get_write_buffer_size() > PENDING_BYTES_MAX:
            transport.abort()
            return
        transport.write(data)

    def send(self, payload: bytes) -> None:
        """Send a text message."""
        self.send_frame(frame(payload))

    def close(self, code: int, reason: str = "") -> None:
        """Say good-bye, then end the connection."""
        self.send_frame(frame(code.to_bytes(2, "big") + reason.encode()[:123], CLOSE))
        self._transport.close()

    def abort(self) -> None:
        """Reset the connection."""
        self._transport.abort()


class StreamSession(Protocol):
    """A dialect's side of one connection. Nothing it is sent may make it raise."""

    def received(self, text: str) -> None:
        """Take a text message of the client."""

    def ponged(self) -> None:
        """Take note of a pong of the client."""

    def closed(self) -> None:
        """Let go of everything: the connection has ended."""


SessionFactory = Callable[[StreamSocket, web.Request], StreamSession]


class StreamDesk:
    """Accepts the WebSocket connections of one kind at one host name."""

    def __init__(
        self,
        gate: Gate,
        timeline: Timeline,
        kind: StreamKind,
        session: SessionFactory,
        *,
        refusal: Answer,
        not_found: Answer,
        serves: Callable[[str], bool],
    ) -> None:
        """Describe a host: `serves` tells its paths, `refusal` answers while streams are refused."""
        self._gate = gate
        self._timeline = timeline
        self._kind: StreamKind = kind
        self._session = session
        self._refusal = refusal
        self._not_found = not_found
        self._serves = serves

    def application(self) -> web.Application:
        """Return an application that accepts WebSocket connections."""
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", self.handle)
        return application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection for as long as it lasts."""
        connection = web.WebSocketResponse(compress=False, autoping=False, max_msg_size=MESSAGE_BYTES_MAX)
        refusal = self._refused(request, connection)
        if refusal is not None:
            self._log(request, refusal.status)
            headers = {"Content-Type": refusal.content_type, "Server": "venue", **refusal.headers}
            return web.Response(status=refusal.status, body=refusal.body, headers=headers)
        await connection.prepare(request)
        self._log(request, 101)
        transport = request.transport
        if transport is None:
            return connection
        socket = StreamSocket(transport, self._kind, peer_of(request))
        self._gate.opened(socket)
        session: StreamSession | None = None
        try:
            session = self._session(socket, request)
            await self._listen(connection, socket, session)
        except Exception as error:
            bugs.tell(error, f"the stream {request.path}")
            raise
        finally:
            self._gate.closed(socket)
            if session is not None:
                session.closed()
        return connection

    def _refused(self, request: web.Request, connection: web.WebSocketResponse) -> Answer | None:
        if not self._serves(request.path) or not connection.can_prepare(request):
            return self._not_found
        return self._refusal if self._gate.streams_refused else None

    async def _listen(self, connection: web.WebSocketResponse, socket: StreamSocket, session: StreamSession) -> None:
        while True:
            message = await connection.receive()
            if message.type is WSMsgType.TEXT:
                session.received(message.data)
            elif message.type is WSMsgType.PING:
                socket.send_frame(frame(message.data, PONG))
            elif message.type is WSMsgType.PONG:
                session.ponged()
            elif message.type is WSMsgType.BINARY:
                socket.close(1003, "text only")
                return
            else:
                return

    def _log(self, request: web.Request, status: int) -> None:
        if self._gate.is_watched:
            seen = RequestSeen(
                at_ns=self._timeline.now_ns(),
                method=request.method,
                path=request.path,
                endpoint="stream",
                status=status,
                outcome="answered" if status == 101 else "refused",
                peer=peer_of(request),
            )
            self._gate.saw(seen)
