"""The books of one bot: its orders, fills and decisions, in memory for every question and in the journal for the next
start.

`open` is where every run begins: what the journal holds is read, and what it does not know the end of is handed out
as unsettled. Facts that the venue has told count in memory at once, since a limit must not wait for a disk; an intent
counts only when it is journalled, since until then nothing may come of it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from engine.domain.evidence import Trade
from engine.domain.identity import decision_id
from engine.domain.messages import DecisionHandled
from engine.domain.money import Quantity
from engine.domain.order import Order
from engine.domain.profit import Flow
from engine.ports.clock import Clock
from engine.recovery.checkpoint import ledger_of
from engine.recovery.journal import Journal
from engine.recovery.ledger import Ledger, LedgerState, Market, TradeKey, entries_of
from engine.recovery.replica import Baseline

REMEMBERED_NS = 3_600_000_000_000
"""How long concluded decisions and settled orders are kept in memory; a decision's not-after is much shorter."""
REMEMBERED_MAX = 2_000
"""How many of each, at most."""
JOURNALLED_NS = 72 * REMEMBERED_NS
"""How long the journal keeps them: whoever comes back after a weekend finds everything. A history database keeps
more."""
LATEST_FILLS = 4_000
"""Fills that are known by heart from the start on, besides those of remembered orders: more than a snapshot names, so
that it can say up to when others happened.
"""


class JournalledBooks:
    """Fits `engine.services.books.Books`."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._ledger = Ledger()
        self._unsettled: dict[str, Order] = {}
        self._settled: OrderedDict[str, Order] = OrderedDict()
        self._decisions: OrderedDict[str, DecisionHandled] = OrderedDict()
        self.version = 0
        """Counts the changes of what is believed, so that who compares knows that something moved meanwhile."""
        self._positions: dict[Market, Quantity] = {}
        self._flows: dict[Market, tuple[int, tuple[Flow, Flow]]] = {}
        """What was worked out since the last change: it is asked for with every price. Flows are those of a day."""
        self._listeners: list[asyncio.Event] = []
        """One for each who asked, and those ask once, when they are built."""

    async def open(self) -> None:
        """Read what the journal holds; raise `StoreUnavailable`."""
        await self._journal.open()
        after_ns = self._clock.wall_ns() - REMEMBERED_NS
        self._ledger = await ledger_of(self._journal)
        self._ledger.remember(await self._journal.latest_fills(LATEST_FILLS))
        for venue, balances in (await self._journal.baselines()).items():
            self._ledger.set_baseline(venue, balances)
        for order in await self._journal.orders(changed_after_ns=after_ns):
            self._ledger.mark(order.venue, order.trades)
            self._keep(order)
        for handled in await self._journal.decisions(after_ns=after_ns):
            self._keep_decision(handled)

    def listen(self) -> asyncio.Event:
        """Return an event of one's own that is set at each change; who waits for it clears it."""
        self._listeners.append(asyncio.Event())
        return self._listeners[-1]

    # -- decisions

    def concluded(self, decision: str) -> DecisionHandled | None:
        """Return what became of a recent decision."""
        return self._decisions.get(decision)

    async def conclude(self, handled: DecisionHandled, orders: Sequence[Order]) -> None:
        """Journal a decision and its intents in one transaction, then count them."""
        async with self._journal.intend(orders=orders, handled=handled):
            self._keep_decision(handled)
            for order in orders:
                self._keep(order)
            self._note_change()

    # -- orders and fills

    def note(self, order: Order) -> None:
        """Count an order in memory only: an exit that does not wait for the journal."""
        self._keep(order)
        self._note_change()

    async def record(self, order: Order) -> None:
        """Count an order's new state and fills, then journal them."""
        self._keep(order)
        entries = [(order.venue, entry) for trade in order.trades for entry in entries_of(trade)]
        for venue, entry in entries:
            self._ledger.count(venue, entry)
        self._note_change()
        await self._journal.write(orders=[order], fills=entries)

    async def adopt(self, venue: str, trade: Trade) -> bool:
        """Count a fill, or that it was taken back, that no order of ours in the books explains, then journal it; not
        one that may be counted under a name that is forgotten.
        """
        if trade.at_ns <= self._ledger.unnamed_ns() or await self.counted(venue, trade):
            return False
        entries = [(venue, entry) for entry in entries_of(trade) if not await self.counted(venue, entry)]
        for _, entry in entries:
            self._ledger.count(venue, entry)
        self._note_change()
        await self._journal.write(fills=entries)
        return True

    async def counted(self, venue: str, trade: Trade) -> bool:
        """Tell whether a fill was ever counted, or that it was taken back."""
        return self._ledger.knows(venue, trade) or await self._journal.has_fill(venue, trade)

    async def find(self, client_order_id: str) -> Order | None:
        """Return an order from memory or, if it is older, from the journal."""
        known = self._unsettled.get(client_order_id) or self._settled.get(client_order_id)
        return known or self._marked(await self._journal.order(client_order_id))

    async def find_named(self, venue: str, instrument: str, venue_order_id: str) -> Order | None:
        """Return the order that a venue knows in a market by an id of its own, from memory or from the journal."""
        named = venue, instrument, venue_order_id
        for order in (*self._unsettled.values(), *self._settled.values()):
            if (order.venue, order.identity.instrument, order.venue_order_id) == named:
                return order
        return self._marked(await self._journal.order_named(*named))

    def unsettled(self) -> tuple[Order, ...]:
        """Return the orders of which there is something left to learn, oldest first."""
        return tuple(self._unsettled.values())

    def recent(self) -> tuple[Order, ...]:
        """Return the settled orders that are still in memory, oldest first."""
        return tuple(self._settled.values())

    def alive(self, venue: str, instrument: str) -> tuple[Order, ...]:
        """Return one market's orders whose life is not over."""
        return tuple(
            order
            for order in self._unsettled.values()
            if order.venue == venue and order.identity.instrument == instrument and not order.final
        )

    # -- what is owned

    def position(self, venue: str, instrument: str) -> Quantity:
        """Return the base quantity that the bot's fills have left at a venue."""
        market = venue, instrument
        if market not in self._positions:
            self._positions[market] = self._ledger.position(venue, instrument, self._unsettled.values())
        return self._positions[market]

    def flows(self, venue: str, instrument: str, *, day: int) -> tuple[Flow, Flow]:
        """Return what a market's fills have changed in all, and in a day that is not over."""
        of_day, flows = self._flows.get((venue, instrument), (None, None))
        if flows is None or of_day != day:
            flows = self._ledger.flows(venue, instrument, self._unsettled.values(), day=day)
            self._flows[venue, instrument] = day, flows
        return flows

    def believed(self, venue: str) -> Mapping[str, Decimal]:
        """Return each asset's total as our own fills make it."""
        return self._ledger.believed(venue, self._unsettled.values())

    def changed_assets(self, venue: str) -> tuple[str, ...]:
        """Return the assets that our fills, or their fees, have changed."""
        return self._ledger.changed_assets(venue)

    async def last_change_ns(self, venue: str) -> int | None:
        """Return when an order of ours at a venue last changed, on its clock; raise `StoreUnavailable`."""
        return await self._journal.last_change_ns(venue)

    def has_baseline(self, venue: str) -> bool:
        """Tell whether it is known what an account held before the bot."""
        return self._ledger.has_baseline(venue)

    async def set_baseline(self, venue: str, balances: Mapping[str, Decimal]) -> None:
        """Journal what an account held before the bot, then count from it."""
        async with self._journal.intend(baseline=Baseline(venue=venue, balances=dict(balances))):
            self._ledger.set_baseline(venue, balances)
            self._note_change()

    # -- the whole, for a snapshot

    def sums(self, *, named: int) -> LedgerState:
        """Return what all fills came to, for somebody who is told so many of them by name."""
        return self._ledger.state(named=named)

    @property
    def known_until_ns(self) -> int:
        """Return when the last of the known fills happened, on its venue's clock."""
        return self._ledger.known_until_ns

    def known(self, most: int) -> tuple[TradeKey, ...]:
        """Return the latest fills that are counted, oldest first."""
        return self._ledger.known(most)

    def baselines(self) -> tuple[tuple[str, Mapping[str, Decimal]], ...]:
        """Return what each account held before the bot, by venue."""
        return self._ledger.baselines()

    def decisions(self) -> tuple[DecisionHandled, ...]:
        """Return the concluded decisions that are still in memory, oldest first."""
        return tuple(self._decisions.values())

    # -- memory

    async def fold(self) -> None:
        """Write down what all fills so far come to, if they are many, and let go of what ended long ago.

        So the next start is quick, and the file ends growing.
        """
        await ledger_of(self._journal)
        await self._journal.forget(before_ns=self._clock.wall_ns() - JOURNALLED_NS)

    def _marked(self, order: Order | None) -> Order | None:
        """Return an order of the journal, whose fills are counted, so that telling them again counts nothing."""
        if order is not None:
            self._ledger.mark(order.venue, order.trades)
        return order

    def _keep(self, order: Order) -> None:
        if order.settled:
            self._unsettled.pop(order.client_order_id, None)
            self._settled[order.client_order_id] = order
            while len(self._settled) > REMEMBERED_MAX:
                self._settled.popitem(last=False)
        else:
            self._unsettled[order.client_order_id] = order

    def _keep_decision(self, handled: DecisionHandled) -> None:
        self._decisions[decision_id(handled.strategy, handled.instrument, handled.decision)] = handled
        while len(self._decisions) > REMEMBERED_MAX:
            self._decisions.popitem(last=False)

    def _note_change(self) -> None:
        self.version += 1
        self._positions.clear()
        self._flows.clear()
        for listener in self._listeners:
            listener.set()
