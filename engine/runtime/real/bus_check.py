"""Whether a bot's bus can be leant on: it is there, lets us in, stores, and writes through before it confirms."""

from collections.abc import AsyncIterator
from pathlib import Path

from engine.domain.errors import BusUnavailable
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.runtime.config import BotConfig
from engine.runtime.real.bus import open_bus
from engine.runtime.real.bus_address import ADDRESS, BusAddress, BusNotFound, find_bus
from engine.runtime.real.bus_connection import BusRefused
from engine.runtime.real.findings import Finding, fail, ok, warn
from engine.runtime.real.keys import Secrets
from engine.services.leadership import lease_name

CHECK = "bus"
ANSWER_NS_WANTED = 50_000_000
READS = 5
"""The first one also finds out what is there, so the quickest of several tells how far away it is."""


async def bus(config: BotConfig, data: Path, secrets: Secrets, clock: Clock) -> AsyncIterator[Finding]:
    """Look at the bus, and read from it; nothing is written."""
    try:
        address = find_bus(config, data, secrets)
    except BusNotFound as problem:
        if config.bus.url:
            yield fail(CHECK, str(problem), "set it in a file of keys, the environment, or the system's keyring")
        else:
            yield ok(CHECK, "its own server is started with the bot, and has not run here yet")
        return
    for finding in _declared(config, address):
        yield finding
    try:
        async with open_bus(
            address.urls, token=address.token, name="doctor", space=config.bot, clock=clock
        ) as connected:
            async for finding in _read(config, data, connected, clock):
                yield finding
    except BusRefused as problem:
        yield fail(CHECK, str(problem), "correct bus.token_env, or the server's configuration")


def _declared(config: BotConfig, address: BusAddress) -> list[Finding]:
    if not config.bus.url:
        return []
    found = []
    if address.token is None:
        remedy = "let it ask for a token, and name that in bus.token_env"
        found.append(warn(CHECK, "it asks for no token: whoever reaches it can order the bot about", remedy))
    if len(address.urls) == 1:
        found.append(warn(CHECK, "it is one server: when that is gone, nothing is entered", "run a cluster of three"))
    return found


async def _read(config: BotConfig, data: Path, connected: Bus, clock: Clock) -> AsyncIterator[Finding]:
    tries_ns: list[int] = []
    try:
        for _ in range(READS):
            began_ns = clock.monotonic_ns()
            await connected.get(lease_name(config.bot))
            tries_ns.append(clock.monotonic_ns() - began_ns)
    except BusUnavailable as problem:
        if config.bus.url:
            yield fail(CHECK, f"it does not answer: {problem}", "start it, or see the network from here")
        else:
            yield ok(CHECK, "its own server does not run now; it is started with the bot")
        return
    said = f"it answers after {min(tries_ns) / 1e6:.1f} ms"
    if min(tries_ns) > ANSWER_NS_WANTED:
        yield warn(CHECK, said, "every order waits for it: bring it nearer")
    else:
        yield ok(CHECK, said)
    yield _written_through(config, data)


def _written_through(config: BotConfig, data: Path) -> Finding:
    """Say whether what it confirms is on its disk; a client cannot ask a server for that."""
    if config.bus.url:
        remedy = "see that its configuration has `jetstream { sync_interval: always }`"
        return warn("bus sync", "a client cannot see whether it writes through to the disk", remedy)
    told = (data / ADDRESS.parent / "server.conf").read_text(encoding="utf-8")
    if "sync_interval: always" in told:
        return ok("bus sync", "what it confirms is on its disk")
    return fail("bus sync", "it confirms before the disk has it", "start the bot with the server that came with it")
