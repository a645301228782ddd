"""How a target is spread over venues: to each its share, and what a lost venue cannot take to the others.

Pure. Only entries move: what is held at a venue is left there and nowhere else, since an exit elsewhere would double
the position or turn it around. What a lost venue holds or may yet fill counts as held, so the others take over only
what it surely lacks. When it is back nothing is traded just to restore the shares: who holds more than its share
keeps it, as long as another holds as much less.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal

from engine.domain.money import EXACT, ZERO, Quantity, floor_to


@dataclass(frozen=True, kw_only=True)
class Part:
    """One venue's part: its share of every target, and what it holds at the most and at the least."""

    share: Decimal
    most: Quantity
    least: Quantity
    lost: bool
    """True while nothing can be entered there."""


def spread(target: Quantity, parts: Sequence[Part], *, failover: bool) -> list[Quantity]:
    """Return what each venue should hold; without failover simply its share."""
    own = [target.scaled(part.share) for part in parts]
    if not failover or not target:
        return own
    sign = 1 if target > ZERO else -1
    most = [part.most if sign > 0 else -part.least for part in parts]
    least = [part.least if sign > 0 else -part.most for part in parts]
    wanted = [amount.scaled(sign) for amount in own]
    short = [max(ZERO, each - held) for each, held in zip(wanted, most, strict=True)]
    over = [max(ZERO, held - each) for each, held in zip(wanted, least, strict=True)]
    kept = min(_sum(short), _sum(over))
    moved = [taken - given for taken, given in zip(_parts(kept, over), _parts(kept, short), strict=True)]
    wanted = [each + move for each, move in zip(wanted, moved, strict=True)]
    missing = [
        max(ZERO, each - held) if part.lost else ZERO for each, held, part in zip(wanted, most, parts, strict=True)
    ]
    takers = [Quantity(0 if part.lost else part.share) for part in parts]
    if _sum(takers):
        taken = _parts(_sum(missing), takers)
        wanted = [each + more - less for each, more, less in zip(wanted, taken, missing, strict=True)]
    return [each.scaled(sign) for each in wanted]


def _parts(amount: Quantity, weights: Sequence[Quantity]) -> list[Quantity]:
    """Split an amount by weights; what rounding leaves over goes to the last who has a weight."""
    total = _sum(weights)
    if not total or not amount:
        return [ZERO for _ in weights]
    wholes = (_DOWN.divide(EXACT.multiply(amount.value, weight.value), total.value) for weight in weights)
    parts = [Quantity(floor_to(whole, _STEP)) for whole in wholes]
    last = max(index for index, weight in enumerate(weights) if weight)
    parts[last] += amount - _sum(parts)
    return parts


def _sum(amounts: Sequence[Quantity]) -> Quantity:
    return sum(amounts, ZERO)


_STEP = Decimal("1e-12")
"""Parts are whole multiples of it: far below any venue's lot."""
_DOWN = Context(prec=60, rounding=ROUND_DOWN)
