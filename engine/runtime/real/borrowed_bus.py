"""The bus of a bot that does not run, started from its data folder for as long as a person needs it.

A bot with a bus of its own takes it along when it dies, and the lease, the latches and the books are on it: a kill that
could not read them would not know what to sell, and one that could not write them would be forgotten by the next start.
"""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.ports.clock import Clock
from engine.runtime.config import BotConfig
from engine.runtime.real.bus_address import ADDRESS, BusAddress, BusNotFound, find_bus, write_address
from engine.runtime.real.bus_server import BusServer
from engine.runtime.real.bus_server_files import FolderInUse, lock_folder


@asynccontextmanager
async def borrowed_bus(config: BotConfig, data: Path, clock: Clock) -> AsyncIterator[BusAddress | None]:
    """Start the bot's own bus if nobody else has; None when it runs, or is not the bot's own.

    Raises:
        BusServerFailed: it cannot be started; the message says what to do.
    """
    if config.bus.url or _runs(data / ADDRESS.parent):
        yield None
        return
    try:
        token = find_bus(config, data, {}).token
    except BusNotFound:
        token = None  # it never ran here
    token = token or secrets.token_urlsafe(24)  # tidy: a token that a seed could tell would be no secret
    async with BusServer(data / ADDRESS.parent, token=token, clock=clock, binary=config.bus.server) as server:
        address = BusAddress(urls=(server.url,), token=token)
        write_address(data, address)
        yield address


def _runs(folder: Path) -> bool:
    """Tell whether somebody's server has the folder; a hung one has it, too."""
    try:
        os.close(lock_folder(folder))
    except FolderInUse:
        return True
    return False
