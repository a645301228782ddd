"""From what a strategy wants to a decision, or to the reason why that makes no sense.

A strategy is somebody's code, and may stand on a model that has gone mad. What it wants is held against what the
configuration ever lets be held and what the market shows now, before it has a name on the bus. Risk would refuse most
of it later; here it is known whose mistake it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.instrument import Side
from engine.domain.messages import Decision
from engine.domain.money import ZERO, Price, Quantity
from engine.domain.wish import Hold, HoldAt, Offer, Quote
from engine.ports.strategy import View
from engine.services.forecasts import Nonsense, Refusal

NS = 1_000_000_000
ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class WishBounds:
    """What may be wanted of one instrument."""

    limit: Quantity
    price_band: Decimal
    """Share by which the price of an offer may be off the venue's last."""


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """What every decision of one replica carries."""

    strategy: str
    node: str
    decided_at_ns: int
    not_after_ns: int


def decision_of(wish: object, view: View, bounds: WishBounds, head: Letterhead) -> Decision | Refusal:
    """Return the decision that a wish comes to, or why it makes no sense."""
    match wish:
        case None:  # said aloud, so that silence always means that a replica could not decide
            return _decision(view, head, view.size, at={})
        case Hold():
            problem = _of_hold(wish, view, bounds)
            return _absurd(problem) if problem else _decision(view, head, target=wish.quantity, stop=wish.stop)
        case HoldAt():
            problem = _of_places(wish.quantities, view, bounds)
            return _absurd(problem) if problem else _decision(view, head, wish.total, at=dict(wish.quantities))
        case Quote():
            problem = _of_offers(wish.offers, view, bounds)
            return _absurd(problem) if problem else _decision(view, head, view.size, offers=tuple(wish.offers))
    return Refusal(why=Nonsense.MALFORMED, detail=f"{type(wish).__name__} is no Hold, HoldAt or Quote")


def _decision(
    view: View,
    head: Letterhead,
    target: Quantity,
    *,
    stop: Price | None = None,
    at: dict[str, Quantity] | None = None,
    offers: tuple[Offer, ...] | None = None,
) -> Decision:
    return Decision(
        strategy=head.strategy,
        instrument=view.instrument,
        decision=str(view.bars[-1].end_ns // NS),
        target=target,
        not_after_ns=head.not_after_ns,
        decided_at_ns=head.decided_at_ns,
        reference_price=view.price,
        node=head.node,
        stop=stop,
        at=at,
        offers=offers,
    )


def _absurd(problem: str) -> Refusal:
    return Refusal(why=Nonsense.ABSURD, detail=problem)


def _of_quantity(quantity: object, bounds: WishBounds) -> str | None:
    if not isinstance(quantity, Quantity):
        return f"{quantity!r} is no Quantity"
    return f"{quantity} is beyond the limit, {bounds.limit}" if abs(quantity) > bounds.limit else None


def _of_hold(wish: Hold, view: View, bounds: WishBounds) -> str | None:
    if problem := _of_quantity(wish.quantity, bounds):
        return problem
    if wish.stop is None or not wish.quantity:
        return None
    if not isinstance(wish.stop, Price) or not wish.stop > Price(0):
        return f"{wish.stop!r} is no price to stop at"
    sane = wish.stop < view.price if wish.quantity > ZERO else wish.stop > view.price
    return None if sane else f"a stop at {wish.stop} would be set off at once: the price is {view.price}"


def _of_places(quantities: Mapping[str, Quantity], view: View, bounds: WishBounds) -> str | None:
    for venue, quantity in quantities.items():
        if venue not in view.venues:
            return f"{venue} has no fresh price of its own"
        if problem := _of_quantity(quantity, bounds):
            return f"at {venue}: {problem}"
    total = sum(quantities.values(), ZERO)
    return f"together {total} is beyond the limit, {bounds.limit}" if abs(total) > bounds.limit else None


def _of_offers(offers: tuple[Offer, ...], view: View, bounds: WishBounds) -> str | None:
    best: dict[tuple[str, Side], Price] = {}
    for offer in offers:
        if (problem := _of_offer(offer, view, bounds)) is not None:
            return problem
        if (offer.venue, offer.side) in best:
            return f"two offers on one side at {offer.venue}"
        best[offer.venue, offer.side] = offer.price
    for (venue, side), price in best.items():
        other = best.get((venue, Side.SELL))
        if side is Side.BUY and other is not None and price >= other:
            return f"at {venue} the bid, {price}, is not below the offer, {other}"
    return None


def _of_offer(offer: Offer, view: View, bounds: WishBounds) -> str | None:
    sight = view.venues.get(offer.venue)
    if sight is None:
        return f"{offer.venue} has no fresh price of its own"
    if problem := _of_quantity(offer.quantity, bounds):
        return f"at {offer.venue}: {problem}"
    if not offer.quantity > ZERO:
        return f"at {offer.venue}: {offer.quantity} cannot be offered"
    low, high = sight.last.scaled(ONE - bounds.price_band), sight.last.scaled(ONE + bounds.price_band)
    if not isinstance(offer.price, Price) or not low <= offer.price <= high:
        return f"at {offer.venue}: {offer.price} is too far off the last price, {sight.last}"
    return None
