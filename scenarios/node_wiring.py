"""Sets up the bot's machines, each with what a real process would be handed: clocks, a way to dial, a bus, a disk.

This is where the engine's ports meet the simulator's shapes; mypy checks the fit here, for neither knows the other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from engine.ports.bus import BusUnavailable, RevisionStale
from engine.ports.model import ModelFailed, ModelSpec
from engine.ports.store import Store
from engine.runtime.config import BotConfig
from engine.runtime.model_host import make_model
from engine.runtime.node import run_node
from engine.runtime.sqlite import SqliteStore
from engine.runtime.surroundings import Surroundings
from scenarios.venue_profiles import PROFILES
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services import BrokerClient, ModelSickness, SimulatedModel
from simulator.services.outside import CHAT_NAME, CHAT_PATH, SWITCH_NAME, SWITCH_PATH
from simulator.storage import Disk

ENGINE_BOOTS_NS = 2 * NS
"""The bot's machines are switched on when the venues and the bus already run."""


def secrets_of(bot: BotConfig) -> dict[str, str]:
    """Make up the secrets of the simulated accounts, under the names that the bot's configuration looks for."""
    secrets = {bot.pager.routing_key_env: "simulated-routing-key"}
    for name, venue in bot.venues.items():
        key = PROFILES[name].issue(venue.account, random.Random(f"{name} {venue.account}"))
        secrets[venue.key_env], secrets[venue.secret_env] = PROFILES[name].known_by(key), key.secret
        if venue.passphrase_env is not None:
            secrets[venue.passphrase_env] = key.passphrase
    if bot.pager.webhook_url_env is not None:
        secrets[bot.pager.webhook_url_env] = f"https://{CHAT_NAME}{CHAT_PATH}"
    if bot.pager.bell_url_env is not None:
        secrets[bot.pager.bell_url_env] = f"https://{SWITCH_NAME}{SWITCH_PATH}"
    for shared in (bot.dependencies.history, bot.dependencies.analytics):
        if shared is not None and shared.url_env is not None:
            secrets[shared.url_env] = f"postgresql://database.internal/{shared.url_env.lower()}"
    if bot.health is not None:
        secrets[bot.health.token_env] = "simulated-health-token"
    return secrets


def build_node(
    bot: BotConfig,
    world: World,
    internet: Internet,
    name: str,
    secrets: Mapping[str, str],
    sickness: ModelSickness,
) -> Disk:
    """Set up one machine of the bot, to be switched on in a moment unless it is cold; return its disk."""

    async def run(host: Host) -> None:
        await run_node(name, bot, surroundings(internet, host, disk, secrets, sickness))

    host = world.host(name, run, zone=bot.nodes[name].zone, boot=False)
    disk = Disk(host)
    if not bot.nodes[name].cold:
        world.call_at(ENGINE_BOOTS_NS, lambda: world.reboot(name))
    return disk


def surroundings(
    internet: Internet, host: Host, disk: Disk, secrets: Mapping[str, str], sickness: ModelSickness
) -> Surroundings:
    """Hand a machine of the bot all that a real process would find around it."""

    async def pace() -> None:
        await asyncio.sleep(disk.sync_ns / NS)

    async def open_store(name: str) -> Store:
        store = SqliteStore(name, vfs=disk.vfs, pace=pace)
        disk.opened(store.close)
        return store

    async def open_shared(url: str, _within_ns: int) -> Store:
        """Open a file of the machine's own in place of a database that real machines share."""
        return await open_store(f"{url.rpartition('/')[2]}.sqlite")

    return Surroundings(
        clock=host,
        connectors=lambda: internet.connector(host),
        bus=BrokerClient(internet, host, unavailable=BusUnavailable, stale=RevisionStale),
        open_store=open_store,
        open_shared=open_shared,
        random=host.world.randomness.stream(f"node/{host.name}/{host.boots}"),
        secrets=secrets,
        node=host.name,
        open_model=lambda spec: open_model(spec, host, sickness),
    )


def open_model(spec: ModelSpec, host: Host, sickness: ModelSickness) -> SimulatedModel:
    """Run a model on a machine in virtual time, at its declared cost."""
    return SimulatedModel(
        host,
        lambda: make_model(spec).predict,
        costs_ns=spec.costs_ns,
        sickness=sickness,
        failed=ModelFailed,
    )
