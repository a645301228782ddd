"""A venue of futures on a machine of its own, with a house that quotes and an index that follows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.exchange.orders import OrderRequest, OrderType, Side
from tests.simulator.dialects.binanceusdm.row import BTC, CONTRACTS, ETH, FEES
from tests.simulator.dialects.stage import Stage

__all__ = ["BTC", "CONTRACTS", "ETH", "FEES", "UsdmStage"]


class UsdmStage(Stage):
    """One venue of futures and its clients in virtual time."""

    def __init__(self, settings: Any = None, **lags: int) -> None:
        super().__init__("binanceusdm", settings, **lags)
        self.move(BTC, "60000")
        self.move(ETH, "3000")

    def move(self, symbol: str, price: str, *, quantity: str = "10") -> None:
        """Let house and index go to a price, and print a trade there."""
        self.quote(symbol, price, quantity=quantity)

    def other(self, side: Side, quantity: str, price: str) -> None:
        """Let somebody else place a limit order."""
        self.exchange.submit(
            OrderRequest(
                account="other",
                symbol=BTC,
                side=side,
                type=OrderType.LIMIT,
                quantity=Decimal(quantity),
                price=Decimal(price),
            )
        )
