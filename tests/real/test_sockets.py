"""Connectors over real TCP: the URL stays the real one, and a map says where it is dialled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from engine.runtime.real.sockets import real_connectors
from engine.runtime.resolving import resolved
from simulator.serve import LoopbackPorts


@asynccontextmanager
async def stand_in() -> AsyncIterator[int]:
    """Answer plain HTTP and WebSocket on a loopback port with the host that was asked for."""

    async def tell(request: web.Request) -> web.StreamResponse:
        if request.path == "/":
            return web.Response(text=request.host)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(request.host)
        await socket.close()
        return socket

    app = web.Application()
    app.add_routes([web.get("/", tell), web.get("/ws", tell)])
    ports = LoopbackPorts()
    try:
        yield await ports.open(app)
    finally:
        await ports.close()


def test_a_host_of_the_map_is_dialled_in_plain_tcp_under_its_own_name() -> None:
    async def ask() -> tuple[str, str]:
        async with stand_in() as port:
            told = {
                "https://api.binance.com": f"http://127.0.0.1:{port}",
                "stream.binance.com:9443": f"127.0.0.1:{port}",
            }
            async with aiohttp.ClientSession(connector=real_connectors(resolved(told))()) as session:
                async with session.get("https://api.binance.com/") as answer:
                    rest = await answer.text()
                async with session.ws_connect("wss://stream.binance.com:9443/ws") as stream:
                    return rest, await stream.receive_str()

    assert asyncio.run(ask()) == ("api.binance.com", "stream.binance.com:9443")


def test_where_nobody_listens_the_error_names_the_real_host() -> None:
    async def ask() -> None:
        async with stand_in() as port:
            pass
        connector = real_connectors(resolved({"api.binance.com:443": f"127.0.0.1:{port}"}))()
        async with aiohttp.ClientSession(connector=connector) as session:
            await session.get("https://api.binance.com/")

    with pytest.raises(aiohttp.ClientConnectorError, match=r"api\.binance\.com"):
        asyncio.run(ask())


def test_other_hosts_are_dialled_as_they_are() -> None:
    async def ask() -> str:
        async with (
            stand_in() as port,
            aiohttp.ClientSession(connector=real_connectors({("api.binance.com", 443): ("127.0.0.1", 1)})()) as session,
            session.get(f"http://127.0.0.1:{port}/") as answer,
        ):
            return await answer.text()

    assert asyncio.run(ask()).startswith("127.0.0.1:")


@pytest.mark.parametrize("told", ["api.binance.com", "https://api.binance.com/path", "", "a:b", "host:99999"])
def test_what_is_no_socket_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="no socket"):
        resolved({told: "127.0.0.1:1"})


@pytest.mark.parametrize("told", ["10.0.0.1:80", "http://example.com", "[2001:db8::1]:80"])
def test_signed_requests_never_leave_this_machine_in_the_clear(told: str) -> None:
    with pytest.raises(ValueError, match="not on this machine"):
        resolved({"https://api.binance.com": told})
