"""From offers to resting orders: what is offered rests, what is offered no longer ends, and a move is both.

Pure. A quote that would move by less than a hair stays where it is, since each move costs two requests and the place
in the queue. An order that is to end counts as resting until it has ended, so a moved quote may find no room left; it
then comes back with the next decision. Both sides are entries: they pass every limit, and in a hold nothing is quoted.
Nothing is sold here but what the bot holds, and every order rests as a maker or is refused by the venue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.identity import Identity
from engine.domain.instrument import Instrument, Side
from engine.domain.messages import Decision
from engine.domain.money import ZERO, Quantity
from engine.domain.order import Order, intend
from engine.domain.safety import Purpose
from engine.domain.ticket import TimeInForce
from engine.domain.wish import Offer

MOVED_MIN = Decimal("0.0001")
"""Share of the price below which a quote is not moved."""


@dataclass(frozen=True, kw_only=True)
class Corner:
    """One venue as quoting sees it; times are on the venue's clock."""

    venue: str
    instrument: Instrument | None
    alive: tuple[Order, ...]
    least: Quantity
    """The position if every working sale is filled."""
    now_ns: int
    not_after_ns: int


@dataclass(kw_only=True)
class QuotePlan:
    """Orders that the offers need, orders that they no longer do, and what cannot be offered."""

    orders: list[Order] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def quotes(
    decision: Decision, bot: str, corners: Sequence[Corner], permitted: Callable[[Order], str | None]
) -> QuotePlan:
    """Return what makes the resting orders those that are offered.

    Args:
        permitted: says why an order may not be made, or None and counts it as made.
    """
    made = QuotePlan()
    for corner in corners:
        offers = [offer for offer in decision.offers or () if offer.venue == corner.venue]
        kept = {offer.leg: resting for offer in offers if (resting := _resting(offer, corner)) is not None}
        ids = {order.client_order_id for order in kept.values()}
        alive = (order.client_order_id for order in corner.alive if order.purpose is Purpose.ENTRY)
        made.cancels += [each for each in alive if each not in ids]
        for offer in offers:
            if offer.leg not in kept:
                _add(made, _order(offer, decision, bot, corner), permitted)
    return made


def _add(made: QuotePlan, order: Order | str | None, permitted: Callable[[Order], str | None]) -> None:
    """Add an order that may be made, or why there is none."""
    problem = permitted(order) if isinstance(order, Order) else order
    if problem is not None:
        made.refusals.append(problem)
    elif isinstance(order, Order):
        made.orders.append(order)


def _resting(offer: Offer, corner: Corner) -> Order | None:
    """Return the order that already offers this, as good as exactly."""
    for order in corner.alive:
        if order.side is not offer.side or order.price is None or order.cancel_wanted:
            continue
        if order.purpose is Purpose.ENTRY and order.time_in_force is TimeInForce.POST_ONLY:
            moved = abs((order.price - offer.price).value)
            if moved <= offer.price.value * MOVED_MIN and order.remaining <= offer.quantity:
                return order
    return None


def _order(offer: Offer, decision: Decision, bot: str, corner: Corner) -> Order | str | None:
    """Return the order that an offer needs, why there can be none, or None where there is too little to offer."""
    if corner.instrument is None:
        return f"venue: {corner.venue} has not been opened yet"
    quantity = offer.quantity
    if offer.side is Side.SELL and not corner.instrument.may_short:
        quantity = min(quantity, max(corner.least, ZERO))
    quantity = corner.instrument.quantity_within(quantity)
    price = corner.instrument.price_within(offer.price, offer.side)
    if not quantity or quantity < corner.instrument.quantity_min:
        return None
    if problem := corner.instrument.refusal(quantity, price):
        return f"maximum: {corner.venue}: {problem}"
    return intend(
        Identity(
            bot=bot,
            strategy=decision.strategy,
            instrument=decision.instrument,
            decision=decision.decision,
            leg=offer.leg,
        ),
        venue=corner.venue,
        side=offer.side,
        quantity=quantity,
        price=price,
        now_ns=corner.now_ns,
        not_after_ns=corner.not_after_ns,
        time_in_force=TimeInForce.POST_ONLY,
    )
