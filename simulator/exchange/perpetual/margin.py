"""What an account's positions and orders need, in whole smallest units of the margin asset: cross margin, one way.

    equity       wallet + unrealised profit of every position
    initial      worst position that the open orders can lead to, by its value at the mark / leverage
    maintenance  the position's value at the mark, slice by slice, times each bracket's rate
    available    equity - initial

An account is liquidated when its equity is below its maintenance margin. Rounding is against the account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from simulator.exchange.perpetual.contract import Contract


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """One contract as an account stands in it; `bids` and `asks` are ticks times lots of its open orders."""

    contract: Contract
    unit: int  # smallest units in a tick times a lot
    lots: int
    cost: int  # smallest units, signed as the lots
    mark: int  # ticks
    leverage: int
    bids: int = 0
    asks: int = 0

    @property
    def value(self) -> int:
        """What the position is worth at the mark, signed."""
        return self.lots * self.mark * self.unit

    @property
    def unrealised(self) -> int:
        """What closing at the mark would bring."""
        return self.value - self.cost

    @property
    def exposure(self) -> int:
        """The most that the position can come to be worth, whichever way, through the open orders."""
        return max(abs(self.value), abs(self.value + self.bids * self.unit), abs(self.value - self.asks * self.unit))

    @property
    def position_initial(self) -> int:
        """The initial margin of the position alone."""
        return -(-abs(self.value) // self.leverage)

    @property
    def initial(self) -> int:
        """The initial margin of position and orders."""
        return -(-self.exposure // self.leverage)

    @property
    def maintenance(self) -> int:
        """The margin below which the position is taken away."""
        left, below, margin = abs(self.value), Decimal(0), 0
        scale = _units_in_one(self.contract, self.unit)
        for bracket in self.contract.brackets:
            if not left:
                break
            slice_units = min(left, int((bracket.up_to - below) * scale))
            margin += share_up(slice_units, bracket.maintenance_bps / 10_000)
            left -= slice_units
            below = bracket.up_to
        return margin + left


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """An account's margin at one moment, in smallest units."""

    wallet: int
    unrealised: int
    initial: int
    position_initial: int
    maintenance: int

    @property
    def equity(self) -> int:
        """What would be left if everything were closed at the mark."""
        return self.wallet + self.unrealised

    @property
    def available(self) -> int:
        """What can still be used; negative where orders may only reduce."""
        return self.equity - self.initial


def health(wallet: int, legs: Iterable[Leg]) -> Health:
    """Return the margin of an account with these legs."""
    unrealised = initial = position_initial = maintenance = 0
    for leg in legs:
        unrealised += leg.unrealised
        initial += leg.initial
        position_initial += leg.position_initial
        maintenance += leg.maintenance
    return Health(
        wallet=wallet,
        unrealised=unrealised,
        initial=initial,
        position_initial=position_initial,
        maintenance=maintenance,
    )


def share_up(units: int, rate: Decimal) -> int:
    """Return `rate` of `units`, rounded up."""
    numerator, denominator = rate.as_integer_ratio()
    return -(-units * numerator // denominator)


def zero_equity_ticks(leg: Leg, equity: int) -> int:
    """Return the price at which closing this leg leaves nothing of `equity`, at least one tick.

    Rounded against the account's counterparty by less than a tick, so that the account is left with a little.
    """
    per_tick = leg.lots * leg.unit
    ticks = leg.mark - (equity // per_tick if leg.lots > 0 else -(-equity // per_tick))
    return max(1, ticks)


def _units_in_one(contract: Contract, unit: int) -> Decimal:
    return Decimal(unit) / contract.cost(1, 1)
