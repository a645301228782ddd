"""With what a bot trades: play money unless two things say otherwise, the command and, for real money, the file too."""

from __future__ import annotations

import os
import sys

from engine.runtime.config import BotConfig
from engine.venues import TESTNETS
from scenarios.problem import UsageError

CONFIRMED_BY = "STORMPROOF_LIVE"
"""Holds the bot's name where nobody is there to type it."""


def in_mode(bot: BotConfig, *, live: bool, testnet: bool) -> BotConfig:
    """Return a bot that trades as the command says; raise `UsageError` where it must not."""
    if live and testnet:
        raise UsageError("--live and --testnet: say one of them")
    if testnet and (without := [name for name in bot.venues if name not in TESTNETS]):
        raise UsageError(f"--testnet: {', '.join(without)} has no test network; leave it out, or trade on paper")
    if live:
        _confirm(bot)
    return bot.model_copy(update={"mode": "live" if live else "testnet" if testnet else "paper"})


def _confirm(bot: BotConfig) -> None:
    if bot.mode != "live":
        raise UsageError(f"--live: the file says `mode: {bot.mode}`; write `mode: live` there when real money is meant")
    said = os.environ.get(CONFIRMED_BY)
    if said is None and sys.stdin.isatty():
        sys.stderr.write(f"{bot.bot} is to trade REAL MONEY. Type its name to go on: ")
        sys.stderr.flush()
        said = sys.stdin.readline().strip()
    if said != bot.bot:
        what = "nobody has confirmed it" if said is None else f"{said!r} is not the bot's name"
        raise UsageError(f"--live: {what}; type {bot.bot}, or set {CONFIRMED_BY}={bot.bot}. Nothing was started")
