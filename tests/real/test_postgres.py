"""A database over a network: it may be gone, stand still or come back, and nobody waits for it longer than a bound."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from engine.ports.store import Statement, StoreUnavailable
from engine.runtime.config import bot_config
from engine.runtime.real.clock import RealClock
from engine.runtime.real.database_check import databases
from engine.runtime.real.findings import Grade
from engine.runtime.real.postgres import PostgresStore, in_postgres
from simulator.kernel import NS
from tests.engine.runtime.stage import BOT
from tests.real.postgres_server import PASSWORD, PostgresServer
from tests.real.test_store_contract import TABLE, awaited, new_database

WITHIN_NS = NS
QUICKLY_NS = 5 * NS
"""How long a refusal may take where the bound is one second, on a machine that is busy."""
BACK_S_MAX = 20
LOOKS_MAX = 100
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'held' AND wait_event_type = 'Lock'"


@asynccontextmanager
async def store_at(url: str, *, within_ns: int = WITHIN_NS) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(url, within_ns=within_ns)
    try:
        yield store
    finally:
        await store.close()


def insert(name: str) -> Statement:
    return "INSERT INTO orders VALUES (?, 0, NULL) ON CONFLICT DO NOTHING", (name,)


async def refused_ns(store: PostgresStore) -> int:
    """Return how long it takes until a commit is refused."""
    began_ns = RealClock().monotonic_ns()
    with pytest.raises(StoreUnavailable):
        await store.commit([insert("refused")])
    return RealClock().monotonic_ns() - began_ns


async def committed(store: PostgresStore, name: str) -> None:
    """Commit as a service does: again and again, until it is written."""
    async with asyncio.timeout(BACK_S_MAX):
        while True:
            try:
                await store.commit([insert(name)])
            except StoreUnavailable:
                await asyncio.sleep(0.02)
            else:
                return


def test_a_server_killed_under_load_loses_nothing_that_it_had_taken(server: PostgresServer) -> None:
    url = new_database(server, "killed")
    taken: list[str] = []
    many = asyncio.Event()

    async def load(store: PostgresStore, lane: int) -> None:
        for number in range(60):
            await committed(store, f"{lane}-{number}")
            taken.append(f"{lane}-{number}")
            if len(taken) == 100:
                many.set()

    async def story() -> None:
        async with store_at(url) as store, asyncio.TaskGroup() as group:
            await store.commit([TABLE])
            for lane in range(8):
                group.create_task(load(store, lane))
            await many.wait()
            server.kill()
            assert await refused_ns(store) < QUICKLY_NS
            await asyncio.to_thread(server.start)
        async with store_at(url) as store:
            assert sorted(taken) == sorted(str(row[0]) for row in await store.read("SELECT id FROM orders"))

    asyncio.run(awaited(story()))
    assert len(taken) == 480


def test_a_server_that_stands_still_is_given_up_after_the_bound_and_used_when_it_moves(server: PostgresServer) -> None:
    url = new_database(server, "still")

    async def story() -> None:
        async with store_at(url) as store:
            await store.commit([TABLE])
            backend = int(str((await store.read("SELECT pg_backend_pid()"))[0][0]))
            server.tell(signal.SIGSTOP)
            os.kill(backend, signal.SIGSTOP)
            try:
                times_ns = [await refused_ns(store), await refused_ns(store)]
            finally:
                os.kill(backend, signal.SIGCONT)
                server.tell(signal.SIGCONT)
            assert all(WITHIN_NS * 0.9 < time_ns < QUICKLY_NS for time_ns in times_ns), times_ns
            await committed(store, "back")

    asyncio.run(awaited(story()))


def test_a_row_that_somebody_else_holds_makes_a_commit_unavailable_not_endless(server: PostgresServer) -> None:
    url = new_database(server, "held")

    async def story() -> None:
        async with store_at(url) as store:
            await store.commit([TABLE, insert("a")])
            with psycopg.connect(url) as somebody:
                somebody.execute("UPDATE orders SET filled = 1")
                began_ns = RealClock().monotonic_ns()
                with pytest.raises(StoreUnavailable):
                    await store.commit([("UPDATE orders SET filled = 2", ())])
                assert RealClock().monotonic_ns() - began_ns < QUICKLY_NS
                await asyncio.sleep(0.1)
                assert somebody.execute(WAITING).fetchone() == (0,), "the server still waits for us"
            await store.commit([("UPDATE orders SET filled = 2", ())])

    asyncio.run(awaited(story()))


def test_where_nobody_listens_a_commit_is_refused_at_once_and_the_password_is_not_told(server: PostgresServer) -> None:
    nowhere = f"postgresql://stormproof:{PASSWORD}@127.0.0.1:9/history"

    async def story() -> None:
        for url in (nowhere, server.url("no_such_database"), server.url().replace(PASSWORD, "wrong")):
            async with store_at(url) as store:
                began_ns = RealClock().monotonic_ns()
                with pytest.raises(StoreUnavailable) as refused:
                    await store.commit([TABLE])
                assert RealClock().monotonic_ns() - began_ns < QUICKLY_NS
                assert PASSWORD not in str(refused.value)
                assert "127.0.0.1" in str(refused.value)

    asyncio.run(awaited(story()))


def test_an_address_that_is_none_is_refused_without_telling_it() -> None:
    with pytest.raises(StoreUnavailable, match="is none") as refused:
        PostgresStore("postgres:secret@somewhere/with spaces", within_ns=WITHIN_NS)

    assert "secret" not in str(refused.value)


def set_up(server: PostgresServer, how: str) -> None:
    """Change how the server is set up, for whoever connects from here on."""
    with psycopg.connect(server.url(), autocommit=True) as person:
        person.execute(how.encode())
        person.execute("SELECT pg_reload_conf()")
    shown = ""
    for _ in range(LOOKS_MAX):
        with psycopg.connect(server.url(), autocommit=True) as person:
            row = person.execute("SELECT current_setting('fsync')").fetchone()
            person.execute("SELECT pg_sleep(0.05)")
        shown = str(row)
        if ("off" in shown) == ("off" in how):
            return
    raise AssertionError(f"the server did not take {how}: fsync is {shown}")


def test_a_server_that_only_reads_or_does_not_sync_is_refused(server: PostgresServer) -> None:
    url = new_database(server, "reads")
    with psycopg.connect(server.url(), autocommit=True) as person:
        person.execute("ALTER DATABASE reads SET default_transaction_read_only = on")

    async def unavailable(url: str) -> str:
        async with store_at(url, within_ns=5 * NS) as store:
            with pytest.raises(StoreUnavailable) as refused:
                await store.commit([TABLE])
        return str(refused.value)

    assert "read-only" in asyncio.run(awaited(unavailable(url)))
    set_up(server, "ALTER SYSTEM SET fsync = off")
    try:
        assert "fsync = off" in asyncio.run(awaited(unavailable(server.url())))
    finally:
        set_up(server, "ALTER SYSTEM RESET fsync")


def test_a_crowd_takes_a_few_transactions(server: PostgresServer) -> None:
    url = new_database(server, "crowd")

    async def story() -> int:
        async with store_at(url, within_ns=5 * NS) as store, store_at(url) as reader:
            await store.commit([TABLE])
            before = (await reader.read("SELECT txid_current()"))[0][0]
            async with asyncio.TaskGroup() as group:
                for number in range(1000):
                    group.create_task(committed(store, str(number)))
            assert await reader.read("SELECT count(*) FROM orders") == [(1000,)]
            after = (await reader.read("SELECT txid_current()"))[0][0]
            assert isinstance(before, int)
            assert isinstance(after, int)
            return after - before

    assert asyncio.run(awaited(story())) <= 10


def test_the_doctor_tells_a_database_that_is_fit_from_one_that_is_away_or_lets_us_make_nothing(
    server: PostgresServer,
) -> None:
    url = new_database(server, "examined")
    with psycopg.connect(url, autocommit=True) as person:
        person.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'".encode())

    async def found(history: str, analytics: str) -> list[tuple[str, Grade]]:
        wanted = {"history": {"url_env": "H"}, "analytics": {"url_env": "A"}}
        nodes = {**BOT["nodes"], "more": {"zone": "a", "runs": ["history", "analytics"]}}
        config = bot_config({**BOT, "nodes": nodes, "dependencies": wanted})
        return [(one.check, one.grade) async for one in databases(config, {"H": history, "A": analytics})]

    nowhere = url.replace("127.0.0.1", "127.0.0.2")
    fit, away = asyncio.run(awaited(found(url, nowhere)))
    assert fit == ("database of history", Grade.OK)
    assert away == ("database of analytics", Grade.WARN)
    reader = url.replace("stormproof:", "reader:")
    assert [grade for _, grade in asyncio.run(awaited(found(reader, "no address")))] == [Grade.WARN, Grade.WARN]


def test_marks_in_quotes_are_left_alone() -> None:
    sql = "SELECT '?', 'it''s ?', ? FROM orders WHERE id = ?"

    assert in_postgres(sql, (1, "a")) == (b"SELECT '?', 'it''s ?', $1 FROM orders WHERE id = $2", (1, "a"))
