"""What is traded, and the steps in which a venue takes prices and quantities.

Rounding here goes toward safety and nowhere else: a quantity is made smaller, a buyer's price lower, a seller's
price higher.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from engine.domain.money import Money, Price, Quantity, ceil_to, floor_to


class Side(StrEnum):
    """Which way an order moves the position."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """Return +1 for a purchase, -1 for a sale."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """Return the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One market of one venue, as the venue declares it; `None` where it sets no bound."""

    symbol: str  # "BTC/USDT", as ccxt unifies it
    base: str
    quote: str
    tick_size: Decimal
    lot_size: Decimal
    quantity_min: Quantity
    quantity_max: Quantity | None = None
    notional_min: Money | None = None
    settle: str | None = None
    """The asset in which a contract's profit is paid; None where coins are traded."""

    @property
    def may_short(self) -> bool:
        """Tell whether a position below zero is one: on spot it would be somebody else's coins that are sold."""
        return self.settle is not None

    @property
    def asset(self) -> str:
        """Return what a position in it is counted in (`asset_of`)."""
        return asset_of(self.symbol)

    def quantity_within(self, quantity: Quantity) -> Quantity:
        """Round a quantity down (toward zero) to whole lots."""
        return Quantity(floor_to(quantity.value, self.lot_size))

    def price_within(self, price: Price, side: Side) -> Price:
        """Round a limit price to a tick: down for a buyer, up for a seller."""
        return Price((floor_to if side is Side.BUY else ceil_to)(price.value, self.tick_size))

    def refusal(self, quantity: Quantity, price: Price, *, closes: bool = False) -> str | None:
        """Say why the venue would refuse an order of this size at this price; `None` if its filters let it pass.

        One that `closes` a contract is reduce-only, and may be worth as little as it is (Binance -4164 says so itself).
        """
        if (problem := self._quantity_refusal(quantity)) is not None:
            return problem
        spared = closes and self.settle is not None
        if not spared and self.notional_min is not None and price * quantity < self.notional_min:
            return f"order value {price * quantity} is below the minimum {self.notional_min}"
        return None

    def _quantity_refusal(self, quantity: Quantity) -> str | None:
        if quantity < self.quantity_min:
            return f"quantity {quantity} is below the minimum {self.quantity_min}"
        if self.quantity_max is not None and quantity > self.quantity_max:
            return f"quantity {quantity} is above the maximum {self.quantity_max}"
        return None


def asset_of(symbol: str) -> str:
    """Return the asset that a purchase adds to: the base asset, or of a perpetual the contract itself.

    A position account is read as a spot account: its coins are its net contracts, negative where it is short, and its
    money is the wallet less what the open positions have cost. A purchase then changes both as it would on spot, so
    that one ledger, one reconciler and one measure of profit serve both. The contract is an asset of its own, and not
    its base: BTC in the wallet is no position, and two contracts on BTC are two positions.
    """
    return symbol if is_contract(symbol) else symbol.partition("/")[0]


def is_contract(symbol: str) -> bool:
    """Tell whether a symbol names a contract that is paid in an asset: `BTC/USDT:USDT`, as ccxt writes it."""
    return ":" in symbol.partition("/")[2]


def dashed(symbol: str) -> str:
    """Return a symbol as it stands in a bus subject: BTC/USDT is BTC-USDT."""
    return symbol.replace("/", "-").replace(":", "-")
