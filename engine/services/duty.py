"""What every component is: something that runs until it is told to stop, and can say how it feels.

A component is a few loops that live and die together. Two traps of asyncio are closed here, for all of them. A loop
that ends by itself would go unnoticed in a task group, so an end is an error (`LoopEnded`). And ccxt's `close()`
cancels the futures that others wait for, so a task may see a cancellation that nobody asked of *it*; a task group
takes such a task for done in silence. `asyncio.Task.cancelling()` tells the two apart: a stray one becomes
`CancelledByStranger`.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from engine.domain.errors import EngineError
from engine.domain.messages import Component, Status

T = TypeVar("T")
NS = 1_000_000_000


class LoopEnded(EngineError):
    """A loop that should run until it is cancelled has returned."""


class CancelledByStranger(EngineError):
    """Something that was awaited was cancelled by a third party; nobody asked this task to stop."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a component feels: it works (ok), or it runs and cannot do its job (degraded)."""

    status: Status
    detail: str = ""


WELL = Health(status=Status.OK)


class Duty(Protocol):
    """A component as a node runs it."""

    @property
    def component(self) -> Component:
        """Return which of the promised components this is part of."""
        ...

    async def run(self) -> None:
        """Do the work until cancelled; any other end is a failure."""
        ...

    def health(self) -> Health:
        """Say how it feels now, from what it has itself seen."""
        ...


@runtime_checkable
class Departing(Duty, Protocol):
    """A component that has something to finish before its process may end."""

    async def depart(self) -> None:
        """Begin nothing new, finish what is under way within a bound of its own, and hand over what others wait for;
        it still runs meanwhile.
        """
        ...


async def together(*loops: Coroutine[Any, Any, None]) -> None:
    """Run loops that live and die together, until cancelled.

    Raises:
        ExceptionGroup: as soon as one of them fails or ends; the others are cancelled first.
    """
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(forever(loop), name=_name(loop))


async def forever(loop: Coroutine[Any, Any, None]) -> None:
    """Await a loop that must not end; see the module for the two ends that are made visible.

    Raises:
        LoopEnded: it returned.
        CancelledByStranger: it was cancelled, and nobody asked this task to stop.
    """
    await unless_asked(loop)
    raise LoopEnded(f"{_name(loop)} has ended by itself")


async def unless_asked(work: Coroutine[Any, Any, None]) -> None:
    """Await work, and turn a cancellation that nobody asked of this task into `CancelledByStranger`."""
    try:
        await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise CancelledByStranger(f"{_name(work)} was cancelled by somebody else") from None


@asynccontextmanager
async def let_go(stream: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Close a stream when its reader is done with it, and not when somebody collects it some time later."""
    try:
        yield stream
    except GeneratorExit:
        raise  # the loop is gone: nothing can be awaited any more
    except BaseException:
        await _close(stream)
        raise
    await _close(stream)


async def _close(stream: object) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


def _name(work: Coroutine[Any, Any, None]) -> str:
    return str(getattr(work, "__qualname__", work))


async def pause(duration_ns: int) -> None:
    """Sleep for a time; nothing for zero and less."""
    if duration_ns > 0:
        await asyncio.sleep(duration_ns / NS)


async def heard(event: asyncio.Event, *, within_ns: int) -> bool:
    """Wait for an event for at most a time; tell whether it came. The event is left as it is."""
    if within_ns <= 0:
        return event.is_set()
    try:
        async with asyncio.timeout(within_ns / NS):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def unless_heard(event: asyncio.Event, work: Coroutine[Any, Any, T], *, patience_ns: int) -> T | None:
    """Await work that can be done again; give it up, with None, for an event once it has lasted that long.

    The event is left as it is.
    """
    either = asyncio.Event()
    working = asyncio.create_task(work)
    working.add_done_callback(lambda _: either.set())
    listening: asyncio.Task[Any] | None = None
    try:
        if not await heard(either, within_ns=patience_ns):
            listening = asyncio.create_task(event.wait())
            listening.add_done_callback(lambda _: either.set())
            await either.wait()
        return working.result() if working.done() else None
    finally:
        working.cancel()
        if listening is not None:
            listening.cancel()
