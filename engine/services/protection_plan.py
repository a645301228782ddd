"""What must rest at a venue so that a position is left in time, and what must not: pure, from the books of one market.

One law comes first: whatever closes a position (stops, exits, those of unknown end among them) never comes to more
than is held, so that no order of answers can sell what is not the bot's. So a stop gives way to an exit and not the
other way round: what a working exit would close needs no stop, what no exit would close needs one, and an exit
waits until the stop that locks its coins has surely ended. Of a contract the venue sees to that law, whatever answers
come in: its stops stay until the position has gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cached_property

from engine.domain.instrument import Instrument, Side
from engine.domain.messages import OrderState
from engine.domain.money import ZERO, Price, Quantity
from engine.domain.order import Order
from engine.domain.safety import Purpose

STOPS_MAX = 3
"""Stops of one market at once; before a fourth, the smallest is ended and its part is covered anew."""
AMENDS_MAX = 6
"""How often one stop is made smaller, or tried to be, before it is replaced after all."""
ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One market of one account: what is held, and what works there; each answer is worked out once."""

    position: Quantity
    unsure: Quantity
    """How much of the position is fills whose fees are not known yet: it may turn out to be less."""
    alive: tuple[Order, ...]
    instrument: Instrument

    @cached_property
    def side(self) -> Side:
        """Return the side that closes the position."""
        return Side.SELL if self.position >= ZERO else Side.BUY

    @cached_property
    def size(self) -> Quantity:
        """Return how much is surely held, without its sign."""
        return max(ZERO, abs(self.position) - self.unsure)

    @cached_property
    def stops(self) -> tuple[Order, ...]:
        """Return the stops that live, and those that may."""
        return tuple(order for order in self.alive if order.purpose is Purpose.PROTECT)

    @cached_property
    def exiting(self) -> Quantity:
        """Return how much working exits would close."""
        return _remaining(order for order in self.alive if order.purpose is Purpose.EXIT and order.side is self.side)

    @cached_property
    def left(self) -> Quantity:
        """Return how much stops may close: what no exit does, or of a contract all, since there both only reduce."""
        return self.size if self.instrument.settle is not None else self.size - self.exiting

    @cached_property
    def wanted(self) -> Quantity:
        """Return how much stops should close, in whole lots."""
        return self.instrument.quantity_within(max(ZERO, self.left))

    @cached_property
    def covered(self) -> Quantity:
        """Return how much stops would close that may live and that nobody has asked to end."""
        return _remaining(stop for stop in self.stops if stop.side is self.side and not stop.cancel_wanted)


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Stops to end, and how much a new one should close; zero for none."""

    cancels: tuple[str, ...]
    place: Quantity
    less: tuple[tuple[str, Quantity], ...] = ()
    """Stops that are to be for less, and for how much."""


def moves(standing: Standing, stop_price: Price | None, *, amends: bool = False) -> Moves:
    """Return what is to be done about the stops of a market; nothing new without a price for it.

    Where the venue `amends`, a stop that is too large is made smaller where it rests instead of being replaced.
    """
    room, cancels, less = standing.wanted, [], []
    for stop in standing.stops:
        if stop.cancel_wanted:
            continue
        if stop.side is standing.side and stop.remaining <= room:
            room -= stop.remaining
        elif amends and stop.side is standing.side and _may_shrink(stop, standing.instrument, room):
            less.append((stop.client_order_id, stop.filled + room))
            room = ZERO
        else:
            cancels.append(stop.client_order_id)
    free = standing.left - _remaining(standing.stops)
    missing = standing.instrument.quantity_within(max(ZERO, min(room, free)))
    if stop_price is None or not tradeable(standing.instrument, missing, stop_price):
        return Moves(cancels=tuple(cancels), place=ZERO, less=tuple(less))
    if len(standing.stops) >= STOPS_MAX:
        smallest = min(standing.stops, key=lambda stop: stop.remaining)
        return Moves(cancels=(*cancels, smallest.client_order_id), place=ZERO)
    return Moves(cancels=tuple(cancels), place=missing, less=tuple(less))


def _may_shrink(stop: Order, instrument: Instrument, room: Quantity) -> bool:
    """Tell whether a stop can be made smaller: it waits, what is left is worth an order, and it did not fail before."""
    worth = stop.stop_price is not None and tradeable(instrument, room, stop.stop_price)
    return worth and stop.state is OrderState.WAITING and stop.amends < AMENDS_MAX


class Way(Enum):
    """Whether an exit may be sent now."""

    FREE = "free"
    LOCKED = "locked"  # a stop that has not surely ended holds what it would sell
    GONE = "gone"  # the stop was faster: less is held than the exit would sell


def way_of(exit_order: Order, position: Quantity, alive: Iterable[Order], *, waited: bool) -> Way:
    """Tell whether an exit can close its quantity without anything else that closes selling the same again.

    Only one that had to wait for a stop is measured against what is left: any other was planned on what is held now.
    """
    others = [order for order in alive if order.client_order_id != exit_order.client_order_id]
    closing = [order for order in others if order.side is exit_order.side]
    left = abs(position) - exit_order.remaining
    if any(order.purpose is Purpose.PROTECT for order in closing):
        return Way.FREE if _remaining(closing) <= left else Way.LOCKED
    return Way.GONE if waited and left < ZERO else Way.FREE


def stop_price_of(entry: Order | None, reference: Price | None, *, side: Side, distance: Decimal) -> Price | None:
    """Return where a position must be left: where its decision said, else that share away from what it cost.

    Where nobody remembers what it cost, it is that share away from the present price; None without one.
    """
    if entry is not None and entry.leave_at is not None:
        return entry.leave_at
    cost = entry.average if entry is not None else None
    base = cost or reference
    return None if base is None else base.scaled(ONE - distance * side.opposite.sign)


def nearer(stop_price: Price, price: Price, *, refusals: int) -> Price:
    """Return a stop price for the next attempt: each refusal (a price band: freqtrade#12598) halves the distance."""
    share = ONE / (1 << refusals)
    return stop_price.scaled(share) + price.scaled(ONE - share)


def passed(side: Side, stop_price: Price, price: Price) -> bool:
    """Tell whether a price has reached the stop of a position that `side` closes."""
    return price <= stop_price if side is Side.SELL else price >= stop_price


def overdue(standing: Standing, stop_price: Price | None, price: Price) -> Quantity:
    """Return how much should have been left at a price: stops that it has passed, and what no stop covers."""
    late = _remaining(
        stop for stop in standing.stops if stop.stop_price is not None and passed(standing.side, stop.stop_price, price)
    )
    bare = max(ZERO, standing.wanted - _remaining(standing.stops))
    if stop_price is not None and passed(standing.side, stop_price, price):
        late += bare
    return min(late, standing.wanted)


def tradeable(instrument: Instrument, quantity: Quantity, price: Price) -> bool:
    """Tell whether a venue would take an order of this size: what is less cannot be closed, and is dust."""
    return quantity > ZERO and instrument.refusal(quantity, price, closes=True) is None


def _remaining(orders: Iterable[Order]) -> Quantity:
    return sum((order.remaining for order in orders), ZERO)
