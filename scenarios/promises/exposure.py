"""Promise: the bot never stands to hold more than its limit, not even if every open order fills at once.

Position and orders are the venues' own, over all of them together. What the account owned at the start is the owner's
and counts for nothing, and so does what a venue kept of a fill as its fee: what is bought and not received is not held,
and in two weeks of many small trades it comes to more than a position. The limit is the scenario's; the bot's own is
not asked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from scenarios.finding import Finding, Tally
from scenarios.record import Record, VenueOrder, VenueTrade
from scenarios.schema import Expect


def exposure_within_limit(record: Record, expect: Expect) -> Finding:
    """Always: |position + open orders, the worst way| is at most the scenario's exposure, for each instrument."""
    tally = Tally("exposure_within_limit")
    standings: dict[str, _Standing] = defaultdict(_Standing)
    trades = iter(record.trades)
    trade = next(trades, None)
    for order in record.orders:
        while trade is not None and trade.at_ns <= order.at_ns:
            standings[trade.instrument].pay(trade)
            trade = next(trades, None)
        standing = standings[order.instrument]
        standing.take(order)
        limit = expect.exposure.get(order.instrument)
        if limit is None:
            tally.doubt(f"the scenario sets no exposure for {order.instrument}")
            continue
        tally.exercise()
        worst = standing.worst()
        if abs(worst) > limit:
            tally.violate(order.at_ns, f"{order.instrument}: {worst} at the worst, where {limit} is allowed")
    return tally.finding(
        held=f"within the limit at all {tally.exercised} changes of an order",
        never="no order was open and nothing was held",
    )


@dataclass
class _Standing:
    """What was filled of one instrument, and what is open."""

    filled: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    open_orders: dict[tuple[str, int], VenueOrder] = field(default_factory=dict)
    position: Decimal = Decimal(0)

    def take(self, order: VenueOrder) -> None:
        key = (order.venue, order.order_id)
        filled = order.filled - self.filled.get(key, Decimal(0))
        self.position += filled if order.side == "buy" else -filled
        self.filled[key] = order.filled
        if order.is_open:
            self.open_orders[key] = order
        else:
            self.open_orders.pop(key, None)

    def pay(self, trade: VenueTrade) -> None:
        if trade.fee_asset == trade.instrument.partition("/")[0]:
            self.position -= trade.fee

    def worst(self) -> Decimal:
        """The larger of what would be held if all buys filled, and what would be owed if all sells did."""
        buys, sells = self._left("buy"), self._left("sell")
        return max(self.position + buys, self.position - sells, key=abs)

    def _left(self, side: str) -> Decimal:
        return sum((one.quantity - one.filled for one in self.open_orders.values() if one.side == side), Decimal(0))
