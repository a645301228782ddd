"""What the referee reads of a venue where positions are held: an account as coins and money, and a stop as one order.

The truth there has a wallet and positions. A bot that keeps them as the coins and the money of a spot account is judged
by the same sum, worked out here from the truth: contracts, and the wallet less what they have cost. And an order that
waits for a price places another when it comes; whoever asked for a stop asked for one order, so both are told as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from msgspec.structs import replace

from scenarios.record import Record, VenueBalance, VenueOrder, VenueTrade
from scenarios.stage import VenueOnStage
from simulator.exchange.perpetual.exchange import PerpetualExchange
from simulator.exchange.perpetual.records import WaitingOrder, WaitingStatus

STATUSES: Mapping[WaitingStatus, str] = MappingProxyType(
    {
        WaitingStatus.WAITING: "UNTRIGGERED",
        WaitingStatus.CANCELED: "CANCELED",
        WaitingStatus.REJECTED: "REJECTED",
    }
)


def taken_away(record: Record) -> list[VenueTrade]:
    """Return the first fill of every liquidation: a position ended at the venue's price, and not at its stop."""
    takings = {(one.venue, one.order_id) for one in record.orders if one.by_venue}
    first: dict[tuple[str, int], VenueTrade] = {}
    for trade in record.trades:
        if (trade.venue, trade.order_id) in takings:
            first.setdefault((trade.venue, trade.order_id), trade)
    return list(first.values())


def account_of(exchange: PerpetualExchange, venue: VenueOnStage, now_ns: int) -> list[VenueBalance]:
    """Return what an account comes to: its contracts, each an asset, and its money less what they have cost."""
    money = sum((one.total for one in exchange.truth.balances(venue.account).values()), Decimal(0))
    positions = exchange.truth.positions(venue.account)
    totals = {one.symbol: exchange.instrument(one.symbol).quantity(one.lots) for one in positions}
    totals[exchange.margin_asset] = money - sum((one.cost for one in positions), Decimal(0))
    return [VenueBalance(at_ns=now_ns, venue=venue.name, asset=asset, total=total) for asset, total in totals.items()]


class Stops:
    """Which orders at venues of perpetuals were stops before their price came."""

    def __init__(self) -> None:
        self._were: dict[tuple[str, int], WaitingOrder] = {}

    def waiting(self, venue: str, order: WaitingOrder, now_ns: int) -> VenueOrder | None:
        """Return a waiting order as it stands; None where another has taken its place, which is remembered."""
        if order.order_id is not None:
            self._were[venue, order.order_id] = order
            return None
        return VenueOrder(
            at_ns=now_ns,
            venue=venue,
            order_id=_number(order),
            client_order_id=order.client_id,
            instrument=order.request.symbol,
            side=order.request.side.value.lower(),
            quantity=order.request.quantity,
            filled=Decimal(0),
            status=STATUSES[order.status],
            reason=order.reason,
            is_stop=not order.take_profit,
            closes=order.request.reduce_only,
            is_cut=order.request.reduce_only,
        )

    def order(self, shown: VenueOrder) -> VenueOrder:
        """Return an order as the stop that it was."""
        was = self._were.get((shown.venue, shown.order_id))
        if was is None:
            return shown
        return replace(shown, order_id=_number(was), client_order_id=was.client_id, is_stop=not was.take_profit)

    def trade(self, shown: VenueTrade) -> VenueTrade:
        """Return a fill as one of the stop."""
        was = self._were.get((shown.venue, shown.order_id))
        return shown if was is None else replace(shown, order_id=_number(was))


def _number(order: WaitingOrder) -> int:
    """Return a number that no order in a book has."""
    return -order.waiting_id
