"""Binance spot: REST, public streams and the user data stream, over an exchange core.

See README.md for what is served, what was checked against the vendor's documents, and what is unconfirmed.
"""

from aiohttp import web

from simulator.dialects.binance.derivatives import EmptyDerivatives
from simulator.dialects.binance.front import Front
from simulator.dialects.binance.rest import NOT_FOUND, BinanceRest
from simulator.dialects.binance.sessions import PublicSession, UserSession
from simulator.dialects.binance.settings import BinanceSettings
from simulator.dialects.binance.streams import Channels
from simulator.dialects.binance.user_events import UserEvents
from simulator.dialects.call import Answer
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate
from simulator.dialects.streams import StreamDesk
from simulator.exchange.venue import Venue

REFUSAL = Answer(
    status=503, body=b"<html><body><h1>503 Service Unavailable</h1></body></html>", content_type="text/html"
)


def applications(venue: Venue, gate: Gate, settings: BinanceSettings | None = None) -> dict[str, web.Application]:
    """Return the applications of one Binance by host name, to be served from one loop.

    Call it again when the venue's machine has been booted again: what was served before is retired.
    """
    front = Front(venue, settings or BinanceSettings())
    channels, user_events = Channels(front), UserEvents(front)

    def retire() -> None:
        channels.forget()
        user_events.forget()
        front.limits.forget()

    gate.take_over(retire)
    public = StreamDesk(
        gate,
        venue.timeline,
        "public",
        lambda socket, request: PublicSession(front, channels, socket, request),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path in ("/ws", "/stream") or path.startswith("/ws/"),
    )
    private = StreamDesk(
        gate,
        venue.timeline,
        "private",
        lambda socket, request: UserSession(front, user_events, socket, request),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path == "/ws-api/v3",
    )
    derivatives = EmptyDerivatives(front)
    return {
        "api.binance.com": RestDesk(BinanceRest(front), gate, venue.timeline).application(),
        "fapi.binance.com": RestDesk(derivatives, gate, venue.timeline).application(),
        "dapi.binance.com": RestDesk(derivatives, gate, venue.timeline).application(),
        "stream.binance.com": public.application(),
        "ws-api.binance.com": private.application(),
    }


__all__ = ["BinanceSettings", "applications"]
