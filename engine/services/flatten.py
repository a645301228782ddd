"""Leaving markets: entries are cancelled where nothing may be entered, and positions closed where safety says so.

In each market that is to be left one task goes on until safety lets it go: entries are cancelled; what is ours, by our
books and by the account's balance (`engine.services.closing`), is sold by orders that fill at once or not at all, one
after another down a ladder of prices; stops are cancelled last; and then it watches for late fills, which it closes as
well. It is bounded by rate, never by count. Nothing is sold blind: without a price, without the venue, or without the
lead, it waits, says so, and goes on as soon as it can.

On a spot account a stop and an exit over the same coins could both be filled, and the second would sell what is not
ours. So coins that a stop has locked are sold only once that stop has ended, and it is ended only when there is a price
to sell at: until then it is the better protection.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from engine.domain.errors import EngineError, StoreUnavailable, VenueTrouble
from engine.domain.identity import Identity
from engine.domain.instrument import Side
from engine.domain.messages import OrderState
from engine.domain.money import Quantity
from engine.domain.order import Order, intend
from engine.domain.order_step import order_changed
from engine.domain.safety import BOT, Loss, Purpose, SafetyState
from engine.domain.ticket import TimeInForce
from engine.ports.clock import Clock
from engine.ports.venue import Quote
from engine.services.account import Account
from engine.services.alarms import Alarms, Severity
from engine.services.books import Books
from engine.services.closing import Ladder, lots
from engine.services.duty import NS, forever, heard, pause, unless_asked
from engine.services.log import Log
from engine.services.order_desk import OrderDesk
from engine.services.outbox import Outbox
from engine.services.remains import Remains, unlocked
from engine.services.safety import Market, Safety

DOUBLINGS_MAX = 16
STRATEGY = "flatten"
"""By whose name exits are known that no strategy asked for."""


@dataclass(frozen=True, kw_only=True)
class FlattenBounds:
    """The pace of leaving a market; times in nanoseconds."""

    ladder: Ladder
    every_ns: int
    """Pause between two attempts; also how soon an exit that is under way is looked at again."""
    watch_every_ns: int
    """Pause between two looks at a market that is flat and stays closed."""
    exit_ttl_ns: int
    """How long an exit may try to get to the venue."""
    journal_wait_ns: int
    """How long an exit waits for the journal."""
    alert_after_ns: int
    """How long a market may take to become flat before a person is told."""


@dataclass(slots=True)
class _Leaving:
    """One market on its way out; times on the clock that never steps."""

    market: Market
    closing_since_ns: int | None = None
    """Since when a position is being closed without having become flat."""
    rung: int = 0
    failures: int = 0
    """Attempts in a row in which the venue did not answer: the more, the longer the pause."""
    last_s: int = 0
    """The second that named the last exit."""
    flat: bool = False


class Flattener:
    """Leaves markets as safety says, one task each."""

    def __init__(
        self,
        bot: str,
        accounts: Mapping[str, Account],
        desk: OrderDesk,
        *,
        books: Books,
        safety: Safety,
        remains: Remains,
        outbox: Outbox,
        alarms: Alarms,
        clock: Clock,
        log: Log,
        bounds: FlattenBounds,
    ) -> None:
        self._bot = bot
        self._accounts = dict(accounts)
        self._desk = desk
        self._books = books
        self._safety = safety
        self._remains = remains
        self._outbox = outbox
        self._alarms = alarms
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._changed = safety.watch()
        self._leaving: dict[Market, _Leaving] = {}

    async def run(self) -> None:
        """Leave what is to be left, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(forever(self._begin(group)), name="flatten")

    def flat(self, venue: str, instrument: str) -> bool:
        """Tell whether a market that is being left has nothing left, as of the last look."""
        leaving = self._leaving.get((venue, instrument))
        return leaving is not None and leaving.flat

    async def _begin(self, group: asyncio.TaskGroup) -> None:
        """Begin to leave each market that is to be left."""
        while True:
            self._changed.clear()
            for market in self._safety.markets:
                if self._state(market).rank >= SafetyState.EXIT_ONLY.rank and market not in self._leaving:
                    self._leaving[market] = leaving = _Leaving(market)
                    group.create_task(unless_asked(self._leave(leaving)), name=f"leave-{'-'.join(market)}")
            await self._changed.wait()

    async def _leave(self, leaving: _Leaving) -> None:
        """Leave one market, until safety lets it go."""
        market, changed = leaving.market, self._safety.watch()
        try:
            while (state := self._state(market)).rank >= SafetyState.EXIT_ONLY.rank:
                changed.clear()
                self._cancel(market, Purpose.ENTRY, f"nothing may be entered: {state.value}")
                if state.rank >= SafetyState.FLATTEN.rank:
                    await self._attempt(leaving)
                calm = leaving.flat or state is SafetyState.EXIT_ONLY
                pause_ns = self._bounds.every_ns << min(leaving.failures, DOUBLINGS_MAX)
                within_ns = self._bounds.watch_every_ns if calm else min(pause_ns, self._bounds.watch_every_ns)
                await heard(changed, within_ns=within_ns)
        finally:
            self._safety.unwatch(changed)
            self._alarms.resolve_alert(_key(market))
            del self._leaving[market]

    async def _attempt(self, leaving: _Leaving) -> None:
        """Do the next thing towards flat; whatever fails, there is a next time."""
        venue, instrument = leaving.market
        leaving.failures += 1
        try:
            await self._close(leaving)
            if not self._remains.unread(venue):
                leaving.failures = 0
        except VenueTrouble as problem:
            self._log.warning("not_flattened", venue=venue, instrument=instrument, problem=str(problem))
        except EngineError as problem:
            self._log.error("not_flattened", venue=venue, instrument=instrument, problem=str(problem))
        except Exception as problem:  # supervised: no surprise may end the way out
            self._log.error("not_flattened", venue=venue, instrument=instrument, problem=repr(problem))
        self._tell(leaving)

    async def _close(self, leaving: _Leaving) -> None:
        """Send the next exit, or find that there is nothing left to close.

        Raises:
            VenueTrouble: the venue tells no price.
        """
        market = leaving.market
        account, alive = self._accounts[market[0]], self._books.alive(*market)
        if not account.ready.is_set() or self._deposed() or self._under_way(account, alive):
            return
        if not self._books.position(*market):
            self._finish(leaving, alive)
            return
        quote, balance = await self._remains.quote(market), await self._remains.balance(market)
        alive = self._books.alive(*market)
        if balance is None and any(order.purpose is Purpose.EXIT for order in alive):
            return  # it may have been filled, and only the account could tell
        terms, ours = account.venue.instrument(market[1]), self._remains.ours(market, balance)
        if not lots(terms, ours.agreed, quote.last):
            self._finish(leaving, alive)
            return
        leaving.flat = False
        free = unlocked(ours.agreed, alive, balance, holds=account.venue.facts.stop_holds)
        quantity = lots(terms, free, quote.last)
        if not quantity:
            self._cancel(market, Purpose.PROTECT, "what it protects is being sold")
            return
        await self._exit(leaving, ours.side, quantity, quote)

    # -- what is there

    def _state(self, market: Market) -> SafetyState:
        return self._safety.state(*market)

    def _deposed(self) -> bool:
        """Tell whether another executor may lead; while the bus is away nobody can, and exits need no lease."""
        return self._safety.holds(Loss.LEASE, scope=BOT) and not self._safety.holds(Loss.BUS, scope=BOT)

    def _under_way(self, account: Account, alive: tuple[Order, ...]) -> bool:
        """Tell whether an exit may still be filled; one of a strategy, which may rest, is ended."""
        waiting = False
        for order in alive:
            if order.purpose is not Purpose.EXIT:
                continue
            if order.identity.strategy != STRATEGY:
                self._desk.ask_cancel(order.client_order_id, "the market is being left")
            waiting = waiting or _may_live(order, account)
        return waiting

    # -- what is done

    def _cancel(self, market: Market, purpose: Purpose, reason: str) -> None:
        for order in self._books.alive(*market):
            if order.purpose is purpose:
                self._desk.ask_cancel(order.client_order_id, reason)

    async def _exit(self, leaving: _Leaving, side: Side, quantity: Quantity, quote: Quote) -> None:
        """Send one exit; it waits for the journal a little, and for nothing else."""
        (venue, instrument), account = leaving.market, self._accounts[leaving.market[0]]
        now_ns = account.venue.now_ns()
        if now_ns // NS <= leaving.last_s:
            await pause(NS - now_ns % NS)  # its second is its name
            now_ns = account.venue.now_ns()
        leaving.last_s = max(leaving.last_s + 1, now_ns // NS)
        terms = account.venue.instrument(instrument)
        order = intend(
            Identity(bot=self._bot, strategy=STRATEGY, instrument=instrument, decision=str(leaving.last_s), leg=venue),
            venue=venue,
            side=side,
            quantity=quantity,
            price=terms.price_within(self._bounds.ladder.price(side, quote, leaving.rung), side),
            now_ns=now_ns,
            not_after_ns=now_ns + self._bounds.exit_ttl_ns,
            time_in_force=TimeInForce.IOC,
            purpose=Purpose.EXIT,
        )
        self._log.warning("flattening", venue=venue, instrument=instrument, quantity=str(quantity), rung=leaving.rung)
        leaving.rung += 1
        await self._journal(order)
        self._outbox.put(order_changed(order, at_ns=self._clock.wall_ns()))
        self._desk.begin(order)

    async def _journal(self, order: Order) -> None:
        """Write an exit down if that can be done in time; it counts in any case."""
        try:
            async with asyncio.timeout(self._bounds.journal_wait_ns / NS):
                await self._books.record(order)
        except (StoreUnavailable, TimeoutError) as problem:
            self._log.warning("exit_not_journalled", order=order.client_order_id, problem=repr(problem))

    def _finish(self, leaving: _Leaving, alive: tuple[Order, ...]) -> None:
        """Cancel the stops, and tell that the market is flat once nothing of ours lives there."""
        self._cancel(leaving.market, Purpose.PROTECT, "there is nothing left to protect")
        leaving.rung = 0
        leaving.flat = not alive
        if leaving.flat:
            self._safety.flat(*leaving.market)

    def _tell(self, leaving: _Leaving) -> None:
        """Page when a market takes long to become flat."""
        if leaving.flat:
            leaving.closing_since_ns = None
            self._alarms.resolve_alert(_key(leaving.market))
            return
        now_ns = self._clock.monotonic_ns()
        leaving.closing_since_ns = since_ns = leaving.closing_since_ns or now_ns
        if now_ns - since_ns >= self._bounds.alert_after_ns:
            left = self._books.position(*leaving.market)
            summary = f"{leaving.market[1]} at {leaving.market[0]} is to be closed, and {left} is left"
            self._alarms.raise_alert(
                _key(leaving.market), severity=Severity.CRITICAL, summary=summary, runbook="flatten-stuck"
            )


def _key(market: Market) -> str:
    return f"flatten/{'/'.join(market)}"


def _may_live(order: Order, account: Account) -> bool:
    """Tell whether an exit may still be filled: one of unknown fate cannot, once it has expired at the venue."""
    if order.state is not OrderState.UNKNOWN or order.expires_ns is None:
        return True
    return account.venue.now_ns() <= order.expires_ns + account.venue.facts.view_lag_ns
