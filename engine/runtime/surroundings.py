"""All that a node is handed at its start; beyond these the engine touches nothing of the world."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.connectors import Connectors
from engine.ports.model import OpenModel
from engine.ports.store import Store, StoreUnavailable


async def _nowhere(_url: str, _within_ns: int) -> Store:
    raise StoreUnavailable("no database that machines share can be reached from here")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The ports of one node, and what it must know of itself."""

    clock: Clock
    connectors: Connectors
    bus: Bus
    open_store: Callable[[str], Awaitable[Store]]
    """Open the store of a name on this node's disk; raises `StoreUnavailable`."""
    random: random.Random
    secrets: Mapping[str, str]
    """Environment variables that hold keys, by the names that the configuration gives."""
    node: str
    open_model: OpenModel | None = None
    """Make a runner of a model; without it a strategy that asks one decides nothing."""
    leave: asyncio.Event | None = None
    """Set when the node is to finish what it has begun and end; None for one that only ends when it is cancelled."""
    open_shared: Callable[[str, int], Awaitable[Store]] = _nowhere
    """Open a database that machines share, by its URL, of which anything may take so many nanoseconds; raises
    `StoreUnavailable`.
    """
    log_line: Callable[[str], None] | None = None
    """Where a line of the log goes; nowhere when it is None."""
