"""Execution: decisions become journalled intents, each intent a driven order; the queue is acknowledged last.

A decision is taken from the bus, judged once (known? too old?), planned against the books, journalled together with
its intents in one transaction, and only then are the orders driven. Its delivery is acknowledged when that is durable
and `DecisionHandled` is stored on the bus; a crash anywhere before brings the decision back, and the journal
recognises it. Decisions are planned one at a time, so that two of them never see the same free position.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from engine.domain.errors import StoreUnavailable
from engine.domain.identity import decision_id
from engine.domain.messages import Component, Decision, DecisionHandled, Outcome, PriceSeen, Status
from engine.domain.order import Order
from engine.domain.order_step import order_changed
from engine.domain.safety import Purpose, SafetyState
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.account import Account
from engine.services.books import Books
from engine.services.duty import WELL, Health, forever, let_go, pause, unless_asked
from engine.services.journal_watch import JournalWatch
from engine.services.listening import acknowledge, listen, take
from engine.services.log import Log
from engine.services.order_desk import OrderDesk
from engine.services.outbox import Outbox
from engine.services.planning import Leg, Plan, Rules, plan
from engine.services.risk import RiskDesk
from engine.services.safety import Safety

DURABLE = "execution"
"""Whose place in the queue of decisions it is: a successor takes up where its predecessor stopped."""


@dataclass(frozen=True, kw_only=True)
class ExecutionBounds:
    """The executor's waits, queues and limits; times in nanoseconds."""

    price_collar: Decimal
    orders_max: int
    failover: bool
    """True where the other venues take over the entries of a lost one."""
    warm_up_ns: int
    """How long after the start a decision may wait for accounts to open and for first prices."""
    look_after_every_ns: int
    pending_max: int
    ack_wait_ns: int
    retry_every_ns: int


class Executor:
    """Turns the decisions of one bot into orders at its accounts.

    Args:
        shares: part of every target by venue.
        risk: what no entry may exceed, and the prices that it is judged by.
    """

    component = Component.EXECUTION

    def __init__(
        self,
        bot: str,
        accounts: Mapping[str, Account],
        desk: OrderDesk,
        *,
        shares: Mapping[str, Decimal],
        risk: RiskDesk,
        books: Books,
        safety: Safety,
        watch: JournalWatch,
        bus: Bus,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        bounds: ExecutionBounds,
    ) -> None:
        self._bot = bot
        self._accounts = dict(accounts)
        self._desk = desk
        self._shares = dict(shares)
        self._risk = risk
        self._books = books
        self._safety = safety
        self._watch = watch
        self._bus = bus
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._prices = risk.prices
        self._unwritten: dict[str, list[str]] = {}
        """The exits that were sent for decisions which wait for the journal."""
        self._started_ns = clock.monotonic_ns()

    async def run(self) -> None:
        """Take up what the journal knows, then trade until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._desk.take_up(group)
            for account in self._accounts.values():
                group.create_task(unless_asked(account.open(self._books)), name=f"open-{account.name}")
                group.create_task(
                    forever(account.hear_news(partial(self._desk.hear, account.name))), name=f"news-{account.name}"
                )
            group.create_task(forever(self._hear_prices()), name="prices")
            group.create_task(forever(self._look_after()), name="look-after")
            group.create_task(forever(self._take_decisions()), name="decisions")

    def health(self) -> Health:
        """Say degraded while the journal takes nothing: then nothing new is sent."""
        if self._watch.fails:
            return Health(status=Status.DEGRADED, detail="the journal takes nothing; nothing new is entered")
        return WELL

    async def _hear_prices(self) -> None:
        prices = listen(
            self._bus,
            "price.>",
            PriceSeen,
            log=self._log,
            pending_max=self._bounds.pending_max,
            retry_every_ns=self._bounds.retry_every_ns,
        )
        async for seen in prices:
            self._prices.note(seen)

    async def _look_after(self) -> None:
        """Tell of what has lasted too long."""
        while True:
            await pause(self._bounds.look_after_every_ns)
            await self._watch.probe()
            self._desk.tell_unknown()
            for account in self._accounts.values():
                account.watch.check()

    async def _take_decisions(self) -> None:
        decisions = take(
            self._bus,
            "decision.>",
            durable=f"{DURABLE}-{self._bot}",
            log=self._log,
            ack_wait_ns=self._bounds.ack_wait_ns,
            retry_every_ns=self._bounds.retry_every_ns,
        )
        async with let_go(decisions):
            async for said, delivery in decisions:
                if not isinstance(said, Decision) or await self._handle(said):
                    await acknowledge(delivery, self._log)

    async def _handle(self, decision: Decision) -> bool:
        """Conclude a decision and tell the bus; False when either could not be done, so that the decision comes again.

        One that waits for the journal is not waited for: an exit may stand behind it. Who does not lead, or not any
        more when it is done, leaves it to whoever does.
        """
        if not self._desk.leads:
            return False
        handled = self._books.concluded(_id(decision)) or await self._conclude(decision)
        if handled is None or not self._desk.leads:
            return False
        self._log.info(
            "decision_handled",
            instrument=decision.instrument,
            decision=decision.decision,
            outcome=handled.outcome.value,
            reason=handled.reason,
        )
        return await self._outbox.deliver(handled)

    async def _conclude(self, decision: Decision) -> DecisionHandled | None:
        """Judge, plan and journal a decision; None when it must come again, and only its exits were sent: while the
        journal takes nothing, or while nobody knows what an earlier exit has come to.
        """
        await self._warm_up(decision)
        refusal = self._refusal(decision)
        if refusal is not None:
            handled = self._handled(decision, Plan(refusals=[refusal]))
            self._unwritten.pop(_id(decision), None)
            await self._journal(handled, ())  # a refusal may be forgotten: it would be refused again
            return handled
        await self._watch.try_again()
        made = self._plan(decision)
        for client_order_id in made.cancels:
            self._desk.ask_cancel(client_order_id, f"decision {decision.decision} wants something else")
        sent = self._unwritten.get(_id(decision), ())
        made.orders = [order for order in made.orders if order.client_order_id not in sent]
        if made.doubtful and not self._watch.fails:
            await self._exit_meanwhile(decision, made)
            return None
        handled = self._handled(decision, made)
        if await self._journal(handled, made.orders):
            self._begin(made.orders)
            self._unwritten.pop(_id(decision), None)
            return handled
        self._exit_unwritten(_id(decision), made.orders)
        return None if made.orders or made.refusals else handled

    async def _exit_meanwhile(self, decision: Decision, made: Plan) -> None:
        """Send what exits a plan has, and leave the decision undone: what it rests on will be known soon."""
        for order in made.orders:
            if order.safe:
                with suppress(StoreUnavailable):  # an exit waits for no journal
                    await self._books.record(order)
        self._exit_unwritten(_id(decision), made.orders)
        self._log.info("decision_waits_for_an_exit", instrument=decision.instrument, decision=decision.decision)

    def _begin(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self._outbox.put(order_changed(order, at_ns=self._clock.wall_ns()))
            self._desk.begin(order)

    def _exit_unwritten(self, decision: str, orders: Sequence[Order]) -> None:
        """Send the exits of a plan that cannot be journalled: they count at once, and are written when they can be."""
        exits = [order for order in orders if order.safe]
        for order in exits:
            self._books.note(order)
            self._unwritten.setdefault(decision, []).append(order.client_order_id)
        self._begin(exits)

    async def _journal(self, handled: DecisionHandled, orders: Sequence[Order]) -> bool:
        """Journal a decision with its intents; tell whether that was possible."""
        try:
            await self._books.conclude(handled, orders)
        except StoreUnavailable as problem:
            self._watch.refused(problem, reading="decision")
            return False
        self._watch.took()
        return True

    async def _warm_up(self, decision: Decision) -> None:
        """Just after the start, wait for what a plan needs, as long as it may still come."""
        symbol = decision.instrument
        accounts = [(name, account) for name, account in self._accounts.items() if symbol in account.instruments]
        until_ns = self._started_ns + self._bounds.warm_up_ns
        while self._refusal(decision) is None and self._clock.monotonic_ns() < until_ns:
            if all(account.ready.is_set() and self._prices.at(name, symbol) for name, account in accounts):
                return
            await pause(self._bounds.retry_every_ns)

    def _refusal(self, decision: Decision) -> str | None:
        """Say why a decision is not executed at all; None if it may be."""
        late_ns = self._clock.wall_ns() - decision.not_after_ns
        if late_ns > 0:
            return f"late: it came {late_ns / 1e9:.1f} s after its not-after"
        if decision.instrument not in self._risk.limits.markets:
            return f"stranger: {decision.instrument} is not traded by this bot"
        return None

    def _plan(self, decision: Decision) -> Plan:
        symbol = decision.instrument
        alive = sum(1 for order in self._books.unsettled() if not order.final)
        rules = Rules(
            limits=self._risk.limits,
            price_collar=self._bounds.price_collar,
            room=max(0, self._bounds.orders_max - alive),
            elsewhere=self._risk.holdings(but=symbol),
            entries_ns=self._risk.entries_ns(),
            lost=self._risk.lost_today,
            failover=self._bounds.failover,
        )
        legs = [self._leg(name, decision) for name, each in self._accounts.items() if symbol in each.instruments]
        return plan(decision, self._bot, legs, rules)

    def _leg(self, name: str, decision: Decision) -> Leg:
        account, symbol = self._accounts[name], decision.instrument
        now_ns = account.venue.now_ns()
        return Leg(
            venue=name,
            share=self._shares[name],
            instrument=account.instrument(symbol),
            price=self._prices.at(name, symbol),
            position=self._books.position(name, symbol),
            alive=tuple(order for order in self._books.alive(name, symbol) if order.purpose is not Purpose.PROTECT),
            now_ns=now_ns,
            not_after_ns=decision.not_after_ns + now_ns - self._clock.wall_ns(),
            known=self._prices.worth(name, symbol),
            refusal=account.refusal or self._safety.refusal(Purpose.ENTRY, name, symbol),
            lost=not account.ready.is_set() or self._safety.absent(name, symbol),
            closing=self._safety.state(name, symbol).rank >= SafetyState.FLATTEN.rank,
        )

    def _handled(self, decision: Decision, made: Plan) -> DecisionHandled:
        """Say what a decision came to, exits included that went before anything could be journalled."""
        intents = (*self._unwritten.get(_id(decision), ()), *(order.client_order_id for order in made.orders))
        outcome = Outcome.REFUSED if made.refusals else Outcome.NOTHING_TO_DO
        return DecisionHandled(
            strategy=decision.strategy,
            instrument=decision.instrument,
            decision=decision.decision,
            outcome=Outcome.INTENTS if intents else outcome,
            reason="; ".join(made.refusals),
            intents=intents,
            at_ns=self._clock.wall_ns(),
        )


def _id(decision: Decision) -> str:
    return decision_id(decision.strategy, decision.instrument, decision.decision)
