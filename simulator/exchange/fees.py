"""What an exchange charges for a trade, and in which of the two assets.

Binance takes its fee from what the trade brings in (base for a buyer, quote for a seller); Kraken takes it from
the quote side of both. A fee is truncated to the asset's smallest unit, and so is a rebate, a maker's fee below
nothing: what the exchange pays out it takes from the fees it has collected, which may fall below nothing, too.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class ChargedIn(Enum):
    """The asset a fee is paid in."""

    RECEIVED = "received"
    QUOTE = "quote"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeeSchedule:
    """Rates in basis points (1/10,000) of what is traded; only a maker's may be negative."""

    maker_bps: Decimal
    taker_bps: Decimal
    charged_in: ChargedIn = ChargedIn.RECEIVED

    def __post_init__(self) -> None:
        """Refuse rates that would pay people to trade with themselves.

        Raises:
            ValueError: a rate is not a number or too high, or a rebate is higher than the taker's fee.
        """
        if not (self.taker_bps.is_finite() and 0 <= self.taker_bps < 10_000):
            raise ValueError(f"taker's fee of {self.taker_bps} bps; give a rate from 0 up to, not including, 10000")
        if not (self.maker_bps.is_finite() and -self.taker_bps <= self.maker_bps < 10_000):
            raise ValueError(f"maker's fee of {self.maker_bps} bps; give a rate from -{self.taker_bps} up to 10000")

    def fee(self, units: int, *, maker: bool) -> int:
        """Return the fee on `units` traded, in the same smallest units."""
        return _share(units, self.maker_bps if maker else self.taker_bps)

    def reserve(self, units: int) -> int:
        """Return the most that trading `units`, at once or in parts, can cost in fees."""
        return _share(units, max(self.maker_bps, self.taker_bps))


def _share(units: int, bps: Decimal) -> int:
    numerator, denominator = bps.as_integer_ratio()
    share = units * abs(numerator) // (denominator * 10_000)
    return share if numerator >= 0 else -share
