"""What only a person ends, written down: in the journal's file, so that a restart does not forget that it was killed.

The same file answers another question. While the journal takes nothing, nothing of ours would be written that could
show that it takes something again; so a row that means nothing is written into it, again and again, until it is.
"""

from collections.abc import Sequence

from engine.domain.codec import reader, to_json
from engine.domain.safety import Latch
from engine.ports.store import Statement, Store

_TABLES: tuple[Statement, ...] = (
    ("CREATE TABLE IF NOT EXISTS latches (name TEXT PRIMARY KEY, body BLOB NOT NULL)", ()),
    ("CREATE TABLE IF NOT EXISTS probes (one INTEGER PRIMARY KEY CHECK (one = 1), at_ns INTEGER NOT NULL)", ()),
)
_READ = reader(Latch)


class LatchBook:
    """The latches of one node's file; every method raises `StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self) -> tuple[Latch, ...]:
        """Return what is latched, in the order of its names."""
        await self._store.commit(_TABLES)
        rows = await self._store.read("SELECT body FROM latches ORDER BY name")
        return tuple(_READ(body) for (body,) in rows if isinstance(body, bytes))

    async def write(self, latches: Sequence[Latch]) -> None:
        """Replace what is latched."""
        rows: list[Statement] = [
            ("INSERT OR REPLACE INTO latches VALUES (?, ?)", (latch.name, to_json(latch))) for latch in latches
        ]
        await self._store.commit([*_TABLES, ("DELETE FROM latches", ()), *rows])

    async def probe(self, at_ns: int) -> None:
        """Find out whether the file takes anything."""
        await self._store.commit([*_TABLES, ("INSERT OR REPLACE INTO probes VALUES (1, ?)", (at_ns,))])
