"""What a venue shows of our orders and fills, held against the books.

Whatever the books know is handed to the order's own life, which judges it. What they do not know, and what carries
our name, is an orphan: a lost journal or a second process. An open orphan is ended, a filled one is counted, and a
person is told of both. What is done about other people's orders is declared: nothing, a page, or their end.

Where positions are held, two more things change an account: payments (funding), which are ours if the position was,
and the venue itself, which takes positions away that have no margin left. Both are counted, and the latter is a loss.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec.structs import replace

from engine.domain.evidence import Seen, Trade, VenueOrder, View
from engine.domain.identity import is_ours
from engine.domain.messages import OrderState
from engine.domain.money import ZERO, Quantity
from engine.domain.order import Order
from engine.domain.ticket import OrderRef
from engine.recovery.books import JournalledBooks
from engine.recovery.ledger import entries_of
from engine.services.account import Account
from engine.services.alarms import Alarms, Severity
from engine.services.log import Log
from engine.services.order_desk import OrderDesk

NEVER_THERE = frozenset({OrderState.ABSENT, OrderState.REJECTED, OrderState.REFUSED})
"""Ends after which a venue should show nothing of an order."""

STRANGERS_ROUNDS_MAX = 10
"""How often a venue is asked, in one pass, for a few of the orders behind fills that nobody knows."""


class Foreign(StrEnum):
    """What is done about resting orders that carry somebody else's name."""

    IGNORE = "ignore"
    PAGE = "page"
    CANCEL = "cancel"  # and page: somebody else may place another


class OrderAudit:
    """Compares one account's orders and fills with the books."""

    def __init__(
        self,
        bot: str,
        account: Account,
        *,
        books: JournalledBooks,
        desk: OrderDesk,
        alarms: Alarms,
        log: Log,
        foreign: Foreign,
    ) -> None:
        self._bot = bot
        self._account = account
        self._books = books
        self._desk = desk
        self._alarms = alarms
        self._log = log
        self._policy = foreign
        self._orphans: dict[str, tuple[str, ...]] = {}
        self._foreign: dict[str, tuple[str, ...]] = {}
        """By market, the venue's names of resting orders that are not ours."""

    async def open_orders(self, instrument: str) -> None:
        """Compare the resting orders of one market; raise `VenueTrouble` or `StoreUnavailable`."""
        at_ns = self._account.venue.now_ns()
        orphans, foreign = [], []
        shown: dict[str, Seen] = {}
        for resting in await self._account.venue.open_orders(instrument):
            order, cid = await self._known(resting), resting.client_order_id
            if order is not None:
                shown[order.client_order_id] = _seen_resting(resting, at_ns)
                if order.final:
                    await self._outlived(order, resting, at_ns)
            elif cid is not None and is_ours(cid, self._bot):
                orphans.append(cid)
                await self._end(resting, cid)
            else:
                foreign.append(resting.venue_order_id)
                await self._meet(resting)
        self._orphans[instrument], self._foreign[instrument] = tuple(orphans), tuple(foreign)
        self._desk.show(self._account.name, instrument, shown, at_ns=at_ns)
        self._tell_orphans()

    async def fills(self, instrument: str, since_ns: int) -> int:
        """Count the fills of one market that we never saw; return how many. Raise as `open_orders` does."""
        at_ns = self._account.venue.now_ns()
        fills = await self._account.venue.fills_since(instrument, since_ns)
        missing = [trade for trade in fills if await self._is_news(trade)]
        names = {trade.trade_id for trade in missing}
        counted = [trade for trade in fills if trade.trade_id not in names and not trade.taken_back]
        found = 0
        for trade in await self._named(instrument, missing):
            if trade.is_payment:
                await self._pay(trade, counted)
            elif await self._count(trade, at_ns):
                found += 1
                counted += [trade] if await self._books.counted(self._account.name, trade) else []
        self._tell_orphans()
        return found

    async def _is_news(self, trade: Trade) -> bool:
        """Tell whether the books lack a fill, or do not know that one they counted was taken back."""
        lacks = [not await self._books.counted(self._account.name, entry) for entry in entries_of(trade)]
        return lacks == [False, True] if trade.taken_back else lacks == [True]

    async def _count(self, trade: Trade, at_ns: int) -> bool:
        """Count a fill that we never saw; tell whether it is ours."""
        name, cid = self._account.name, trade.client_order_id
        if self._account.venue.facts.took_away(cid):
            self._desk.taken_away(name, f"{trade.quantity} {trade.instrument} at {trade.price}")
            return await self._books.adopt(name, trade)
        if (order := await self._order_of(trade)) is not None:
            self._desk.learn(order, _seen_fill(order, trade, at_ns))
            return True
        if not is_ours(cid, self._bot) or not await self._books.adopt(name, trade):
            return False
        self._log.error("orphan_fill_adopted", venue=name, trade=trade.trade_id)
        self._orphans[f"fills of {trade.instrument}"] = (str(cid),)
        return True

    async def _pay(self, payment: Trade, counted: Sequence[Trade]) -> None:
        """Count a payment if it was for a position of ours: what was held then is what is held less what came since.

        A liquidation is charged in the moment in which it ends the position, so what was held before counts as well.
        """
        position = self._books.position(self._account.name, payment.instrument)
        since = _change(trade for trade in counted if trade.at_ns > payment.at_ns)
        since_before = _change(trade for trade in counted if trade.at_ns >= payment.at_ns)
        if since == position == since_before:
            return
        await self._books.adopt(self._account.name, payment)
        self._log.info("payment_counted", venue=self._account.name, payment=payment.trade_id, amount=str(-payment.fee))

    async def _named(self, instrument: str, fills: Sequence[Trade]) -> list[Trade]:
        """Return fills with the client order ids of their orders: a process that has just begun knows none by heart."""
        unnamed = [
            trade
            for trade in fills
            if not trade.is_payment and trade.client_order_id is None and await self._order_of(trade) is None
        ]
        whose: dict[str, str] = {}
        for _ in range(STRANGERS_ROUNDS_MAX):
            left = list(dict.fromkeys(trade.venue_order_id for trade in unnamed if trade.venue_order_id not in whose))
            if not left:
                break
            whose |= await self._account.venue.whose(instrument, left)
        return [
            replace(trade, client_order_id=whose.get(trade.venue_order_id) or trade.client_order_id) for trade in fills
        ]

    @property
    def orphans(self) -> int:
        """Return how many orders of ours that no book knows were last seen."""
        return sum(len(names) for names in self._orphans.values())

    @property
    def foreign(self) -> int:
        """Return how many resting orders of somebody else were last seen."""
        return sum(len(names) for names in self._foreign.values())

    async def _meet(self, resting: VenueOrder) -> None:
        """Deal with an order of somebody else as declared."""
        self._log.info("foreign_order", venue=self._account.name, order=resting.venue_order_id)
        if self._policy is Foreign.CANCEL:
            await self._end(resting, resting.client_order_id or resting.venue_order_id)

    async def _known(self, resting: VenueOrder) -> Order | None:
        """Return the order of ours that rests: by its own name, or by the venue's where orders carry no other."""
        if resting.client_order_id is not None and is_ours(resting.client_order_id, self._bot):
            return await self._books.find(resting.client_order_id)
        return await self._books.find_named(self._account.name, resting.instrument, resting.venue_order_id)

    async def _order_of(self, trade: Trade) -> Order | None:
        if trade.client_order_id is not None:
            return await self._books.find(trade.client_order_id)
        return await self._books.find_named(self._account.name, trade.instrument, trade.venue_order_id)

    async def _outlived(self, order: Order, resting: VenueOrder, at_ns: int) -> None:
        """Deal with an order that rests although its life is over: believe it only once no view can be that late."""
        if at_ns - order.changed_ns <= self._account.venue.facts.view_lag_ns:
            return
        if order.state in NEVER_THERE:
            self._desk.learn(order, _seen_resting(resting, at_ns))
            return
        self._desk.contradicted(order, f"{order.client_order_id} is {order.state.value}, and the venue shows it open")
        await self._end(resting, order.client_order_id)

    async def _end(self, resting: VenueOrder, client_order_id: str) -> None:
        venue = self._account.venue
        ref = OrderRef(
            client_order_id=client_order_id,
            instrument=resting.instrument,
            venue_order_id=resting.venue_order_id,
            since_ns=resting.at_ns,
            stop=resting.stop_price is not None,
        )
        window_ns = venue.facts.cancel_window_ns or venue.facts.request_window_ns
        outcome = await venue.cancel(ref, expires_ns=venue.now_ns() + window_ns)
        self._log.error("orphan_cancelled", venue=self._account.name, order=client_order_id, outcome=str(outcome))

    def _tell_orphans(self) -> None:
        key = f"orders/{self._account.name}/orphan"
        names = [name for names in self._orphans.values() for name in names]
        if names:
            summary = f"{self._account.name} shows orders of ours that no book knows: {', '.join(names[:5])}"
            self._alarms.raise_alert(key, severity=Severity.CRITICAL, summary=summary, runbook="order-orphan")
        else:
            self._alarms.resolve_alert(key)
        self._tell_foreign()

    def _tell_foreign(self) -> None:
        key = f"orders/{self._account.name}/foreign"
        names = [name for names in self._foreign.values() for name in names]
        if names and self._policy is not Foreign.IGNORE:
            done = "they are being cancelled" if self._policy is Foreign.CANCEL else "they were left alone"
            summary = f"{self._account.name} shows orders that are not ours, {done}: {', '.join(names[:5])}"
            self._alarms.raise_alert(key, severity=Severity.WARNING, summary=summary, runbook="order-foreign")
        else:
            self._alarms.resolve_alert(key)


def _change(trades: Iterable[Trade]) -> Quantity:
    """Return by how much trades have changed a position."""
    return sum((trade.quantity.scaled(Decimal(trade.side.sign)) for trade in trades), ZERO)


def _seen_resting(resting: VenueOrder, at_ns: int) -> Seen:
    return Seen(
        view=View.OPEN_ORDERS,
        at_ns=at_ns,
        status=resting.status,
        filled=resting.filled,
        cost=resting.cost,
        venue_order_id=resting.venue_order_id,
        reason=resting.reason,
        quantity=resting.quantity,
    )


def _seen_fill(order: Order, trade: Trade, at_ns: int) -> Seen:
    """Return one fill as evidence, with all that was known of the order before it."""
    trades = {known.trade_id: known for known in (*order.fills, trade)}
    return Seen(
        view=View.FILLS,
        at_ns=at_ns,
        status=None,
        filled=sum((known.quantity for known in trades.values() if not known.taken_back), ZERO),
        cost=None,
        venue_order_id=trade.venue_order_id,
        trades=(trade,),
    )
