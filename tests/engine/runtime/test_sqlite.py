"""The store: WAL or nothing, durable when it says so, one sync for many, and one caller's mistake is its own."""

import asyncio
import gc
from pathlib import Path

import apsw
import pytest

from engine.ports.store import Statement, StoreUnavailable
from engine.runtime.sqlite import SqliteStore
from simulator.kernel import NS, Host, World
from simulator.storage import Disk

TABLE: Statement = ("CREATE TABLE orders (id TEXT PRIMARY KEY, filled INTEGER NOT NULL)", ())


def insert(name: str, filled: int = 0) -> Statement:
    return ("INSERT INTO orders VALUES (?, ?)", (name, filled))


def test_what_was_committed_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.sqlite")

    async def write() -> None:
        store = SqliteStore(path)
        await store.commit([TABLE, insert("a"), insert("b", 2)])
        store.close()

    async def read() -> list[tuple[object, ...]]:
        store = SqliteStore(path)
        rows = await store.read("SELECT id, filled FROM orders WHERE filled >= ? ORDER BY id", (0,))
        assert await store.read("PRAGMA journal_mode") == [("wal",)]
        assert await store.read("PRAGMA synchronous") == [(2,)]
        store.close()
        return list(rows)

    asyncio.run(write())
    assert asyncio.run(read()) == [("a", 0), ("b", 2)]


def test_a_file_that_another_connection_holds_is_unavailable(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.sqlite")

    async def second() -> None:
        first = SqliteStore(path)
        await first.commit([TABLE])
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            SqliteStore(path)
        first.close()
        SqliteStore(path).close()

    asyncio.run(second())


def test_commits_that_wait_together_share_one_sync_and_each_keeps_its_own_mistakes() -> None:
    world = World(1)
    host = world.host("node")
    disk = Disk(host)
    paces: list[int] = []

    async def pace() -> None:
        paces.append(world.now_ns())
        await asyncio.sleep(0.002)

    async def crowd() -> list[str]:
        store = SqliteStore("journal", vfs=disk.vfs, pace=pace)
        disk.opened(store.close)
        await store.commit([TABLE])
        results: list[str] = []

        async def one(name: str) -> None:
            try:
                await store.commit([insert(name)])
                results.append(f"{name} committed")
            except ValueError:
                results.append(f"{name} refused")

        async with asyncio.TaskGroup() as group:
            for name in ("a", "b", "a", "c"):
                group.create_task(one(name))
        assert await store.read("SELECT id FROM orders ORDER BY id") == [("a",), ("b",), ("c",)]
        return results

    results = world.complete(host.spawn(crowd()))

    assert results == ["a committed", "b committed", "a refused", "c committed"]
    assert paces == [0, 2_000_000]
    world.close()


def test_a_crash_before_the_sync_loses_a_commit_whole_and_one_after_it_nothing() -> None:
    world = World(1)
    disks: list[Disk] = []
    answered: list[str] = []
    found: list[list[tuple[object, ...]]] = []

    async def life(host: Host) -> None:
        async def pace() -> None:
            await asyncio.sleep(0.002)

        store = SqliteStore("journal", vfs=disks[0].vfs, pace=pace)
        disks[0].opened(store.close)
        if host.boots == 1:
            await store.commit([TABLE])
            for name in ("first", "second"):
                await store.commit([insert(name), insert(f"{name} again")])
                answered.append(name)
        else:
            found.append(list(await store.read("SELECT id FROM orders ORDER BY rowid")))

    host = world.host("node", life, boot=False)
    disks.append(Disk(host))
    host.boot()
    world.run(5_000_000)
    world.crash("node")
    world.reboot("node")
    world.run(NS)

    assert answered == ["first"]
    assert found == [[("first",), ("first again",)]]
    world.close()


def test_a_disk_that_refuses_is_told_as_unavailable_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    broken = [False]

    async def pace() -> None:
        if broken[0]:
            raise OSError("no space left on device")

    async def story() -> None:
        store = SqliteStore(str(tmp_path / "journal.sqlite"), pace=pace)
        await store.commit([TABLE])
        broken[0] = True
        with pytest.raises(StoreUnavailable, match="no space left"):
            await store.commit([insert("lost")])
        broken[0] = False
        await store.commit([insert("kept")])
        assert await store.read("SELECT id FROM orders") == [("kept",)]
        store.close()
        with pytest.raises(StoreUnavailable):
            await store.commit([insert("late")])

    asyncio.run(story())


def test_a_disk_that_cannot_keep_a_write_ahead_log_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match="not by WAL"):
        SqliteStore(":memory:")


def test_a_connection_that_failed_is_opened_anew(tmp_path: Path) -> None:
    async def story() -> None:
        store = SqliteStore(str(tmp_path / "journal.sqlite"))
        await store.commit([TABLE])
        connection = store._connection
        assert isinstance(connection, apsw.Connection)
        connection.close()
        with pytest.raises(StoreUnavailable):
            await store.commit([insert("lost")])
        await store.commit([insert("kept")])
        assert await store.read("SELECT id FROM orders") == [("kept",)]
        store.close()

    asyncio.run(story())


def test_a_store_that_nobody_holds_any_more_lets_go_of_its_file_at_once(tmp_path: Path) -> None:
    """It is in no circle: what is collected some time later would hold the file, and end at another moment each run."""
    path = str(tmp_path / "journal.sqlite")

    async def story() -> None:
        gc.disable()
        try:
            store = SqliteStore(path)
            await store.commit([TABLE])
            del store
            SqliteStore(path).close()
        finally:
            gc.enable()

    asyncio.run(story())
