"""`kill`: everything that the bot manages is closed from a process of its own, whatever its engine does.

    0  every venue is flat, nothing of the bot rests, and no engine trades before a person re-arms
    1  something is left, or an engine that starts would not know that the bot was killed

It needs the configuration and keys. Without the bus it goes by the books that the disk of this machine has; without
either it cancels what carries the bot's name. Whatever it meets, it goes on for as long as the configuration says.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

from engine.domain.codec import to_json
from engine.domain.errors import BusUnavailable, EngineError
from engine.recovery.kill import KillReport
from engine.runtime.config import BotConfig
from engine.runtime.kill import kill
from engine.runtime.mistakes import ConfigRefused
from engine.runtime.node import check_secrets
from engine.runtime.real.books_at_hand import copy_books
from engine.runtime.real.borrowed_bus import borrowed_bus
from engine.runtime.real.bus_address import BusAddress, BusNotFound, find_bus
from engine.runtime.real.bus_connection import BusRefused
from engine.runtime.real.bus_server_files import BusServerFailed
from engine.runtime.real.clock import RealClock
from engine.runtime.real.keys import Secrets
from engine.runtime.real.log_file import LogFile
from engine.runtime.real.surroundings import real_surroundings
from engine.runtime.surroundings import Surroundings
from engine.services.leadership import lease_name
from scenarios.bot_file import as_problem
from scenarios.cli.bot_session import Whereabouts, found_bot, operator_name, secrets_here, stated_reason
from scenarios.problem import ScenarioInvalid

DONE, NOT_DONE = 0, 1
NS = 1_000_000_000
WHO = "kill"
NOWHERE = BusAddress(urls=("nats://127.0.0.1:1",))
"""Where no bus is: one that cannot be found is one that does not answer."""


def kill_and_tell(where: Whereabouts, *, by: str | None, reason: str, as_json: bool) -> int:
    """Kill a bot, and tell what came of it; return 0, or 1 when a person must still do something."""
    name, why = operator_name(by), stated_reason(reason)
    bot, folder = found_bot(where)
    secrets = secrets_here(bot, WHO, where.keys)
    sys.stderr.write(f"killing {bot.bot} ({bot.mode}) for at most {bot.kill.give_up_after_ns // NS} s\n")
    try:
        if bot.mode != "paper":  # whose keys are with what it plays at
            check_secrets(("execution",), bot, secrets)
        report = asyncio.run(_kill(bot, folder, secrets, by=name, reason=why))
    except ConfigRefused as refused:
        raise ScenarioInvalid([as_problem(mistake) for mistake in refused.mistakes]) from None
    except EngineError as problem:
        if as_json:
            sys.stdout.write(json.dumps({"bot": bot.bot, "done": False, "problem": str(problem)}) + "\n")
        sys.stderr.write(f"NOT killed: {problem}\n")
        return NOT_DONE
    return _tell(report, bot, as_json=as_json)


async def _kill(bot: BotConfig, folder: Path, secrets: Secrets, *, by: str, reason: str) -> KillReport:
    async with AsyncExitStack() as stack:
        with suppress(OSError):  # a disk that takes nothing keeps no position open
            (folder / WHO).mkdir(mode=0o700, parents=True, exist_ok=True)
        log = LogFile(folder / WHO / "log.jsonl", stream=sys.stderr, terse=True)
        stack.callback(log.close)
        write = secrets.redact.guard(log)
        address = await _bus(bot, folder, secrets, stack, write)
        around = partial(real_surroundings, bot, WHO, data=folder, secrets=secrets, log_line=write)
        try:
            surroundings = await stack.enter_async_context(around(bus=address))
        except BusRefused as problem:
            write(_line("bus_not_used", problem=str(problem)))
            surroundings = await stack.enter_async_context(around(bus=NOWHERE))
        if not await _answers(bot, surroundings):
            journal = copy_books(bot, folder, WHO)
            write(_line("books_of_this_machine", journal=str(journal) if journal is not None else "none"))
        return await kill(bot, surroundings, by=by, reason=reason)


async def _bus(
    bot: BotConfig, folder: Path, secrets: Secrets, stack: AsyncExitStack, write: Callable[[str], None]
) -> BusAddress:
    """Return where the bus is, started if it must be; whatever is wrong with it keeps no position open."""
    try:
        started = await stack.enter_async_context(borrowed_bus(bot, folder, RealClock()))
        return started or find_bus(bot, folder, secrets)
    except (BusServerFailed, BusNotFound) as problem:
        write(_line("bus_not_found", problem=str(problem)))
        return NOWHERE


async def _answers(bot: BotConfig, surroundings: Surroundings) -> bool:
    try:
        await surroundings.bus.get(lease_name(bot.bot))
    except BusUnavailable:
        return False
    return True


def _line(event: str, **fields: str) -> str:
    return json.dumps({"event": event, "level": "warning", "node": WHO, **fields})


def _tell(report: KillReport, bot: BotConfig, *, as_json: bool) -> int:
    done = report.flat and report.latched_on_bus
    if as_json:
        sys.stdout.write(json.dumps({**json.loads(to_json(report)), "done": done}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(_told(report, bot)) + "\n")
    return DONE if done else NOT_DONE


def _told(report: KillReport, bot: BotConfig) -> list[str]:
    took_s = report.took_ns / NS
    if report.flat:
        lines = [f"{report.bot} is flat: nothing is held, and nothing of it rests, at {', '.join(bot.venues)}"]
    else:
        lines = [f"{report.bot} is NOT flat:"]
    for left in report.left:
        orders = f", orders {', '.join(left.orders)}" if left.orders else ""
        lines.append(f"  {left.venue} {left.instrument}: {left.position}{orders}: {left.problem}")
    if report.left:
        lines.append("  say kill again, or close it at the venue's own website")
    if not report.latched_on_bus:
        lines.append("it is NOT latched on the bus, and an engine that starts would trade: start none before")
        lines.append("  `stormproof kill` was done with the bus there")
    elif report.flat:
        lines.append("nothing is traded before `stormproof rearm`")
    return [*lines, f"it took {took_s:.1f} s"]
