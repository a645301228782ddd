"""How safety is put together: the state of every market, its latches, and who leaves the markets that must be left."""

from engine.domain.messages import Component
from engine.recovery.books import JournalledBooks
from engine.runtime.kit import Kit
from engine.services.account import Account
from engine.services.closing import Ladder
from engine.services.control import ControlBounds, Controls, HandOver
from engine.services.flatten import FlattenBounds, Flattener
from engine.services.journal_watch import JournalWatch
from engine.services.latches import LatchBook, LatchKeeper
from engine.services.lookout import Lookout, LookoutBounds
from engine.services.order_desk import OrderDesk
from engine.services.price_board import PriceBoard
from engine.services.remains import Remains
from engine.services.safety import Safety


def build_safety(kit: Kit) -> Safety:
    """Return the state of safety of every market that the bot trades."""
    return Safety(
        kit.config.markets,
        node=kit.node,
        alarms=kit.alarms[Component.EXECUTION],
        tell=kit.outbox.put,
        clock=kit.clock,
        log=kit.log,
    )


def build_flattener(
    kit: Kit,
    accounts: dict[str, Account],
    desk: OrderDesk,
    *,
    books: JournalledBooks,
    safety: Safety,
    prices: PriceBoard,
) -> Flattener:
    """Return who leaves markets."""
    flatten = kit.config.flatten
    return Flattener(
        kit.config.bot,
        accounts,
        desk,
        books=books,
        safety=safety,
        remains=Remains(
            accounts,
            books=books,
            prices=prices,
            clock=kit.clock,
            log=kit.log,
            alone_after_ns=flatten.alone_after_ns,
        ),
        outbox=kit.outbox,
        alarms=kit.alarms[Component.EXECUTION],
        clock=kit.clock,
        log=kit.log,
        bounds=FlattenBounds(
            ladder=Ladder(first=flatten.first, worst=flatten.worst),
            every_ns=flatten.every_ns,
            watch_every_ns=flatten.watch_every_ns,
            exit_ttl_ns=flatten.exit_ttl_ns,
            journal_wait_ns=flatten.journal_wait_ns,
            alert_after_ns=flatten.alert_after_ns,
        ),
    )


def build_controls(kit: Kit, safety: Safety, latches: LatchKeeper, hand_over: HandOver) -> Controls:
    """Return who obeys a person's orders."""
    return Controls(
        kit.config.bot,
        safety,
        latches,
        node=kit.node,
        bus=kit.bus,
        outbox=kit.outbox,
        clock=kit.clock,
        log=kit.log,
        hand_over=hand_over,
        bounds=ControlBounds(ack_wait_ns=kit.config.bus.ack_wait_ns, retry_every_ns=kit.config.bus.retry_every_ns),
    )


def build_latch_keeper(kit: Kit, safety: Safety, book: LatchBook) -> LatchKeeper:
    """Return who keeps what only a person ends."""
    return LatchKeeper(kit.config.bot, safety, book, kit.bus, log=kit.log, retry_every_ns=kit.config.bus.retry_every_ns)


def build_lookout(
    kit: Kit,
    accounts: dict[str, Account],
    *,
    books: JournalledBooks,
    safety: Safety,
    latches: LatchKeeper,
    prices: PriceBoard,
) -> Lookout:
    """Return who finds the losses that nobody else comes upon."""
    config = kit.config
    return Lookout(
        accounts,
        safety=safety,
        books=books,
        prices=prices,
        outbox=kit.outbox,
        latches=latches,
        clock=kit.clock,
        bounds=LookoutBounds(
            every_ns=config.monitor.heartbeat_every_ns,
            warm_up_ns=config.execution.warm_up_ns,
            bus_silent_after_ns=config.alerts.bus_silent_after_ns,
            clock_off_max_ns=config.alerts.clock_off_max_ns,
        ),
    )


async def build_journal_watch(kit: Kit, safety: Safety) -> JournalWatch:
    """Return who knows whether the journal takes anything."""
    return JournalWatch(
        LatchBook(await kit.store("execution.sqlite")),
        LatchBook(await kit.store("witness.sqlite")),
        safety=safety,
        alarms=kit.alarms[Component.EXECUTION],
        clock=kit.clock,
        log=kit.log,
    )
