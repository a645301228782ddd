"""Binance USD-M futures: REST, public streams and the user data stream, over an exchange of perpetuals.

See README.md for what is served, what was checked, and what is unconfirmed.
"""

from typing import Any, cast

from aiohttp import web

from simulator.dialects.binance import REFUSAL
from simulator.dialects.binance.rest import NOT_FOUND
from simulator.dialects.binance.sessions import PublicSession
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.rest import ApiRest, UsdmRest
from simulator.dialects.binanceusdm.sessions import UserSession
from simulator.dialects.binanceusdm.settings import BinanceUsdmSettings
from simulator.dialects.binanceusdm.streams import Channels
from simulator.dialects.binanceusdm.user_events import UserEvents
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate
from simulator.dialects.streams import StreamDesk, StreamSocket
from simulator.exchange.perpetual.venue import PerpetualVenue

KEY_LENGTH = 64
PREFIXES = ("/market", "/public")


def applications(
    venue: PerpetualVenue, gate: Gate, settings: BinanceUsdmSettings | None = None
) -> dict[str, web.Application]:
    """Return the applications of one venue of futures by host name, to be served from one loop.

    Call it again when the venue's machine has been booted again: what was served before is retired, listen keys too.
    """
    front = Front(venue, settings or BinanceUsdmSettings())
    channels, user_events = Channels(front), UserEvents(front)

    def retire() -> None:
        channels.forget()
        user_events.forget()
        front.limits.forget()

    gate.take_over(retire)
    hosts = {
        "fapi.binance.com": RestDesk(UsdmRest(front), gate, venue.timeline).application(),
        "fstream.binance.com": _streams(front, gate, channels, user_events),
    }
    if front.usdm.serves_api_host:
        hosts["api.binance.com"] = RestDesk(ApiRest(front), gate, venue.timeline).application()
    return hosts


def _streams(front: Front, gate: Gate, channels: Channels, user_events: UserEvents) -> web.Application:
    def public_session(socket: StreamSocket, request: web.Request) -> PublicSession:
        path = request.raw_path
        for prefix in PREFIXES:
            path = path.removeprefix(prefix)
        return PublicSession(front, cast(Any, channels), socket, request.clone(rel_url=path))

    public = StreamDesk(
        gate,
        front.timeline,
        "public",
        public_session,
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: _is_stream(path, ("", *PREFIXES)),
    )
    private = StreamDesk(
        gate,
        front.timeline,
        "private",
        lambda socket, request: UserSession(front, user_events, socket, request),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: _is_stream(path, ("/private", "")),
    )

    async def handle(request: web.Request) -> web.StreamResponse:
        is_private = request.path.startswith("/private/") or len(request.path.rpartition("/")[2]) == KEY_LENGTH
        return await (private if is_private else public).handle(request)

    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", handle)
    return application


def _is_stream(path: str, prefixes: tuple[str, ...]) -> bool:
    for prefix in prefixes:
        rest = path.removeprefix(prefix) if path.startswith(prefix) else ""
        if rest in ("/ws", "/stream") or rest.startswith("/ws/"):
            return True
    return False


__all__ = ["BinanceUsdmSettings", "applications"]
