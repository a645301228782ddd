"""How execution is put together: one set of books, an account per venue, the executor, and a reconciler per account."""

from contextlib import AsyncExitStack
from functools import partial

from engine.domain.errors import BusUnavailable
from engine.domain.lease import LeaseBounds
from engine.domain.messages import Component
from engine.recovery.books import JournalledBooks
from engine.recovery.journal import Journal
from engine.recovery.order_audit import Foreign, OrderAudit
from engine.recovery.reconciler import Reconciler, ReconcilerBounds
from engine.recovery.trading_desk import DeskBounds, TradingDesk
from engine.runtime.kit import Kit
from engine.runtime.protection_parts import guards
from engine.runtime.risk_parts import risk_desk, risk_watch, start_check
from engine.runtime.safety_parts import (
    build_controls,
    build_flattener,
    build_journal_watch,
    build_latch_keeper,
    build_lookout,
    build_safety,
)
from engine.runtime.seat import Seat
from engine.runtime.succession_parts import build_abdication, build_succession
from engine.runtime.venue_access import venue_for
from engine.services.account import Account
from engine.services.execution import ExecutionBounds, Executor
from engine.services.journal_watch import JournalWatch
from engine.services.latches import LatchBook
from engine.services.lead import Lead
from engine.services.leadership import Leadership
from engine.services.order_desk import OrderDesk
from engine.services.order_driver import DriverBounds
from engine.services.risk import RiskDesk
from engine.services.safety import Safety
from engine.services.safety_desk import SafetyDesk
from engine.services.standby_disk import StandbyDisk
from engine.services.start_check import StartCheck
from engine.services.venue_watch import VenueWatch


async def build_execution(kit: Kit, _stack: AsyncExitStack) -> Seat:
    """Return one executor's seat, which builds all that trades whenever it leads."""
    config = kit.config
    journal = Journal(await kit.store("execution.sqlite"))
    await journal.open()
    holder = await journal.identity(kit.surroundings.random)
    disk = StandbyDisk(
        LatchBook(await kit.store("execution.sqlite")),
        alarms=kit.alarms[Component.EXECUTION],
        clock=kit.clock,
        log=kit.log,
        every_ns=config.monitor.heartbeat_every_ns,
    )
    return Seat(
        partial(build_leadership, kit, holder),
        partial(_build_term, kit),
        disk=disk,
        alone=not _has_rivals(kit) and not await journal.is_new(),
        log=kit.log,
        rest_ns=2 * config.lease.renew_every_ns,
        retry_every_ns=config.bus.retry_every_ns,
    )


async def _build_term(kit: Kit, stack: AsyncExitStack, leadership: Leadership) -> TradingDesk:
    """Return execution with everything around it, for one term."""
    succession = await build_succession(kit, leadership, rivals=_has_rivals(kit))
    books = succession.books
    check = start_check(kit, books)
    accounts = {name: build_account(kit, name, stack, check) for name in kit.config.venues}
    safety = build_safety(kit)
    lead = Lead(leadership, accounts, books, rivals=_has_rivals(kit))
    desk = build_order_desk(kit, accounts, books, safety, lead)
    keeper = build_latch_keeper(kit, safety, LatchBook(await kit.store("execution.sqlite")))
    risk = risk_desk(kit, accounts, books)
    flattener = build_flattener(kit, accounts, desk, books=books, safety=safety, prices=risk.prices)
    lookout = build_lookout(kit, accounts, books=books, safety=safety, latches=keeper, prices=risk.prices)
    controls = build_controls(kit, safety, keeper, partial(_hand_over, kit, leadership))
    return TradingDesk(
        _executor(kit, accounts, desk, books, risk, safety, await build_journal_watch(kit, safety)),
        [build_reconciler(kit, account, desk, books, safety) for account in accounts.values()],
        guards(kit, accounts, desk, books, safety, risk.prices),
        accounts,
        books=books,
        safety=SafetyDesk(safety, keeper, controls, flattener, lookout),
        losses=safety,
        succession=succession,
        abdication=build_abdication(kit, leadership, safety) if _has_rivals(kit) else None,
        leadership=leadership,
        watch=risk_watch(kit, risk, accounts, books, safety),
        check=check,
        bus=kit.bus,
        outbox=kit.outbox,
        clock=kit.clock,
        log=kit.log,
        bounds=DeskBounds(
            snapshot_every_ns=kit.config.reconcile.snapshot_every_ns,
            leave_within_ns=kit.config.execution.leave_within_ns,
        ),
    )


def build_leadership(kit: Kit, holder: str) -> Leadership:
    """Return a claim to lead."""
    lease = kit.config.lease
    bounds = LeaseBounds(
        ttl_ns=lease.ttl_ns, renew_every_ns=lease.renew_every_ns, margin_ns=lease.margin_ns, skew_ns=lease.skew_ns
    )
    return Leadership(kit.config.bot, holder, node=kit.node, bus=kit.bus, clock=kit.clock, log=kit.log, bounds=bounds)


async def _hand_over(kit: Kit, leadership: Leadership) -> None:
    """Lay the lease down, so that another node leads at once; without the bus nobody could."""
    try:
        await leadership.lay_down()
    except BusUnavailable as problem:
        kit.log.warning("lease_not_laid_down", problem=str(problem))


def _has_rivals(kit: Kit) -> bool:
    """Whether somebody else may lead, today or after a person has started a node that is off by design."""
    return len(kit.config.nodes_running("execution", cold=True)) > 1


def build_account(kit: Kit, name: str, stack: AsyncExitStack, check: StartCheck | None) -> Account:
    """Return the account at one venue, not opened yet."""
    unreachable_after_ns = kit.config.alerts.venue_unreachable_after_ns
    alarms = kit.alarms[Component.EXECUTION]
    return Account(
        name,
        venue_for(kit, name, stack, trading=True),
        kit.config.traded_at(name),
        VenueWatch(name, alarms, kit.clock, alert_after_ns=unreachable_after_ns),
        check=check,
        clock=kit.clock,
        log=kit.log,
        retry_first_ns=kit.config.feed.redial_first_ns,
        retry_most_ns=kit.config.feed.redial_most_ns,
    )


def build_order_desk(
    kit: Kit, accounts: dict[str, Account], books: JournalledBooks, safety: Safety, lead: Lead
) -> OrderDesk:
    """Return who drives the orders."""
    execution = kit.config.execution
    return OrderDesk(
        accounts,
        books=books,
        safety=safety,
        outbox=kit.outbox,
        alarms=kit.alarms[Component.EXECUTION],
        clock=kit.clock,
        log=kit.log,
        lead=lead,
        bounds=DriverBounds(
            poll_first_ns=execution.poll_first_ns,
            poll_most_ns=execution.poll_most_ns,
            entry_ttl_ns=execution.entry_ttl_ns,
            settle_within_ns=execution.settle_within_ns,
            journal_retry_ns=kit.config.bus.retry_every_ns,
            journal_wait_ns=kit.config.flatten.journal_wait_ns,
        ),
        unknown_alert_after_ns=kit.config.alerts.order_unknown_after_ns,
        restart_pause_ns=kit.config.restart.first_ns,
    )


def _executor(
    kit: Kit,
    accounts: dict[str, Account],
    desk: OrderDesk,
    books: JournalledBooks,
    risk: RiskDesk,
    safety: Safety,
    watch: JournalWatch,
) -> Executor:
    config = kit.config
    return Executor(
        config.bot,
        accounts,
        desk,
        shares={name: venue.share for name, venue in config.venues.items()},
        risk=risk,
        books=books,
        safety=safety,
        watch=watch,
        bus=kit.bus,
        outbox=kit.outbox,
        clock=kit.clock,
        log=kit.log,
        bounds=ExecutionBounds(
            price_collar=config.execution.price_collar,
            orders_max=config.execution.orders_max,
            failover=config.execution.failover,
            warm_up_ns=config.execution.warm_up_ns,
            look_after_every_ns=config.monitor.heartbeat_every_ns,
            pending_max=config.bus.pending_max,
            ack_wait_ns=config.bus.ack_wait_ns,
            retry_every_ns=config.bus.retry_every_ns,
        ),
    )


def build_reconciler(kit: Kit, account: Account, desk: OrderDesk, books: JournalledBooks, safety: Safety) -> Reconciler:
    """Return the reconciler of one account."""
    alarms = kit.alarms[Component.EXECUTION]
    foreign = Foreign(kit.config.reconcile.foreign)
    audit = OrderAudit(kit.config.bot, account, books=books, desk=desk, alarms=alarms, log=kit.log, foreign=foreign)
    return Reconciler(
        account,
        audit,
        books=books,
        safety=safety,
        alarms=alarms,
        bus=kit.bus,
        clock=kit.clock,
        log=kit.log,
        bounds=ReconcilerBounds(
            every_ns=kit.config.reconcile.every_ns,
            calm_every_ns=kit.config.reconcile.calm_every_ns,
            drift_alert_after_ns=kit.config.alerts.drift_after_ns,
            look_back_ns=kit.config.reconcile.look_back_ns,
            audit_every_ns=kit.config.reconcile.audit_every_ns,
            audit_pace_ns=kit.config.reconcile.audit_pace_ns,
        ),
    )
