"""Exits go out while a venue answers with anything at all: every page, body, status, cut and silence, at every call."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from simulator.dialects import binance
from simulator.exchange.orders import Side
from simulator.kernel import Host
from tests.engine.runtime.trading_stage import INSTRUMENT, TradingStage

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
ORDER = "/api/v3/order"


class Garbling(TradingStage):
    """A stage whose venue answers with garbage where it is told to, instead of doing what it is asked."""

    def __init__(self, **changes: Any) -> None:
        self.garbage: Answer | None = None
        self.sparing = False
        """True while new orders are let through."""
        super().__init__(**changes)

    async def _serve(self, host: Host) -> None:
        @web.middleware
        async def garble(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            spared = self.sparing and (request.method, request.path) == ("POST", ORDER)
            if self.garbage is None or spared or "Upgrade" in request.headers:
                return await handler(request)
            return await self.garbage(request)

        for name, application in binance.applications(self.venue, self.gate).items():
            application.middlewares.append(garble)
            await self.internet.serve(host, application, [name])


def saying(status: int, body: bytes, kind: str = "application/json") -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, content_type=kind)

    return answer


async def silent(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    return web.Response()


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


PAGE = b"<html><body>sorry</body></html>"
ANSWERS: dict[str, Answer] = {
    "page": saying(200, PAGE, "text/html"),
    "empty": saying(200, b""),
    "null": saying(200, b"null"),
    "list": saying(200, b"[]"),
    "another's order": saying(200, b'{"orderId":1,"clientOrderId":"x","status":"FILLED","symbol":"BTCUSDT"}'),
    "wrong types": saying(200, b'{"orderId":[],"balances":7,"serverTime":{},"price":"NaN"}'),
    "deep": saying(200, b"[" * 5000),
    "bytes": saying(200, b"\xff\xfe\x00"),
    "403 page": saying(403, PAGE, "text/html"),
    "404 page": saying(404, PAGE, "text/html"),
    "502 page": saying(502, PAGE, "text/html"),
    "code of tomorrow": saying(400, b'{"code":-987654,"msg":"?"}'),
    "no authority": saying(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'),
    "silent": silent,
    "cut": cut,
}
EACH = pytest.mark.parametrize("name", ANSWERS)


def holding() -> Garbling:
    stage = Garbling()
    stage.boot("exec-a", "feed-a")
    stage.run(20)
    stage.decide("0.02", 60)
    stage.run(30)
    assert sold(stage) == 0
    assert len(stage.orders()) >= 1
    return stage


def sold(stage: Garbling) -> Decimal:
    lots = sum(order.filled_lots for order in stage.orders() if order.side is Side.SELL)
    return INSTRUMENT.quantity(lots)


@EACH
def test_an_exit_goes_out_and_fills_while_every_other_call_is_answered_with_garbage(name: str) -> None:
    stage = holding()
    try:
        stage.sparing, stage.garbage = True, ANSWERS[name]
        stage.run(5)
        stage.decide("0", 120)
        stage.run(50)

        assert Decimal("0.0199") < sold(stage) <= Decimal("0.02")
    finally:
        stage.world.close()


@EACH
def test_an_exit_that_every_call_was_garbage_for_is_flat_soon_after_and_sold_once(name: str) -> None:
    stage = holding()
    try:
        stage.garbage = ANSWERS[name]
        stage.decide("0", 120)
        stage.run(20)
        stage.garbage = None
        stage.run(30)
        stage.decide("0", 180)
        stage.run(60)

        assert Decimal("0.0199") < sold(stage) <= Decimal("0.02")
        assert stage.ledger() == stage.truth()
    finally:
        stage.world.close()
