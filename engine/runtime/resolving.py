"""Which real hosts are dialled elsewhere: the URLs stay the real ones, and only the address under them changes.

So one configuration trades at an exchange, and with a few lines more at a simulated one on this machine. Both ends
may be written as a socket's (`api.binance.com:443`) or as `stormproof serve` prints them (`https://api.binance.com`),
so that its ready line can be copied. What stands in for an exchange speaks no TLS: signed requests would pass in the
clear, so it must be on this machine.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

Socket = tuple[str, int]
"""A host and a port."""

PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


def socket_of(text: str) -> Socket:
    """Read `host:port`, or a URL whose scheme tells the port where it is not written; raise `ValueError`."""
    url = urlsplit(text if "://" in text else f"//{text}")
    try:
        port = url.port or PORTS.get(url.scheme)
    except ValueError:
        port = None
    if not url.hostname or port is None or url.path.strip("/") or url.query:
        raise ValueError(f"{text!r} is no socket; write host:port, or a URL such as https://api.binance.com")
    return url.hostname, port


def resolved(told: Mapping[str, str]) -> dict[Socket, Socket]:
    """Return where each socket is dialled instead; raise `ValueError` for what is none, or not on this machine."""
    found: dict[Socket, Socket] = {}
    for real, stand_in in told.items():
        host, port = socket_of(stand_in)
        if not _is_here(host):
            raise ValueError(f"{stand_in!r} is not on this machine: signed requests would pass in the clear")
        found[socket_of(real)] = (host, port)
    return found


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked(told: dict[str, str]) -> dict[str, str]:
    resolved(told)
    return told


ResolveMap = Annotated[dict[str, str], AfterValidator(_checked)]
"""As written in a configuration."""
