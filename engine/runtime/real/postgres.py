"""A store that several machines share: PostgreSQL by URL, with the same one line of commits before it as SQLite.

It is for what people ask about afterwards, never for the journal, because of one thing that no file has: when the
connection breaks in a commit, nobody here can tell whether it was made. It is then called unavailable, so only what may
be said twice belongs in here (`INSERT … ON CONFLICT DO NOTHING`).

Who writes for both stores writes SQL that both understand: BIGINT and DOUBLE PRECISION by name, `ON CONFLICT` instead
of `OR IGNORE`, no `rowid`. What is left of the difference is `in_postgres`: how parameters are marked, and a race that
a file cannot have.

A database that stands still must not hold anybody up longer than a bound, and cancelling a statement is no way out: it
is a request to the same server. So after the bound we hang up, and the connection reads its own end at once.
"""

import asyncio
import os
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from engine.ports.store import SqlValue, Statement, StoreUnavailable
from engine.runtime.group_commit import Commits, GroupCommit, Mistakes
from engine.services.duty import NS

T = TypeVar("T")
Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]
OWN_MISTAKES: Final = (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError)
"""What a statement did wrong itself; every other error is the database's."""
MAKING_LOCK: Final = 5_806_214_417
"""Number of the lock under which tables are made: two that make one at a time get in each other's way."""
_MARKS: Final = re.compile(r"'(?:[^']|'')*'|\?")
_GREETING: Final = (
    "SELECT current_setting('fsync'), set_config('statement_timeout', $1, false),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
    " ELSE current_setting('synchronous_commit') END, false)"
)


class PostgresStore:
    """Commits statements to a PostgreSQL database and reads from it; see the module for what a commit means.

    It connects when it is first used, and again whenever that was lost.

    Args:
        url: `postgresql://user:password@host:port/database`, with more hosts where a standby may take over; never told.
        within_ns: how long connecting, a transaction and a query may take each.

    Raises:
        StoreUnavailable: the URL is none.
    """

    def __init__(self, url: str, *, within_ns: int) -> None:
        self._url = url
        self._within_ns = within_ns
        self._name = _name_of(url)
        self._line = GroupCommit(self._name)
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Execute the statements in one transaction and return when it is durable.

        Raises:
            StoreUnavailable: the database cannot be reached, or broke off: it may be written, but for a full line.
            ValueError: a statement broke a constraint or is not SQL. Nothing of this commit was written.
        """
        await self._line.commit(statements, self._write)

    async def read(self, sql: str, parameters: tuple[SqlValue, ...] = ()) -> list[tuple[SqlValue, ...]]:
        """Answer a query from what is committed.

        Raises:
            StoreUnavailable: the database cannot be asked, or the store is closed.
        """
        if self._line.closed:
            raise StoreUnavailable(f"{self._name} is closed")

        async def ask(connection: Connection) -> list[tuple[SqlValue, ...]]:
            return await (await connection.execute(*in_postgres(sql, parameters))).fetchall()

        return await self._in_turn(ask)

    async def close(self) -> None:
        """Hang up; commits that still wait are refused. Closing twice does nothing."""
        self._line.close()
        await self._disconnect()

    async def _write(self, group: Commits) -> Mistakes:
        return await self._in_turn(lambda connection: _write(connection, group))

    async def _in_turn(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do work on the one connection, within the bound; a connection that failed is let go of."""
        async with self._turn:
            try:
                connection = await self._connected()
                bound = asyncio.get_running_loop().call_later(self._within_ns / NS, _hang_up, connection)
                try:
                    return await work(connection)
                finally:
                    bound.cancel()
            except (psycopg.Error, OSError, TimeoutError, ValueError) as error:
                await self._disconnect()
                raise StoreUnavailable(f"{self._name} cannot be used: {_said(error)}") from error
            except BaseException:
                await self._disconnect()
                raise

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            async with asyncio.timeout(self._within_ns / NS):
                self._connection = await _connect(self._url, within_ns=self._within_ns)
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def in_postgres(sql: str, parameters: tuple[SqlValue, ...]) -> tuple[bytes, tuple[SqlValue, ...]]:
    """Return a statement as PostgreSQL has it: `?` outside of quotes becomes `$1`, `$2`, ….

    Raises:
        ValueError: there are more marks than parameters, or fewer.
    """
    count = 0

    def numbered(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    translated = _MARKS.sub(numbered, sql)
    if count != len(parameters):
        raise ValueError(f"the store refuses a statement: {count} marks and {len(parameters)} parameters")
    return translated.encode(), parameters


async def _connect(url: str, *, within_ns: int) -> Connection:
    """Open a connection to a server that writes, and that syncs what it says is written."""
    known = conninfo_to_dict(url)
    connection = await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        prepare_threshold=None,  # a pooler in between may hand each transaction to another session
        cursor_factory=psycopg.AsyncRawCursor,
        target_session_attrs=known.get("target_session_attrs", "read-write"),
        application_name=known.get("application_name", "stormproof"),
        tcp_user_timeout=within_ns // 1_000_000,
        keepalives_idle=max(1, within_ns // NS),
    )
    try:
        await _greet(connection, within_ns=within_ns)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _greet(connection: Connection, *, within_ns: int) -> None:
    """Bound what the server does for us, and have it sync; raise `OperationalError` for one that does not."""
    answer = await connection.execute(_GREETING, (str(within_ns // 1_000_000),))
    if (await answer.fetchall())[0][0] != "on":
        raise psycopg.OperationalError("the server runs with fsync = off: what it stores may be lost")


async def _write(connection: Connection, group: Commits) -> Mistakes:
    """Write a group as if nobody in it were mistaken, in one go; if somebody is, again with a savepoint for each."""
    try:
        async with connection.transaction(), connection.pipeline():
            for statements in group:
                await _execute(connection, statements)
    except (*OWN_MISTAKES, ValueError):
        async with connection.transaction():
            return [await _mistake(connection, statements) for statements in group]
    return [None] * len(group)


async def _mistake(connection: Connection, statements: Sequence[Statement]) -> ValueError | None:
    """Write one caller's statements, or none of them, and return what is wrong with them."""
    try:
        async with connection.transaction():
            await _execute(connection, statements)
    except OWN_MISTAKES as error:
        return ValueError(f"the store refuses a statement: {_said(error)}")
    except ValueError as error:
        return error
    return None


async def _execute(connection: Connection, statements: Sequence[Statement]) -> None:
    for sql, parameters in statements:
        if sql.startswith("CREATE"):
            await connection.execute("SELECT pg_advisory_xact_lock($1::bigint)", (MAKING_LOCK,))
        await connection.execute(*in_postgres(sql, parameters))


def _hang_up(connection: Connection) -> None:
    """End a connection at its socket, so that who waits for it reads its end; the number stays taken until then."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
    except (psycopg.Error, OSError):
        return  # it has ended by itself


def _name_of(url: str) -> str:
    """Return what may be told of a URL."""
    try:
        known = conninfo_to_dict(url)
    except psycopg.Error:
        raise StoreUnavailable(
            "the address of a database is none; write postgresql://user:password@host:port/name"
        ) from None
    return f"the database {known.get('dbname', '')} at {known.get('host', 'this machine')}:{known.get('port', 5432)}"


def _said(error: BaseException) -> str:
    """Return one line of what an error says."""
    return " ".join(str(error).split()) or "no answer in time"
