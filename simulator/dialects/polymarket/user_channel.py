"""Polymarket's user channel: orders as they are placed, matched and cancelled, and the way of trades on the chain.

An order is told of three times at most in kind (PLACEMENT, UPDATE, CANCELLATION); a trade at each step of its
settlement, and so a fill that is taken back comes as the same trade once more, with another status.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from simulator.dialects.polymarket import bodies
from simulator.dialects.polymarket.bodies import MS, Body
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.settings import NS
from simulator.dialects.polymarket.wallets import Wallet
from simulator.exchange.events import Event, FillReversed, OrderChanged, SettlementChanged
from simulator.exchange.orders import OrderRecord, OrderStatus

Sink = Callable[[str, bytes], None]
"""Takes the condition of the market, and a message."""


class UserChannel:
    """The user channel of one Polymarket, by account."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[str, dict[int, tuple[Sink, Wallet]]] = {}
        self._born = 0
        self.forget: Callable[[], None] = front.venue.private.subscribe(self._hear)

    def subscribe(self, account: str, wallet: Wallet, sink: Sink) -> Callable[[], None]:
        """Send what happens to an account to `sink` from now on; return what ends that."""
        self._born += 1
        name = self._born
        sinks = self._sinks.setdefault(account, {})
        sinks[name] = sink, wallet
        return lambda: (sinks.pop(name, None), None)[1]

    def _hear(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            record = event.record
            for sink, wallet in tuple(self._sinks.get(record.account, {}).values()):
                self._tell(sink, record.symbol, self._order(record, wallet, event))
        elif isinstance(event, SettlementChanged | FillReversed):
            trade = event.settlement.trade
            token = self._front.listing.by_symbol[trade.symbol]
            for sink, wallet in tuple(self._sinks.get(trade.account, {}).values()):
                told = bodies.trade(trade, token, wallet, event.settlement)
                at = {"timestamp": str(event.settlement.updated_ns // MS), "trade_owner": told["owner"]}
                self._tell(sink, trade.symbol, {"event_type": "trade", "type": "TRADE", **told, **at})

    def _tell(self, sink: Sink, symbol: str, told: Body) -> None:
        sink(self._front.listing.by_symbol[symbol].market.condition, msgspec.json.encode(told))

    def _order(self, record: OrderRecord, wallet: Wallet, event: OrderChanged) -> Body:
        token = self._front.listing.by_symbol[record.symbol]
        traded = [] if event.trade is None else [bodies.trade_name(event.trade.trade_id)]
        return {
            "event_type": "order",
            "type": _kind(record),
            "id": record.client_order_id,
            "owner": wallet.key,
            "order_owner": wallet.key,
            "market": token.market.condition,
            "asset_id": token.id,
            "side": record.side.value,
            "price": token.price(record.price_ticks or 0),
            "original_size": token.size(record.quantity_lots),
            "size_matched": token.size(record.filled_lots),
            "status": bodies.status(record),
            "outcome": token.outcome,
            "associate_trades": traded or None,
            "created_at": str(record.created_ns // NS),
            "expiration": bodies.expiration(record, self._front.settings.expiry_margin_ns),
            "order_type": bodies.order_type(record),
            "maker_address": wallet.funder,
            "timestamp": str(record.updated_ns // MS),
        }


def _kind(record: OrderRecord) -> str:
    if record.status is OrderStatus.NEW and not record.filled_lots:
        return "PLACEMENT"
    if record.is_open or record.status is OrderStatus.FILLED:
        return "UPDATE"
    return "CANCELLATION"
