"""The reconciler of one account: reads a little all the time, and brings our books to what the venue says.

One reading each tick, balances and the open orders of each market in turn, so that it never uses up the budget that
orders need; its readings also tell whether the venue answers at all. What it does is idempotent and ends in one pass.
A balance that differs while nothing of ours is in flight makes it read the fills, and a fill we never saw is counted
by its trade id. What still differs after that, for long, is a drift: the instruments are put on hold, and a person is
told. The hold ends when the account agrees again.
"""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from engine.domain.errors import StoreUnavailable, VenueTrouble
from engine.domain.messages import OrderState
from engine.domain.safety import Loss, market_scope
from engine.ports.clock import Clock
from engine.recovery.books import JournalledBooks
from engine.recovery.drift import DriftWatch, differences
from engine.recovery.ledger import assets_of
from engine.recovery.order_audit import OrderAudit
from engine.services.account import Account
from engine.services.alarms import Alarms, Severity
from engine.services.duty import pause
from engine.services.log import Log
from engine.services.order_desk import contradicted_key
from engine.services.safety import Safety

Reading = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class ReconcilerBounds:
    """The reconciler's pace and patience, in nanoseconds."""

    every_ns: int
    drift_alert_after_ns: int
    look_back_ns: int
    """How much older than the last agreement a fill may be and still be found."""


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
        clock: Clock,
        log: Log,
        bounds: ReconcilerBounds,
    ) -> None:
        self._account = account
        self._audit = audit
        self._books = books
        self._safety = safety
        self._alarms = alarms
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._drifts = DriftWatch()
        self._assets = tuple(dict.fromkeys(asset for symbol in account.instruments for asset in assets_of(symbol)))
        self._agreed_ns: int | None = None
        """When balances and books last agreed, on the venue's clock."""

    async def run(self) -> None:
        """Read one thing each tick once the account is open."""
        await self._account.ready.wait()
        readings: list[Reading] = [self.compare_balances]
        readings += [partial(self._audit.open_orders, symbol) for symbol in self._account.instruments]
        for reading in itertools.cycle(readings):
            await self._read(reading)
            await pause(self._bounds.every_ns)

    async def compare_balances(self) -> None:
        """Compare every traded asset's total with the books; raise `VenueTrouble` or `StoreUnavailable`."""
        version, at_ns = self._books.version, self._account.venue.now_ns()
        balances = await self._account.venue.balances()
        if not self._conclusive(version, at_ns):
            return
        told = {asset: balance.total for asset, balance in balances.items()}
        found = differences(self._books.believed(self._account.name), told, self._assets)
        self._drifts.note(found, now_ns=self._clock.monotonic_ns())
        if found:
            self._log.warning("books_differ", venue=self._account.name, differences=str(found))
            await self._find_fills(at_ns)
        else:
            self._agree(at_ns)
        self._tell()

    async def _find_fills(self, at_ns: int) -> None:
        since_ns = (self._agreed_ns or at_ns) - self._bounds.look_back_ns
        for symbol in self._account.instruments:
            found = await self._audit.fills(symbol, since_ns)
            if found:
                self._log.warning("fills_found", venue=self._account.name, instrument=symbol, count=found)

    async def _read(self, reading: Reading) -> None:
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

    def _conclusive(self, version: int, at_ns: int) -> bool:
        """Tell whether nothing of ours can explain a difference: nothing in flight, nothing lately changed.

        A stop that waits explains none: it moves no total, and may wait for as long as there is a position.
        """
        unsettled = (order for order in self._books.unsettled() if order.venue == self._account.name)
        mine = [order for order in unsettled if order.state is not OrderState.WAITING]
        lately_ns = at_ns - self._account.venue.facts.view_lag_ns
        recent = any(
            order.venue == self._account.name and order.changed_ns > lately_ns for order in self._books.recent()
        )
        return not mine and not recent and self._books.version == version

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
