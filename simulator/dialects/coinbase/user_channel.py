"""Coinbase's `user` channel: every change of an account's orders, as the private view tells them.

There are no messages for fills or balances: an order says how much of it has traded so far, and at which average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from simulator.dialects.coinbase import bodies, configuration, ids
from simulator.dialects.coinbase.clock import NEVER, rfc3339, whole_second
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.listing import plain
from simulator.exchange.events import Event, OrderChanged
from simulator.exchange.orders import OrderRecord, OrderStatus, Side
from simulator.exchange.picture import Picture

Body = dict[str, Any]
Sink = Callable[[str, str], None]
"""Takes the product and the events, as JSON text."""

SNAPSHOT_ORDERS = 50
"""A snapshot comes in parts of so many orders; the first that has fewer is the last."""
TYPES = {"MARKET": "Market", "LIMIT": "Limit", "STOP_LIMIT": "Stop Limit"}


class UserEvents:
    """The changes of orders of one Coinbase, by account."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[str, dict[int, Sink]] = {}
        self._born = 0
        self.forget = front.venue.private.subscribe(self._hear)

    def subscribe(self, account: str, sink: Sink) -> Callable[[], None]:
        """Send the changes of an account's orders to `sink` from now on; return what ends that."""
        self._born += 1
        name = self._born
        sinks = self._sinks.setdefault(account, {})
        sinks[name] = sink
        return lambda: (sinks.pop(name, None), None)[1]

    def snapshots(self, account: str, product_ids: Sequence[str]) -> list[str]:
        """Return the account's open orders (of these products, or of all), as the events a subscription begins with."""
        picture, by_symbol = self._front.venue.private.picture, self._front.listing.by_symbol
        open_orders = picture.open_orders(account)
        found = [one for one in open_orders if not product_ids or by_symbol[one.symbol].id in product_ids]
        parts = range(0, len(found) + 1, SNAPSHOT_ORDERS)
        return [self._events("snapshot", found[start : start + SNAPSHOT_ORDERS], picture) for start in parts]

    def _hear(self, event: Event) -> None:
        if not isinstance(event, OrderChanged):
            return
        sinks = self._sinks.get(event.record.account)
        if sinks:
            picture = self._front.exchange.truth  # of what the order has traded; the private view may not know it yet
            events = self._events("update", [event.record], picture)
            product_id = self._front.listing.by_symbol[event.record.symbol].id
            for sink in tuple(sinks.values()):
                sink(product_id, events)

    def _events(self, kind: str, records: Sequence[OrderRecord], picture: Picture) -> str:
        told = [self._order(record, picture) for record in records]
        positions: Body = {"perpetual_futures_positions": [], "expiring_futures_positions": []}
        return msgspec.json.encode({"type": kind, "orders": told, "positions": positions}).decode()

    def _order(self, record: OrderRecord, picture: Picture) -> Body:
        product = self._front.listing.by_symbol[record.symbol]
        trades = _so_far(record, picture)
        paid = sum((trade.fee for trade in trades), Decimal(0))
        ended_early = record.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED)
        end_time = NEVER if record.expires_ns is None else whole_second(record.expires_ns)
        held = bodies.held(record, product, self._front.exchange.fees)
        return {
            "avg_price": bodies.average(record, product),
            "cancel_reason": record.reason if ended_early else "",
            "client_order_id": record.client_order_id,
            "completion_percentage": bodies.completion(record),
            "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
            "cumulative_quantity": product.size(record.filled_lots),
            "filled_value": plain(record.quote_filled),
            "leaves_quantity": product.size(record.remaining_lots if record.is_open else 0),
            "limit_price": product.price(record.price_ticks),
            "number_of_fills": str(len(trades)),
            "order_id": ids.made(ids.ORDER, record.order_id),
            "order_side": "BUY" if record.side is Side.BUY else "SELL",
            "order_type": TYPES[configuration.order_type(record)],
            "outstanding_hold_amount": plain(held),
            "post_only": "true" if record.post_only else "false",
            "product_id": product.id,
            "product_type": "SPOT",
            "reject_reason": record.reason if record.status is OrderStatus.REJECTED else "",
            "retail_portfolio_id": ids.named("portfolio", record.account),
            "risk_managed_by": "UNKNOWN_RISK_MANAGEMENT_TYPE",
            "status": bodies.status(record),
            "stop_price": product.price(record.stop_ticks),
            "time_in_force": configuration.in_force(record),
            "total_fees": plain(paid),
            "total_value_after_fees": plain(bodies.after_fees(record, paid)),
            "trigger_status": bodies.trigger_status(record),
            "creation_time": rfc3339(record.created_ns),
            "end_time": end_time,
            "start_time": NEVER,
        }


def _so_far(record: OrderRecord, picture: Picture) -> list[Any]:
    """Return the trades that make up what a record says is filled, no later ones."""
    trades, lots = [], 0
    for trade in picture.trades_of(record):
        if lots >= record.filled_lots:
            break
        trades.append(trade)
        lots += trade.quantity_lots
    return trades
