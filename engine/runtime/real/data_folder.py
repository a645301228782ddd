"""The folder in which one node of a real bot keeps its books: claimed by one process, and looked at before it is used.

What is wrong with it is told in one sentence with the remedy, before the engine starts: on a journal that cannot be
read, or a disk that is nearly full, it would trade on a guess, or stop at its first order.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from engine.domain.errors import EngineError

FREE_BYTES_MIN = 64 * 1024 * 1024
"""With less than this free, nothing is started: a day of journal and log would fill the disk under an open position."""
LOOKED_THROUGH_BYTES_MAX = 256 * 1024 * 1024
"""A larger journal is only opened: looking through all of it would hold up a start for long."""


class FolderRefused(EngineError):
    """A data folder cannot be used as it is; says what to do."""


@contextmanager
def claimed_folder(data: Path, node: str) -> Iterator[Path]:
    """Hold the folder of a node for one process, and hand it out.

    Raises:
        FolderRefused: it cannot be made or written, another process has it, its disk is nearly full, or one of its
            journals is no journal.
    """
    folder = data / node
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        why = (error.strerror or "failed").lower()
        raise FolderRefused(f"{folder} cannot be used: {why}; name a folder with --data that can be written") from None
    try:
        _hold(lock, folder, node)
        _check_room(folder)
        for journal in sorted(folder.glob("*.sqlite")):
            _check_journal(journal)
        yield folder
    finally:
        os.close(lock)


def _hold(lock: int, folder: Path, node: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
        told = f"{node} already runs on {folder} (process {holder}); end that one first, or name another --data"
        raise FolderRefused(told) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        told = f"the disk of {folder} has {free // 2**20} MB left, and {FREE_BYTES_MIN // 2**20} are needed"
        raise FolderRefused(f"{told}; make room, or name another --data")


def _check_journal(journal: Path) -> None:
    """Look through a journal as far as its size allows; what a crash left half done, SQLite has undone by then."""
    try:
        connection = apsw.Connection(str(journal))
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            whole = journal.stat().st_size <= LOOKED_THROUGH_BYTES_MAX
            found = connection.execute("PRAGMA quick_check(1)" if whole else "PRAGMA schema_version").fetchall()
        finally:
            connection.close()
    except (apsw.Error, OSError) as error:
        found = [(str(error),)]
        whole = True
    if whole and found != [("ok",)]:
        told = f"{journal} is damaged ({found[0][0] if found else 'it is empty'})"
        remedy = "put back a copy, or make the accounts flat and move the file away: it will be written anew"
        raise FolderRefused(f"{told}; {remedy}")
