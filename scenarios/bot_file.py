"""A bot's configuration as a person names it on the command line: read, checked, and told with its lines.

The checks are the engine's, which reads values and knows no files; here each mistake gets the line at which it stands.
"""

from __future__ import annotations

from pathlib import Path

from engine.runtime.config import BotConfig, bot_config
from engine.runtime.mistakes import ConfigRefused, Mistake
from scenarios.document import Document, read_document
from scenarios.problem import Problem, ScenarioInvalid


def load_bot(path: Path, *, plugins: bool = True) -> BotConfig:
    """Return the configuration in a file.

    Args:
        plugins: False loads no code of the bot's own: a kill must not fail on a strategy that does not load.

    Raises:
        ScenarioInvalid: with every mistake at once.
    """
    document = read_document(path)
    bot = checked_bot(document, plugins=plugins)
    if document.problems or bot is None:
        raise ScenarioInvalid(document.problems)
    return bot


def checked_bot(document: Document, *, plugins: bool = True) -> BotConfig | None:
    """Return the configuration in a document; note every mistake in it and return None where there is one."""
    try:
        return bot_config(document.values, folder=document.path.parent, plugins=plugins)
    except ConfigRefused as refused:
        for mistake in refused.mistakes:
            key = f"{mistake.path[-1]}: " if mistake.path else ""
            document.complain(mistake.path, f"{key}{mistake.problem}", mistake.remedy)
        return None


def data_folder(config: Path, bot: BotConfig, told: Path | None) -> Path:
    """Return where a bot keeps its data on this machine: where a person says, or beside its configuration.

    Each mode has a folder of its own there, so that what was traded with play money is never taken for real.
    """
    return (told if told is not None else config.resolve().parent / "data" / bot.bot) / bot.mode


def as_problem(mistake: Mistake) -> Problem:
    """Return a mistake that stands in no file of ours, such as one of a file of keys."""
    return Problem(where=".".join(map(str, mistake.path)), what=mistake.problem, remedy=mistake.remedy)
