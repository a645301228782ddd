"""The books of a bot whose bus cannot be reached, as the disk of this machine has them: a copy for whoever kills it.

A hung engine keeps its journal locked, so the files are read as bytes: the journal, and the log beside it that holds
its last transactions. What was copied while a live engine wrote may be torn, so it is copied again until nothing has
changed meanwhile, and then examined.
"""

import shutil
from pathlib import Path

import apsw

from engine.runtime.config import BotConfig

FILE = "execution.sqlite"
TRIES_MAX = 5


def copy_books(config: BotConfig, data: Path, who: str) -> Path | None:
    """Copy the newest journal of this machine's executors to a folder of one's own; None when there is none to use."""
    there = [data / node / FILE for node in config.nodes_running("execution", cold=True)]
    mine = data / who / FILE
    for journal in sorted(filter(Path.is_file, there), key=_changed_ns, reverse=True):
        mine.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(_copied(journal, mine) for _ in range(TRIES_MAX)):
            return journal
    return None


def _changed_ns(journal: Path) -> int:
    return max(changed_ns for _, changed_ns in _state(journal))


def _state(journal: Path) -> list[tuple[int, int]]:
    """Return size and last change of a journal and of its log."""
    found = (file.stat() for file in (journal, _log_of(journal)) if file.is_file())
    return [(one.st_size, one.st_mtime_ns) for one in found]


def _copied(journal: Path, mine: Path) -> bool:
    """Copy a journal with its log; tell whether what was copied is of one moment, and whole."""
    try:
        before = _state(journal)
        for file in (_log_of(mine), mine.with_name(f"{mine.name}-shm")):
            file.unlink(missing_ok=True)
        shutil.copyfile(journal, mine)
        if _log_of(journal).is_file():
            shutil.copyfile(_log_of(journal), _log_of(mine))
        connection = apsw.Connection(str(mine))
        try:
            whole = connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        finally:
            connection.close()
        return whole and _state(journal) == before
    except (OSError, apsw.Error):
        return False


def _log_of(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}-wal")
