"""Whatever a venue answers, at whatever call: a value comes back, or `VenueTrouble`, and never a belief that
nothing supports.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from engine.domain.errors import FeedFailed, VenueTrouble
from engine.domain.ticket import Accepted, CancelAccepted
from engine.domain.venue_facts import NS
from engine.ports.venue import Venue
from tests.engine.venues.stage import VENUES, a_stage, a_ticket, kinds, ref_of, symbol_at

BODIES = [
    b"",
    b" ",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"[[]]",
    b"[1]",
    b'"text"',
    b"123456789012345678901234567890",
    b"{",
    b"\xff\xfe\x00",
    b"<html><body>blocked</body></html>",
    b'{"error":[]}',
    b'{"error":{}}',
    b'{"error":null,"result":null}',
    b'{"error":[],"result":{}}',
    b'{"error":[],"result":[]}',
    b'{"error":[],"result":{"txid":[],"count":0,"open":[],"closed":[],"trades":[]}}',
    b'{"error":[],"result":{"txid":[null],"open":{"X":1},"closed":{"X":{}},"trades":{"X":{}},"count":"x"}}',
    b'{"error":[null]}',
    b'{"code":null,"msg":null}',
    b'{"code":200,"msg":"ok"}',
    b'{"code":0}',
    b'{"orderId":null,"clientOrderId":7,"status":"NEW","symbol":5}',
    b'{"orderId":1,"clientOrderId":"another","status":"LIVING","symbol":"BTCUSDT","cummulativeQuoteQty":"NaN"}',
    b'[{"orderId":1}]',
    b'{"balances":null,"serverTime":"late","lastPrice":"NaN","symbol":"BTCUSDT"}',
    b'{"balances":[{"asset":"BTC","free":"Infinity","locked":"1"}],"serverTime":null,"lastPrice":"-1"}',
    b'{"code":"0","msg":"","data":[{}]}',
    b'{"code":"0","msg":"","data":[{"sCode":"0","ordId":"1","clOrdId":"another","state":"LIVING"}]}',
    b'{"retCode":0,"retMsg":"OK","result":{"list":[{}],"nextPageCursor":""}}',
    b'{"retCode":0,"retMsg":"OK","result":{"list":[{"orderId":"1","orderStatus":"Living"}]}}',
    b'{"orders":[{}],"fills":[{}],"accounts":[{}],"results":[{}],"success":true,"order":{}}',
    b'{"success":true,"success_response":{},"results":[{"success":true,"order_id":"another"}],"accounts":null}',
    b'{"data":[{}],"next_cursor":"LTE="}',
    b'{"data":[{"id":"1","side":"BUY","original_size":"much","size_matched":null}],"next_cursor":"LTE="}',
    b'[{"asset":"1"}]',
    b"[" * 2000,
]
STATUSES = [201, 204, 302, 400, 401, 403, 404, 409, 410, 418, 425, 429, 500, 502, 503, 504, 520, 523, 524]
PAGE = b"<html><body>sorry</body></html>"
SAYS_NOTHING = (("binance", "200 b'[]'"), ("binanceusdm", "200 b'[]'"), ("polymarket", "200 b'{}'"))
"""The bodies that are a venue's own word for nothing: a list of no orders, an order that there is not."""
PAUSE_S = 130
"""After each call: longer than any wait that an answer above could impose, or a breaker's window."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


def saying(status: int, body: bytes) -> Answer:
    """Return what answers so."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, content_type="application/json")

    return answer


async def cut(request: web.Request) -> web.StreamResponse:
    """Promise a thousand bytes, send a few, and be gone."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"error":[],"result":')
    assert request.transport is not None
    request.transport.abort()
    return response


def ill_coded(_request: web.Request) -> Awaitable[web.StreamResponse]:
    """Claim to be compressed."""

    async def answer() -> web.StreamResponse:
        return web.Response(body=b"not compressed", headers={"Content-Encoding": "gzip"})

    return answer()


async def every_call(venue: Venue, *, says_nothing: bool) -> None:
    """Make every call of the port, and believe nothing."""
    ticket = a_ticket(venue)
    assert not isinstance(await venue.place(ticket), Accepted)
    await asyncio.sleep(PAUSE_S)
    cancel = await venue.cancel(ref_of(ticket), expires_ns=venue.now_ns() + 5 * NS)
    assert not isinstance(cancel, CancelAccepted)
    await asyncio.sleep(PAUSE_S)
    for ref in (ref_of(ticket), ref_of(ticket, "7")):
        for view in venue.facts.views:
            evidence = await venue.look_up(ref, [view])
            assert kinds(evidence) == ["ViewFailed"] or says_nothing, (view, evidence)
            await asyncio.sleep(PAUSE_S)
    reads: list[Callable[[], Awaitable[object]]] = [
        lambda: venue.open_orders(symbol_at(venue)),
        lambda: venue.fills_since(symbol_at(venue), venue.now_ns() - 60 * NS),
        venue.balances,
        lambda: venue.quote(symbol_at(venue)),
        venue.measure_clock,
        venue.open,
    ]
    for number, read in enumerate(reads):
        try:
            await read()
        except VenueTrouble:
            pass
        else:
            assert says_nothing, f"read {number} believed it"
            assert number < 2, f"read {number} believed it"
        await asyncio.sleep(PAUSE_S)


@pytest.mark.parametrize("name", VENUES)
@pytest.mark.parametrize(
    ("what", "answer"),
    [
        *((f"200 {body[:60]!r}", saying(200, body)) for body in BODIES),
        *((f"{status} page", saying(status, PAGE)) for status in STATUSES),
        *((f"{status} nothing", saying(status, b"")) for status in STATUSES),
        ("cut", cut),
        ("ill coded", ill_coded),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_answer_stops_the_exit_path_or_is_believed(name: str, what: str, answer: Answer) -> None:
    """No exception but `VenueTrouble` leaves the port; nothing is accepted, cancelled, absent or priced by garbage."""
    with a_stage(name) as stage:

        async def story(venue: Venue) -> None:
            await venue.balances()  # what is learned once, such as derived keys, has been learned
            stage.garbage = answer
            try:
                await every_call(venue, says_nothing=(name, what) in SAYS_NOTHING)
            finally:
                stage.garbage = None

        stage.tell(story, within_s=24 * 3600)


async def to_the_end(stream: AsyncIterator[object]) -> list[object]:
    """Read a stream until it ends as it should; return what it brought."""
    brought: list[object] = []
    try:
        async for item in stream:
            brought.append(item)  # noqa: PERF401  # what came before the end must stay
    except FeedFailed:
        return brought
    raise AssertionError("a stream that ends must say so")


FRAMES = [
    "",
    "{",
    "null",
    "[]",
    "[1]",
    '"text"',
    "{}",
    '{"e":"24hrTicker"}',
    '{"e":"24hrTicker","s":"BTCUSDT","c":"NaN"}',
    '{"e":"24hrTicker","s":"NOTHING","c":"1"}',
    '{"event":{"e":"executionReport"}}',
    '{"event":{"e":"executionReport","s":"BTCUSDT","i":1,"X":"LIVING","x":"NEW","T":1,"c":"a","z":"0","Z":"0"}}',
    '{"event":{"e":"eventStreamTerminated"}}',
    '{"e":"serverShutdown"}',
    '{"error":{"code":500,"msg":"no"},"id":1}',
    '{"channel":"ticker","data":[{}]}',
    '{"channel":"ticker","data":{}}',
    '{"channel":"ticker","data":[{"symbol":"BTC/USDT","last":-1}]}',
    '{"channel":"executions","data":[{"order_status":"new"}]}',
    '{"channel":"executions","data":null}',
    '{"method":"subscribe","success":false,"error":"EGeneral:Permission denied"}',
]


@pytest.mark.parametrize("name", VENUES)
@pytest.mark.parametrize("frame", FRAMES)
def test_no_frame_breaks_out_of_a_stream_or_silences_it_for_ever(name: str, frame: str) -> None:
    """It is skipped, or ends the stream; prices end as stale, news at the latest when the socket closes."""
    with a_stage(name) as stage:

        async def answer(request: web.Request) -> web.StreamResponse | None:
            if "Upgrade" not in request.headers:
                return None
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.send_str(frame)
            await socket.send_bytes(frame.encode())
            await asyncio.sleep(20)
            await socket.close()
            return socket

        async def story(venue: Venue) -> None:
            stage.garbage = answer
            for stream in (venue.quotes([symbol_at(venue)], silence_ns_max=10 * NS), venue.order_news()):
                assert await to_the_end(stream) == []

        began_ns = stage.world.now_ns()
        stage.tell(story)
        assert stage.world.now_ns() - began_ns < 60 * NS
