"""The rules that stand between a wish and an order: each can only say no, and all of them are in one table.

Pure. Exposure is counted the worst way: what is unknown or still working has already been filled in a purchase's
question, and in a sale's as well, so that no order in which answers come in can carry a position beyond its limit. A
gross exposure adds up the larger side of every market, a net one what all markets come to together. Money counts for
each quote asset by itself: a limit of 10,000 is 10,000 of every asset that something is priced in.

Exits never come here: what brings a position nearer to flat needs nobody's permission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from engine.domain.instrument import Side
from engine.domain.money import NOTHING, ZERO, Money, Price, Quantity

ONE = Decimal(1)


class MarketLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one instrument may at most come to over all venues, in its base asset."""

    net: Quantity
    gross: Quantity
    order: Quantity
    """The largest single entry."""


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an entry must stay within; `None` where the markets' own limits are bound enough."""

    markets: Mapping[str, MarketLimits]
    order_value: Money | None = None
    venue_gross: Money | None = None
    gross: Money | None = None
    net: Money | None = None
    entries_max: int
    """Entries in one window."""
    entries_window_ns: int
    price_band: Decimal
    """Share by which an entry's price may be off the venue's price, and the price that was decided on."""
    loss_per_day: Decimal
    """Largest loss of one day, as a share of the value of all that may be held."""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One market at one venue: the position if every working purchase is filled, and if every working sale is."""

    venue: str
    instrument: str
    most: Quantity
    least: Quantity
    price: Price | None
    """The last price known there, however old; None before the first."""

    @property
    def worst(self) -> Quantity:
        """Return the larger of the two positions, without its sign."""
        return max(abs(self.most), abs(self.least))


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One order that would take a position on."""

    venue: str
    instrument: str
    side: Side
    quantity: Quantity
    price: Price
    seen: Price | None
    """The venue's price, if it is fresh."""
    reference: Price
    """The price that was decided on."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """All that the rules look at besides the entry."""

    holdings: tuple[Holding, ...]
    entries_ns: tuple[int, ...]
    """When the latest entries were made."""
    now_ns: int
    lost: Mapping[str, Money] = {}
    """What was lost today by quote asset, open positions included; negative where it was won."""

    def after(self, entry: Entry) -> Scene:
        """Return the scene in which an entry works: filled for one question, not filled for the other."""
        holdings = tuple(_with(holding, entry) if _same(holding, entry) else holding for holding in self.holdings)
        if not any(_same(holding, entry) for holding in self.holdings):
            nothing = Holding(venue=entry.venue, instrument=entry.instrument, most=ZERO, least=ZERO, price=entry.seen)
            holdings += (_with(nothing, entry),)
        return replace(self, holdings=holdings, entries_ns=(*self.entries_ns, self.now_ns))


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """One sum that has a limit: of one instrument, of one venue, or of everything in one quote asset."""

    name: str
    amount: Decimal
    bound: Decimal
    unit: str
    venue: str | None = None
    instrument: str | None = None

    @property
    def exceeded(self) -> bool:
        """Tell whether it is more than it may be."""
        return self.amount > self.bound

    def __str__(self) -> str:
        where = self.instrument or self.venue or "everything"
        return f"{self.name} of {where} comes to {self.amount:f} {self.unit}, and {self.bound:f} is allowed"


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule is shown."""

    entry: Entry
    scene: Scene
    limits: RiskLimits

    @property
    def market(self) -> MarketLimits:
        return self.limits.markets[self.entry.instrument]


Rule = Callable[[_Case], str | None]


def refusal(entry: Entry, scene: Scene, limits: RiskLimits) -> str | None:
    """Say why an entry may not be made; None if no rule forbids it. It begins with the word for the rule's kind."""
    if entry.instrument not in limits.markets:
        return f"limit: {entry.instrument} has none, so nothing may be held of it"
    case = _Case(entry=entry, scene=scene, limits=limits)
    return next((f"{word}: {problem}" for rule, word in RULES.items() if (problem := rule(case)) is not None), None)


def breaches(scene: Scene, limits: RiskLimits) -> tuple[Exposure, ...]:
    """Return the limits that what is held, and works, exceeds."""
    return tuple(exposure for exposure in exposures(scene, limits) if exposure.exceeded)


def overstepped(held: Scene, limits: RiskLimits) -> tuple[Exposure, ...]:
    """Return the limits in base assets that positions exceed; `held` counts no working orders.

    No rule let it come so far, so a person must know. A value that grew with its price is no such thing.
    """
    markets = (each for name, market in limits.markets.items() for each in _of_market(name, market, held))
    return tuple(exposure for exposure in markets if exposure.exceeded)


def exposures(scene: Scene, limits: RiskLimits) -> Iterator[Exposure]:
    """Measure everything that has a limit."""
    for instrument, market in limits.markets.items():
        yield from _of_market(instrument, market, scene)
    for quote in sorted({quote_of(holding.instrument) for holding in scene.holdings}):
        yield from _of_quote(quote, scene, limits)


def loss_limit(quote: str, scene: Scene, limits: RiskLimits) -> Money | None:
    """Return how much of a quote asset may be lost in a day; None while nothing priced in it has a price."""
    values = [
        price * market.net
        for instrument, market in limits.markets.items()
        if quote_of(instrument) == quote and (price := _price_of(instrument, scene)) is not None
    ]
    return sum(values, NOTHING).scaled(limits.loss_per_day) if values else None


def quote_of(instrument: str) -> str:
    """Return the asset in which an instrument is priced."""
    return instrument.partition("/")[2].partition(":")[0]


# -- the rules


def _size(case: _Case) -> str | None:
    most = case.market.order
    return f"an order of {case.entry.quantity} is above {most}" if case.entry.quantity > most else None


def _value(case: _Case) -> str | None:
    most, value = case.limits.order_value, case.entry.price * case.entry.quantity
    return f"an order worth {value} is above {most}" if most is not None and value > most else None


def _fresh(case: _Case) -> str | None:
    return f"{case.entry.venue} has no fresh one" if case.entry.seen is None else None


def _band(case: _Case) -> str | None:
    """Refuse a price that is far off: a slipped digit, a feed gone mad, or two venues that no longer agree."""
    entry, band = case.entry, case.limits.price_band
    for name, known in (("the venue's price", entry.seen), ("the price decided on", entry.reference)):
        if known is not None and not known.scaled(ONE - band) <= entry.price <= known.scaled(ONE + band):
            return f"{entry.price} is more than {band:f} off {name}, {known}"
    return None


def _rate(case: _Case) -> str | None:
    since_ns = case.scene.now_ns - case.limits.entries_window_ns
    lately = sum(1 for at_ns in case.scene.entries_ns if at_ns > since_ns)
    if lately < case.limits.entries_max:
        return None
    return f"{lately} entries in {case.limits.entries_window_ns / 1e9:g} s, and {case.limits.entries_max} are allowed"


def _counted(case: _Case) -> str | None:
    """Refuse while something is held whose price nobody has ever heard: its value cannot be counted."""
    unpriced = (holding for holding in case.scene.holdings if holding.price is None and holding.worst)
    found = next((f"{holding.instrument} at {holding.venue} is held and has none" for holding in unpriced), None)
    return found if _money_counts(case.limits) else None


def _exposure(case: _Case) -> str | None:
    after = case.scene.after(case.entry)
    over = (str(each) for each in exposures(after, case.limits) if each.exceeded and _touches(each, case.entry))
    return next(over, None)


def _loss(case: _Case) -> str | None:
    quote = quote_of(case.entry.instrument)
    lost, most = case.scene.lost.get(quote, NOTHING), loss_limit(quote, case.scene, case.limits)
    return None if most is None or lost < most else f"{lost} {quote} were lost today, and {most} is the limit"


RULES: Mapping[Rule, str] = MappingProxyType(
    {
        _fresh: "price",
        _band: "limit",
        _size: "limit",
        _value: "limit",
        _rate: "limit",
        _counted: "price",
        _loss: "limit",
        _exposure: "limit",
    }
)
"""Every rule, cheapest first, with the word that its refusals begin with."""


# -- how exposure is measured


def _of_market(instrument: str, market: MarketLimits, scene: Scene) -> Iterator[Exposure]:
    mine = [holding for holding in scene.holdings if holding.instrument == instrument]
    most = sum((holding.most for holding in mine), ZERO)
    least = sum((holding.least for holding in mine), ZERO)
    gross = sum((holding.worst for holding in mine), ZERO)
    base = instrument.partition("/")[0]
    for name, amount, bound in (
        ("the net position", max(abs(most), abs(least)), market.net),
        ("the gross position", gross, market.gross),
    ):
        yield Exposure(name=name, amount=amount.value, bound=bound.value, unit=base, instrument=instrument)


def _of_quote(quote: str, scene: Scene, limits: RiskLimits) -> Iterator[Exposure]:
    mine = [holding for holding in scene.holdings if quote_of(holding.instrument) == quote]
    if limits.venue_gross is not None:
        for venue in dict.fromkeys(holding.venue for holding in mine):
            gross = _worth(holding for holding in mine if holding.venue == venue)
            yield Exposure(
                name="the gross value", amount=gross.value, bound=limits.venue_gross.value, unit=quote, venue=venue
            )
    if limits.gross is not None:
        yield Exposure(name="the gross value", amount=_worth(mine).value, bound=limits.gross.value, unit=quote)
    if limits.net is not None:
        most = sum((_value_of(holding.price, holding.most) for holding in mine), NOTHING)
        least = sum((_value_of(holding.price, holding.least) for holding in mine), NOTHING)
        net = max(abs(most), abs(least))
        yield Exposure(name="the net value", amount=net.value, bound=limits.net.value, unit=quote)


def _worth(holdings: Iterator[Holding] | list[Holding]) -> Money:
    return sum((_value_of(holding.price, holding.worst) for holding in holdings), NOTHING)


def _value_of(price: Price | None, quantity: Quantity) -> Money:
    return NOTHING if price is None else price * quantity


def _touches(exposure: Exposure, entry: Entry) -> bool:
    """Tell whether an entry is part of what an exposure measures."""
    if exposure.instrument is not None:
        return exposure.instrument == entry.instrument
    return exposure.unit == quote_of(entry.instrument) and exposure.venue in (None, entry.venue)


def _with(holding: Holding, entry: Entry) -> Holding:
    """Return a holding with one more working order, valued at the dearer of the market's price and the order's."""
    price = entry.price if holding.price is None else max(holding.price, entry.price)
    if entry.side is Side.BUY:
        return replace(holding, most=holding.most + entry.quantity, price=price)
    return replace(holding, least=holding.least - entry.quantity, price=price)


def _same(holding: Holding, entry: Entry) -> bool:
    return holding.venue == entry.venue and holding.instrument == entry.instrument


def _price_of(instrument: str, scene: Scene) -> Price | None:
    prices = [holding.price for holding in scene.holdings if holding.instrument == instrument]
    return min((price for price in prices if price is not None), default=None)


def _money_counts(limits: RiskLimits) -> bool:
    return not limits.venue_gross is limits.gross is limits.net is None
