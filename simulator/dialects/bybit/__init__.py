"""Bybit spot: REST and the WebSocket streams of version 5, over an exchange core.

See README.md for what is served, what was compared with the vendor's documents, and what is unconfirmed.
"""

from aiohttp import web

from simulator.dialects.bybit.boards import Boards
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.private_events import PrivateEvents
from simulator.dialects.bybit.rest import NOT_FOUND, BybitRest
from simulator.dialects.bybit.sessions import PrivateSession, PublicSession
from simulator.dialects.bybit.settings import BybitSettings
from simulator.dialects.call import Answer
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate
from simulator.dialects.streams import StreamDesk
from simulator.exchange.venue import Venue

PRIVATE = "/v5/private"
PUBLIC = {f"/v5/public/{category}": category for category in ("spot", "linear", "inverse", "option")}
PAGE = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
REFUSAL = Answer(status=503, body=PAGE, content_type="text/html")


def applications(venue: Venue, gate: Gate, settings: BybitSettings | None = None) -> dict[str, web.Application]:
    """Return the applications of one Bybit by host name, to be served from one loop.

    Call it again when the venue's machine has been booted again: what was served before is retired.
    """
    front = Front(venue, settings or BybitSettings(), gate.ban)
    boards, events = Boards(front), PrivateEvents(front)

    def retire() -> None:
        boards.retire()
        events.retire()
        front.protection.retire()

    gate.take_over(retire)
    public = StreamDesk(
        gate,
        venue.timeline,
        "public",
        lambda socket, request: PublicSession(front, boards, socket, PUBLIC[request.path]),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path in PUBLIC,
    )
    private = StreamDesk(
        gate,
        venue.timeline,
        "private",
        lambda socket, _request: PrivateSession(front, events, socket),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path == PRIVATE,
    )
    streams = web.Application()
    streams.router.add_route("*", PRIVATE, private.handle)
    streams.router.add_route("*", "/{tail:.*}", public.handle)
    return {
        "api.bybit.com": RestDesk(BybitRest(front), gate, venue.timeline).application(),
        "stream.bybit.com": streams,
    }


__all__ = ["BybitSettings", "applications"]
