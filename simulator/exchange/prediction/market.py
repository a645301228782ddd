"""A question with two answers: its tokens, its grid of prices, and who has won once that is known.

A price is a probability in ticks of the collateral, so that a price of one token is the rest of `whole` in the
other. The smallest unit of money is a tick times a lot and divides it exactly: nothing is ever rounded but fees.
"""

from dataclasses import dataclass
from decimal import Decimal

from simulator.exchange.instrument import Instrument

AMOUNT_STEP = Decimal("0.000001")  # collateral and tokens have six decimals on chain


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionMarket:
    """One question; `yes` and `no` are the symbols of its tokens and the assets that accounts hold.

    `fee_rate` is the taker's, as a share of what he receives times the distance of his price from one.
    """

    condition: str
    yes: str
    no: str
    collateral: str = "USDC"
    tick_size: Decimal = Decimal("0.01")
    lot_size: Decimal = Decimal("0.01")
    min_quantity: Decimal = Decimal(5)
    max_quantity: Decimal = Decimal(10_000_000)
    fee_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse a market that makes no sense.

        Raises:
            ValueError: a name occurs twice, one is no whole number of ticks, a tick times a lot is finer than money
                is, or the fee is not from 0 to under 1.
        """
        if len({self.yes, self.no, self.collateral}) != 3:
            raise ValueError(f"{self.condition}: two tokens and their collateral need three names")
        if not (self.tick_size.is_finite() and 0 < self.tick_size < 1) or Decimal(1) % self.tick_size:
            raise ValueError(f"{self.condition}: a tick of {self.tick_size}; give one that divides 1")
        if not self.lot_size.is_finite() or self.tick_size * self.lot_size % AMOUNT_STEP:
            raise ValueError(f"{self.condition}: a tick times a lot must be a multiple of {AMOUNT_STEP}")
        if not (self.fee_rate.is_finite() and 0 <= self.fee_rate < 1):
            raise ValueError(f"{self.condition}: a fee rate of {self.fee_rate}; give one from 0 to below 1")

    @property
    def whole(self) -> int:
        """One unit of collateral in ticks: what a token of each kind are worth together."""
        return int(1 / self.tick_size)

    @property
    def tokens(self) -> tuple[str, str]:
        """Both tokens, the affirmative first."""
        return self.yes, self.no

    def instruments(self) -> tuple[Instrument, Instrument]:
        """Return what is traded: each token for collateral, at prices between nothing and one, both excluded."""
        yes, no = (
            Instrument(
                symbol=token,
                base=token,
                quote=self.collateral,
                tick_size=self.tick_size,
                lot_size=self.lot_size,
                min_quantity=self.min_quantity,
                max_quantity=self.max_quantity,
                min_notional=Decimal(0),
                max_price=1 - self.tick_size,
            )
            for token in self.tokens
        )
        return yes, no

    def fee(self, received: int, price: int) -> int:
        """Return a taker's fee out of what he receives at a price in ticks, in the same units, rounded down."""
        numerator, denominator = self.fee_rate.as_integer_ratio()
        return received * numerator * (self.whole - price) // (denominator * self.whole)
