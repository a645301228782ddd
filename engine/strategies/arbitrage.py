"""Cross-venue arbitrage on spot: hold the size spread over the venues, and move it to where it is cheaper.

Coins cannot be sold where none are, so there is always a stock: first it is bought, in equal parts. When one venue
bids more than another asks, by more than the edge, what is held at the dear one is sold there and bought at the cheap
one, at once, each by its venue's own fresh prices. The stock stays the same, so the market's direction does not
matter to the difference; the stock itself rides the market.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from engine.ports.strategy import ZERO, HoldAt, Price, Quantity, Sight, View

ONE = Decimal(1)
ROUGH = Context(prec=12)
"""For what is rounded to a venue's lots anyway."""


@dataclass(frozen=True, kw_only=True)
class Arbitrage:
    """Moves a stock between venues.

    Args:
        edge: share by which the dear bid must be above the cheap offer; above both venues' fees together.
        whole: share of the size from which the stock is not topped up any more.
    """

    edge: Decimal = Decimal("0.004")
    whole: Decimal = Decimal("0.9")
    bars_needed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.edge < 1:
            raise ValueError(f"edge is {self.edge}; it must be between 0 and 100 %")
        if not 0 < self.whole <= 1:
            raise ValueError(f"whole is {self.whole}; it must be above 0 and at most 1")

    def decide(self, view: View) -> HoldAt | None:
        """Return what to hold where, or None while prices agree or too little is known."""
        known = [sight for sight in view.venues.values() if sight.position is not None]
        if len(known) < 2:
            return None
        stock = sum((_held(sight) for sight in known), ZERO)
        if stock < view.size.scaled(self.whole):
            return _equal_parts(known, view.size)
        return self._moved(known)

    def _moved(self, known: Sequence[Sight]) -> HoldAt | None:
        asked = [(sight.ask, sight) for sight in known if sight.ask is not None]
        bid = [(sight.bid, sight) for sight in known if sight.bid is not None and _held(sight)]
        if not asked or not bid:
            return None
        cheap_at, cheap = min(asked, key=_price)
        dear_at, dear = max(bid, key=_price)
        if cheap is dear or dear_at < cheap_at.scaled(ONE + self.edge):
            return None
        return HoldAt({cheap.venue: _held(cheap) + _held(dear), dear.venue: ZERO})


def _equal_parts(known: Sequence[Sight], size: Quantity) -> HoldAt:
    """Return equal parts, but nowhere less than is held: to sell is for when the price is right."""
    part = Quantity(ROUGH.divide(size.value, Decimal(len(known))))
    missing = size - sum((_held(sight) for sight in known), ZERO)
    wanted: dict[str, Quantity] = {}
    for sight in known:
        more = min(max(part - _held(sight), ZERO), missing)
        missing -= more
        wanted[sight.venue] = _held(sight) + more
    return HoldAt(wanted)


def _held(sight: Sight) -> Quantity:
    return max(sight.position or ZERO, ZERO)


def _price(offer: tuple[Price, Sight]) -> Price:
    return offer[0]
