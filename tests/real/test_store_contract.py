"""One contract for every store: SQLite on a file, SQLite on the simulated disk, and PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import psycopg
import pytest

from engine.ports.store import Statement, Store, StoreUnavailable
from engine.runtime.real.postgres import PostgresStore
from engine.runtime.sqlite import SqliteStore
from simulator.kernel import NS, World
from simulator.storage import Disk
from tests.real.postgres_server import PostgresServer

TABLE: Statement = (
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, filled BIGINT NOT NULL, share DOUBLE PRECISION)",
    (),
)
WITHIN_NS = 5 * NS
STORY_S_MAX = 30
T = TypeVar("T")
Open: TypeAlias = Callable[[], Awaitable[Store]]
Story: TypeAlias = Callable[[Open, Callable[[Store], Awaitable[None]]], Awaitable[None]]


def insert(name: str, filled: int = 0, share: float | None = None) -> Statement:
    return "INSERT INTO orders VALUES (?, ?, ?)", (name, filled, share)


class Ground(Protocol):
    """Where a story about stores takes place."""

    def tell(self, story: Story) -> None:
        """Live through a story that opens and closes one store."""
        ...


class OnFile:
    """SQLite on this machine's disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def tell(self, story: Story) -> None:
        async def open_store() -> Store:
            return SqliteStore(str(self._path))

        asyncio.run(awaited(story(open_store, close_file)))


class OnSimulatedDisk:
    """SQLite on a disk in virtual time, where each commit takes 2 ms."""

    def tell(self, story: Story) -> None:
        world = World(1)
        host = world.host("node")
        disk = Disk(host)

        async def pace() -> None:
            await asyncio.sleep(0.002)

        async def open_store() -> Store:
            return SqliteStore("orders", vfs=disk.vfs, pace=pace)

        world.complete(host.spawn(awaited(story(open_store, close_file))))
        world.close()


class OnPostgres:
    """A database of its own for each story, on the tests' server."""

    _numbers = itertools.count(1)

    def __init__(self, server: PostgresServer) -> None:
        self.url = new_database(server, f"story_{next(self._numbers)}")

    def tell(self, story: Story) -> None:
        async def open_store() -> Store:
            return PostgresStore(self.url, within_ns=WITHIN_NS)

        async def close(store: Store) -> None:
            assert isinstance(store, PostgresStore)
            await store.close()

        asyncio.run(awaited(story(open_store, close)))


def new_database(server: PostgresServer, name: str) -> str:
    """Make an empty database, and return where it is."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url(name)


async def awaited(told: Awaitable[T]) -> T:
    """Live through a story, which must end."""
    async with asyncio.timeout(STORY_S_MAX):
        return await told


async def close_file(store: Store) -> None:
    assert isinstance(store, SqliteStore)
    store.close()


@pytest.fixture(params=["file", "simulated disk", "postgres"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    match request.param:
        case "file":
            return OnFile(tmp_path / "orders.sqlite")
        case "postgres":
            return OnPostgres(request.getfixturevalue("server"))
        case _:
            return OnSimulatedDisk()


def test_what_was_committed_is_there_when_the_store_is_opened_again(ground: Ground) -> None:
    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        await store.commit([TABLE, insert("a"), insert("b", 2)])
        await close(store)
        again = await open_store()
        assert await again.read("SELECT id, filled FROM orders WHERE filled >= ? ORDER BY id", (0,)) == [
            ("a", 0),
            ("b", 2),
        ]
        await close(again)

    ground.tell(story)


def test_values_come_back_as_they_went(ground: Ground) -> None:
    values: list[tuple[str, int, float | None]] = [
        ("", 2**63 - 1, 0.1),
        ("it's 100 % of $1 or \\ ?", -(2**63), -1.5e300),
        ("Zürich 東京 🌩", 0, None),
    ]

    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        await store.commit([TABLE, *(insert(*row) for row in values)])
        found = await store.read("SELECT id, filled, share FROM orders")
        assert sorted(found, key=str) == sorted(values, key=str)
        assert await store.read("SELECT 'is ?', id FROM orders WHERE filled = ?", (0,)) == [("is ?", values[2][0])]
        await close(store)

    ground.tell(story)


MISTAKEN: list[tuple[str, list[Statement]]] = [
    ("what is there already", [insert("new"), insert("old")]),
    ("nothing where something must be", [insert("new"), ("INSERT INTO orders (id) VALUES (?)", ("other",))]),
    ("a table that is not there", [insert("new"), ("INSERT INTO nowhere VALUES (1)", ())]),
    ("no SQL", [insert("new"), ("INSERT OF orders", ())]),
    ("too few parameters", [insert("new"), ("INSERT INTO orders VALUES (?, ?, ?)", ("other", 1))]),
    ("too many parameters", [insert("new"), ("INSERT INTO orders VALUES (?, 1, 1)", ("other", 1))]),
]


@pytest.mark.parametrize("statements", [one[1] for one in MISTAKEN], ids=[one[0] for one in MISTAKEN])
def test_of_a_mistaken_commit_nothing_is_written_and_the_store_goes_on(
    ground: Ground, statements: list[Statement]
) -> None:
    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        await store.commit([TABLE, insert("old")])
        with pytest.raises(ValueError, match="refuses a statement"):
            await store.commit(statements)
        await store.commit([insert("next")])
        assert await store.read("SELECT id FROM orders ORDER BY id") == [("next",), ("old",)]
        await close(store)

    ground.tell(story)


def test_of_those_who_wait_together_each_keeps_its_own_mistakes(ground: Ground) -> None:
    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        await store.commit([TABLE, insert("old")])
        results: dict[int, str] = {}

        async def one(number: int, name: str) -> None:
            try:
                await store.commit([insert(name, number)])
                results[number] = "committed"
            except ValueError:
                results[number] = "refused"

        async with asyncio.TaskGroup() as group:
            for number, name in enumerate(("a", "old", "b", "a", "c")):
                group.create_task(one(number, name))
        assert results == {0: "committed", 1: "refused", 2: "committed", 3: "refused", 4: "committed"}
        assert await store.read("SELECT id FROM orders ORDER BY id") == [("a",), ("b",), ("c",), ("old",)]
        await close(store)

    ground.tell(story)


def test_what_may_be_said_twice_is_written_once(ground: Ground) -> None:
    twice: Statement = ("INSERT INTO orders VALUES (?, ?, ?) ON CONFLICT DO NOTHING", ("a", 1, None))

    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        for _ in range(2):
            await store.commit([TABLE, twice, twice])
        assert await store.read("SELECT count(*) FROM orders") == [(1,)]
        await close(store)

    ground.tell(story)


def test_a_commit_whose_caller_has_gone_is_written_or_not_and_holds_up_nobody(ground: Ground) -> None:
    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        await store.commit([TABLE])
        gone = asyncio.create_task(_committed(store, insert("gone")))
        await asyncio.sleep(0)
        gone.cancel()
        await store.commit([insert("stays")])
        assert ("stays",) in await store.read("SELECT id FROM orders")
        await close(store)

    ground.tell(story)


async def _committed(store: Store, statement: Statement) -> None:
    await store.commit([statement])


def test_a_store_that_cannot_answer_or_is_closed_is_unavailable(ground: Ground) -> None:
    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        with pytest.raises(StoreUnavailable):
            await store.read("SELECT id FROM nowhere")
        await store.commit([TABLE])
        await close(store)
        await close(store)
        with pytest.raises(StoreUnavailable, match="is closed"):
            await store.commit([insert("late")])
        with pytest.raises(StoreUnavailable, match="is closed"):
            await store.read("SELECT id FROM orders")

    ground.tell(story)


def test_a_crowd_shares_transactions(ground: Ground) -> None:
    """Every one of 600 commits at once is there, whatever shares what; see each store for how few syncs that took."""

    async def story(open_store: Open, close: Callable[[Store], Awaitable[None]]) -> None:
        store = await open_store()
        await store.commit([TABLE])
        async with asyncio.TaskGroup() as group:
            for number in range(600):
                group.create_task(_committed(store, insert(str(number), number)))
        total: Any = await store.read("SELECT count(*), count(DISTINCT filled) FROM orders")
        assert total == [(600, 600)]
        await close(store)

    ground.tell(story)
