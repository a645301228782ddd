"""The intents of protection: stops, and exits of our own where no stop does its work.

Intents like any other: journalled before they are sent, under an identity that follows from the position (its newest
entry) and the attempt, so that a successor finds them and places none twice.
"""

from decimal import Decimal

from engine.domain.errors import StoreUnavailable
from engine.domain.identity import Identity
from engine.domain.messages import DecisionHandled, Outcome
from engine.domain.money import Price, Quantity
from engine.domain.order import Order, intend
from engine.domain.order_step import order_changed
from engine.domain.safety import Purpose
from engine.domain.ticket import OrderType
from engine.ports.clock import Clock
from engine.services.account import Account
from engine.services.books import Books
from engine.services.log import Log
from engine.services.order_desk import OrderDesk
from engine.services.outbox import Outbox
from engine.services.planning import limit_price
from engine.services.price_board import PriceBoard
from engine.services.protection_plan import Standing, tradeable
from engine.services.protection_record import ProtectionRecord

STRATEGY = "protection"
"""Under this name its intents are known."""
COLLAR_MAX = Decimal("0.5")
NS_PER_MS = 1_000_000


class ProtectionIntents:
    """Makes, journals and begins the orders that protect one market.

    Args:
        lives_ns: how long an intent may be sent after it was made.
        collar: how far beyond what the venue offers an exit goes; each further attempt goes as far again.
        slip: how far beyond its stop price a stop may still trade, where a venue takes none without a limit.
    """

    def __init__(
        self,
        bot: str,
        account: Account,
        instrument: str,
        desk: OrderDesk,
        *,
        books: Books,
        prices: PriceBoard,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        lives_ns: int,
        collar: Decimal,
        slip: Decimal,
    ) -> None:
        self._bot = bot
        self._account = account
        self._symbol = instrument
        self._desk = desk
        self._books = books
        self._prices = prices
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._lives_ns = lives_ns
        self._collar = collar
        self._slip = slip

    async def stop(self, standing: Standing, quantity: Quantity, stop_price: Price, record: ProtectionRecord) -> None:
        """Have a stop placed that closes a part of the position once a price has reached it: at the market, or where
        the venue knows no such stop at a limit beyond it.
        """
        now_ns = self._account.venue.now_ns()
        order = intend(
            self._identity(record),
            venue=self._account.name,
            side=standing.side,
            quantity=quantity,
            price=self._limit_of(stop_price, standing),
            now_ns=now_ns,
            not_after_ns=now_ns + self._lives_ns,
            type=OrderType.STOP,
            stop_price=standing.instrument.price_within(stop_price, standing.side),
            purpose=Purpose.PROTECT,
        )
        await self._begin(order, f"{standing.position} is held, and {quantity} of it has no stop")

    def _limit_of(self, stop_price: Price, standing: Standing) -> Price | None:
        """Return the limit of a stop, where the venue wants one; when it is passed over, the guard leaves by itself."""
        if not self._account.venue.facts.stops_need_limit:
            return None
        return standing.instrument.price_within(stop_price.scaled(1 + self._slip * standing.side.sign), standing.side)

    async def leave(self, standing: Standing, quantity: Quantity, record: ProtectionRecord, reason: str) -> None:
        """Close a part of the position now; a stop that covers it gives way. Nothing without any price."""
        reference = self._prices.known(self._account.name, self._symbol)
        if reference is None:
            return
        seen = self._prices.at(self._account.name, self._symbol)
        collar = min(self._collar * (record.exits + 1), COLLAR_MAX)
        price = limit_price(standing.side, safe=True, seen=seen, reference=reference, collar=collar)
        price = standing.instrument.price_within(price, standing.side)
        if not tradeable(standing.instrument, quantity, price):
            return
        now_ns = self._account.venue.now_ns()
        order = intend(
            self._identity(record),
            venue=self._account.name,
            side=standing.side,
            quantity=quantity,
            price=price,
            now_ns=now_ns,
            not_after_ns=now_ns + self._lives_ns,
            purpose=Purpose.EXIT,
        )
        await self._begin(order, reason)

    def _identity(self, record: ProtectionRecord) -> Identity:
        """Return the identity of the next intent: the position's generation, and the attempt."""
        generation = record.generation or self._account.venue.now_ns() // NS_PER_MS
        return Identity(
            bot=self._bot,
            strategy=STRATEGY,
            instrument=self._symbol,
            decision=f"{generation}.{record.attempts + 1}",
            leg=self._account.name,
        )

    async def _begin(self, order: Order, reason: str) -> None:
        """Journal an intent and have it driven; an exit does not wait for a journal that takes nothing."""
        handled = DecisionHandled(
            strategy=STRATEGY,
            instrument=self._symbol,
            decision=order.identity.decision,
            outcome=Outcome.INTENTS,
            reason=reason,
            intents=(order.client_order_id,),
            at_ns=self._clock.wall_ns(),
        )
        try:
            await self._books.conclude(handled, (order,))
        except StoreUnavailable as problem:
            self._log.warning("protection_not_journalled", order=order.client_order_id, problem=str(problem))
            if not order.safe:
                return
            self._books.note(order)
        self._log.info("protection_begun", order=order.client_order_id, purpose=order.purpose.value, reason=reason)
        self._outbox.put(order_changed(order, at_ns=self._clock.wall_ns()))
        self._desk.begin(order)
