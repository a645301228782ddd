"""How a term begins: the bus's part of the journal is read, and the books' way back to the bus is laid."""

from engine.domain.messages import Component
from engine.recovery.books import JournalledBooks
from engine.recovery.inheritance import Heir
from engine.recovery.journal import Journal
from engine.recovery.replicator import Replicator
from engine.recovery.snapshots import Snapshots
from engine.recovery.succession import Succession
from engine.runtime.kit import Kit
from engine.services.abdication import Abdication
from engine.services.leadership import Leadership
from engine.services.safety import Safety


async def build_succession(
    kit: Kit, leadership: Leadership, *, rivals: bool, file: str = "execution.sqlite"
) -> Succession:
    """Return one term's books; raise `BusUnavailable`, `StoreUnavailable` or `SchemaUnknown` when there can be none.

    A term that began without the bus keeps to its own journal; the next one tells the bus all of it.
    """
    config, clock, alarms = kit.config, kit.clock, kit.alarms[Component.EXECUTION]
    store, began_ns = await kit.store(file), clock.monotonic_ns()
    if not leadership.token:
        books = JournalledBooks(Journal(store), clock)
        return Succession(config.bot, books, leadership, node=kit.node, clock=clock, alarms=alarms, began_ns=began_ns)
    inherited = await Heir(config.bot, store, kit.bus, clock, node=kit.node).inherit(leadership.token)
    replica = Replicator(
        config.bot,
        token=leadership.token,
        number=inherited.position.number,
        bus=kit.bus,
        clock=clock,
        log=kit.log,
        pending_max=config.bus.outbox_max,
        retry_every_ns=config.bus.retry_every_ns,
    )
    books = JournalledBooks(Journal(store, replica=replica, strict=rivals), clock)
    snapshots = Snapshots(
        config.bot,
        books,
        replica,
        node=kit.node,
        bus=kit.bus,
        clock=clock,
        log=kit.log,
        every_ns=config.lease.snapshot_every_ns,
        retry_every_ns=config.bus.retry_every_ns,
    )
    return Succession(
        config.bot,
        books,
        leadership,
        node=kit.node,
        clock=clock,
        alarms=alarms,
        began_ns=began_ns,
        inherited=inherited,
        replica=replica,
        snapshots=snapshots,
    )


def build_abdication(kit: Kit, leadership: Leadership, safety: Safety) -> Abdication:
    """Return who sees to it that a leader whose disk has failed makes room."""
    config = kit.config
    return Abdication(
        leadership,
        safety,
        node=kit.node,
        bus=kit.bus,
        clock=kit.clock,
        log=kit.log,
        after_ns=config.lease.unwritten_ns,
        fresh_ns=2 * config.monitor.heartbeat_every_ns,
        tried_every_ns=config.monitor.heartbeat_every_ns,
        pending_max=config.bus.pending_max,
        retry_every_ns=config.bus.retry_every_ns,
    )
