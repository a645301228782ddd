"""How the engine reaches the outside: a factory of aiohttp connectors, and nothing else opens sockets."""

from __future__ import annotations

from typing import Protocol

import aiohttp


class Connectors(Protocol):
    """Make a new connector, which the session that gets it owns and closes."""

    def __call__(self) -> aiohttp.BaseConnector:
        """Return a connector that nobody else uses."""
        ...
