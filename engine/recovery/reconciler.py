"""The reconciler of one account: reads a little all the time, and brings our books to what the venue says.

One reading each tick, balances and the open orders of each market in turn, so that it never uses up the budget that
orders need; its readings also tell whether the venue answers at all. What it does is idempotent and ends in one pass.
Turns that would show nothing new are left out: those of a market where nothing of ours lives, and those of balances
that agreed with the very books of now. That is done only while the private stream has shown that it tells of what
happens; any change of the books, and the loss of the stream, ends the pause at once.

A balance that differs while nothing of ours is in flight makes it read the fills, and a fill we never saw is counted
by its trade id. What still differs after that, for long, is a drift: the instruments are put on hold, and a person is
told. The hold ends when the account agrees again.

At the start, and every hour, everything is read: each market's orders and fills since the last agreement, and every
balance. That is done one request at a time as well, and what fails is tried again before the next (nautilus#780 was
banned at its start for asking about every symbol at once).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from engine.domain.audit import AuditDone
from engine.domain.errors import BusUnavailable, StoreUnavailable, VenueTrouble
from engine.domain.messages import OrderState, encode
from engine.domain.order import Order
from engine.domain.safety import Loss, market_scope
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.recovery.books import JournalledBooks
from engine.recovery.drift import DriftWatch, differences
from engine.recovery.ledger import assets_of
from engine.recovery.order_audit import OrderAudit
from engine.services.account import Account
from engine.services.alarms import Alarms, Severity
from engine.services.duty import heard, pause
from engine.services.log import Log
from engine.services.order_desk import contradicted_key
from engine.services.safety import Safety

Reading = Callable[[], Awaitable[None]]
CALM_TURNS = 3
"""In calm weather one turn of the others comes for so many of the one that tells whether the venue answers."""
AUDIT_TRIES_MAX = 3
"""How often one request of a full audit is tried before the others have their turn."""


@dataclass(frozen=True, kw_only=True)
class ReconcilerBounds:
    """The reconciler's pace and patience, in nanoseconds."""

    every_ns: int
    calm_every_ns: int
    """How often a venue is read at least, however calm all is."""
    drift_alert_after_ns: int
    look_back_ns: int
    """How much older than the last agreement a fill may be and still be found."""
    audit_every_ns: int
    audit_pace_ns: int
    """The pause between the requests of a full audit."""


@dataclass(kw_only=True)
class Turn:
    """One reading that comes again and again: the open orders of a market, or the balances (no symbol)."""

    symbol: str | None
    reading: Reading
    read_ns: int = 0
    """When it was last made, on the clock that never steps."""


class Reconciler:
    """Compares one account with the books, for ever."""

    def __init__(
        self,
        account: Account,
        audit: OrderAudit,
        *,
        books: JournalledBooks,
        safety: Safety,
        alarms: Alarms,
        bus: Bus,
        clock: Clock,
        log: Log,
        bounds: ReconcilerBounds,
    ) -> None:
        self._account = account
        self._audit = audit
        self._books = books
        self._safety = safety
        self._alarms = alarms
        self._bus = bus
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._drifts = DriftWatch()
        self._assets = tuple(dict.fromkeys(asset for symbol in account.instruments for asset in assets_of(symbol)))
        self._agreed_ns: int | None = None
        """When balances and books last agreed, on the venue's clock."""
        self._differing: dict[str, Decimal] | None = None
        """What the last reading of the balances showed; None if it was not conclusive."""
        self._found = 0
        """Fills that no book knew, in the present audit."""
        self._agreed_version: int | None = None
        """The version of the books that the balances last agreed with."""
        self._stirred = books.listen()
        account.news.tell(self._stirred)
        self._turns = [Turn(symbol=None, reading=self.compare_balances)]
        self._turns += [
            Turn(symbol=symbol, reading=partial(self._audit.open_orders, symbol)) for symbol in account.instruments
        ]

    async def run(self) -> None:
        """Read everything once the account is open, then one thing each tick, and everything again every hour."""
        await self._account.ready.wait()
        await self._read(self._recall)
        audited_ns: int | None = None
        while True:
            now_ns = self._clock.monotonic_ns()
            if audited_ns is None or now_ns - audited_ns >= self._bounds.audit_every_ns:
                audited_ns = now_ns
                await self.audit()
            await self._take_turn()

    async def _take_turn(self) -> None:
        """Make the reading that has waited longest, or wait until one is due."""
        self._stirred.clear()
        turn = min(self._turns, key=self._due_ns)
        left_ns = self._due_ns(turn) - self._clock.monotonic_ns()
        if left_ns > 0:
            await heard(self._stirred, within_ns=left_ns)
            return
        await self._read(turn.reading)
        turn.read_ns = self._clock.monotonic_ns()
        await pause(self._bounds.every_ns)

    def _due_ns(self, turn: Turn) -> int:
        """Return when a reading is to be made again: soon, unless it can show nothing that the stream has not told."""
        if not self._calm(turn):
            return turn.read_ns + self._bounds.every_ns
        alone = turn.symbol is None and all(self._calm(other) for other in self._turns)
        return turn.read_ns + self._bounds.calm_every_ns * (1 if alone else CALM_TURNS)

    def _calm(self, turn: Turn) -> bool:
        if not (self._account.news.stands and self._account.watch.calm):
            return False
        if turn.symbol is None:
            return self._agreed_version == self._books.version
        return not self._books.alive(self._account.name, turn.symbol)

    async def audit(self) -> None:
        """Hold everything at the account against the books, and tell what was found and what could not be read."""
        began_ns, since_ns = self._clock.wall_ns(), self._since_ns(self._account.venue.now_ns())
        self._found = 0
        readings: list[Reading] = []
        for symbol in self._account.instruments:
            readings += [partial(self._audit.open_orders, symbol), partial(self._read_fills, symbol, since_ns)]
        unread = 0
        for reading in (*readings, self.compare_balances, self._account.review, self._books.fold):
            unread += not await self._read_at_last(reading)
            await pause(self._bounds.audit_pace_ns)
        await self._tell_audit(began_ns, unread)

    async def compare_balances(self) -> None:
        """Compare every asset that is traded, or took a fee, with the books.

        Raises:
            VenueTrouble: the balances could not be read.
            StoreUnavailable: what was found could not be written.
        """
        version, at_ns = self._books.version, self._account.venue.now_ns()
        balances = await self._account.venue.balances()
        self._differing = self._agreed_version = None
        if not self._conclusive(version, at_ns):
            return
        told = {asset: balance.total for asset, balance in balances.items()}
        self._assets = tuple(dict.fromkeys((*self._assets, *self._books.changed_assets(self._account.name))))
        off_max = self._account.venue.facts.money_off_max
        money = {assets_of(symbol)[1]: off_max for symbol in self._account.instruments}
        found = differences(self._books.believed(self._account.name), told, self._assets, money)
        self._differing = found
        self._drifts.note(found, now_ns=self._clock.monotonic_ns())
        if found:
            self._log.warning("books_differ", venue=self._account.name, differences=str(found))
            await self._find_fills(at_ns)
        else:
            self._agree(at_ns)
            self._agreed_version = version
        self._tell()

    async def _find_fills(self, at_ns: int) -> None:
        for symbol in self._account.instruments:
            await self._read_fills(symbol, self._since_ns(at_ns))

    async def _read_fills(self, symbol: str, since_ns: int) -> None:
        found = await self._audit.fills(symbol, since_ns)
        self._found += found
        if found:
            self._log.warning("fills_found", venue=self._account.name, instrument=symbol, count=found)

    def _since_ns(self, at_ns: int) -> int:
        return (self._agreed_ns or at_ns) - self._bounds.look_back_ns

    async def _recall(self) -> None:
        """Begin where a predecessor stopped: what happened before its last change was known to it."""
        self._agreed_ns = await self._books.last_change_ns(self._account.name)

    async def _read_at_last(self, reading: Reading) -> bool:
        """Make one reading of an audit, if need be a few times; tell whether it was made."""
        for _ in range(AUDIT_TRIES_MAX):
            if await self._read(reading):
                return True
            await pause(self._bounds.every_ns)
        return False

    async def _tell_audit(self, began_ns: int, unread: int) -> None:
        done = AuditDone(
            venue=self._account.name,
            markets=len(self._account.instruments),
            unread=unread,
            fills_found=self._found,
            orphans=self._audit.orphans,
            foreign=self._audit.foreign,
            differences=dict(self._differing or {}),
            conclusive=self._differing is not None,
            began_ns=began_ns,
            at_ns=self._clock.wall_ns(),
        )
        self._log.info("audited", venue=done.venue, found=done.fills_found, conclusive=done.conclusive)
        try:
            await self._bus.publish(done.subject, encode(done))
        except BusUnavailable as problem:
            self._log.warning("audit_not_published", venue=done.venue, problem=str(problem))

    async def _read(self, reading: Reading) -> bool:
        """Make one reading; tell whether it was made."""
        began_ns = self._clock.monotonic_ns()
        try:
            await reading()
        except VenueTrouble as problem:
            self._log.warning("not_reconciled", venue=self._account.name, problem=str(problem))
            self._account.watch.failed(problem.trouble, began_ns=began_ns)
        except StoreUnavailable as problem:
            self._log.warning("not_reconciled", venue=self._account.name, problem=str(problem))
        else:
            self._account.watch.answered()
            return True
        return False

    def _conclusive(self, version: int, at_ns: int) -> bool:
        """Tell whether nothing of ours can explain a difference: nothing in flight, nothing lately changed.

        What rests explains none while it is as it was: it moves no total, and may rest for as long as there is a
        position (a stop) or a market maker.
        """
        lately_ns = at_ns - self._account.venue.facts.view_lag_ns
        if self._books.version != version:
            return False
        name, settled = self._account.name, self._books.recent()
        if any(order.changed_ns > lately_ns and order.venue == name for order in settled):
            return False
        return all(_quiet(order, lately_ns) for order in self._books.unsettled() if order.venue == name)

    def _tell(self) -> None:
        """Hold and page for what lasts; let go of what is over."""
        lasting = {
            drift.asset: drift
            for drift in self._drifts.lasting(
                now_ns=self._clock.monotonic_ns(), longer_than_ns=self._bounds.drift_alert_after_ns
            )
        }
        for asset in self._assets:
            key = f"drift/{self._account.name}/{asset}"
            if asset in lasting:
                summary = f"{self._account.name} has {lasting[asset].amount} {asset} more than our books"
                self._alarms.raise_alert(key, severity=Severity.CRITICAL, summary=summary, runbook="drift-persists")
            else:
                self._alarms.resolve_alert(key)
        for symbol in self._account.instruments:
            if any(asset in lasting for asset in assets_of(symbol)):
                reason = f"drift at {self._account.name}"
                self._safety.lost(Loss.DRIFT, scope=self._scope(symbol), reason=reason, reading="balances")

    def _agree(self, at_ns: int) -> None:
        """Note that the account and the books say the same: whatever held its instruments is over."""
        self._agreed_ns = at_ns
        self._account.agreed_ns = self._clock.monotonic_ns()
        for symbol in self._account.instruments:
            self._safety.regained(Loss.DRIFT, scope=self._scope(symbol))
            self._alarms.resolve_alert(contradicted_key(self._account.name, symbol))

    def _scope(self, symbol: str) -> str:
        return market_scope(self._account.name, symbol)


def _quiet(order: Order, lately_ns: int) -> bool:
    """Tell whether an unsettled order moves no balance that we do not know of: at rest, counted, and not just now."""
    at_rest = order.state in (OrderState.OPEN, OrderState.WAITING) and order.traded == order.filled
    return at_rest and order.changed_ns <= lately_ns
