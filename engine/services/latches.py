"""What only a person ends, written down: in the journal's file, so that a restart does not forget that it was killed.

The same file answers another question. While the journal takes nothing, nothing of ours would be written that could
show that it takes something again; so a row that means nothing is written into it, again and again, until it is.
"""

from collections.abc import Sequence

from engine.domain.codec import reader, to_json
from engine.domain.errors import StoreUnavailable
from engine.domain.safety import Latch
from engine.ports.clock import Clock
from engine.ports.store import Statement, Store
from engine.services.duty import pause
from engine.services.log import Log
from engine.services.safety import Safety

OBEYED_MAX = 256
"""Orders of a person that are remembered by name, so that none is obeyed twice."""

_TABLES: tuple[Statement, ...] = (
    ("CREATE TABLE IF NOT EXISTS latches (name TEXT PRIMARY KEY, body BLOB NOT NULL)", ()),
    ("CREATE TABLE IF NOT EXISTS obeyed (name TEXT PRIMARY KEY)", ()),
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

    async def obeyed(self) -> tuple[str, ...]:
        """Return the names of the orders that were obeyed lately, oldest first."""
        rows = await self._store.read("SELECT name FROM obeyed ORDER BY rowid DESC LIMIT ?", (OBEYED_MAX,))
        return tuple(str(name) for (name,) in reversed(rows))

    async def write(self, latches: Sequence[Latch], *, obeyed: str = "") -> None:
        """Replace what is latched, and note that an order was obeyed."""
        rows: list[Statement] = [
            ("INSERT OR REPLACE INTO latches VALUES (?, ?)", (latch.name, to_json(latch))) for latch in latches
        ]
        if obeyed:
            rows.append(("INSERT OR IGNORE INTO obeyed VALUES (?)", (obeyed,)))
        await self._store.commit([*_TABLES, ("DELETE FROM latches", ()), *rows])

    async def probe(self, at_ns: int) -> None:
        """Find out whether the file takes anything."""
        await self._store.commit([*_TABLES, ("INSERT OR REPLACE INTO probes VALUES (1, ?)", (at_ns,))])


class LatchKeeper:
    """Keeps the latches of one bot's safety where a restart finds them.

    What it could not write it writes as soon as that is possible; until then it is latched in memory.
    """

    def __init__(self, safety: Safety, book: LatchBook, *, clock: Clock, log: Log, retry_every_ns: int) -> None:
        self._safety = safety
        self._book = book
        self._clock = clock
        self._log = log
        self._retry_every_ns = retry_every_ns
        self._changed = safety.watch()
        self._written: tuple[Latch, ...] = ()
        self._obeyed: dict[str, None] = {}

    async def open(self) -> None:
        """Latch again what was latched; raise `StoreUnavailable` when it cannot be read."""
        self._written = await self._book.read()
        self._obeyed = dict.fromkeys(await self._book.obeyed())
        for latch in self._written:
            self._safety.latch(latch)

    def obeyed(self, name: str) -> bool:
        """Tell whether an order was obeyed lately."""
        return name in self._obeyed

    async def keep(self, *, obeyed: str = "") -> bool:
        """Write down what is latched now, and that an order was obeyed; tell whether it is written."""
        latches = self._now()
        try:
            await self._book.write(latches, obeyed=obeyed)
        except StoreUnavailable as problem:
            self._log.error("latch_not_written", problem=str(problem))
            return False
        self._written = latches
        if obeyed:
            self._obeyed[obeyed] = None
            if len(self._obeyed) > OBEYED_MAX:
                del self._obeyed[next(iter(self._obeyed))]
        return True

    async def run(self) -> None:
        """Write each change down, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._now() != self._written and not await self.keep():
                await pause(self._retry_every_ns)

    def _now(self) -> tuple[Latch, ...]:
        latches = (
            Latch(loss=held.loss, scope=str(held.scope), reason=held.reason, at_ns=held.at_ns)
            for held in self._safety.latched()
        )
        return tuple(sorted(latches, key=lambda latch: latch.name))
