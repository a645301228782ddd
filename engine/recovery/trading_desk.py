"""The execution component as a node runs it: start is recovery, and only then is traded.

The journal is read first. What the bus may have missed is told again (the same ids, so nobody hears it twice). Then
the executor and one reconciler per account run on the same books, and what we believe to own is told to everybody,
regularly and at each change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.domain.errors import BusUnavailable
from engine.domain.messages import Component, LedgerSnapshot, OrderState, encode, subject_of
from engine.domain.order import Order
from engine.domain.order_step import order_changed
from engine.domain.safety import BOT, Loss, Purpose
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.recovery.books import JournalledBooks
from engine.recovery.reconciler import Reconciler
from engine.recovery.succession import Succession
from engine.services.abdication import Abdication
from engine.services.account import Account
from engine.services.dead_mans_switch import DeadMansSwitch
from engine.services.duty import Health, heard, pause, together
from engine.services.execution import Executor
from engine.services.leadership import Deposed, Leadership
from engine.services.log import Log
from engine.services.outbox import Outbox
from engine.services.protection import Guard
from engine.services.risk_watch import RiskWatch
from engine.services.safety import Safety
from engine.services.safety_desk import SafetyDesk
from engine.services.start_check import StartCheck

QUIET_LOOK_NS, QUIET_LOOKS = 200_000_000, 3
"""A desk that is to go has finished when so many looks in a row find nothing under way: a fill may yet want a stop."""


@dataclass(frozen=True, kw_only=True)
class DeskBounds:
    """The desk's own pace, in nanoseconds."""

    snapshot_every_ns: int
    leave_within_ns: int
    """How long a desk that is to go may take to finish what it has begun."""


class TradingDesk:
    """Runs execution and reconciliation of one bot on one set of books."""

    component = Component.EXECUTION

    def __init__(
        self,
        executor: Executor,
        reconcilers: Sequence[Reconciler],
        guards: Sequence[Guard | DeadMansSwitch],
        accounts: Mapping[str, Account],
        *,
        books: JournalledBooks,
        safety: SafetyDesk,
        losses: Safety,
        leadership: Leadership,
        succession: Succession,
        abdication: Abdication | None,
        watch: RiskWatch,
        check: StartCheck,
        bus: Bus,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        bounds: DeskBounds,
    ) -> None:
        self._executor = executor
        self._reconcilers = tuple(reconcilers)
        self._guards = tuple(guards)
        self._accounts = dict(accounts)
        self._books = books
        self._safety = safety
        self._losses = losses
        self._leadership = leadership
        self._succession = succession
        self._abdication = abdication
        self._watch = watch
        self._check = check
        self._bus = bus
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._bounds = bounds

    async def run(self) -> None:
        """Recover, then trade until cancelled; raise `StoreUnavailable` when the journal cannot be read."""
        await self._books.open()
        await self._safety.open()
        self._succession.tell(self._outbox)
        self._tell_again()
        await together(
            *self._succession.loops(),
            self._leadership.keep(self._tell_lead),
            self._leadership.run_out(self._tell_lead),
            *((self._abdication.run(),) if self._abdication is not None else ()),
            self._safety.run(),
            self._check.run(),
            self._watch.run(),
            self._executor.run(),
            *(reconciler.run() for reconciler in self._reconcilers),
            *(guard.run() for guard in self._guards),
            self._tell_ledger(),
        )

    def health(self) -> Health:
        """Say how the executor feels."""
        return self._executor.health()

    async def depart(self) -> None:
        """Enter nothing more, have the entries that rest cancelled, and lay the lease down once every order has come to
        its end and its fills are known: one that nobody looks after would be filled, and its position left without a
        stop. What is not done in time is done by whoever starts next.
        """
        self._losses.lost(Loss.DEPARTURE, scope=BOT, reason="this node is being stopped")
        until_ns, quiet = self._clock.monotonic_ns() + self._bounds.leave_within_ns, 0
        while quiet < QUIET_LOOKS and self._clock.monotonic_ns() < until_ns:
            await pause(QUIET_LOOK_NS)
            quiet = 0 if any(_under_way(order) for order in self._books.unsettled()) else quiet + 1
        self._log.info("departing", finished=quiet == QUIET_LOOKS)
        try:
            await self._leadership.lay_down()
        except (BusUnavailable, Deposed) as problem:
            self._log.warning("lease_not_laid_down", problem=str(problem))
        self._losses.regained(Loss.DEPARTURE, scope=BOT)

    def _tell_lead(self, held: bool) -> None:  # a fact, handed on
        """Let safety know whether the lease is held."""
        if held:
            self._losses.regained(Loss.LEASE, scope=BOT)
        else:
            self._losses.lost(Loss.LEASE, scope=BOT, reason="the lease could not be renewed", reading="lease")

    def _tell_again(self) -> None:
        orders = (*self._books.recent(), *self._books.unsettled())
        self._log.info("recovered", orders=len(orders), unsettled=len(self._books.unsettled()))
        for order in orders:
            self._outbox.put(order_changed(order, at_ns=self._clock.wall_ns()))

    async def _tell_ledger(self) -> None:
        """Publish what we believe, at each change and every so often."""
        changed = self._books.listen()
        while True:
            changed.clear()
            for name in self._accounts:
                if self._books.has_baseline(name):
                    await self._tell_one(name)
            await heard(changed, within_ns=self._bounds.snapshot_every_ns)

    async def _tell_one(self, venue: str) -> None:
        alive = [order for order in self._books.unsettled() if order.venue == venue and not order.final]
        unknown = (order.client_order_id for order in alive if order.state is OrderState.UNKNOWN)
        known = (order.client_order_id for order in alive if order.state is not OrderState.UNKNOWN)
        snapshot = LedgerSnapshot(
            venue=venue,
            balances=dict(self._books.believed(venue)),
            positions={symbol: self._books.position(venue, symbol) for symbol in self._accounts[venue].instruments},
            open_orders=tuple(sorted(known)),
            unknown_orders=tuple(sorted(unknown)),
            at_ns=self._clock.wall_ns(),
        )
        try:
            await self._bus.publish(subject_of(snapshot), encode(snapshot))
        except BusUnavailable as problem:
            self._log.warning("ledger_not_published", venue=venue, problem=str(problem))


def _under_way(order: Order) -> bool:
    """Tell whether somebody must stay for an unsettled order; only a stop that rests needs nobody."""
    return not (order.purpose is Purpose.PROTECT and order.state is order.at_rest and not order.cancel_wanted)
