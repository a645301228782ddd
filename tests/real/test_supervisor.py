"""The supervisor of real processes: what ends is started again, what refuses ends everything, nobody outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.runtime.real.clock import RealClock
from engine.runtime.real.supervisor import Child, ChildRefused, Supervisor
from engine.runtime.supervision import RestartBounds
from engine.services.duty import NS
from tests.real.bots import is_alive, until

BOUNDS = RestartBounds(first_ns=NS // 20, most_ns=NS // 5, window_ns=60 * NS, restarts_max=3)
FOLLOWS = "import sys; sys.stdin.read()"
"""Ends when its standard input does."""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"


def child(name: str, code: str) -> Child:
    return Child(name=name, command=(sys.executable, "-c", code), environment=os.environ)


def supervisor(told: list[str], *children: Child) -> Supervisor:
    return Supervisor(children, clock=RealClock(), bounds=BOUNDS, told=told.append)


def test_what_ends_is_started_again_ever_more_slowly_and_never_given_up(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    code = f"import sys; open({str(starts)!r}, 'a').write('x'); sys.exit(3)"
    told: list[str] = []

    async def story() -> None:
        running = supervisor(told, child("sick", code))
        task = asyncio.create_task(running.run())
        await until(lambda: starts.exists() and len(starts.read_text()) >= 6, within_s=20)
        assert await running.end(within_ns=5 * NS) == []
        await task

    asyncio.run(story())
    assert told[0] == "sick has ended (with 3); it is started again in 0.05 s"
    assert told[1].endswith("in 0.1 s")
    assert told[4] == "sick has ended (with 3); it fails again and again, and it is started again in 0.2 s"


def test_one_that_is_killed_is_started_again() -> None:
    told: list[str] = []

    async def story() -> None:
        running = supervisor(told, child("well", FOLLOWS))
        task = asyncio.create_task(running.run())
        await until(lambda: running.pids, within_s=10)
        first = running.pids["well"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: running.pids.get("well") not in (None, first), within_s=10)
        await running.end(within_ns=5 * NS)
        await task

    asyncio.run(story())
    assert told == ["well has ended (by SIGKILL); it is started again in 0.05 s"]


def test_one_that_refuses_to_begin_ends_everything() -> None:
    async def story() -> list[int]:
        running = supervisor([], child("well", FOLLOWS), child("refuses", "import sys; sys.exit(2)"))
        with pytest.raises(ExceptionGroup) as ended:
            await running.run()
        assert ended.group_contains(ChildRefused)
        pids = list(running.pids.values())
        await running.end(within_ns=5 * NS)
        return [pid for pid in pids if is_alive(pid)]

    assert asyncio.run(story()) == []


def test_one_that_does_not_end_in_time_is_killed() -> None:
    async def story() -> list[str]:
        running = supervisor([], child("deaf", STUBBORN))
        task = asyncio.create_task(running.run())
        await until(lambda: running.pids, within_s=10)
        await asyncio.sleep(1)  # until it is deaf
        late = await running.end(within_ns=NS // 5)
        await task
        return late

    assert asyncio.run(story()) == ["deaf"]


SUPERVISES = """
import asyncio
from tests.real.test_supervisor import FOLLOWS, child, supervisor

async def story():
    running = supervisor([], child("well", FOLLOWS))
    task = asyncio.create_task(running.run())
    while not running.pids:
        await asyncio.sleep(0.05)
    print(running.pids["well"], flush=True)
    await task

asyncio.run(story())
"""


def test_nobody_outlives_a_supervisor_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", SUPERVISES], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
        asyncio.run(until(lambda: not is_alive(pid), within_s=10))
    finally:
        parent.kill()
        parent.communicate()
