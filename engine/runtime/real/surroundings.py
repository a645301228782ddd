"""Puts together what a real process finds around it: the same ports that a simulated machine is handed."""

import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from engine.domain.errors import StoreUnavailable
from engine.ports.model import ModelSpec, OpenModel
from engine.ports.store import Store
from engine.runtime.config import BotConfig
from engine.runtime.model_process import ModelProcess
from engine.runtime.real.bus_address import BusAddress, find_bus
from engine.runtime.real.clock import RealClock
from engine.runtime.real.sockets import real_connectors
from engine.runtime.resolving import resolved
from engine.runtime.sqlite import SqliteStore
from engine.runtime.surroundings import Surroundings


@asynccontextmanager
async def real_surroundings(
    config: BotConfig,
    node: str,
    *,
    data: Path,
    secrets: Mapping[str, str] | None = None,
    bus: BusAddress | None = None,
    log_line: Callable[[str], None] | None = None,
) -> AsyncIterator[Surroundings]:
    """Hand out what a node, or a person's own machine, has around it, and let go of it afterwards.

    Args:
        node: whose stores are opened, in `data`/node.
        data: the bot's folder on this machine.
        secrets: keys by the names that the configuration gives them; this process's environment unless given.
        bus: where the bus is; found by configuration and folder unless given.

    Raises:
        BusNotFound: nobody has said where the bus is.
    """
    from engine.runtime.real.bus import open_bus

    secrets = os.environ if secrets is None else secrets
    address = bus or find_bus(config, data, secrets)
    clock = RealClock()
    async with AsyncExitStack() as stack:
        yield Surroundings(
            clock=clock,
            connectors=real_connectors(resolved(config.resolve)),
            bus=await stack.enter_async_context(
                open_bus(address.urls, token=address.token, name=node, space=config.bot, clock=clock)
            ),
            open_store=_stores(data / node, stack),
            random=random.Random(int.from_bytes(os.urandom(32), "big")),
            secrets=secrets,
            node=node,
            open_model=_models(stack),
            log_line=log_line,
        )


def _stores(folder: Path, stack: AsyncExitStack) -> Callable[[str], Awaitable[Store]]:
    """Return who opens the files of one node; they are closed with the stack."""

    async def open_store(name: str) -> Store:
        _make(folder)
        store = SqliteStore(str(folder / name))
        stack.callback(store.close)
        return store

    return open_store


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{folder} cannot be made: {error.strerror}") from error


def _models(stack: AsyncExitStack) -> OpenModel:
    """Return who runs models, each in a process of its own that ends with the stack."""

    def open_model(spec: ModelSpec) -> ModelProcess:
        model = ModelProcess(spec)
        stack.push_async_callback(model.abandon)
        return model

    return open_model
