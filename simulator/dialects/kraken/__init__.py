"""Kraken spot: REST and the WebSocket API version 2, over an exchange core.

See README.md for what is served, what was checked against the vendor's documents, and what is unconfirmed.
"""

from aiohttp import web

from simulator.dialects.call import Answer
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.market_channels import Channels
from simulator.dialects.kraken.private_channels import PrivateEvents
from simulator.dialects.kraken.rest import KrakenRest
from simulator.dialects.kraken.sessions import Counter, PrivateSession, PublicSession
from simulator.dialects.kraken.settings import KrakenSettings
from simulator.dialects.streams import StreamDesk
from simulator.exchange.venue import Venue

PAGE = b"<html><head><title>%d</title></head><body>ws.kraken.com | %d</body></html>"
REFUSAL = Answer(status=503, body=PAGE % (503, 503), content_type="text/html; charset=UTF-8")
NOT_FOUND = Answer(status=404, body=PAGE % (404, 404), content_type="text/html; charset=UTF-8")


def applications(venue: Venue, gate: Gate, settings: KrakenSettings | None = None) -> dict[str, web.Application]:
    """Return the applications of one Kraken by host name, to be served from one loop.

    Call it again when the venue's machine has been booted again: what was served before is retired.
    """
    front = Front(venue, settings or KrakenSettings())
    channels, events, numbers = Channels(front), PrivateEvents(front), Counter()

    def retire() -> None:
        channels.forget()
        events.forget()
        front.limits.forget()

    gate.take_over(retire)
    public = StreamDesk(
        gate,
        venue.timeline,
        "public",
        lambda socket, request: PublicSession(front, channels, socket, numbers.next(request)),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path == "/v2",
    )
    private = StreamDesk(
        gate,
        venue.timeline,
        "private",
        lambda socket, request: PrivateSession(front, events, socket, numbers.next(request)),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path == "/v2",
    )
    return {
        "api.kraken.com": RestDesk(KrakenRest(front), gate, venue.timeline).application(),
        "ws.kraken.com": public.application(),
        "ws-auth.kraken.com": private.application(),
    }


__all__ = ["KrakenSettings", "applications"]
