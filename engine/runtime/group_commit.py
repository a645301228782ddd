"""Group commit: who wants something written waits in one line, and all that has gathered shares one transaction.

What makes a commit dear is the sync at its end, or the way to a server, and both cost the same for many rows as for
one. While one group is written, the next gathers. A caller's own mistake fails that caller and nobody else; what fails
the transaction fails everybody in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.ports.store import Statement, StoreUnavailable

WAITING_MAX = 10_000
"""Commits that may wait for one store at once; more means that it is gone, and callers are told so."""
GROUP_MAX = 256
"""Commits that share one transaction, so that one sync never holds up a crowd for long."""

Commits: TypeAlias = Sequence[Sequence[Statement]]
Mistakes: TypeAlias = Sequence[ValueError | None]
"""What each commit of a group did wrong, None where it was written."""
Write: TypeAlias = Callable[[Commits], Awaitable[Mistakes]]
"""Writes a group in one transaction; raises `StoreUnavailable` when nothing was written."""


async def no_pace() -> None:
    """Wait for nothing: the store itself makes a commit wait."""


@dataclass(slots=True)
class _Waiting:
    statements: Sequence[Statement]
    done: asyncio.Future[None] = field(repr=False)


class GroupCommit:
    """The line before one store.

    Args:
        name: what the store is called in errors.
        pace: awaited before each group; an OSError of it refuses all who wait.
    """

    def __init__(self, name: str, *, pace: Callable[[], Awaitable[None]] = no_pace) -> None:
        self._name = name
        self._pace = pace
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Tell whether nothing is taken any more."""
        return self._closed

    async def commit(self, statements: Sequence[Statement], write: Write) -> None:
        """Have statements written, and return when they are durable.

        Args:
            write: how the store writes a group. It is handed over each time and not kept, so that a store that nobody
                holds any more lets go of its file at once.

        Raises:
            StoreUnavailable: the store refused, is closed, or too many commits wait.
            ValueError: a statement broke a constraint or is not SQL. Nothing of this commit was written.
        """
        if self._closed:
            raise StoreUnavailable(f"{self._name} is closed")
        if len(self._waiting) >= WAITING_MAX:
            raise StoreUnavailable(f"{WAITING_MAX} commits to {self._name} already wait")
        mine = _Waiting(statements, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_while_somebody_waits(write), name="store-writer")
        await mine.done

    def close(self) -> None:
        """Refuse who waits, and take nothing any more. Closing twice does nothing."""
        self._closed = True
        self._refuse_waiting(f"{self._name} was closed before the commit")

    async def _write_while_somebody_waits(self, write: Write) -> None:
        while self._waiting:
            try:
                await self._pace()
            except OSError as error:
                self._refuse_waiting(f"{self._name} refused a commit: {error}")
                return
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            await self._settle(group, write)

    async def _settle(self, group: list[_Waiting], write: Write) -> None:
        """Have a group written, and tell each caller what became of its part."""
        try:
            mistakes = await write([waiting.statements for waiting in group])
        except StoreUnavailable as error:
            _refuse(group, error)
            return
        for waiting, mistake in zip(group, mistakes, strict=True):
            if waiting.done.done():
                continue  # its caller was cancelled meanwhile
            if mistake is not None:
                waiting.done.set_exception(mistake)
            else:
                waiting.done.set_result(None)

    def _refuse_waiting(self, why: str) -> None:
        waiting, self._waiting = self._waiting, []
        _refuse(waiting, StoreUnavailable(why))


def _refuse(group: list[_Waiting], error: StoreUnavailable) -> None:
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(error)
