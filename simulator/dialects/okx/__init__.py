"""OKX spot: REST and WebSocket of API version 5, over an exchange core.

See README.md for what is served, what was compared with the vendor's documents, and what is unconfirmed.
"""

from aiohttp import web

from simulator.dialects.call import Answer
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate, StreamKind
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.rest import OkxRest
from simulator.dialects.okx.sessions import PATHS, PUBLIC, Lobby, Session
from simulator.dialects.okx.settings import OkxSettings, Rate
from simulator.dialects.streams import StreamDesk
from simulator.exchange.venue import Venue

PAGE = b"<html><head><title>%d</title></head><body>ws.okx.com | %d</body></html>"
REFUSAL = Answer(status=503, body=PAGE % (503, 503), content_type="text/html; charset=UTF-8")
NOT_FOUND = Answer(status=404, body=PAGE % (404, 404), content_type="text/html; charset=UTF-8")


def applications(venue: Venue, gate: Gate, settings: OkxSettings | None = None) -> dict[str, web.Application]:
    """Return the applications of one OKX by host name, to be served from one loop.

    Call it again when the venue's machine has been booted again: what was served before is retired.
    """
    front = Front(venue, settings or OkxSettings())
    lobby = Lobby(front)
    gate.take_over(lobby.forget, lobby.announce)

    def desk(kind: StreamKind) -> StreamDesk:
        return StreamDesk(
            gate,
            venue.timeline,
            kind,
            lambda socket, request: Session(lobby, socket, request.path),
            refusal=REFUSAL,
            not_found=NOT_FOUND,
            serves=lambda path: path in PATHS,
        )

    desks = {True: desk("private"), False: desk("public")}

    async def handle(request: web.Request) -> web.StreamResponse:
        return await desks[request.path != PUBLIC].handle(request)

    streams = web.Application()
    streams.router.add_route("*", "/{tail:.*}", handle)
    return {
        "www.okx.com": RestDesk(OkxRest(front), gate, venue.timeline).application(),
        "ws.okx.com": streams,
    }


__all__ = ["OkxSettings", "Rate", "applications"]
