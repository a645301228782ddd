"""Polymarket: its catalogue, books, signed orders and streams, over the core of a prediction market.

See README.md for what is served, what was checked against the vendor's documents, and what is unconfirmed.
"""

from aiohttp import web

from simulator.dialects.call import Answer
from simulator.dialects.desk import RestDesk
from simulator.dialects.gate import Gate
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.market_channel import MarketChannel
from simulator.dialects.polymarket.rest import (
    CLOB,
    CLOB_NAMED,
    DATA,
    GAMMA,
    GAMMA_NAMED,
    PAGE,
    Named,
    PolymarketRest,
    Routes,
)
from simulator.dialects.polymarket.sessions import MarketSession, UserSession
from simulator.dialects.polymarket.settings import PolymarketSettings
from simulator.dialects.polymarket.user_channel import UserChannel
from simulator.dialects.polymarket.wallets import credentials, issued, of_wallet
from simulator.dialects.streams import StreamDesk
from simulator.exchange.venue import Venue

MARKET, USER = "/ws/market", "/ws/user"
REFUSAL = Answer(status=503, body=PAGE % 503, content_type="text/html; charset=UTF-8")
NOT_FOUND = Answer(status=404, body=b"404 page not found", content_type="text/plain; charset=utf-8")


def applications(venue: Venue, gate: Gate, settings: PolymarketSettings | None = None) -> dict[str, web.Application]:
    """Return the applications of one Polymarket by host name, to be served from one loop.

    Call it again when the venue's machine has been booted again: what was served before is retired.
    """
    front = Front(venue, settings or PolymarketSettings())
    markets, users = MarketChannel(front), UserChannel(front)

    def retire() -> None:
        markets.forget()
        users.forget()

    gate.take_over(retire)

    def desk(routes: Routes, named: Named) -> web.Application:
        return RestDesk(PolymarketRest(front, routes, named), gate, venue.timeline).application()

    market = StreamDesk(
        gate,
        venue.timeline,
        "public",
        lambda socket, _request: MarketSession(front, markets, socket),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path == MARKET,
    )
    user = StreamDesk(
        gate,
        venue.timeline,
        "private",
        lambda socket, _request: UserSession(front, users, socket),
        refusal=REFUSAL,
        not_found=NOT_FOUND,
        serves=lambda path: path == USER,
    )
    streams = web.Application()
    streams.router.add_route("*", USER, user.handle)
    streams.router.add_route("*", "/{tail:.*}", market.handle)
    return {
        "gamma-api.polymarket.com": desk(GAMMA, GAMMA_NAMED),
        "clob.polymarket.com": desk(CLOB, CLOB_NAMED),
        "data-api.polymarket.com": desk(DATA, {}),
        "ws-subscriptions-clob.polymarket.com": streams,
    }


__all__ = ["PolymarketSettings", "applications", "credentials", "issued", "of_wallet"]
