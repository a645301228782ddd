"""What a strategy may want: one holding over all venues, a holding at each, or offers on both sides of the market.

Three forms and no more, because execution does a different thing for each: it shares a holding out and leads there,
it leads each venue to a holding of its own, or it keeps orders resting and moves them when they are offered elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from engine.domain.instrument import Side
from engine.domain.money import ZERO, Price, Quantity


@dataclass(frozen=True)
class Hold:
    """Hold a quantity over all venues, in base asset; `stop` is where it must be left at the latest."""

    quantity: Quantity
    stop: Price | None = None


@dataclass(frozen=True)
class HoldAt:
    """Hold a quantity at each of these venues, in base asset; venues that are not named stay as they are."""

    quantities: Mapping[str, Quantity]

    @property
    def total(self) -> Quantity:
        """Return all of them together."""
        return sum(self.quantities.values(), ZERO)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a quote at one venue: a quantity that rests there at a price until it is offered elsewhere."""

    venue: str
    side: Side
    quantity: Quantity
    price: Price

    @property
    def leg(self) -> str:
        """Return which leg of a decision it is: one venue can have both sides."""
        return f"{self.venue}-{self.side.value}"


@dataclass(frozen=True)
class Quote:
    """Have exactly these offers resting, and no others: an empty quote takes all back."""

    offers: tuple[Offer, ...] = field(default=())


Wish: TypeAlias = Hold | HoldAt | Quote
