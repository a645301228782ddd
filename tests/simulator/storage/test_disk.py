"""The disk under the real SQLite: what was synced survives a power cut, and nothing else does."""

from __future__ import annotations

import apsw
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel import World
from simulator.storage import Disk
from simulator.storage.disk import DiskFile


def connect(disk: Disk) -> apsw.Connection:
    """Open the journal as the engine does: EXCLUSIVE before WAL."""
    connection = apsw.Connection("journal.db", vfs=disk.vfs)
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    assert connection.execute("PRAGMA journal_mode=WAL").fetchall() == [("wal",)]
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def test_committed_rows_survive_a_power_cut_and_uncommitted_ones_do_not() -> None:
    with World() as world:
        host = world.host("exec-a")
        disk = Disk(host)
        connection = connect(disk)
        connection.execute("CREATE TABLE orders(id)")
        for n in range(300):
            connection.execute("INSERT INTO orders VALUES(?)", (n,))
        connection.execute("BEGIN; INSERT INTO orders VALUES(1000)")

        world.crash("exec-a")
        world.reboot("exec-a")

        again = connect(disk)
        assert again.execute("SELECT count(*), max(id) FROM orders").fetchall() == [(300, 299)]
        assert again.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.execute("COMMIT")  # a ghost's: it reaches nobody
        connection.close()
        assert again.execute("SELECT count(*), max(id) FROM orders").fetchall() == [(300, 299)]
        again.close()


def test_the_journal_asks_the_world_for_time() -> None:
    with World() as world:
        disk = Disk(world.host("a"))
        connection = connect(disk)

        assert connection.execute("SELECT datetime('now')").fetchall() == [("2026-03-01 00:00:00",)]
        connection.close()


@given(st.lists(st.tuples(st.sampled_from(["write", "truncate", "sync"]), st.integers(0, 40), st.binary(max_size=9))))
def test_a_power_cut_takes_a_file_back_to_its_last_sync(acts: list[tuple[str, int, bytes]]) -> None:
    file, durable = DiskFile(), b""
    for act, offset, data in acts:
        if act == "write":
            file.write(data, offset)
        elif act == "truncate":
            file.truncate(offset)
        else:
            file.sync()
            durable = bytes(file.content)

    assert bytes(file.survivor().content) == durable


def test_what_the_dead_had_open_goes_with_their_burial() -> None:
    with World() as world:
        host = world.host("exec-a")
        disk = Disk(host)
        closed: list[str] = []
        before = disk.vfs
        disk.opened(lambda: closed.append("journal"))
        world.crash("exec-a")
        world.reboot("exec-a")
        assert (closed, before in apsw.vfs_names()) == ([], True)

        world.bury_dead()

        assert (closed, before in apsw.vfs_names()) == (["journal"], False)
        connect(disk).close()


def test_scratch_paper_remembers_nothing_that_a_power_cut_would_have_to_take_back() -> None:
    with World() as world:
        disk = Disk(world.host("exec-a"))
        connection = connect(disk)
        connection.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, body)")
        connection.execute("PRAGMA temp_store=FILE; CREATE TEMP TABLE scratch(body)")

        connection.execute("INSERT INTO scratch VALUES (zeroblob(4000000))")

        assert not [path for path in disk.files if "journal.db" not in path]
        connection.close()
