"""The REST desk of a venue: an aiohttp application in front of a pure dialect.

It reads a request, asks the gate what becomes of it, lets the dialect answer, and writes. A dialect's answer is
made at once, within one callback of the venue's loop, so nothing else happens between a request's checks and its
order. An exception out of a dialect is a bug, never the client's fault: it goes to the loop's exception handler
and on to aiohttp, which logs it and answers 500.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from aiohttp import web
from msgspec import structs

from simulator.dialects import bugs
from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.dialects.gate import Gate, Outcome, RequestSeen, Verdict
from simulator.dialects.peers import peer_of
from simulator.exchange.timeline import Timeline
from simulator.network.plain import AT_ONCE, PlainRequest, written

BODY_BYTES_MAX = 64 * 1024
"""No request of a venue comes near this; what is longer gets the dialect's own refusal."""

NS = 1_000_000_000


class RestDialect(Protocol):
    """How a venue speaks over REST. Everything is synchronous; bad input is answered, never raised."""

    ban_ns: int
    """How long a peer is banned that goes on after a limit told it to stop."""
    patience: int
    """How many further requests such a peer may make before."""

    def kind(self, method: str, path: str) -> EndpointKind:
        """Say what a request is about; unknown routes are public."""

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account and client order id that a request claims, unchecked, for the access log."""

    def answer(self, call: Call) -> Answer:
        """Do what the request asks, or refuse it in the venue's own words."""

    def internal_error(self, status: int) -> Answer:
        """Return the venue's own answer when it is broken, with that HTTP status."""

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return the venue's own "too many requests", with the wait where the venue tells it."""

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return the venue's own answer to a banned peer."""

    def unreadable(self, status: int) -> Answer:
        """Return the venue's own answer to a body of more than `BODY_BYTES_MAX` (413) or one that breaks off (400)."""


class RestDesk:
    """Serves one dialect behind one gate."""

    def __init__(self, dialect: RestDialect, gate: Gate, timeline: Timeline) -> None:
        self._dialect = dialect
        self._gate = gate
        self._timeline = timeline

    def application(self) -> web.Application:
        """Return an application that answers every path."""
        as_sent = {"auto_decompress": False}  # signatures are over the bytes on the wire
        application = web.Application(client_max_size=BODY_BYTES_MAX, handler_args=as_sent)
        application.router.add_route("*", "/{tail:.*}", self.handle)
        application[AT_ONCE] = self.answer_at_once
        return application

    def answer_at_once(self, request: PlainRequest, peer: str) -> bytes | None:
        """Answer a request for which the gate has nothing in store; nobody need wait."""
        if not self._gate.is_open:
            return None
        path, _, query = request.target.partition("?")
        call = Call(
            method=request.method, path=path, query=query, body=request.body, headers=request.headers, peer=peer
        )
        try:
            answer, outcome, until_ns = self._answer(call)
        except Exception:  # it has been told; aiohttp would supervise it like this
            return written(500, "text/plain; charset=utf-8", {}, b"500 Internal Server Error")
        if self._gate.is_watched:
            self._log(call, self._dialect.kind(call.method, path), answer.status, outcome, until_ns)
        return written(answer.status, answer.content_type, answer.headers, answer.body)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        try:
            body = await request.read() if request.can_read_body else b""
        except web.HTTPRequestEntityTooLarge:
            return _written(self._dialect.unreadable(413))
        except web.RequestPayloadError:
            return _written(self._dialect.unreadable(400))
        path, _, query = request.raw_path.partition("?")
        call = Call(
            method=request.method,
            path=path,
            query=query,
            body=body,
            headers=request.headers,
            peer=peer_of(request),
        )
        endpoint = self._dialect.kind(call.method, path)
        verdict = self._gate.decide(endpoint, call.peer)
        if verdict is not None:
            return await self._obey(verdict, call, endpoint, request)
        answer, outcome, until_ns = self._answer(call)
        self._log(call, endpoint, answer.status, outcome, until_ns)
        return _written(answer)

    def _answer(self, call: Call) -> tuple[Answer, Outcome, int]:
        """Answer a request; return also what became of it, and until when its peer must now keep quiet."""
        try:
            answer = self._dialect.answer(call)
        except Exception as error:
            bugs.tell(error, f"{call.method} {call.path}")
            raise
        if answer.quiet_until_ns is None:
            return answer, "answered", 0
        dialect = self._dialect
        verdict = self._gate.offend(call.peer, answer.quiet_until_ns, dialect.patience, dialect.ban_ns)
        if verdict.kind == "ban":
            return dialect.banned(call, self._wait_ns(verdict)), "banned", verdict.until_ns
        return answer, "throttled", verdict.until_ns

    async def _obey(
        self, verdict: Verdict, call: Call, endpoint: EndpointKind, request: web.Request
    ) -> web.StreamResponse:
        """Do to a request what the gate has decided."""
        dialect, rule = self._dialect, verdict.rule
        if verdict.kind == "ban":
            answer = dialect.banned(call, self._wait_ns(verdict))
            return self._told(call, endpoint, answer, "banned", verdict.until_ns)
        if verdict.kind == "throttle":
            answer = dialect.throttled(call, self._wait_ns(verdict))
            return self._told(call, endpoint, answer, "throttled", verdict.until_ns)
        assert rule is not None
        runs = rule.executes or verdict.kind in ("ack_lost", "slow", "corrupt")
        executed = self._answer(call)[0] if runs else None
        if verdict.kind == "error":
            return self._told(call, endpoint, dialect.internal_error(rule.status), "error")
        if verdict.kind == "corrupt" and executed is not None and rule.mangle is not None:
            return self._told(call, endpoint, structs.replace(executed, body=rule.mangle(executed.body)), "error")
        if verdict.kind == "slow" and executed is not None:
            self._log(call, endpoint, executed.status, "answered")
            await asyncio.sleep(rule.delay_ns / NS)
            return _written(executed)
        self._log(call, endpoint, 0, "hung" if verdict.kind == "hang" else "cut")
        if verdict.kind == "hang":
            await rule.until_removed()
        raise _cut(request)

    def _told(
        self, call: Call, endpoint: EndpointKind, answer: Answer, outcome: Outcome, until_ns: int = 0
    ) -> web.Response:
        self._log(call, endpoint, answer.status, outcome, until_ns)
        return _written(answer)

    def _wait_ns(self, verdict: Verdict) -> int:
        return max(0, verdict.until_ns - self._timeline.now_ns())

    def _log(self, call: Call, endpoint: EndpointKind, status: int, outcome: Outcome, until_ns: int = 0) -> None:
        if not self._gate.is_watched:
            return
        account, client_order_id = self._dialect.identify(call)
        seen = RequestSeen(
            at_ns=self._timeline.now_ns(),
            method=call.method,
            path=call.path,
            endpoint=endpoint,
            status=status,
            outcome=outcome,
            peer=call.peer,
            account=account,
            client_order_id=client_order_id,
            until_ns=until_ns,
        )
        self._gate.saw(seen)


def _written(answer: Answer) -> web.Response:
    headers = {"Content-Type": answer.content_type, "Server": "venue", **answer.headers}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _cut(request: web.Request) -> ConnectionResetError:
    """End the connection without an answer; raise what is returned, aiohttp takes it for a client that has gone."""
    if request.transport is not None:
        request.transport.abort()
    return ConnectionResetError("cut by the gate")
