"""All orders that are being driven: who drives which, what they complain of, and what of them needs a person.

Each order has a task of its own, so one that is stuck holds up no other. A driver that fails is started again as
after a crash, since that is what its order can stand best; a broken invariant also puts the instrument on hold and
pages.
"""

import asyncio
from collections.abc import Mapping, Sequence

from engine.domain.errors import EngineError, InvariantBroken, StoreUnavailable
from engine.domain.evidence import Seen
from engine.domain.messages import OrderState
from engine.domain.money import Quantity
from engine.domain.order import Order
from engine.domain.order_events import Journalled, OrderEvent, RestartedFromJournal, SendBegan
from engine.domain.safety import BOT, Loss, Purpose, market_scope, venue_scope
from engine.ports.clock import Clock
from engine.ports.venue import OrderNews
from engine.services.account import Account
from engine.services.alarms import Alarms, Severity
from engine.services.books import Books
from engine.services.duty import pause, unless_asked
from engine.services.lead import Lead
from engine.services.log import Log
from engine.services.order_driver import DriverBounds, OrderDriver
from engine.services.outbox import Outbox
from engine.services.protection_plan import Way, way_of
from engine.services.safety import Safety

AT_THE_VENUE = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED})
"""Ends that come about at the venue, so that its stream must tell of them."""


def contradicted_key(venue: str, instrument: str) -> str:
    """Return the key of the alert that an order's facts contradict each other; it ends when the account agrees."""
    return f"orders/{venue}/{instrument}/contradicted"


class OrderDesk:
    """Starts, wakes and watches the drivers of one executor's orders.

    Args:
        unknown_alert_after_ns: how long an order may be unknown before a person is told.
        restart_pause_ns: wait before a failed driver is started again.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account],
        *,
        books: Books,
        safety: Safety,
        outbox: Outbox,
        alarms: Alarms,
        clock: Clock,
        log: Log,
        lead: Lead,
        bounds: DriverBounds,
        unknown_alert_after_ns: int,
        restart_pause_ns: int,
    ) -> None:
        self._accounts = dict(accounts)
        self._books = books
        self._safety = safety
        self._outbox = outbox
        self._alarms = alarms
        self._clock = clock
        self._log = log
        self._lead = lead
        self._bounds = bounds
        self._unknown_alert_after_ns = unknown_alert_after_ns
        self._restart_pause_ns = restart_pause_ns
        self._drivers: dict[str, OrderDriver] = {}
        self._group: asyncio.TaskGroup | None = None

    @property
    def leads(self) -> bool:
        """Tell whether nobody else can drive orders of this bot now."""
        return self._lead.held

    def take_up(self, group: asyncio.TaskGroup) -> None:
        """Let drivers run in this group, and drive every order of unknown end; each is unknown until looked up."""
        self._group = group
        for order in self._books.unsettled():
            self.take_in(order)

    def take_in(self, order: Order) -> None:
        """Drive an order that somebody else began; it is unknown until it is looked up."""
        account = self._accounts.get(order.venue)
        if account is None:
            self._log.error("order_without_account", order=order.client_order_id, venue=order.venue)
        else:
            self._start(order, *_after_restart(order, account))

    def begin(self, order: Order) -> None:
        """Drive an order whose intent has just become durable."""
        self._start(order, Journalled(at_ns=self._accounts[order.venue].venue.now_ns()))

    def hear(self, venue: str, news: OrderNews) -> None:
        """Hand what a venue's stream shows to the order that it speaks of."""
        if self._accounts[venue].venue.facts.took_away(news.client_order_id):
            self.taken_away(venue, f"{news.seen.filled} {news.instrument}")
        driver = self._drivers.get(news.client_order_id or "") or self._by_venue_id(venue, news)
        self._note_told(venue, news, None if driver is None else driver.order)
        if driver is not None:
            driver.hear(news.seen)
        elif (order := self._unsettled_by(venue, news)) is not None:
            self._start(order, news.seen)

    def show(self, venue: str, instrument: str, resting: Mapping[str, Seen], *, at_ns: int) -> None:
        """Hand on what a complete list of a market's resting orders shows, by client order id, and what it does not.

        Args:
            at_ns: the moment before the list was asked for, on the venue's clock.
        """
        for cid, driver in self._drivers.items():
            if (driver.order.venue, driver.order.identity.instrument) != (venue, instrument):
                continue
            if cid in resting:
                driver.show(resting[cid])
            elif driver.order.changed_ns < at_ns:
                driver.miss()

    def ask_cancel(self, client_order_id: str, reason: str) -> None:
        """Have a driven order ended."""
        driver = self._drivers.get(client_order_id)
        if driver is not None:
            driver.ask_cancel(reason)

    def ask_less(self, client_order_id: str, quantity: Quantity) -> None:
        """Have a driven order be for less than it is."""
        driver = self._drivers.get(client_order_id)
        if driver is not None:
            driver.ask_less(quantity)

    def wake_exits(self, venue: str) -> None:
        """Look again at the exits of a venue that have not been sent: a stop may have given way."""
        for driver in self._drivers.values():
            waits = driver.order.purpose is Purpose.EXIT and driver.order.state is OrderState.INTENDED
            if waits and driver.order.venue == venue:
                driver.wake()

    def learn(self, order: Order, seen: Seen) -> None:
        """Have a fact about an order taken in: by its driver, or by a new one that begins with it."""
        driver = self._drivers.get(order.client_order_id)
        if driver is not None:
            driver.hear(seen)
        else:
            self._start(order, seen)

    def contradicted(self, order: Order, detail: str) -> None:
        """Hold the instrument and page: a fact does not go with what was believed."""
        instrument = order.identity.instrument
        self._log.error("order_contradicted", order=order.client_order_id, detail=detail)
        self._safety.lost(Loss.DRIFT, scope=market_scope(order.venue, instrument), reason=detail, reading="order")
        self._alarms.raise_alert(
            contradicted_key(order.venue, instrument),
            severity=Severity.CRITICAL,
            summary=detail,
            runbook="order-contradicted",
        )

    def taken_away(self, venue: str, what: str) -> None:
        """Enter nothing more at a venue that has closed a position itself, and page; a person must look first."""
        self._log.error("position_taken_away", venue=venue, what=what)
        reason = f"{venue} has closed a position for want of margin: {what}"
        self._safety.lost(Loss.LIQUIDATION, scope=venue_scope(venue), reason=reason)

    def tell_unknown(self) -> None:
        """Raise and resolve the alerts about orders that nobody can tell anything of."""
        for name, account in self._accounts.items():
            now_ns = account.venue.now_ns()
            old = [
                driver
                for driver in self._drivers.values()
                if driver.order.venue == name
                and driver.order.state is OrderState.UNKNOWN
                and now_ns - driver.order.changed_ns > self._unknown_alert_after_ns
            ]
            key = f"orders/{name}/unknown"
            self._tell_safety(name, old)
            if old:
                summary = f"{len(old)} orders at {name} may live or not, the first is {old[0].order.client_order_id}"
                self._alarms.raise_alert(key, severity=Severity.ERROR, summary=summary, runbook="order-unknown")
            else:
                self._alarms.resolve_alert(key)

    def _tell_safety(self, venue: str, old: Sequence[OrderDriver]) -> None:
        doubted = {driver.order.identity.instrument: driver.order.client_order_id for driver in old}
        for instrument in self._accounts[venue].instruments:
            scope = market_scope(venue, instrument)
            if instrument in doubted:
                reason = f"nobody knows whether {doubted[instrument]} lives"
                self._safety.lost(Loss.UNKNOWN, scope=scope, reason=reason)
            else:
                self._safety.regained(Loss.UNKNOWN, scope=scope)

    def _note_told(self, venue: str, news: OrderNews, order: Order | None) -> None:
        """Let the account know that its stream tells of an order's end."""
        name = news.client_order_id if order is None else order.client_order_id
        filled = order is not None and news.seen.filled >= order.quantity
        if name is not None and (filled or (news.seen.status is not None and news.seen.status.final)):
            self._accounts[venue].news.told(name)

    def _unsettled_by(self, venue: str, news: OrderNews) -> Order | None:
        """Return the settled order of which it is not known that it has lost a fill."""
        gone = {trade.trade_id for trade in news.seen.trades if trade.taken_back}
        if not gone:
            return None
        orders = (order for order in self._books.recent() if _is_of(order, venue, news))
        return next((order for order in orders if not gone <= order.gone), None)

    def _by_venue_id(self, venue: str, news: OrderNews) -> OrderDriver | None:
        return next((driver for driver in self._drivers.values() if _is_of(driver.order, venue, news)), None)

    def _start(self, order: Order, *first: OrderEvent) -> None:
        if self._group is None:
            raise InvariantBroken(f"{order.client_order_id} is to be driven before the desk was taken up")
        driver = OrderDriver(
            order,
            self._accounts[order.venue],
            books=self._books,
            outbox=self._outbox,
            clock=self._clock,
            log=self._log,
            bounds=self._bounds,
            contradicted=self.contradicted,
            refusal=self._refusal,
            way=self._way,
            journal_failed=self._journal_failed,
            lead=self._lead,
        )
        self._drivers[order.client_order_id] = driver
        self._group.create_task(self._keep_driving(driver, *first), name=f"order-{order.client_order_id}")

    def _refusal(self, order: Order) -> str | None:
        """Say why an order may not be sent now; exits always may."""
        return self._safety.refusal(order.purpose, order.venue, order.identity.instrument)

    def _way(self, order: Order, waited: bool) -> Way:  # a fact of the order, handed on
        """Tell whether an order may be sent as far as stops are concerned: only exits must wait for one."""
        if order.purpose is not Purpose.EXIT or not self._accounts[order.venue].venue.facts.stop_locks:
            return Way.FREE
        market = order.venue, order.identity.instrument
        return way_of(order, self._books.position(*market), self._books.alive(*market), waited=waited)

    def _journal_failed(self, problem: StoreUnavailable) -> None:
        self._safety.lost(Loss.JOURNAL, scope=BOT, reason=str(problem), reading="order")

    async def _keep_driving(self, driver: OrderDriver, *first: OrderEvent) -> None:
        """Drive an order to its end, whatever fails on the way."""
        cid = driver.order.client_order_id
        while True:
            try:
                await unless_asked(driver.run(*first))
            except InvariantBroken as problem:
                self.contradicted(driver.order, str(problem))
            except EngineError as problem:
                self._log.warning("driver_failed", order=cid, problem=str(problem))
            except Exception as problem:  # supervised: one order's surprise must not leave the others alone
                self._log.error("driver_failed", order=cid, problem=repr(problem))
            else:
                break
            await pause(self._restart_pause_ns)
            first = _after_restart(driver.order, self._accounts[driver.order.venue])
        del self._drivers[cid]
        if driver.order.venue_order_id is not None and driver.order.state in AT_THE_VENUE:
            self._accounts[driver.order.venue].news.ended(cid)
        self.wake_exits(driver.order.venue)
        self._log.info("order_settled", order=cid, state=driver.order.state.value, filled=str(driver.order.filled))


def _is_of(order: Order, venue: str, news: OrderNews) -> bool:
    """Tell whether news names an order as its venue does: with a number that other markets and venues use as well."""
    there = (order.venue, order.venue_order_id) == (venue, news.venue_order_id)
    return there and news.instrument in (None, order.identity.instrument)


def _after_restart(order: Order, account: Account) -> tuple[OrderEvent, ...]:
    """Say what a restart means to an order: whatever its predecessor did in its last moment.

    An intent of which no request is on record may have been sent just before the end. One process holds the journal,
    so that of this node is dead; another node's may live, and even be about to send, but it sends nothing that lives
    longer than its lease, or where a venue knows no expiry than `zombie_ns` after it. So that request dies one window
    from now at the latest, long before the intent's own not-after.
    """
    now_ns = account.venue.now_ns()
    restarted = RestartedFromJournal(at_ns=now_ns)
    if order.expires_ns is not None or order.final:
        return (restarted,)
    facts = account.venue.facts
    expires_ns = min(now_ns + max(facts.request_window_ns, facts.zombie_ns), order.not_after_ns)
    return (SendBegan(at_ns=now_ns, expires_ns=expires_ns), restarted)
