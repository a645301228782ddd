"""The stand-ins as `live` sees them: a process that says where everything is, and must not end before it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import msgspec

from engine.runtime.real.stand_ins import StandIns
from engine.runtime.real.supervisor import ChildRefused

READY_S_MAX = 120.0
"""How long it may take until every market has a price."""
END_S_MAX = 5.0
LINE_BYTES_MAX = 1 << 20


class StandInsProcess:
    """Runs for as long as the context lasts.

    Args:
        config: the bot's file, whose markets are followed.
        balances: what the account begins with at each venue.
        pages_to: where pages go that nobody else is to get.
    """

    def __init__(self, config: Path, balances: Mapping[str, str], *, pages_to: Path | None) -> None:
        told = {"config": str(config), "balances": dict(balances), "pages_to": str(pages_to) if pages_to else None}
        self._spec = msgspec.json.encode(told).decode()
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> StandIns:
        """Start it, and return where the real hosts are dialled; raise `ChildRefused` when it cannot stand in."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "scenarios.live.stand_ins",
            self._spec,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
            start_new_session=True,  # an interrupt from the keyboard is for the supervisor
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(READY_S_MAX):
                line = await self._process.stdout.readline()
        except BaseException:
            await self._end()
            raise
        if not line:
            await self._end()
            raise ChildRefused("the stand-in for the exchanges")
        ready = json.loads(line)
        return StandIns(**ready)

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Have the end of the process told, unless the context ends first."""
        assert self._process is not None
        process = self._process

        async def watch() -> None:
            await process.wait()
            tell()

        self._watching = asyncio.create_task(watch(), name="stand-ins")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
        await self._end()

    async def _end(self) -> None:
        """End it; it keeps nothing that could be lost."""
        process = self._process
        assert process is not None
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(END_S_MAX):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
