"""A person's machine at a real bot: its configuration, keys and bus, and nothing that leaves shows a secret."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.domain.control import Control, Verb
from engine.runtime.config import BotConfig
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.real.keys import Secrets, ask_system_keyring, find_secrets
from engine.runtime.running_sections import Mode
from engine.runtime.surroundings import Surroundings
from scenarios.bot_file import as_problem, data_folder, load_bot
from scenarios.problem import ScenarioInvalid, UsageError

MODES: tuple[Mode, ...] = ("live", "testnet", "paper")
"""The most serious first."""
NAME_CHARS_MAX = 64
REASON_CHARS_MAX = 500


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Where a bot is found on this machine, as the options say."""

    config: Path
    data: Path | None
    keys: Path | None
    mode: Mode | None = None
    """With what it trades; unless given, the most serious of what it has traded with on this machine."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A bot, and what a person's machine has around it."""

    bot: BotConfig
    folder: Path
    surroundings: Surroundings

    def order(self, verb: Verb, *, by: str, reason: str) -> Control:
        """Return an order of a person, given now."""
        at_ns = self.surroundings.clock.wall_ns()
        return Control(bot=self.bot.bot, verb=verb, by=by, reason=reason, at_ns=at_ns)


def found_bot(where: Whereabouts) -> tuple[BotConfig, Path]:
    """Return a bot, without loading any code of its own, and its folder; raise `ScenarioInvalid`."""
    bot = load_bot(where.config, plugins=False)
    modes = MODES if where.mode is None else (where.mode,)
    bots = [bot.model_copy(update={"mode": mode}) for mode in modes]
    folders = [(one, data_folder(where.config, one, where.data)) for one in bots]
    there = [(one, folder) for one, folder in folders if folder.is_dir()]
    return (there or [found for found in folders if found[0].mode == bot.mode] or folders)[0]


def secrets_here(bot: BotConfig, who: str, keys: Path | None) -> Secrets:
    """Return the secrets that a process has here, and let none of them be written by it from now on.

    Raises:
        ScenarioInvalid: the file of keys is not to be used.
    """
    try:
        secrets = find_secrets(bot, who=who, environment=os.environ, file=keys, ask=ask_system_keyring)
    except ConfigRefused as refused:
        raise ScenarioInvalid([as_problem(mistake) for mistake in refused.mistakes]) from None
    guard_streams(secrets)
    return secrets


def guard_streams(secrets: Secrets) -> None:
    """Let nothing that this process prints from now on show a secret, not even the traceback that ends it."""
    sys.stdout, sys.stderr = map(secrets.redact.guard_stream, (sys.stdout, sys.stderr))


@asynccontextmanager
async def at_the_bot(where: Whereabouts, who: str, *, start_bus: bool = False) -> AsyncIterator[Session]:
    """Connect to a bot's bus for as long as the context lasts, without loading any code of the bot's own.

    Args:
        start_bus: start the bot's own bus where the bot has run and does not run now.

    Raises:
        ScenarioInvalid: the configuration or the file of keys has mistakes.
        UsageError: nobody has said where the bus is, it does not let us in, or it cannot be started.
    """
    from engine.runtime.real.borrowed_bus import borrowed_bus
    from engine.runtime.real.bus_address import BusNotFound, find_bus
    from engine.runtime.real.bus_connection import BusRefused
    from engine.runtime.real.bus_server_files import BusServerFailed
    from engine.runtime.real.clock import RealClock
    from engine.runtime.real.stand_ins import StandInsNotFound
    from engine.runtime.real.surroundings import real_surroundings

    bot, folder = found_bot(where)
    secrets = secrets_here(bot, who, where.keys)
    async with AsyncExitStack() as stack:
        try:
            address = find_bus(bot, folder, secrets)
            if start_bus:
                borrowed = await stack.enter_async_context(borrowed_bus(bot, folder, RealClock()))
                address = borrowed or address
            surroundings = await stack.enter_async_context(
                real_surroundings(bot, who, data=folder, secrets=secrets, bus=address)
            )
        except (BusNotFound, BusRefused, BusServerFailed, StandInsNotFound) as problem:
            raise UsageError(str(problem)) from None
        yield Session(bot=bot, folder=folder, surroundings=surroundings)


def operator_name(told: str | None) -> str:
    """Return who gives an order, asking at a terminal; raise `UsageError` when nobody says."""
    if not told and sys.stdin.isatty():
        sys.stderr.write("your name, which is stored with the order: ")
        sys.stderr.flush()
        told = sys.stdin.readline()
    name = (told or "").strip()
    if not name or len(name) > NAME_CHARS_MAX or not name.isprintable() or "|" in name:
        raise UsageError("nobody says who gives this order; say --by NAME, or set STORMPROOF_OPERATOR")
    return name


def stated_reason(told: str) -> str:
    """Return why an order is given, as it is stored; raise `UsageError` for a novel."""
    if len(told) > REASON_CHARS_MAX:
        raise UsageError(f"--reason has more than {REASON_CHARS_MAX} characters; say it shorter")
    return told.strip() or "no reason was given"
