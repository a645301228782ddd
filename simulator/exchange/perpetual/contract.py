"""A linear perpetual: an instrument that is never delivered, with the margin it needs.

Prices and margin are in the quote asset, quantities in the base asset, which nobody here owns.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from simulator.exchange.instrument import Instrument

HOUR_NS = 3_600_000_000_000
_EXACT = Context(prec=80)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bracket:
    """A slice of a position's value: what its margin is there, and how much leverage a position so large may have."""

    up_to: Decimal  # value in the quote asset, inclusive
    maintenance_bps: Decimal  # of the slice
    leverage_max: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract(Instrument):
    """A perpetual such as `BTC/USDT:USDT`; brackets ascend, and the last bounds what a position may be worth."""

    brackets: tuple[Bracket, ...] = (
        Bracket(up_to=Decimal(50_000), maintenance_bps=Decimal(40), leverage_max=125),
        Bracket(up_to=Decimal(600_000), maintenance_bps=Decimal(50), leverage_max=100),
        Bracket(up_to=Decimal(3_000_000), maintenance_bps=Decimal(100), leverage_max=50),
        Bracket(up_to=Decimal(12_000_000), maintenance_bps=Decimal(250), leverage_max=20),
        Bracket(up_to=Decimal(500_000_000), maintenance_bps=Decimal(1_000), leverage_max=5),
    )
    leverage_default: int = 20
    funding_interval_ns: int = 8 * HOUR_NS
    funding_rate_max: Decimal = Decimal("0.003")
    liquidation_fee_bps: Decimal = Decimal(125)

    def __post_init__(self) -> None:
        """Refuse a contract whose brackets make no sense.

        Raises:
            ValueError: there is none, they do not ascend, or the default leverage is above what they allow.
        """
        Instrument.__post_init__(self)
        bounds = [bracket.up_to for bracket in self.brackets]
        if not bounds or bounds != sorted(bounds) or len(bounds) != len(dict.fromkeys(bounds)):
            raise ValueError(f"{self.symbol}: give at least one bracket, in ascending order of up_to")
        if not 1 <= self.leverage_default <= self.leverage_max:
            raise ValueError(f"{self.symbol}: leverage_default must be from 1 to {self.leverage_max}")

    @property
    def leverage_max(self) -> int:
        """The most leverage that the smallest position may have."""
        return self.brackets[0].leverage_max

    def value_max(self, leverage: int) -> Decimal:
        """Return what a position with this leverage may be worth, in the quote asset."""
        allowed = [bracket.up_to for bracket in self.brackets if bracket.leverage_max >= leverage]
        return allowed[-1] if allowed else Decimal(0)

    def nearest_ticks(self, price: Decimal) -> int:
        """Return a price that need not be on the grid in ticks, rounded.

        Raises:
            ValueError: it is not at least half a tick.
        """
        steps = _EXACT.divide(price, self.tick_size) if price.is_finite() else Decimal(0)
        ticks = int(steps.to_integral_value(ROUND_HALF_EVEN))
        if ticks < 1:
            raise ValueError(f"{self.symbol}: a price of {price}; give one of at least {self.tick_size}")
        return ticks
