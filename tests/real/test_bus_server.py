"""A bus of our own: what it must not be started on, what becomes of it, and what nobody may read of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from engine.ports.bus import BusUnavailable
from engine.runtime.real.bus import BusRefused, open_bus
from engine.runtime.real.bus_server import BusServer, BusServerFailed, ServerBounds
from engine.runtime.real.bus_server_files import read_port
from engine.runtime.real.clock import RealClock
from engine.runtime.real.nats_binary import find_server

NS = 1_000_000_000
TOKEN = 'a "token" with $igns and \\ in it'
WITHIN_S = 10


def server(folder: Path, *, token: str = TOKEN, port: int = 0, binary: str | None = None, **more: object) -> BusServer:
    return BusServer(folder, token=token, clock=RealClock(), port=port, binary=binary, **more)  # type: ignore[arg-type]


async def stored(url: str, *, token: str | None = TOKEN) -> list[bytes]:
    """Store one message more, and return all that are stored."""
    async with open_bus([url], token=token, name="test", space="bot", clock=RealClock()) as bus:
        known = [message.data async for message in bus.history("order.a")]
        await bus.enqueue("order.a", b"%d" % len(known), message_id=str(len(known)))
        return [message.data async for message in bus.history("order.a")]


async def refused(starting: Callable[[], BusServer]) -> str:
    """Return why a server was not started."""
    with pytest.raises(BusServerFailed) as problem:
        async with starting():
            pass
    return str(problem.value)


async def until(happened: Callable[[], object], *, within_s: float = WITHIN_S) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110  # another process makes it happen
            await asyncio.sleep(0.02)


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def shown(pid: int | None, name: str) -> bytes:
    """Return what everybody can see of a process."""
    return Path(f"/proc/{pid}/{name}").read_bytes()


def test_what_is_stored_outlives_the_server(tmp_path: Path) -> None:
    async def story() -> None:
        for number in range(3):
            async with server(tmp_path / "bus") as running:
                assert await stored(running.url) == [b"%d" % n for n in range(number + 1)]

    asyncio.run(story())


def test_the_token_is_needed_and_stands_in_no_command_line_and_no_file_that_others_can_read(tmp_path: Path) -> None:
    async def story() -> None:
        async with server(tmp_path / "bus") as running:
            for wrong in ("wrong", None):
                with pytest.raises(BusRefused, match="does not accept our token"):
                    await stored(running.url, token=wrong)
            assert TOKEN.encode() not in shown(running.pid, "cmdline")
            assert TOKEN.encode() not in shown(running.pid, "environ")
        for file in (tmp_path / "bus").rglob("*"):
            if file.is_file() and "igns and" in file.read_text(errors="replace"):
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "bus").stat().st_mode) == 0o700

    asyncio.run(story())


def test_it_syncs_what_it_confirms(tmp_path: Path) -> None:
    async def story() -> None:
        async with server(tmp_path / "bus"):
            assert "sync_interval: always" in (tmp_path / "bus" / "server.conf").read_text()

    asyncio.run(story())


def test_a_folder_is_used_by_one_at_a_time(tmp_path: Path) -> None:
    async def story() -> None:
        async with server(tmp_path / "bus"):
            quick = ServerBounds(end_within_ns=NS // 2)
            assert "in use by another server" in await refused(lambda: server(tmp_path / "bus", bounds=quick))

    asyncio.run(story())


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with server(tmp_path / "one") as running:
            port = int(running.url.rpartition(":")[2])
            assert "address already in use" in await refused(lambda: server(tmp_path / "two", port=port))

    asyncio.run(story())


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'nats-server: v2.9.3'", "too old"),
        ("echo 'nothing of the kind'", "no nats-server"),
        ("case $1 in --version) echo 'nats-server: v2.15.1';; *) exit 7;; esac", "ended at its start"),
        ("case $1 in --version) echo 'nats-server: v2.15.1';; *) exec sleep 60;; esac", "did not come up"),
    ],
)
def test_a_server_that_is_none_or_too_old_is_told(tmp_path: Path, script: str, told: str) -> None:
    binary = tmp_path / "nats-server"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o700)
    quick = ServerBounds(start_within_ns=NS)

    assert told in asyncio.run(refused(lambda: server(tmp_path / "bus", binary=str(binary), bounds=quick)))


def test_a_server_that_is_missing_is_told_with_what_to_do(tmp_path: Path) -> None:
    message = asyncio.run(refused(lambda: server(tmp_path / "bus", binary=str(tmp_path / "nowhere"))))

    assert "bus.server is" in message
    assert "set bus.url" in message


def test_data_of_a_newer_server_is_not_given_to_an_older_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with server(tmp_path / "bus") as running:
            await stored(running.url)
        (tmp_path / "bus" / "version").write_text("99.1.0\n")
        assert "99.1.0 has written" in await refused(lambda: server(tmp_path / "bus"))

    asyncio.run(story())


def damage_description(stream: Path) -> None:
    (stream / "meta.inf").write_text("{")


def lose_description(stream: Path) -> None:
    (stream / "meta.inf").unlink()


@pytest.mark.parametrize("damage", [damage_description, lose_description])
def test_a_half_written_data_folder_is_not_begun_with_as_if_it_were_empty(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    async def story() -> None:
        async with server(tmp_path / "bus") as running:
            await stored(running.url)
        (stream,) = (tmp_path / "bus" / "data").glob("jetstream/*/streams/bot-order")
        shutil.copytree(stream, tmp_path / "copy")
        damage(stream)
        message = await refused(lambda: server(tmp_path / "bus"))
        assert "stream bot-order is not served" in message
        assert "put a copy of it back" in message
        shutil.rmtree(stream)
        shutil.copytree(tmp_path / "copy", stream)
        async with server(tmp_path / "bus") as running:
            assert await stored(running.url) == [b"0", b"1"]

    asyncio.run(story())


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "bus").write_text("")

    assert "cannot be used" in asyncio.run(refused(lambda: server(tmp_path / "bus")))


async def restarted(folder: Path, hurt: Callable[[int], None], bounds: ServerBounds) -> list[str]:
    """Hurt a server once, and wait until it serves again; return what was told of it."""
    told: list[str] = []
    async with server(folder, told=told.append, bounds=bounds) as running:
        await stored(running.url)
        first = running.pid
        assert first is not None
        hurt(first)
        await until(lambda: running.pid not in (first, None), within_s=3 * WITHIN_S)
        await until(lambda: told)
        kept: list[bytes] = []
        while not kept:
            with suppress(BusUnavailable):
                kept = await stored(running.url)
        assert kept == [b"0", b"1"]
    return told


def test_a_server_that_is_killed_is_started_again_where_it_was(tmp_path: Path) -> None:
    told = asyncio.run(restarted(tmp_path / "bus", lambda pid: os.kill(pid, signal.SIGKILL), ServerBounds()))

    assert len(told) == 1
    assert "ended with -9" in told[0]


def test_a_server_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    bounds = ServerBounds(probe_every_ns=NS // 4, misses_max=1)
    told = asyncio.run(restarted(tmp_path / "bus", lambda pid: os.kill(pid, signal.SIGSTOP), bounds))

    assert "served nothing" in told[0]


def test_a_server_that_does_not_stay_up_is_given_up(tmp_path: Path) -> None:
    async def story() -> str:
        bounds = ServerBounds(restarts_max=2, first_ns=1, most_ns=1)
        async with server(tmp_path / "bus", bounds=bounds) as running:
            failing = asyncio.ensure_future(running.failed())
            while not failing.done():  # it is killed wherever it stands
                if running.pid is not None:
                    os.kill(running.pid, signal.SIGKILL)
                await asyncio.sleep(0.05)
            with pytest.raises(BusServerFailed) as problem:
                await failing
            return str(problem.value)

    assert "does not stay up" in asyncio.run(story())


PARENT = """
import asyncio, sys
from pathlib import Path
from engine.runtime.real.bus_server import BusServer
from engine.runtime.real.bus_server_files import read_port
from engine.runtime.real.clock import RealClock

async def main():
    async with BusServer(Path(sys.argv[1]), token="t", clock=RealClock()) as server:
        print(server.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death")
def test_it_dies_with_its_parent_and_leaves_the_folder_to_the_next(tmp_path: Path) -> None:
    async def story() -> None:
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PARENT, str(tmp_path / "bus"), stdout=asyncio.subprocess.PIPE
        )
        assert parent.stdout is not None
        pid = int(await parent.stdout.readline())
        parent.kill()
        await parent.wait()
        await until(lambda: is_gone(pid))
        async with server(tmp_path / "bus", token="another") as running:
            assert await stored(running.url, token="another") == [b"0"]

    asyncio.run(story())


def test_a_bus_without_jetstream_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ports").mkdir()

    async def story() -> None:
        plain = await asyncio.create_subprocess_exec(
            find_server(None), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", str(tmp_path / "ports"),
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            pid = plain.pid
            await until(lambda: read_port(tmp_path, pid))
            with pytest.raises(BusRefused, match="has no JetStream"):
                await stored(f"nats://127.0.0.1:{read_port(tmp_path, pid)}", token=None)
        finally:
            plain.kill()
            await plain.wait()

    asyncio.run(story())
