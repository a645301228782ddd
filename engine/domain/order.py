"""One order as a frozen value: what we want, what we sent, what we know.

`step` in `engine.domain.order_step` is the only way to change one. All times in it are on the venue's clock (our
wall clock plus the measured offset), because the laws that end an uncertainty are about what the venue's clock
says.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.domain.codec import reader, to_json
from engine.domain.evidence import Trade, View
from engine.domain.identity import Identity
from engine.domain.instrument import Side
from engine.domain.messages import OrderState
from engine.domain.money import NOTHING, ZERO, Money, Price, Quantity
from engine.domain.safety import SAFE_SET, Purpose
from engine.domain.ticket import OrderRef, OrderType, Ticket, TimeInForce

FINAL = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.REJECTED,
        OrderState.EXPIRED,
        OrderState.ABSENT,
        OrderState.REFUSED,
    }
)
"""States that no event leaves, but that a filled or expired order is a cancelled one once a fill of it is taken
back."""


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """One view has shown no such order in every reading from `since_ns` to `last_ns`."""

    view: View
    since_ns: int
    last_ns: int
    readings: int = 1


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of what the engine knows about one order."""

    identity: Identity
    client_order_id: str
    venue: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Quantity
    price: Price | None
    intended_ns: int
    not_after_ns: int
    """Nothing of this intent is sent after this, nor may a request of it live longer."""
    purpose: Purpose = Purpose.ENTRY
    stop_price: Price | None = None
    """The last price that sets a stop off; of stops, and of nothing else."""
    leave_at: Price | None = None
    """Of an entry: where the position that it makes must be left at the latest, if the decision said so."""

    state: OrderState = OrderState.INTENDED
    reason: str = ""
    sequence: int = 1
    changed_ns: int = 0
    journalled: bool = False
    """True once the intent is durable where a successor will look: only then may it be sent."""
    sends: int = 0
    cancels: int = 0
    uncertain: bool = False
    """True once a request was sent that has not surely been refused: it may have been executed."""
    expires_ns: int | None = None
    """When the last request that may still be on its way dies at the venue; `None` before the first."""
    triggered: bool = False
    """True once a stop is known to have been set off; it never waits again."""
    cancel_wanted: bool = False
    cancel_under_way: bool = False
    cancel_taken: bool = False
    """True once the venue has taken a cancel of it: until then it was there."""
    over_ns: int | None = None
    """When a later cancel found nothing left of it; `None` as long as none has, or one was taken since."""
    amend_to: Quantity | None = None
    """How much less it is wanted to be for, until a view shows that it is."""
    amend_under_way: bool = False
    amends: int = 0
    amend_ns: int = 0
    """No amendment is asked for again before."""
    retry_ns: int = 0
    """Nothing of this order is sent again before: the venue asked for it, or we pace ourselves."""
    venue_order_id: str | None = None
    filled: Quantity = ZERO
    cost: Money | None = NOTHING
    """What `filled` cost; `None` as long as no view has told it."""
    trades: tuple[Trade, ...] = ()
    """Every fill that was told, also those that have been taken back."""
    silences: tuple[Silence, ...] = ()
    end_told: bool = False
    """True once a look-up called it over with nothing filled, though nobody asked for that: its fills are read next."""

    @property
    def final(self) -> bool:
        """Tell whether the order's life is over."""
        return self.state in FINAL

    @property
    def safe(self) -> bool:
        """Tell whether it belongs to the safe set: then it waits for no journal."""
        return self.purpose in SAFE_SET

    @property
    def awaited(self) -> bool:
        """Tell whether a position waits for what becomes of it: an exit, and a stop that is to end or is in doubt."""
        doubtful = self.cancel_wanted or self.state is OrderState.UNKNOWN
        return self.safe or (self.purpose is Purpose.PROTECT and doubtful)

    @property
    def at_rest(self) -> OrderState:
        """Return the state of this order while the venue has it and nothing else is known."""
        if self.cancel_wanted:
            return OrderState.CANCELLING
        waits = self.type is OrderType.STOP and not self.triggered
        return OrderState.WAITING if waits else OrderState.OPEN

    @property
    def remaining(self) -> Quantity:
        """Return what is not filled."""
        return self.quantity - self.filled

    @property
    def worst(self) -> Quantity:
        """Return how much of it must count as filled in every limit: all, until its life is over."""
        return self.filled if self.final else self.quantity

    @property
    def average(self) -> Price | None:
        """Return the average fill price for people and messages; `None` without fills or without known cost."""
        return Price.average(self.cost, self.filled) if self.filled and self.cost is not None else None

    @property
    def fills(self) -> tuple[Trade, ...]:
        """Return the known fills that count."""
        return tuple(trade for trade in self.trades if not trade.taken_back)

    @property
    def gone(self) -> frozenset[str]:
        """Return the trade ids of the fills that were taken back."""
        return frozenset(trade.trade_id for trade in self.trades if trade.taken_back)

    @property
    def traded(self) -> Quantity:
        """Return how much of the filled quantity is known trade by trade."""
        return sum((trade.quantity for trade in self.fills), ZERO)

    @property
    def settled(self) -> bool:
        """Tell whether nothing is left to learn: the life is over and every fill is known with its price and fee."""
        return self.final and self.traded == self.filled

    @property
    def ref(self) -> OrderRef:
        """Return how to name this order to a venue."""
        return OrderRef(
            client_order_id=self.client_order_id,
            instrument=self.identity.instrument,
            venue_order_id=self.venue_order_id,
            since_ns=self.intended_ns,
            side=self.side,
            quantity=self.quantity,
            price=self.price,
            stop=self.type is OrderType.STOP,
        )

    def ticket(self, expires_ns: int) -> Ticket:
        """Return the submit for this order that dies at `expires_ns`, or at the intent's own not-after if that is
        earlier.
        """
        return Ticket(
            client_order_id=self.client_order_id,
            instrument=self.identity.instrument,
            side=self.side,
            type=self.type,
            time_in_force=self.time_in_force,
            quantity=self.quantity,
            price=self.price,
            expires_ns=min(expires_ns, self.not_after_ns),
            stop_price=self.stop_price,
            purpose=self.purpose,
            since_ns=self.intended_ns,
        )

    @property
    def fees(self) -> dict[str, Decimal]:
        """Return the fees of the known fills by asset."""
        fees: dict[str, Decimal] = {}
        for trade in self.fills:
            fees[trade.fee_asset] = fees.get(trade.fee_asset, Decimal(0)) + trade.fee
        return fees


def intend(
    identity: Identity,
    *,
    venue: str,
    side: Side,
    quantity: Quantity,
    price: Price | None,
    now_ns: int,
    not_after_ns: int,
    type: OrderType = OrderType.LIMIT,  # noqa: A002  # the field's own name
    time_in_force: TimeInForce = TimeInForce.GTC,
    purpose: Purpose = Purpose.ENTRY,
    stop_price: Price | None = None,
    leave_at: Price | None = None,
) -> Order:
    """Return a new order of an intent, not yet journalled; raise `ValueError` for a size or price that cannot be
    meant.
    """
    if quantity <= ZERO:
        raise ValueError(f"an order of {quantity} is no order")
    if type is not OrderType.STOP and (price is None) != (type is OrderType.MARKET):
        raise ValueError("a limit order has a price, a market order has none")
    if (stop_price is None) == (type is OrderType.STOP):
        raise ValueError("a stop has a stop price, and nothing else has one")
    return Order(
        identity=identity,
        client_order_id=identity.client_order_id,
        venue=venue,
        side=side,
        type=type,
        time_in_force=time_in_force,
        quantity=quantity,
        price=price,
        intended_ns=now_ns,
        changed_ns=now_ns,
        not_after_ns=not_after_ns,
        purpose=purpose,
        stop_price=stop_price,
        leave_at=leave_at,
    )


def to_record(order: Order) -> bytes:
    """Return an order as the journal keeps it."""
    return to_json(order)


from_record = reader(Order)
"""Read an order back from the journal; raise `MessageMalformed`."""
