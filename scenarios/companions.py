"""The files that a scenario names: the bot's own configuration and recorded candles, checked with it.

Each is checked by its owner's rules (the engine's for the bot, the market's for candles) and told in the scenario's
way: file, line, what, what to do. A path is relative to the file it is written in.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from engine.runtime.config import BotConfig
from scenarios.bot_file import checked_bot
from scenarios.document import Document, Keys, read_document, shown_path
from scenarios.problem import Problem, ScenarioInvalid
from simulator.market.recording import RecordingError
from simulator.market.replays import open_replay


def read_bot(document: Document, *, plugins: bool = True) -> BotConfig | None:
    """Read the configuration of a scenario's bot; note every mistake in it and return None where there is one.

    Without `plugins` no code of the bot's own is loaded, as by whoever must kill it.
    """
    written = document.values.get("bot")
    if not isinstance(written, str):
        return None
    path = (document.path.parent / written).resolve()
    if not path.is_file():
        document.complain(("bot",), f"there is no bot at {shown_path(path)}", "correct the path")
        return None
    try:
        bot = read_document(path)
    except ScenarioInvalid as error:
        document.problems += error.problems
        return None
    config = checked_bot(bot, plugins=plugins)
    document.problems += bot.problems
    return config


def read_replays(document: Document, *, needed_ns: int, tick_ns: int) -> dict[str, Path]:
    """Return the recorded file of every replayed market, noting those that cannot be replayed for `needed_ns`."""
    replays: dict[str, Path] = {}
    for symbol, written in _written_replays(document.values):
        keys: Keys = ("world", "markets", symbol, "replay")
        path = (document.path.parent / written).resolve()
        if not path.is_file():
            document.complain(keys, f"there is no recorded file {shown_path(path)}", "correct the path")
            continue
        replays[symbol] = path
        try:
            open_replay(path, need_ns=needed_ns, tick_ns=tick_ns, random=random.Random(0))
        except RecordingError as error:
            document.problems.append(_told(error))
    return replays


def _written_replays(values: dict[str, Any]) -> list[tuple[str, str]]:
    world = values.get("world")
    markets = world.get("markets") if isinstance(world, dict) else None
    found = []
    for symbol, market in markets.items() if isinstance(markets, dict) else ():
        if isinstance(market, dict) and isinstance(market.get("replay"), str):
            found.append((symbol, market["replay"]))
    return found


def _told(error: RecordingError) -> Problem:
    shown = shown_path(Path(error.path))
    return Problem(
        where=f"{shown}:{error.line}" if error.line is not None else shown, what=error.problem, remedy=error.remedy
    )
