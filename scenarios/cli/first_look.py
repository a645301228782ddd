"""What `live` asks the venues before real money moves: whether they take the keys, and whether what is wanted can be.

A bot that has never traded on this machine is not started on a key that is refused, or at a venue that does not answer:
a person is there, and reads why. One that has is started all the same: its positions at the other venues need it, and
the engine itself enters nothing where a key is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from engine.runtime.config import BotConfig
from engine.runtime.real.findings import Finding, Grade
from engine.runtime.real.keys import ask_system_keyring, find_secrets
from engine.runtime.real.surroundings import real_surroundings
from engine.runtime.real.venue_check import venue
from engine.services.duty import let_go
from scenarios.problem import UsageError

NAME = "supervisor"


async def look(bot: BotConfig, folder: Path, keys: Path | None, *, told: Callable[[str], None]) -> None:
    """Tell what the venues would refuse; raise `UsageError` over it where the bot has never traded here."""
    keyring = {
        who: find_secrets(bot, who=who, environment=os.environ, file=keys, ask=ask_system_keyring)
        for who in bot.nodes_running("execution")
    }
    failed: list[Finding] = []
    async with real_surroundings(bot, NAME, data=folder) as around:
        for name in bot.venues:
            async with let_go(venue(bot, name, keyring, around)) as findings:
                failed += [finding async for finding in findings if finding.grade is Grade.FAIL]
    lines = [f"{finding.check}: {finding.said}; {finding.remedy}" for finding in failed]
    if failed and not has_traded(bot, folder):
        raise UsageError("\n".join([*lines, "nothing was started; `stormproof doctor` looks at everything"]))
    for line in lines:
        told(line)


def has_traded(bot: BotConfig, folder: Path) -> bool:
    """Tell whether an executor of this bot has kept a journal here."""
    return any((folder / name / "execution.sqlite").exists() for name in bot.nodes_running("execution", cold=True))
