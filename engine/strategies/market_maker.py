"""A market maker: a bid below and an offer above the middle of each venue, leaning against what it holds there.

It bids as long as it holds less than its part of the size, and offers what it holds. Nothing is quoted at a venue
without a fresh price of its own, or whose position is not known: what rests there is taken back. It exists to make
the machinery quote, not to make money.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal

from engine.ports.strategy import ZERO, Offer, Price, Quantity, Quote, Side, Sight, View

ONE, HALF = Decimal(1), Decimal("0.5")
ROUGH = Context(prec=12)
"""For what is rounded to a venue's ticks and lots anyway."""


@dataclass(frozen=True, kw_only=True)
class MarketMaker:
    """Quotes both sides of every venue.

    Args:
        spread: share of the price between bid and offer.
        lean: share of the price by which both are moved down when it holds all of its part, and up when nothing.
        part: share of the size that it may hold at one venue; a silent one cannot be asked what it holds.
        slice: share of its part of the size that one offer is for.
    """

    spread: Decimal = Decimal("0.002")
    lean: Decimal = Decimal("0.0005")
    part: Decimal = Decimal("0.5")
    slice: Decimal = Decimal("0.5")
    bars_needed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.spread < 1 or not 0 <= 2 * self.lean < self.spread:
            raise ValueError(f"spread is {self.spread} and lean {self.lean}; twice the lean must be below the spread")
        for name, share in (("part", self.part), ("slice", self.slice)):
            if not 0 < share <= 1:
                raise ValueError(f"{name} is {share}; it must be above 0 and at most 1")

    def decide(self, view: View) -> Quote:
        """Return the offers of every venue that can be seen."""
        part = view.size.scaled(self.part)
        known = (sight for sight in view.venues.values() if sight.position is not None)
        return Quote(tuple(offer for sight in known for offer in self._offers(sight, part)))

    def _offers(self, sight: Sight, part: Quantity) -> Iterator[Offer]:
        held = max(sight.position or ZERO, ZERO)
        middle = _middle(sight)
        full = min(ONE, ROUGH.divide(held.value, part.value))
        tilt = self.lean * (HALF - full) * 2
        piece = part.scaled(self.slice)
        if bid := min(piece, part - held) if held < part else ZERO:
            yield Offer(venue=sight.venue, side=Side.BUY, quantity=bid, price=_at(middle, tilt - self.spread * HALF))
        if offered := min(piece, held):
            price = _at(middle, tilt + self.spread * HALF)
            yield Offer(venue=sight.venue, side=Side.SELL, quantity=offered, price=price)


def _middle(sight: Sight) -> Price:
    """Return the middle of a venue's own bid and offer, or its last price where it tells neither."""
    if sight.bid is None or sight.ask is None:
        return sight.last
    return (sight.bid + sight.ask).scaled(HALF)


def _at(middle: Price, distance: Decimal) -> Price:
    return Price(ROUGH.multiply(middle.value, ONE + distance))
