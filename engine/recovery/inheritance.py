"""How a new leader comes by its books: its own journal, brought up to what the bus has of its predecessors.

First it writes that its term has begun, so that nothing a deposed leader still writes counts for anybody. A journal
that is behind the snapshot on the bus (an empty disk, a node that slept) is replaced by it; then every entry that
follows is written into it, up to the mark of the new term. So neither the predecessor's disk nor its memory is needed,
and a node that has never traded is as good a successor as one that waited beside. What was sent is in the books, since
nothing is sent before the bus has it; what the predecessor learnt in its last moment may not be, and is looked up:
every order without an end is unknown.
"""

from dataclasses import dataclass

from engine.domain.codec import to_json
from engine.domain.order import Order
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.store import Statement, Store
from engine.recovery.replica import (
    JournalWritten,
    Position,
    Snapshot,
    TermBegan,
    journal_subject,
    read_entry,
    read_snapshot,
    snapshot_name,
)
from engine.recovery.rows import position_row, statements_for, statements_of
from engine.recovery.schema import VERSION, check_version

STATEMENTS_MAX = 2_000
"""Rows that are written in one transaction."""


@dataclass(kw_only=True)
class Inherited:
    """What was found on the bus."""

    position: Position
    point_ns: int = 0
    """When the last of it was written, by its writer's wall clock; 0 when there was nothing."""
    from_snapshot: bool = False
    entries: int = 0
    holes: int = 0
    mark: int = 0
    """Where on the bus the term began."""


class Heir:
    """Brings one node's journal up to date, at the begin of a term."""

    def __init__(self, bot: str, store: Store, bus: Bus, clock: Clock, *, node: str) -> None:
        self._bot = bot
        self._store = store
        self._bus = bus
        self._clock = clock
        self._node = node
        self._waiting: list[Statement] = []

    async def inherit(self, token: int) -> Inherited:
        """Fence off whoever led before, and write into the journal what the bus has and it has not.

        Raises:
            BusUnavailable: the bus cannot be read.
            StoreUnavailable: the journal does not take it.
            SchemaUnknown: a newer version has written it.
        """
        began = TermBegan(schema=VERSION, token=token, node=self._node, at_ns=self._clock.wall_ns())
        subject = journal_subject(self._bot)
        mark = await self._bus.enqueue(subject, to_json(began), message_id=f"term|{subject}|{token}|{began.at_ns}")
        found = Inherited(position=await self._position(), mark=mark)
        await self._restore(found)
        async for stored in self._bus.history(subject):
            if stored.sequence >= mark:
                break
            entry = read_entry(stored.data)
            check_version(entry.schema, f"the journal of {self._bot} on the bus")
            if isinstance(entry, TermBegan):
                found.position = Position(max(entry.token, found.position.token), found.position.number)
            else:
                await self._take(entry, found)
        found.position = Position(token, found.position.number)
        self._waiting.append(position_row(token, found.position.number))
        await self._write()
        return found

    async def _position(self) -> Position:
        rows = await self._store.read("SELECT token, number FROM position")
        return Position(int(str(rows[0][0])), int(str(rows[0][1]))) if rows else Position()

    async def _restore(self, found: Inherited) -> None:
        """Replace the journal by the snapshot on the bus, if that is ahead of it."""
        snapshot = await self._snapshot()
        if snapshot is None or snapshot.position <= found.position:
            return
        self._waiting = statements_for(snapshot)
        await self._write()
        found.position, found.point_ns, found.from_snapshot = snapshot.position, snapshot.at_ns, True

    async def _snapshot(self) -> Snapshot | None:
        there = await self._bus.get(snapshot_name(self._bot))
        if there is None:
            return None
        snapshot = read_snapshot(there.value)
        check_version(snapshot.schema, f"the snapshot of {self._bot} on the bus")
        return snapshot

    async def _take(self, entry: JournalWritten, found: Inherited) -> None:
        """Write an entry that the journal has not; pass over what a deposed leader wrote behind its successor."""
        token, number = found.position.token, found.position.number
        if entry.token < token or (entry.token == token and entry.number <= number):
            return
        if entry.number > number + 1:  # lost between: a later snapshot may hold it
            await self._write()
            await self._restore(found)
            if Position(entry.token, entry.number) <= found.position:
                return
            found.holes += max(0, entry.number - found.position.number - 1)
        self._waiting += statements_of(entry)
        found.position, found.point_ns = Position(entry.token, entry.number), entry.at_ns
        found.entries += 1
        if len(self._waiting) >= STATEMENTS_MAX:
            await self._write()

    async def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            await self._store.commit(waiting)


async def orders_behind(bot: str, bus: Bus, *, token: int, mark: int) -> tuple[Order, ...]:
    """Return the orders that a deposed leader wrote behind the mark of the term with `token`, each as last written.

    A lease that is seized from a leader who lives leaves that leader time to write and to send; once it can do nothing
    more, this is what nobody's books hold. Raises `BusUnavailable`, or `MessageMalformed`.
    """
    found: dict[str, Order] = {}
    async for stored in bus.history(journal_subject(bot), after=mark):
        entry = read_entry(stored.data)
        if isinstance(entry, JournalWritten) and entry.token < token:
            found |= {order.client_order_id: order for order in entry.orders}
    return tuple(found.values())
