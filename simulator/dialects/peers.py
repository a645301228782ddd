"""Who is asking a venue: the address of a client, or what whoever serves it says of all that come by one port.

On a real machine every client has the same address; a server that gives each one a port of its own knows them apart.
"""

from __future__ import annotations

from aiohttp import web

PEERS = web.AppKey("peers", dict[int, str])
"""Who comes by which port of the machine that serves; not set where addresses tell."""


def peer_of(request: web.Request) -> str:
    """Return who is asking."""
    peers, transport = request.app.get(PEERS), request.transport
    if peers is not None and transport is not None:
        return peers.get(transport.get_extra_info("sockname")[1], "?")
    return request.remote or "?"
