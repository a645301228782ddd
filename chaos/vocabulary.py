"""Every kind of fault, by the name under which a scenario injects it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chaos.fault import Fault
from chaos.host import Crash
from chaos.stream import SocketDrop
from chaos.venue import AckLost, Outage, RateLimit, SilentReject

KINDS: Mapping[str, type[Fault]] = MappingProxyType(
    {kind.name: kind for kind in (Outage, RateLimit, SilentReject, SocketDrop, AckLost, Crash)}
)
