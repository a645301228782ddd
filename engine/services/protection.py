"""Protection of one position: while it is open a stop rests at its venue, and when it is closed none is left.

A guard looks whenever the books change and whenever a price reaches a stop, once a second while anything is left to
do, and now and then while nothing is; what it finds needed is decided by `engine.services.protection_plan`, and done
by `engine.services.protection_intents`.

A refused stop is no reason to sell (freqtrade#12598): it is tried again nearer to the price, a bounded number of
times, and only then is the position left by an order of our own. And a stop that the venue does not set off
(freqtrade#12981) is given a grace; when two readings, the feed's and the venue's own answer, then lie beyond it, the
position is left the same way. An exit of ours makes the stop give way by itself: what exits would close is not
covered.
"""

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.errors import VenueTrouble
from engine.domain.messages import OrderState, Protected
from engine.domain.money import ZERO, Price, Quantity
from engine.domain.order import Order
from engine.domain.safety import Loss, Purpose, market_scope
from engine.ports.clock import Clock
from engine.services.account import Account
from engine.services.books import Books
from engine.services.dead_mans_switch import DeadMansSwitch
from engine.services.duty import NS, heard
from engine.services.log import Log
from engine.services.order_desk import OrderDesk
from engine.services.price_board import PriceBoard
from engine.services.protection_intents import STRATEGY, ProtectionIntents
from engine.services.protection_plan import Moves, Standing, moves, nearer, overdue, passed, stop_price_of, tradeable
from engine.services.protection_record import ProtectionRecord
from engine.services.protection_teller import ProtectionTeller
from engine.services.safety import Safety

NO_MOVES = Moves(cancels=(), place=ZERO)
LONG_NS = 3_600 * NS
"""How long a guard with nothing to guard sleeps, unless the books change."""


@dataclass(frozen=True, kw_only=True)
class ProtectionBounds:
    """How a position is protected; times in nanoseconds."""

    distance: Decimal
    """Share of the cost at which a position is left, where its decision did not say."""
    within_ns: int
    """How soon after a fill a stop must rest; then nothing more is entered, and a person is told in time."""
    grace_ns: int
    """How long a price may be beyond a stop before the position is left by an order of our own."""
    failures_max: int
    """Stops that the venue may refuse or drop before the position is left by an order of our own."""
    look_every_ns: int
    """How often a market is looked at in which something is to be done, or in doubt."""
    calm_every_ns: int
    """How often one is looked at in which a stop covers all that is held: the books and prices tell of all else."""
    retry_first_ns: int
    retry_most_ns: int


class Guard:
    """Guards one market of one account."""

    def __init__(
        self,
        account: Account,
        instrument: str,
        desk: OrderDesk,
        intents: ProtectionIntents,
        *,
        books: Books,
        safety: Safety,
        prices: PriceBoard,
        teller: ProtectionTeller,
        switch: DeadMansSwitch,
        clock: Clock,
        log: Log,
        bounds: ProtectionBounds,
    ) -> None:
        self._account = account
        self._symbol = instrument
        self._desk = desk
        self._intents = intents
        self._books = books
        self._safety = safety
        self._prices = prices
        self._teller = teller
        self._switch = switch
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._changed = books.listen()
        self._beyond_since_ns: int | None = None
        self._bare_since_ns: int | None = None

    async def run(self) -> None:
        """Guard the market, for ever."""
        await self._account.ready.wait()
        while True:
            self._changed.clear()
            await heard(self._changed, within_ns=await self._look())

    async def _look(self) -> int:
        """Do what is needed now; return when to look again if nothing happens meanwhile, in nanoseconds."""
        standing = self._standing()
        seen = self._prices.at(self._account.name, self._symbol)
        last, stop_price = None if seen is None else seen.last, None
        if standing.wanted > standing.covered:
            entry = self._record(standing).entry
            stop_price = stop_price_of(entry, last, side=standing.side, distance=self._bounds.distance)
        needed = moves(standing, stop_price, amends=self._account.venue.facts.amends)
        for client_order_id, quantity in needed.less:
            self._desk.ask_less(client_order_id, quantity)
        for client_order_id in needed.cancels:
            self._desk.ask_cancel(client_order_id, "what it would close is closed, or is being closed")
        if needed.place and stop_price is not None:
            await self._cover(standing, needed.place, stop_price, last)
        await self._leave_overdue(standing, stop_price, last)
        self._note_bare(standing, stop_price)
        await self._tell(standing)
        if standing.exiting:
            self._desk.wake_exits(self._account.name)
        return self._patience_ns(standing, needed)

    def _patience_ns(self, standing: Standing, needed: Moves) -> int:
        """Return how long nothing has to be looked at unless the books change or a price reaches a stop."""
        if not standing.position and not standing.stops:
            return LONG_NS
        due = needed != NO_MOVES or self._bare_since_ns is not None or self._beyond_since_ns is not None
        if due or standing.exiting or any(not _works(stop) for stop in standing.stops):
            return self._bounds.look_every_ns
        side, prices = standing.side, [stop.stop_price for stop in standing.stops if stop.stop_price is not None]
        self._prices.ring(
            self._changed,
            self._account.name,
            self._symbol,
            at=lambda last: any(passed(side, price, last) for price in prices),
        )
        return self._bounds.calm_every_ns

    def _standing(self) -> Standing:
        name = self._account.name
        position = self._books.position(name, self._symbol)
        entered = (
            order
            for order in self._books.unsettled()
            if order.venue == name
            and order.identity.instrument == self._symbol
            and order.side.sign * position.value > 0
        )
        return Standing(
            position=position,
            unsure=sum((order.filled - order.traded for order in entered), ZERO),
            alive=self._books.alive(name, self._symbol),
            instrument=self._account.venue.instrument(self._symbol),
        )

    def _record(self, standing: Standing) -> ProtectionRecord:
        return ProtectionRecord.of(
            (*self._books.recent(), *self._books.unsettled()),
            self._account.name,
            self._symbol,
            strategy=STRATEGY,
            entry_side=standing.side.opposite,
        )

    # -- what is done

    async def _cover(self, standing: Standing, quantity: Quantity, stop_price: Price, last: Price | None) -> None:
        """Place a stop, unless none may be placed now, it would be set off at once, or too many have failed."""
        record = self._record(standing)
        refusal = self._safety.refusal(Purpose.PROTECT, self._account.name, self._symbol)
        if refusal is not None or not self._takes_stops or self._account.venue.now_ns() < self._again_ns(record):
            return
        if record.failures >= self._bounds.failures_max:
            await self._leave(standing, quantity, f"{record.failures} stops failed, the last: {record.reason}")
            return
        if last is not None:
            stop_price = nearer(stop_price, last, refusals=record.refused)
            if passed(standing.side, stop_price, last):
                return
        await self._switch.stand_down()
        await self._intents.stop(standing, quantity, stop_price, record)

    async def _leave_overdue(self, standing: Standing, stop_price: Price | None, last: Price | None) -> None:
        """Leave what should have been left by its stop, after the grace and on a second reading."""
        if last is None:
            return  # nobody sees the price: that is a loss of data, and safety's
        if not overdue(standing, stop_price, last):
            self._beyond_since_ns = None
            return
        now_ns = self._clock.monotonic_ns()
        self._beyond_since_ns = now_ns if self._beyond_since_ns is None else self._beyond_since_ns
        if now_ns - self._beyond_since_ns < self._bounds.grace_ns or standing.exiting:
            return
        try:
            quote = await self._account.venue.quote(self._symbol, urgent=True)
        except VenueTrouble as problem:
            self._log.warning("no_second_reading", venue=self._account.name, problem=str(problem))
            return
        standing = self._standing()
        late = standing.instrument.quantity_within(overdue(standing, stop_price, quote.last))
        if late:
            await self._leave(standing, late, f"the price is {quote.last}, and the stop has not worked")

    async def _leave(self, standing: Standing, quantity: Quantity, reason: str) -> None:
        """Leave a part of the position by an order of our own, unless one works already or has just failed."""
        record = self._record(standing)
        pause_ns = min(self._bounds.retry_first_ns << min(record.exits, 16), self._bounds.retry_most_ns)
        if not standing.exiting and self._account.venue.now_ns() >= record.exited_ns + pause_ns:
            await self._intents.leave(standing, quantity, record, reason)

    def _again_ns(self, record: ProtectionRecord) -> int:
        """Return when the next stop is due: each failure doubles the pause."""
        if not record.failures:
            return 0
        pause_ns = min(self._bounds.retry_first_ns << min(record.failures - 1, 16), self._bounds.retry_most_ns)
        return record.failed_ns + pause_ns

    @property
    def _takes_stops(self) -> bool:
        return self._account.venue.facts.takes_stops

    # -- what is told

    def _note_bare(self, standing: Standing, stop_price: Price | None) -> None:
        """Tell safety when what should have a stop at the venue has had none for too long, and when it has again."""
        scope = market_scope(self._account.name, self._symbol)
        bare = standing.wanted - _resting(standing)
        dust = stop_price is not None and not tradeable(standing.instrument, bare, stop_price)
        if bare <= ZERO or dust or not self._takes_stops:
            self._bare_since_ns = None
            self._safety.regained(Loss.PROTECTION, scope=scope)
            return
        now_ns = self._clock.monotonic_ns()
        self._bare_since_ns = now_ns if self._bare_since_ns is None else self._bare_since_ns
        if now_ns - self._bare_since_ns > self._bounds.within_ns:
            reason = f"{bare} of {standing.position} {self._symbol} at {self._account.name} has no stop that works"
            self._safety.lost(Loss.PROTECTION, scope=scope, reason=reason)

    async def _tell(self, standing: Standing) -> None:
        await self._teller.tell(
            Protected(
                venue=self._account.name,
                instrument=self._symbol,
                position=standing.position,
                covered=_resting(standing),
                at_ns=self._clock.wall_ns(),
            )
        )


def _resting(standing: Standing) -> Quantity:
    """Return how much the stops would close that the venue is known to have."""
    return sum((stop.remaining for stop in standing.stops if stop.state is OrderState.WAITING), ZERO)


def _works(stop: Order) -> bool:
    """Tell whether a stop rests as it should, and nobody has asked for anything else."""
    return stop.state is OrderState.WAITING and not stop.cancel_wanted
