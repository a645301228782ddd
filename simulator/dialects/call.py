"""One REST request and its answer, as values.

A dialect is a function from the first to the second: it never sees a socket, so every route can be tried with
random bytes without one.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

EndpointKind = Literal["orders", "account", "public"]
"""`orders` places, cancels or amends; `account` reads what is behind a key; `public` needs no key."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came off the wire: `query` and `body` are the exact text and bytes that were signed."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    peer: str = "?"
    """Who is asking: the address that limits and bans count."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue answers."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    content_type: str = "application/json"
    quiet_until_ns: int | None = None
    """Set when the answer refuses for a limit: the peer must be quiet until then (virtual ns) or risks a ban."""
