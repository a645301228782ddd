"""Plain requests are answered at once, and nobody on the wire can tell: the bytes are those of aiohttp's own server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from aiohttp import web

from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate, Rule
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.network.plain import plain

FAST, SLOW = "fast.example", "slow.example"
TEAPOT = "/teapot"

GET = b"GET /a/b?c=%20d&e=[1] HTTP/1.1\r\nHost: x\r\nx-key: one two\r\nAccept: */*\r\n\r\n"
POST = b"POST /order HTTP/1.1\r\nHost: x\r\nX-Key: k\r\nContent-Length: 7\r\n\r\nq=1&p=2"
PLAIN = {
    "get": GET,
    "post": POST,
    "delete without a body": b"DELETE /order?id=1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "empty body": b"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "status of its own": b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % TEAPOT.encode(),
    "a header twice": b"GET / HTTP/1.1\r\nHost: x\r\nX-Key: a\r\nX-Key: b\r\n\r\n",
    "twice": GET + POST,
}
ODD = {
    "http 1.0": b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
    "to be closed": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "to be upgraded": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "in chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "another method": b"PATCH / HTTP/1.1\r\nHost: x\r\n\r\n",
    "only the head": b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
    "whole address": b"GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n",
    "empty header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Key:\r\n\r\n",
    "blanks around a header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Key:   k  \r\n\r\n",
    "letters beyond ascii": "GET /é HTTP/1.1\r\nHost: x\r\nX-Key: ü\r\n\r\n".encode(),
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length with a sign": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nab",
    "more than its length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabcd",
    "a body without a length": b"POST / HTTP/1.1\r\nHost: x\r\n\r\nab",
    "too long": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" + b"a" * 70_000,
    "too many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Key: k\r\n" * 200 + b"\r\n",
    "garbage": b"\x00\xff garbage\r\n\r\n",
}


class Echo:
    """A dialect that repeats what it was asked."""

    ban_ns, patience = NS, 3

    def kind(self, method: str, path: str) -> EndpointKind:
        return "public"

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        return None, None

    def answer(self, call: Call) -> Answer:
        said = (call.method, call.path, call.query, call.body, call.headers.get("X-KEY"), call.peer)
        return Answer(body=repr(said).encode(), status=418 if call.path == TEAPOT else 200, headers={"X-Said": "so"})

    def internal_error(self, status: int) -> Answer:
        return Answer(body=b"broken", status=status)

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        return Answer(body=b"slowly", status=429)

    def banned(self, call: Call, wait_ns: int) -> Answer:
        return Answer(body=b"away", status=418)

    def unreadable(self, status: int) -> Answer:
        return Answer(body=b"what", status=status)


class Ear(asyncio.Protocol):
    """What a raw client hears."""

    def __init__(self) -> None:
        self.heard = b""
        self.over = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, error: Exception | None) -> None:
        self.over.set()


class Twins:
    """The same desk twice: with the fast lane, and with aiohttp alone."""

    def __init__(self) -> None:
        self.world = World(1)
        self.internet = Internet(self.world)
        self.gate = Gate(self.world)
        self.outcomes: list[str] = []
        self.gate.subscribe(lambda seen: self.outcomes.append(seen.outcome))
        self.world.host("server", self.serve)
        self.client = self.world.host("client")
        self.world.run(NS)

    async def serve(self, host: Host) -> None:
        desk = RestDesk(Echo(), self.gate, self.world)
        slow = web.Application(client_max_size=64 * 1024, handler_args={"auto_decompress": False})
        slow.router.add_route("*", "/{tail:.*}", desk.handle)
        await self.internet.serve(host, desk.application(), [FAST])
        await self.internet.serve(host, slow, [SLOW])

    def say(self, pieces: Sequence[bytes]) -> tuple[tuple[bytes, bool], tuple[bytes, bool]]:
        """Send the pieces to both, one after the other in time; return what each has answered, and if it hung up."""

        async def said(name: str) -> tuple[bytes, bool]:
            transport, ear = await self.internet.connect(self.client, name, Ear)
            assert isinstance(ear, Ear)
            for piece in pieces:
                transport.write(piece)
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.3)
            heard = ear.heard, ear.over.is_set()
            transport.abort()
            return heard

        async def both() -> tuple[tuple[bytes, bool], tuple[bytes, bool]]:
            fast, slow = await asyncio.gather(said(FAST), said(SLOW))
            return fast, slow

        return self.world.complete(self.client.spawn(both()))


@pytest.mark.parametrize("request_bytes", [*PLAIN.values(), *ODD.values()], ids=[*PLAIN, *ODD])
def test_an_answer_at_once_is_aiohttps_byte_for_byte(request_bytes: bytes) -> None:
    twins = Twins()

    fast, slow = twins.say([request_bytes])
    again, as_well = twins.say([GET, request_bytes, POST])

    assert fast == slow
    assert again == as_well
    twins.world.close()


@pytest.mark.parametrize("size", [1, 7, 40, 90])
def test_a_request_in_pieces_is_answered_as_well(size: int) -> None:
    twins = Twins()
    text = GET + POST + GET

    fast, slow = twins.say([text[start : start + size] for start in range(0, len(text), size)])

    assert fast == slow
    assert fast[0].count(b"HTTP/1.1 200 OK") == 3
    twins.world.close()


def test_what_looks_plain_in_the_midst_of_another_request_is_part_of_that() -> None:
    twins = Twins()

    fast, slow = twins.say([b"POST /a HTTP/1.1\r\nHost: x\r\n", GET])

    assert fast == slow
    assert b"200 OK" not in fast[0]
    twins.world.close()


def test_what_is_plain_is_known_and_nothing_else() -> None:
    singles = {name: text for name, text in PLAIN.items() if name != "twice"}

    assert all(plain(text) is not None for text in singles.values())
    assert not any(plain(text) is not None for text in [PLAIN["twice"], *ODD.values()])


def test_a_venue_with_faults_takes_its_time_and_is_quick_again_afterwards() -> None:
    twins = Twins()
    slow_rule = Rule(kind="slow", delay_ns=50_000_000)
    twins.world.call_later(10_000_000, lambda: twins.gate.add(slow_rule))
    twins.world.call_later(60_000_000, lambda: twins.gate.remove(slow_rule))

    fast, slow = twins.say([GET, GET, GET, GET, GET, GET])

    assert fast == slow
    assert fast[0].count(b"HTTP/1.1 200 OK") == 6
    assert twins.outcomes == ["answered"] * 12
    twins.world.close()


def test_a_silent_connection_ends_when_aiohttp_would_end_it() -> None:
    twins = Twins()
    ends: list[tuple[str, int]] = []

    async def silent(name: str) -> None:
        transport, ear = await twins.internet.connect(twins.client, name, Ear)
        assert isinstance(ear, Ear)
        for _ in range(2):
            transport.write(GET)
            await asyncio.sleep(100)
        await ear.over.wait()
        ends.append((name, twins.world.now_ns() // NS))

    async def both() -> None:
        await asyncio.gather(silent(FAST), silent(SLOW))

    twins.world.complete(twins.client.spawn(both()), within_ns=8_000 * NS)

    assert sorted(name for name, _ in ends) == [FAST, SLOW]
    assert ends[0][1] == ends[1][1]
    twins.world.close()
