"""Who is asking a venue: the address of a client, or what whoever serves it says of all that come by one door.

On a real machine every client has the same address; a server that gives each one a port of its own knows them apart.
"""

from __future__ import annotations

from aiohttp import web

PEER = web.AppKey("peer", str)
"""Set on an application that one client alone can reach."""


def peer_of(request: web.Request) -> str:
    """Return who is asking."""
    return request.app.get(PEER) or request.remote or "?"
