"""Coinbase Advanced Trade, spot: REST and WebSocket, over an exchange core.

See README.md for what is served, what was checked against the vendor's documents, and what is unconfirmed.
"""

from aiohttp import web

from simulator.dialects.call import Answer
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.keys import issued, issued_ed25519
from simulator.dialects.coinbase.market_channels import Channels
from simulator.dialects.coinbase.rest import PAGE, CoinbaseRest
from simulator.dialects.coinbase.sessions import Session
from simulator.dialects.coinbase.settings import CoinbaseSettings
from simulator.dialects.coinbase.user_channel import UserEvents
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate, StreamKind
from simulator.dialects.streams import StreamDesk
from simulator.exchange.venue import Venue

REFUSAL = Answer(status=503, body=PAGE % 503, content_type="text/html; charset=UTF-8")
NOT_FOUND = Answer(status=404, body=PAGE % 404, content_type="text/html; charset=UTF-8")


def applications(venue: Venue, gate: Gate, settings: CoinbaseSettings | None = None) -> dict[str, web.Application]:
    """Return the applications of one Coinbase by host name, to be served from one loop.

    Call it again when the venue's machine has been booted again: what was served before is retired.
    """
    front = Front(venue, settings or CoinbaseSettings())
    channels, user = Channels(front), UserEvents(front)

    def retire() -> None:
        channels.forget()
        user.forget()

    gate.take_over(retire)

    def desk(kind: StreamKind, *, has_markets: bool) -> web.Application:
        return StreamDesk(
            gate,
            venue.timeline,
            kind,
            lambda socket, _request: Session(front, channels, user, socket, has_markets=has_markets),
            refusal=REFUSAL,
            not_found=NOT_FOUND,
            serves=lambda path: path == "/",
        ).application()

    return {
        front.settings.host: RestDesk(CoinbaseRest(front), gate, venue.timeline).application(),
        "advanced-trade-ws.coinbase.com": desk("public", has_markets=True),
        "advanced-trade-ws-user.coinbase.com": desk("private", has_markets=False),
    }


__all__ = ["CoinbaseSettings", "applications", "issued", "issued_ed25519"]
