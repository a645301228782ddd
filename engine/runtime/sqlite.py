"""The durable store of one node: a SQLite journal in which everybody who waits shares one sync.

Two things make it safe. The pragmas: EXCLUSIVE locking comes *before* WAL, because a file system without shared
memory otherwise answers `delete` in silence, and the answer is asserted; `synchronous=FULL` makes a commit a sync.
And the order: `pace` (what the disk costs; nothing where the disk itself makes us wait) is awaited first, then the
whole transaction runs without giving up the loop. So a commit is durable at t + d, and a crash in between loses it
whole.

Of those who wait together (`engine.runtime.group_commit`) each has a savepoint of its own, so that one bad statement
fails its own caller and nobody else. A failed sync is treated as fatal to the connection: what the file holds is then
unknown until it is opened again.
"""

from collections.abc import Awaitable, Callable, Sequence

import apsw

from engine.ports.store import SqlValue, Statement, StoreUnavailable
from engine.runtime.group_commit import Commits, GroupCommit, Mistakes, no_pace


class SqliteStore:
    """Commits statements to one SQLite file and reads from it; see the module for what a commit means.

    Args:
        path: the database file; made when it does not exist.
        vfs: name of a registered apsw VFS, or None for the platform's own.
        pace: awaited before each transaction.

    Raises:
        StoreUnavailable: the file cannot be opened, another process holds it, or it cannot be journalled by WAL.
    """

    def __init__(self, path: str, *, vfs: str | None = None, pace: Callable[[], Awaitable[None]] = no_pace) -> None:
        self._path = path
        self._vfs = vfs
        self._line = GroupCommit(path, pace=pace)
        self._connection: apsw.Connection | None = self._open()

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Execute the statements in one transaction and return when it is durable.

        Raises:
            StoreUnavailable: the disk refused, the store is closed, or too many commits wait. Nothing was written.
            ValueError: a statement broke a constraint or is not SQL. Nothing of this commit was written.
        """
        await self._line.commit(statements, self._write)

    async def read(self, sql: str, parameters: tuple[SqlValue, ...] = ()) -> list[tuple[SqlValue, ...]]:
        """Answer a query from what is committed.

        Raises:
            StoreUnavailable: the file cannot be read, or the store is closed.
        """
        if self._line.closed:
            raise StoreUnavailable(f"{self._path} is closed")
        try:
            return list(self._connected().execute(sql, parameters))
        except (apsw.Error, OSError) as error:
            raise StoreUnavailable(f"{self._path} cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file; commits that still wait are refused. Closing twice does nothing."""
        self._line.close()
        self._disconnect()

    async def _write(self, group: Commits) -> Mistakes:
        """Write a group in one transaction; there is no await in here, so no crash can fall inside."""
        try:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            mistakes = [_execute(connection, statements) for statements in group]
            connection.execute("COMMIT")
        except (apsw.Error, OSError, StoreUnavailable) as error:
            self._disconnect()
            raise StoreUnavailable(f"{self._path} refused a commit: {error}") from error
        return mistakes

    def _connected(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _disconnect(self) -> None:
        """Let go of the file. What it holds is read again when somebody needs it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close(force=True)
            except (apsw.Error, OSError):
                return  # the disk that failed the commit fails the farewell too; there is nothing left to lose

    def _open(self) -> apsw.Connection:
        try:
            connection = apsw.Connection(self._path, vfs=self._vfs)
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchall()
            connection.execute("PRAGMA synchronous=FULL")
        except (apsw.Error, OSError) as error:
            raise StoreUnavailable(f"{self._path} cannot be opened: {error}") from error
        if mode != [("wal",)]:
            raise StoreUnavailable(
                f"{self._path} is journalled by {mode}, not by WAL: its file system cannot be trusted"
            )
        return connection


def _execute(connection: apsw.Connection, statements: Sequence[Statement]) -> ValueError | None:
    """Execute one caller's statements inside a savepoint; its own mistakes are returned, the disk's are raised."""
    connection.execute("SAVEPOINT mine")
    try:
        for sql, parameters in statements:
            connection.execute(sql, parameters)
    except (apsw.ConstraintError, apsw.SQLError, apsw.MismatchError, apsw.BindingsError) as error:
        connection.execute("ROLLBACK TO mine")
        connection.execute("RELEASE mine")
        return ValueError(f"the store refuses a statement: {error}")
    connection.execute("RELEASE mine")
    return None
