"""Plain HTTP requests, answered where they arrive: the venues' fast lane.

Nearly every request of a world has one shape: whole, in one piece, on an idle connection, and answered without waiting.
For it aiohttp makes a task, a route, a request, a stream for its body and a response: as much work as the venue behind
it has. `PlainHandler` is aiohttp's own connection handler; it knows that shape, asks the application for the bytes of
the answer, and writes them at once. All else, from a body in pieces to an upgrade, and whatever the application would
rather think about, goes to aiohttp as ever. The answer is the one that aiohttp would have written, byte for byte: a
test holds the two against each other.

Rejected: a server of our own in aiohttp's place (connections live, time out and end in too many ways), and aiohttp's
parser in place of the pattern (it makes the stream, and a URL that no dialect reads).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import helpers, web
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict

WORD = rb"[!-~]+"
TARGET = rb"/[\w\-.~%/?=&,:;@!$'()*+\[\]]*"
HEAD = re.compile(
    rb"(GET|POST|PUT|DELETE) (%s) HTTP/1\.1\r\n((?:[\w-]+: %s(?: %s)*\r\n)+)\r\n" % (TARGET, WORD, WORD), re.ASCII
)
"""A request line and headers in which nothing is out of the ordinary."""
HEADER = re.compile(r"([^:]+): ([^\r]+)\r\n")
HEAD_BYTES_MAX = 8_000
BODY_BYTES_MAX = 60_000
HEADERS_MAX = 100
"""All below what aiohttp takes: it is the one to refuse."""
NOT_PLAIN = ("Connection", "Upgrade", "Expect", "Transfer-Encoding", "Content-Encoding")
"""Headers that ask for more than an answer."""
REASONS = {status.value: status.phrase for status in HTTPStatus}


class PlainRequest(NamedTuple):
    """What the wire said; `headers` are told apart without regard to case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


AtOnce = Callable[[PlainRequest, str], bytes | None]
"""Returns the whole answer to a request of a peer, as `written` makes it; None, and nothing done, to leave it to
aiohttp."""

AT_ONCE = web.AppKey[AtOnce]("at_once")
"""Under which an application offers to answer plain requests at once."""


def plain(data: bytes) -> PlainRequest | None:
    """Return the one whole, ordinary request that `data` is, None if it is anything else."""
    found = HEAD.match(data, 0, HEAD_BYTES_MAX)
    if found is None:
        return None
    method, target, lines = found.groups()
    headers = CIMultiDict(HEADER.findall(lines.decode("ascii")))
    body = data[found.end() :]
    sizes = headers.getall("Content-Length", ["0"])
    if sizes != [str(len(body))] or len(body) > BODY_BYTES_MAX or len(headers) > HEADERS_MAX:
        return None
    for name in NOT_PLAIN:
        if name in headers:
            return None
    return PlainRequest(method.decode("ascii"), target.decode("ascii"), headers, body)


def written(status: int, content_type: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return an answer as aiohttp writes it; `headers` stand between the name of the server and the length."""
    more = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    head = (
        f"HTTP/1.1 {status} {REASONS.get(status, '')}\r\nContent-Type: {content_type}\r\nServer: venue\r\n{more}"
        f"Content-Length: {len(body)}\r\nDate: {helpers.rfc822_formatted_time()}\r\n\r\n"
    )
    return head.encode() + body


class PlainHandler(RequestHandler):
    """A connection of a server, as aiohttp handles it, but for plain requests."""

    __slots__ = ("_at_once", "_is_plain")

    def __init__(self, server: web.Server, at_once: AtOnce) -> None:
        """Handle a connection of `server`, with the options that it was made with."""
        super().__init__(server, loop=server._loop, **server._kwargs)
        self._at_once = at_once
        self._is_plain = True
        """Whether all that came so far was plain: then aiohttp's parser is not in the midst of anything."""

    def data_received(self, data: bytes) -> None:
        """Answer a plain request that nothing stands before; leave the rest to aiohttp."""
        if self._is_plain:
            waiter = self._waiter
            is_idle = waiter is not None and not waiter.done()
            request = plain(data) if is_idle else None
            if request is None:
                self._is_plain = False
            elif self._answer(request):
                return
        super().data_received(data)

    def _answer(self, request: PlainRequest) -> bool:
        transport = self.transport
        peer = self.peername
        if transport is None or not isinstance(peer, tuple):
            return False
        answer = self._at_once(request, peer[0])
        if answer is None:
            return False
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if not transport.is_closing():
            transport.write(answer)
        return True
