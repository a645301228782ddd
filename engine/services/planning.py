"""From a decision to orders: what each venue lacks of its share of the target, sized so that no answer makes it too
much.

Pure. What is unknown or still working counts as filled, the worst way for each question: when we would buy, every
working purchase has already happened; when we would sell, every working sale has. So two decisions in a row never buy
twice what one of them wanted. An order that brings the position nearer to flat is an exit and *safe*: it asks no
price of the market's opinion and waits for nothing. An entry waits until orders the other way have ended, and passes
the limit, which can only say no.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from engine.domain.identity import Identity
from engine.domain.instrument import Instrument, Side
from engine.domain.messages import Decision, OrderState, PriceSeen
from engine.domain.money import ZERO, Money, Price, Quantity
from engine.domain.order import Order, intend
from engine.domain.risk import Entry, Holding, RiskLimits, Scene, refusal
from engine.domain.safety import Purpose
from engine.services.quoting import Corner, quotes
from engine.services.shares import Part, spread

ONE = Decimal(1)
IN_DOUBT = frozenset({OrderState.INTENDED, OrderState.SUBMITTING, OrderState.UNKNOWN})
"""States of an order that the venue has not been known to hold."""


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One venue's part of a target, and all that is known there; times are on the venue's clock."""

    venue: str
    share: Decimal
    instrument: Instrument | None
    """None while the venue has never been opened."""
    price: PriceSeen | None
    """Its price, if that is fresh."""
    position: Quantity
    alive: tuple[Order, ...]
    now_ns: int
    not_after_ns: int
    known: Price | None = None
    """What a unit held there is worth, by whatever price is known."""
    refusal: str | None = None
    """Why nothing new may be entered here, if so."""
    lost: bool = False
    """True while nothing can be entered here because the venue, its prices or its key are lost."""
    closing: bool = False
    """True while whoever flattens has this market: then a decision leaves it alone."""

    @property
    def most(self) -> Quantity:
        """Return the position if every working purchase is filled and no sale is."""
        return self.position + _remaining(self.alive, Side.BUY)

    @property
    def least(self) -> Quantity:
        """Return the position if every working sale is filled and no purchase is."""
        return self.position - _remaining(self.alive, Side.SELL)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What may at most be wanted of one instrument."""

    limits: RiskLimits
    """What no entry may exceed (`engine.domain.risk`)."""
    price_collar: Decimal
    """Share of the price by which a limit may be worse than it."""
    room: int
    """How many more orders may be alive."""
    elsewhere: tuple[Holding, ...] = ()
    """What is held of other instruments."""
    entries_ns: tuple[int, ...] = ()
    """When the latest entries were made."""
    lost: Mapping[str, Money] = field(default_factory=dict)
    """What was lost today, by quote asset."""
    failover: bool = False
    """True where the other venues take over the entries of a lost one."""


@dataclass(kw_only=True)
class Plan:
    """What a decision comes to: orders to journal and send, orders to end, and what was refused and why.

    A refusal begins with the word for its kind: `limit`, `price`, `working`, `crowd`, `venue`, `maximum`, `short`, or
    the state of safety that forbids it.
    """

    orders: list[Order] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    doubtful: bool = False
    """True where nothing is lacking only if an exit of unknown end has been filled: ask again when that is known."""


def plan(decision: Decision, bot: str, legs: Sequence[Leg], rules: Rules) -> Plan:
    """Return the orders that lead from what is held to the target."""
    made = Plan()
    scene = _scene(decision, legs, rules)
    if decision.offers is not None:
        return _quoted(decision, bot, legs, rules, scene)
    for leg, wanted in zip(legs, _wanted(decision, legs, rules), strict=True):
        if wanted is None:
            continue
        if leg.closing:
            if not leg.least <= wanted <= leg.most:
                made.refusals.append(f"flatten: {leg.venue} is being closed")
            continue
        made.cancels += _against(leg, wanted)
        order = _order(decision, bot, leg, wanted, rules.price_collar)
        made.doubtful |= order is None and _rests_on_doubt(decision, leg, wanted)
        if isinstance(order, str):
            made.refusals.append(order)
        elif order is not None:
            entry = _entry(order, leg, decision)
            problem = None if order.safe else _problem(order, leg, rules, entry=entry, scene=scene, made=made)
            if problem is not None:
                made.refusals.append(problem)
                continue
            made.orders.append(order)
            scene = scene if order.safe else scene.after(entry)
    return made


def _wanted(decision: Decision, legs: Sequence[Leg], rules: Rules) -> Sequence[Quantity | None]:
    """Return what is wanted at each venue: its share, or what the decision says of it; None leaves it alone."""
    if decision.at is not None:
        return [decision.at.get(leg.venue) for leg in legs]
    parts = [Part(share=leg.share, most=leg.most, least=leg.least, lost=leg.lost or leg.closing) for leg in legs]
    return spread(decision.target, parts, failover=rules.failover)


def _quoted(decision: Decision, bot: str, legs: Sequence[Leg], rules: Rules, scene: Scene) -> Plan:
    """Return what makes the resting orders those that are offered; every new one asks permission."""
    by_venue = {leg.venue: leg for leg in legs}
    scenes = [scene]
    """What is held with each further order."""

    def permitted(order: Order) -> str | None:
        leg = by_venue[order.venue]
        entry = _entry(order, leg, decision)
        if leg.refusal is not None:
            return f"{leg.refusal} ({decision.instrument} at {leg.venue})"
        if len(scenes) > rules.room:
            return f"crowd: too many orders are alive to add one at {leg.venue}"
        if (problem := refusal(entry, scenes[-1], rules.limits)) is not None:
            return problem
        scenes.append(scenes[-1].after(entry))
        return None

    found = quotes(decision, bot, [_corner(leg) for leg in legs if not leg.closing], permitted)
    closing = [f"flatten: {leg.venue} is being closed" for leg in legs if leg.closing]
    return Plan(orders=found.orders, cancels=found.cancels, refusals=closing + found.refusals)


def _corner(leg: Leg) -> Corner:
    return Corner(
        venue=leg.venue,
        instrument=leg.instrument,
        alive=leg.alive,
        least=leg.least,
        now_ns=leg.now_ns,
        not_after_ns=leg.not_after_ns,
    )


def limit_price(side: Side, *, safe: bool, seen: PriceSeen | None, reference: Price, collar: Decimal) -> Price:
    """Return the worst price that an order may get.

    An entry takes what the venue offers, but never chases it beyond the collar around the price that was decided on. An
    exit wants to be filled: it goes the collar beyond what the venue offers, or beyond the reference where the venue is
    not heard.
    """
    buying = side is Side.BUY
    offered = ((seen.ask if buying else seen.bid) or seen.last) if seen is not None else reference
    worse = ONE + collar if buying else ONE - collar
    if safe:
        return offered.scaled(worse)
    bound = reference.scaled(worse)
    return min(offered, bound) if buying else max(offered, bound)


def _order(decision: Decision, bot: str, leg: Leg, wanted: Quantity, collar: Decimal) -> Order | str | None:
    """Return the order that a leg lacks, why there can be none, or None where nothing is lacking."""
    if leg.least <= wanted <= leg.most:
        return None
    side, lacking = (Side.BUY, wanted - leg.most) if wanted > leg.most else (Side.SELL, leg.least - wanted)
    if leg.instrument is None:
        return f"venue: {leg.venue} has not been opened yet"
    safe = _reduces(leg, side, lacking)
    price = limit_price(side, safe=safe, seen=leg.price, reference=decision.reference_price, collar=collar)
    price = leg.instrument.price_within(price, side)
    quantity = leg.instrument.quantity_within(lacking)
    if _dust(leg.instrument, quantity, price, closes=safe):
        return None
    if problem := leg.instrument.refusal(quantity, price, closes=safe):
        return f"maximum: {leg.venue}: {problem}"
    identity = Identity(
        bot=bot,
        strategy=decision.strategy,
        instrument=decision.instrument,
        decision=decision.decision,
        leg=leg.venue,
    )
    return intend(
        identity,
        venue=leg.venue,
        side=side,
        quantity=quantity,
        price=price,
        now_ns=leg.now_ns,
        not_after_ns=leg.not_after_ns,
        purpose=Purpose.EXIT if safe else Purpose.ENTRY,
        leave_at=None if safe else decision.stop,
    )


def _problem(order: Order, leg: Leg, rules: Rules, *, entry: Entry, scene: Scene, made: Plan) -> str | None:
    """Say why an entry may not be made; None if nothing forbids it."""
    if leg.refusal is not None:
        return f"{leg.refusal} ({order.identity.instrument} at {leg.venue})"
    if order.side is Side.SELL and leg.instrument is not None and not leg.instrument.may_short:
        return f"short: {leg.venue} has no short positions; what would be sold is not the bot's"
    if leg.price is not None and any(other.side is not order.side for other in leg.alive):
        return f"working: orders the other way have not ended at {leg.venue}"
    if len(made.orders) >= rules.room:
        return f"crowd: too many orders are alive to add one at {leg.venue}"
    return refusal(entry, scene, rules.limits)


def _scene(decision: Decision, legs: Sequence[Leg], rules: Rules) -> Scene:
    here = (
        Holding(venue=leg.venue, instrument=decision.instrument, most=leg.most, least=leg.least, price=leg.known)
        for leg in legs
    )
    return Scene(
        holdings=(*here, *rules.elsewhere),
        entries_ns=rules.entries_ns,
        now_ns=max((leg.now_ns for leg in legs), default=0),
        lost=rules.lost,
    )


def _entry(order: Order, leg: Leg, decision: Decision) -> Entry:
    return Entry(
        venue=leg.venue,
        instrument=decision.instrument,
        side=order.side,
        quantity=order.quantity,
        price=order.price or decision.reference_price,
        seen=leg.price.last if leg.price is not None else None,
        reference=decision.reference_price,
    )


def _against(leg: Leg, wanted: Quantity) -> list[str]:
    """Return the orders that lead away from what is wanted."""
    return [
        order.client_order_id
        for order in leg.alive
        if (order.side is Side.BUY and wanted < leg.most) or (order.side is Side.SELL and wanted > leg.least)
    ]


def _rests_on_doubt(decision: Decision, leg: Leg, wanted: Quantity) -> bool:
    """Tell whether the way to what is wanted is an earlier exit of which nobody knows whether it happens."""
    return any(
        order.state in IN_DOUBT
        and order.safe
        and order.identity.decision != decision.decision
        and (wanted < leg.position if order.side is Side.SELL else wanted > leg.position)
        for order in leg.alive
    )


def _reduces(leg: Leg, side: Side, quantity: Quantity) -> bool:
    """Tell whether an order of this size brings the position nearer to flat, whatever becomes of the working ones."""
    return quantity <= leg.least if side is Side.SELL else quantity <= -leg.most


def _dust(instrument: Instrument, quantity: Quantity, price: Price, *, closes: bool) -> bool:
    """Tell whether what is lacking is too little for the venue to trade."""
    if quantity < instrument.quantity_min or not quantity:
        return True
    least = None if closes and instrument.settle is not None else instrument.notional_min
    return least is not None and price * quantity < least


def _remaining(alive: tuple[Order, ...], side: Side) -> Quantity:
    return sum((order.remaining for order in alive if order.side is side), ZERO)
