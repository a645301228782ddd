"""What only a person ends, kept in two places: the journal's file of this node, and a value on the bus for all nodes.

The bus decides, since everybody sees it: a kill that was ordered while this node was dead is found there, and so is
its end. What this node latched or ended while the bus was away is merged into it: what was added here is added there,
what was ended here is ended there, counted from what both last agreed on. So neither a restart, nor a new node, nor a
lost bus forgets a kill; and none brings one back.

The file answers another question. While the journal takes nothing, nothing of ours would be written that could show
that it takes something again; so a row that means nothing is written into it, again and again, until it is.
"""

from collections.abc import Iterable

import msgspec

from engine.domain.codec import reader, to_json
from engine.domain.errors import MessageMalformed, StoreUnavailable
from engine.domain.safety import BOT, Latch, Loss
from engine.ports.bus import Bus, BusUnavailable, RevisionStale
from engine.ports.store import Statement, Store
from engine.services.duty import pause
from engine.services.log import Log
from engine.services.safety import Safety

OBEYED_MAX = 256
"""Orders of a person that are remembered by name, so that none is obeyed twice."""
MERGES_MAX = 8
"""How often others may be faster before a merge is left to the next attempt."""


class Latched(msgspec.Struct, frozen=True, kw_only=True):
    """What is latched, by name, and the names of the orders that were obeyed lately, oldest first."""

    latches: tuple[Latch, ...] = ()
    obeyed: tuple[str, ...] = ()


_READ = reader(Latched)
_TABLES: tuple[Statement, ...] = (
    ("CREATE TABLE IF NOT EXISTS latched (what TEXT PRIMARY KEY, body BLOB NOT NULL)", ()),
    ("CREATE TABLE IF NOT EXISTS probes (one INTEGER PRIMARY KEY CHECK (one = 1), at_ns INTEGER NOT NULL)", ()),
)


def latch_key(bot: str) -> str:
    """Return the key on the bus under which a bot's latches are."""
    return f"safety/{bot}"


async def read_latches(bot: str, bus: Bus) -> tuple[Latch, ...]:
    """Return what is latched on the bus; raise `BusUnavailable`, or `MessageMalformed`."""
    entry = await bus.get(latch_key(bot))
    return () if entry is None else _decoded(entry.value).latches


def merged(base: Latched, mine: Latched, theirs: Latched) -> Latched:
    """Return what both sides have come to since they last agreed on `base`."""
    kept = {latch.name: latch for latch in theirs.latches}
    before, now = ({latch.name: latch for latch in side.latches} for side in (base, mine))
    for name in before.keys() - now.keys():
        kept.pop(name, None)
    kept.update({name: latch for name, latch in now.items() if name not in before})
    obeyed = tuple(dict.fromkeys((*theirs.obeyed, *mine.obeyed)))[-OBEYED_MAX:]
    return Latched(latches=tuple(kept[name] for name in sorted(kept)), obeyed=obeyed)


class LatchBook:
    """The latches in one node's file; every method raises `StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self) -> tuple[Latched, Latched]:
        """Return what the bus was last known to hold, and what is latched here."""
        await self._store.commit(_TABLES)
        rows = {str(what): body for what, body in await self._store.read("SELECT what, body FROM latched")}
        return _decoded(rows.get("base")), _decoded(rows.get("mine"))

    async def write(self, base: Latched, mine: Latched) -> None:
        """Replace both."""
        sql = "INSERT OR REPLACE INTO latched VALUES (?, ?)"
        await self._store.commit([*_TABLES, (sql, ("base", to_json(base))), (sql, ("mine", to_json(mine)))])

    async def probe(self, at_ns: int) -> None:
        """Find out whether the file takes anything."""
        await self._store.commit([*_TABLES, ("INSERT OR REPLACE INTO probes VALUES (1, ?)", (at_ns,))])


class LatchKeeper:
    """Keeps the latches of one bot's safety where a restart, a successor and a person find them."""

    def __init__(
        self,
        bot: str,
        safety: Safety,
        book: LatchBook,
        bus: Bus,
        *,
        log: Log,
        retry_every_ns: int,
    ) -> None:
        self._key = latch_key(bot)
        self._safety = safety
        self._book = book
        self._bus = bus
        self._log = log
        self._retry_every_ns = retry_every_ns
        self._changed = safety.watch()
        self._base = Latched()
        self._obeyed: dict[str, None] = {}
        self.on_bus = False
        """True once the bus holds what is latched here, and was read."""
        self.in_file = False

    async def open(self) -> None:
        """Latch again what was latched; raise `StoreUnavailable` when the file cannot be read.

        When the bus does not answer now it is asked for as long as it takes; until then nothing may be entered.
        """
        self._base, mine = await self._book.read()
        self._obeyed = dict.fromkeys(mine.obeyed)
        for latch in mine.latches:
            self._safety.latch(latch)
        await self._keep()

    def obeyed(self, name: str) -> bool:
        """Tell whether an order was obeyed lately."""
        return name in self._obeyed

    async def keep(self, *, obeyed: str = "") -> bool:
        """Have what is latched now, and that an order was obeyed, kept; tell whether any place has it."""
        if obeyed:
            self._obeyed[obeyed] = None
        await self._keep()
        if not self.on_bus and not self.in_file:
            self._obeyed.pop(obeyed, None)
        return self.on_bus or self.in_file

    async def run(self) -> None:
        """Keep each change, for ever."""
        while True:
            if self.on_bus and self.in_file:
                await self._changed.wait()
            else:
                await pause(self._retry_every_ns)
            self._changed.clear()
            if not self.on_bus or not self.in_file or self._mine().latches != self._base.latches:
                await self._keep()

    async def _keep(self) -> None:
        self.on_bus = await self._merge()
        if self.on_bus:
            self._safety.regained(Loss.BUS, scope=BOT)
        else:
            reason = "what is latched on the bus could not be read"
            self._safety.lost(Loss.BUS, scope=BOT, reason=reason, reading="latches")
        try:
            await self._book.write(self._base, self._mine())
        except StoreUnavailable as problem:
            self.in_file = False
            self._log.error("latch_not_written", problem=str(problem))
        else:
            self.in_file = True

    async def _merge(self) -> bool:
        """Bring bus and node to one; tell whether that was possible."""
        for _ in range(MERGES_MAX):
            mine = self._mine()
            try:
                entry = await self._bus.get(self._key)
                theirs = Latched() if entry is None else _decoded(entry.value)
                both = merged(self._base, mine, theirs)
                if both != theirs:
                    revision = 0 if entry is None else entry.revision
                    await self._bus.put(self._key, to_json(both), revision=revision)
            except RevisionStale:
                continue
            except (BusUnavailable, MessageMalformed) as problem:
                self._log.warning("latch_not_on_bus", problem=str(problem))
                return False
            self._take_over(mine, both)
            return True
        return False

    def _take_over(self, mine: Latched, both: Latched) -> None:
        """Let safety hold what both sides came to; what it has come to since is merged the next time."""
        self._base = both
        self._obeyed = dict.fromkeys((*both.obeyed, *self._obeyed))
        held, agreed = ({latch.name for latch in side.latches} for side in (mine, both))
        for latch in both.latches:
            if latch.name not in held:
                self._safety.latch(latch)
        for latch in mine.latches:
            if latch.name not in agreed:
                self._safety.unlatch(latch)

    def _mine(self) -> Latched:
        return Latched(latches=_latches(self._safety), obeyed=tuple(self._obeyed))


def _latches(safety: Safety) -> tuple[Latch, ...]:
    latches: Iterable[Latch] = (
        Latch(loss=held.loss, scope=str(held.scope), reason=held.reason, at_ns=held.at_ns) for held in safety.latched()
    )
    return tuple(sorted(latches, key=lambda latch: latch.name))


def _decoded(body: object) -> Latched:
    return _READ(body) if isinstance(body, bytes) else Latched()
