"""Puts together what a real process finds around it: the same ports that a simulated machine is handed."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from engine.domain.errors import StoreUnavailable
from engine.ports.model import ModelSpec, OpenModel
from engine.ports.store import Store
from engine.runtime.config import BotConfig
from engine.runtime.model_process import ModelProcess
from engine.runtime.real.bus_address import BusAddress, find_bus
from engine.runtime.real.clock import RealClock
from engine.runtime.real.sockets import real_connectors
from engine.runtime.real.stand_ins import find_stand_ins
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
    leave: asyncio.Event | None = None,
) -> AsyncIterator[Surroundings]:
    """Hand out what a node, or a person's own machine, has around it, and let go of it afterwards.

    Args:
        node: whose stores are opened, in `data`/node.
        data: the bot's folder on this machine.
        secrets: keys by the names that the configuration gives them; this process's environment unless given.
        bus: where the bus is; found by configuration and folder unless given.
        leave: set when a node is to finish what it has begun and end.

    Raises:
        BusNotFound: nobody has said where the bus is.
        StandInsNotFound: the bot trades with play money, and nobody has started what it would trade at.
    """
    from engine.runtime.real.bus import open_bus

    secrets = os.environ if secrets is None else secrets
    address = bus or find_bus(config, data, secrets)
    clock, connectors = RealClock(), real_connectors(resolved(config.resolve))
    if config.mode == "paper":
        stand_ins = find_stand_ins(data)
        secrets = {**secrets, **stand_ins.secrets}
        connectors = real_connectors(stand_ins.sockets, beyond=_services(config, secrets))
    async with AsyncExitStack() as stack:
        yield Surroundings(
            clock=clock,
            connectors=connectors,
            bus=await stack.enter_async_context(
                open_bus(
                    address.urls,
                    token=address.token,
                    name=node,
                    space=config.bot,
                    clock=clock,
                    replicas=config.bus.replicas,
                )
            ),
            open_store=_stores(data / node, stack),
            open_shared=_databases(stack),
            random=random.Random(int.from_bytes(os.urandom(32), "big")),
            secrets=secrets,
            node=node,
            open_model=_models(stack),
            leave=leave,
            log_line=log_line,
        )


def _services(config: BotConfig, secrets: Mapping[str, str]) -> frozenset[str]:
    """Return the hosts that a bot talks to and that take no orders."""
    pager, others = config.pager, config.dependencies
    urls = [pager.url, *(one.url for one in (others.sentiment, others.analytics) if one is not None and one.url)]
    urls += [secrets.get(name, "") for name in (pager.webhook_url_env, pager.bell_url_env) if name is not None]
    return frozenset(urlsplit(url).hostname or "" for url in urls)


def _stores(folder: Path, stack: AsyncExitStack) -> Callable[[str], Awaitable[Store]]:
    """Return who opens the files of one node; they are closed with the stack."""

    async def open_store(name: str) -> Store:
        _make(folder)
        store = SqliteStore(str(folder / name))
        stack.callback(store.close)
        return store

    return open_store


def _databases(stack: AsyncExitStack) -> Callable[[str, int], Awaitable[Store]]:
    """Return who opens databases by URL; they are let go of with the stack."""

    async def open_shared(url: str, within_ns: int) -> Store:
        try:
            from engine.runtime.real.postgres import PostgresStore
        except ImportError:
            raise StoreUnavailable(
                "a shared database needs PostgreSQL's client: pip install stormproof[postgres]"
            ) from None
        store = PostgresStore(url, within_ns=within_ns)
        stack.push_async_callback(store.close)
        return store

    return open_shared


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
