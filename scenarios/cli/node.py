"""`node`: one node of a bot in this process, until it is told to end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.domain.errors import EngineError
from engine.runtime.config import BotConfig
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.real.bus import BusRefused
from engine.runtime.real.bus_address import BusNotFound
from engine.runtime.real.data_folder import FolderRefused
from engine.runtime.real.health import serve_health
from engine.runtime.real.keys import Secrets, ask_system_keyring, find_secrets
from engine.runtime.real.log_file import LogFile
from engine.runtime.real.process import run_process
from engine.runtime.real.stand_ins import StandInsNotFound
from scenarios.bot_file import data_folder, load_bot
from scenarios.cli.mode import in_mode
from scenarios.problem import UsageError

REFUSALS: tuple[type[EngineError], ...] = (BusRefused, BusNotFound, FolderRefused, StandInsNotFound)
"""Why a node may not begin, each told in one sentence with its remedy."""


def run_and_serve(
    name: str,
    config: Path,
    *,
    data: Path | None,
    keys: Path | None,
    live: bool,
    testnet: bool,
    terse: bool,
    bound: bool,
) -> int:
    """Run a node until it was told to end; raise `UsageError` where it may not begin."""
    bot = in_mode(load_bot(config), live=live, testnet=testnet)
    if name not in bot.nodes:
        raise UsageError(f"{name}: there is no such node; name one of {', '.join(bot.nodes)}")
    folder = data_folder(config, bot, data)
    log = LogFile(folder / name / "log.jsonl", stream=sys.stderr, terse=terse)
    try:
        secrets = find_secrets(bot, who=name, environment=os.environ, file=keys, ask=ask_system_keyring)
        _run(name, bot, folder, secrets, log, bound=bound)
    except ConfigRefused as refused:
        raise UsageError(str(refused)) from refused
    except REFUSALS as refused:
        raise UsageError(str(refused)) from refused
    finally:
        log.close()
    return 0


def _run(name: str, bot: BotConfig, folder: Path, secrets: Secrets, log: LogFile, *, bound: bool) -> None:
    sys.stderr = secrets.redact.guard_stream(sys.stderr)  # a traceback that ends the process shows values too
    run_process(
        name,
        bot,
        data=folder,
        secrets=secrets,
        log_line=secrets.redact.guard(log),
        beside=(serve_health,) if bot.health is not None else (),
        bound=bound,
    )
