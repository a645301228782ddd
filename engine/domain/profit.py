"""What the bot has won or lost in one market in one day: exact, from its own fills and one price.

Pure, and without a division: what came in less what went out today, and what the position is worth now, less what the
part of it that was carried over from the day before was worth when the day began. Only that part needs a price of
then. Days are UTC. Fees in an asset that is not of the market are told beside, since only a price of their own could
make them money.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from engine.domain.instrument import dashed
from engine.domain.money import NOTHING, Money, Price, Quantity

DAY_NS = 86_400 * 1_000_000_000


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What fills have changed in one market: of its base asset, of its quote asset, and of others, by their fees."""

    position: Quantity
    cash: Money | None
    """None while nobody has told what a fill cost: taken for nothing, it looks like a loss of all that was sold."""
    elsewhere: Mapping[str, Decimal] = {}


class ProfitSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What one market has brought today by the price there, fees included; negative where it was lost."""

    venue: str
    instrument: str
    day: int
    """Days since 1970 in UTC."""
    result: Money
    position: Quantity
    price: Price
    elsewhere: dict[str, Decimal]
    """What fees in other assets took, which the result does not hold."""
    at_ns: int

    @property
    def subject(self) -> str:
        """Return the subject on which it is sent."""
        return f"profit.{self.venue}.{dashed(self.instrument)}"


def day_of(at_ns: int) -> int:
    """Return the day of a unix time, counted from 1970 in UTC."""
    return at_ns // DAY_NS


def result_of(total: Flow, today: Flow, *, price: Price, opening: Price | None) -> Money | None:
    """Return the day's result of a market; None while it needs an opening price, or the cost of a fill, and has none.

    Args:
        total: what all fills have changed.
        today: what the fills of the day have changed.
        opening: the first price of the day, for what was carried into it.
    """
    carried = total.position - today.position
    if today.cash is None or (carried and opening is None):
        return None
    then = opening * carried if opening is not None else NOTHING
    return today.cash + price * total.position - then
