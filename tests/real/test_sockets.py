"""Connectors over real TCP: the URL stays the real one, and a map says where it is dialled."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

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


def test_play_money_reaches_what_stands_in_and_the_bots_own_services_and_nothing_else() -> None:
    """Whatever keys its orders are signed with."""

    async def ask(url: str, port: int) -> str:
        resolve, beyond = {("api.binance.com", 443): ("127.0.0.1", port)}, ("127.0.0.1",)
        async with (
            aiohttp.ClientSession(connector=real_connectors(resolve, beyond=beyond)()) as session,
            session.get(url) as answer,
        ):
            return await answer.text()

    async def story() -> None:
        async with stand_in() as port:
            assert await ask("https://api.binance.com/", port) == "api.binance.com"
            assert await ask(f"http://127.0.0.1:{port}/", port) == f"127.0.0.1:{port}"
            with pytest.raises(aiohttp.ClientConnectorError, match=r"api\.kraken\.com.*play money stays here"):
                await ask("https://api.kraken.com/", port)

    asyncio.run(story())


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Signed requests go to the venue, or nowhere."""

    async def story() -> None:
        context = _own_certificate(tmp_path)
        server = await asyncio.start_server(_hang_up, "127.0.0.1", 0, ssl=context)  # tidy: TLS is tried
        port = server.sockets[0].getsockname()[1]
        async with server, aiohttp.ClientSession(connector=real_connectors({})()) as session:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(f"https://127.0.0.1:{port}/")

    asyncio.run(story())


def _own_certificate(folder: Path) -> ssl.SSLContext:
    """Return what a server needs whose certificate it has signed itself."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=3650))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "own.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "own.pem")
    return context


def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
