"""The bytes of a simulated file: the same wherever they lie, and not in memory when they are many."""

from __future__ import annotations

import resource
import tracemalloc

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import World
from simulator.storage import Disk
from simulator.storage.content import MEMORY_BYTES_MAX, Content

OFFSETS = st.integers(0, 40) | st.integers(MEMORY_BYTES_MAX - 20, MEMORY_BYTES_MAX + 20)
ACTS = st.lists(st.tuples(st.sampled_from(["write", "truncate", "copy"]), OFFSETS, st.binary(max_size=30)))


@given(ACTS)
@settings(max_examples=60)
def test_a_file_that_has_left_memory_reads_as_if_it_had_not(acts: list[tuple[str, int, bytes]]) -> None:
    content, expected = Content(), bytearray()
    for act, offset, data in acts:
        if act == "write" and data:
            expected.extend(bytes(max(0, offset - len(expected))))
            expected[offset : offset + len(data)] = data
            content.write(data, offset)
        elif act == "truncate":
            del expected[offset:]
            content.truncate(offset)
        elif act == "copy":
            content = content.copy()

        assert (len(content), bytes(content)) == (len(expected), bytes(expected))
        assert content.read(10, offset) == expected[offset : offset + 10]


def test_a_large_journal_costs_a_world_no_memory_nor_does_a_power_cut() -> None:
    with World() as world:
        disk = Disk(world.host("exec-a"))
        connection = apsw.Connection("journal.db", vfs=disk.vfs)
        connection.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, body)")
        tracemalloc.start()
        for _ in range(40):
            connection.execute("INSERT INTO orders(body) VALUES (randomblob(200000))")
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        world.crash("exec-a")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert len(disk.files["journal.db"].content) > 4_000_000
        assert (held < 1_000_000, peak < 1_000_000) == (True, True)
        connection.close()


@pytest.mark.parametrize("room", [10_000, MEMORY_BYTES_MAX + 4_096])
def test_what_a_full_disk_does_not_take_stays_in_memory(room: int) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        content = Content()
        for page in range(100):
            content.write(bytes([page]) * 4_096, page * 4_096)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert bytes(content) == b"".join(bytes([page]) * 4_096 for page in range(100))
