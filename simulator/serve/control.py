"""The control API of served venues: JSON over HTTP, on the loopback interface, behind a token.

    GET    /                                 what can be asked here, and the kinds of faults with their parameters
    GET    /venues                           the state of every venue
    GET    /venues/{venue}                   the state of one: time, mode, views, markets, accounts, streams, faults
    GET    /venues/{venue}/orders            every order of every account, as the venue's own truth has it
    POST   /venues/{venue}/faults            inject {"kind": "error", "status": 502, "for_s": 30}
    DELETE /venues/{venue}/faults/{number}   heal one
    DELETE /venues/{venue}/faults            heal all
    POST   /venues/{venue}/halt              the market halts: orders and cancels are refused
    POST   /venues/{venue}/reopen            it opens again, or with {"mode": "post-only"} in part
    POST   /venues/{venue}/pardon            lift every ban

The token is asked for (`Authorization: Bearer …`) because a web page in the user's browser can reach the loopback
interface, too. Whatever is wrong with a request is answered as {"error": "…"} with a 4xx status.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulator.exchange.admission import TradingMode
from simulator.serve.faults import VenueFaults
from simulator.serve.kinds import KINDS
from simulator.serve.parameters import Invalid, choice, shortened, values_of
from simulator.serve.state import injected_json, kinds_json, orders_json, state_json

BODY_BYTES_MAX = 64 * 1024

OPEN_MODES = tuple(mode.value for mode in TradingMode if mode is not TradingMode.HALTED)

ROUTES = tuple(line.strip() for line in (__doc__ or "").splitlines() if "/" in line and line.startswith("    "))
"""What `GET /` tells of the API: the lines above."""


@dataclass(frozen=True, kw_only=True)
class ServedVenue:
    """A venue on its ports: `hosts` maps the beginning of its real URLs to that of its local ones."""

    name: str
    faults: VenueFaults
    hosts: Mapping[str, str]


def control(venues: Mapping[str, ServedVenue], token: str) -> web.Application:
    """Return the application that answers whoever knows the token."""
    desk = ControlDesk(venues)
    application = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_in_json(token)])
    application.add_routes(
        [
            web.get("/", desk.tell_all),
            web.get("/venues", desk.tell_venues),
            web.get("/venues/{venue}", desk.tell_venue),
            web.get("/venues/{venue}/orders", desk.tell_orders),
            web.post("/venues/{venue}/faults", desk.inject),
            web.delete("/venues/{venue}/faults", desk.heal_all),
            web.delete("/venues/{venue}/faults/{number}", desk.heal),
            web.post("/venues/{venue}/halt", desk.halt),
            web.post("/venues/{venue}/reopen", desk.reopen),
            web.post("/venues/{venue}/pardon", desk.pardon),
        ]
    )
    return application


class ControlDesk:
    """Does what the API says. Every change is made within one callback of the venues' loop."""

    def __init__(self, venues: Mapping[str, ServedVenue]) -> None:
        self._venues = venues

    async def tell_all(self, _: web.Request) -> web.Response:
        """Say what can be asked here."""
        return web.json_response({"routes": ROUTES, "venues": list(self._venues), "faults": kinds_json(KINDS)})

    async def tell_venues(self, _: web.Request) -> web.Response:
        """Tell the state of every venue."""
        return web.json_response({name: self._state(venue) for name, venue in self._venues.items()})

    async def tell_venue(self, request: web.Request) -> web.Response:
        """Tell the state of one venue."""
        return web.json_response(self._state(self._venue(request)))

    async def tell_orders(self, request: web.Request) -> web.Response:
        """Tell the orders of one venue, oldest first, as far as it remembers them."""
        return web.json_response(orders_json(self._venue(request).faults.venue))

    async def inject(self, request: web.Request) -> web.Response:
        """Begin a fault."""
        faults = self._venue(request).faults
        said = await _said(request)
        kind = said.pop("kind", None)
        injected = faults.inject(kind, said)
        return web.json_response(injected_json(injected, faults.timeline), status=201)

    async def heal(self, request: web.Request) -> web.Response:
        """Undo one fault."""
        faults = self._venue(request).faults
        number = request.match_info["number"]
        try:
            healed = faults.heal(int(number))
        except (KeyError, ValueError):
            raise _NotHere(f"no fault number {shortened(number)} acts here; it may have healed") from None
        return web.json_response({"healed": [injected_json(healed, faults.timeline)]})

    async def heal_all(self, request: web.Request) -> web.Response:
        """Undo every fault of a venue."""
        faults = self._venue(request).faults
        return web.json_response({"healed": [injected_json(one, faults.timeline) for one in faults.heal_all()]})

    async def halt(self, request: web.Request) -> web.Response:
        """Let the market of a venue halt."""
        values_of(await _said(request), ())
        return self._set_mode(request, TradingMode.HALTED)

    async def reopen(self, request: web.Request) -> web.Response:
        """Let it open, in full or in part."""
        said = values_of(await _said(request), (choice("mode", "how far", *OPEN_MODES),))
        return self._set_mode(request, TradingMode(said["mode"]))

    async def pardon(self, request: web.Request) -> web.Response:
        """Lift every ban of a venue."""
        venue = self._venue(request)
        venue.faults.gate.pardon()
        return web.json_response({"venue": venue.name, "bans": "lifted"})

    def _set_mode(self, request: web.Request, mode: TradingMode) -> web.Response:
        venue = self._venue(request)
        venue.faults.venue.exchange.mode = mode
        return web.json_response({"venue": venue.name, "mode": mode.value})

    def _state(self, venue: ServedVenue) -> dict[str, Any]:
        return state_json(venue.name, venue.hosts, venue.faults)

    def _venue(self, request: web.Request) -> ServedVenue:
        name = request.match_info["venue"]
        venue = self._venues.get(name)
        if venue is None:
            raise _NotHere(f"no venue {shortened(name)} is served here; say {', '.join(self._venues)}")
        return venue


class _NotHere(Exception):
    """What was named is not here."""


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _in_json(token: str) -> Any:
    """Return a middleware that asks for the token and turns every refusal into JSON."""

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        claimed = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(claimed, f"Bearer {token}".encode()):
            return _refusal(401, "send the header Authorization: Bearer TOKEN, with the token of the ready line")
        try:
            return await handler(request)
        except Invalid as error:
            return _refusal(400, str(error))
        except _NotHere as error:
            return _refusal(404, str(error))
        except web.HTTPException as error:
            return _refusal(
                error.status, f"{error.reason.lower()}: {request.method} {request.path}; GET / tells routes"
            )

    return ask


def _refusal(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)


async def _said(request: web.Request) -> dict[str, Any]:
    """Read the body of a request: a JSON object, or nothing."""
    body = await request.read()
    if not body.strip():
        return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("the body is no JSON; send an object") from None
    if not isinstance(said, dict):
        raise Invalid("the body is no JSON object; send one")
    return said
