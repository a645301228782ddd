"""How much of an order is filled: what its venue tells of it, but for the fills that the venue has taken back.

A fill is taken back where it has to be settled after it was made, and is not: a match that fails on its chain, or was
on it and is no more. That is final, and a fact about one fill: told by its trade id, it holds whatever an older reading
says of the same fill, however often and in whichever order both are told.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from engine.domain.evidence import Seen, Trade
from engine.domain.money import NOTHING, ZERO, Money, Quantity
from engine.domain.order import Order

TAKEN_BACK = "the venue has taken a fill back"


def with_fills(order: Order, event: Seen) -> Order:
    """Return the order with the larger of what is known and what is told, less what has been taken back.

    Trades known in full outrank a told cost.
    """
    trades = _together(order.trades, event.trades)
    known = order.filled - _lost(order.trades, trades)
    told = event.filled - _lost(event.trades, trades)
    order = replace(order, trades=trades) if trades != order.trades else order
    filled = max(known, told, order.traded)
    return replace(order, filled=filled, cost=_cost(order, event, filled=filled))


def _together(known: Iterable[Trade], told: Iterable[Trade]) -> tuple[Trade, ...]:
    by_id = {trade.trade_id: trade for trade in known}
    for trade in told:
        before = by_id.setdefault(trade.trade_id, trade)
        if trade.taken_back and not before.taken_back:
            by_id[trade.trade_id] = replace(before, taken_back=True)
    return tuple(sorted(by_id.values(), key=lambda trade: (trade.at_ns, trade.trade_id)))


def _lost(before: Iterable[Trade], after: Iterable[Trade]) -> Quantity:
    """Return how much of what these fills came to is taken back by now."""
    gone = {trade.trade_id for trade in after if trade.taken_back}
    return sum((each.quantity for each in before if each.trade_id in gone and not each.taken_back), ZERO)


def _cost(order: Order, event: Seen, *, filled: Quantity) -> Money | None:
    if order.traded == filled:
        return sum((trade.price * trade.quantity for trade in order.fills), NOTHING)
    told = [
        cost for amount, cost in ((order.filled, order.cost), (event.filled, event.cost)) if amount == filled and cost
    ]
    return max(told, default=None)
