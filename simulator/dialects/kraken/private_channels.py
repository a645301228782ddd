"""Kraken's private channels (ws-auth.kraken.com/v2): executions and balances, as the private view tells them.

An order says `pending_new` in full and `new` in short when it is accepted, `trade` for each fill, and `filled`,
`canceled` or `expired` in short at its end; the short forms do not name the pair, and a `trade` says
`partially_filled` even where it fills the order, as the venue does.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from simulator.dialects.figures import money, truncated
from simulator.dialects.kraken import ids
from simulator.dialects.kraken.bodies import kind, reason
from simulator.dialects.kraken.clock import rfc3339
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import Asset, Pair
from simulator.exchange import reasons
from simulator.exchange.events import BalanceChanged, Event, OrderChanged
from simulator.exchange.orders import Balance, OrderRecord, OrderStatus, TradeRecord
from simulator.exchange.picture import Picture

Body = dict[str, Any]
Sink = Callable[[list[Body]], None]
SNAPSHOT_TRADES = 50

ENDS = {
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.REJECTED: "canceled",
    OrderStatus.EXPIRED: "expired",
}


def number(text: str) -> msgspec.Raw:
    """Return decimal text as a JSON number with exactly those digits."""
    return msgspec.Raw(text.encode())


class PrivateEvents:
    """The private events of one Kraken, by account and channel."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[tuple[str, str], dict[int, Sink]] = {}
        self._totals = _totals(front.venue.private.picture)
        self._born = 0
        self._entries = 0
        self.forget = front.venue.private.subscribe(self._hear)

    def subscribe(self, channel: str, account: str, sink: Sink) -> Callable[[], None]:
        """Send the entries of an account's channel to `sink` from now on; return what ends that."""
        self._born += 1
        name = self._born
        sinks = self._sinks.setdefault((channel, account), {})
        sinks[name] = sink
        return lambda: (sinks.pop(name, None), None)[1]

    def orders(self, account: str) -> list[Body]:
        """Return the open orders, for the snapshot of executions."""
        records = self._front.venue.private.picture.open_orders(account)
        return [self._placed(record, "new", _open_status(record)) for record in records]

    def trades(self, account: str) -> list[Body]:
        """Return the last trades, for the snapshot of executions."""
        picture = self._front.venue.private.picture
        trades = picture.trades(account, limit=SNAPSHOT_TRADES)
        return [self._traded(trade, "filled", "limit", {}) for trade in trades]

    def balances(self, account: str) -> list[Body]:
        """Return the balances, for the snapshot of balances."""
        held = self._front.venue.private.picture.balances(account)
        return [self._held(balance) for balance in held.values()]

    def _hear(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            sinks = self._sinks.get(("executions", event.record.account))
            if sinks:
                for entries in self._executions(event):
                    _send(sinks, entries)
        elif isinstance(event, BalanceChanged):
            self._note_balance(event)

    def _note_balance(self, event: BalanceChanged) -> None:
        """Tell of a balance unless only what is held of it has changed."""
        key = (event.account, event.balance.asset)
        before = self._totals.get(key)
        self._totals[key] = event.balance.total
        sinks = self._sinks.get(("balances", event.account))
        if sinks and before != event.balance.total:
            amount = event.balance.total - (before or Decimal(0))
            _send(sinks, [self._entry(event.balance, amount)])

    def _executions(self, event: OrderChanged) -> list[list[Body]]:
        """Return what is told of one change of an order, message by message."""
        record = event.record
        if event.trade is not None:
            refs = self._references(record)
            told = [self._traded(event.trade, "partially_filled", kind(record), refs)]
            ended = record.status is OrderStatus.FILLED
            return [told, [self._ended(record)]] if ended else [told]
        if record.is_open and record.reason == reasons.AMENDED:
            return [[self._placed(record, "amended", _open_status(record))]]
        if record.status is OrderStatus.NEW and record.triggered_ns is not None:
            return [[self._placed(record, "status", "triggered")]]
        if record.status in (OrderStatus.NEW, OrderStatus.UNTRIGGERED):
            short = {"timestamp": rfc3339(record.updated_ns), "order_status": "new", "exec_type": "new"}
            placed = self._placed(record, "pending_new", "pending_new")
            return [[placed], [{**short, **self._references(record), "order_id": _order_id(record)}]]
        if record.is_open:
            return []
        return [[self._ended(record)]]

    def _placed(self, record: OrderRecord, exec_type: str, status: str) -> Body:
        pair = self._front.listing.by_symbol[record.symbol]
        price = pair.figures.prices
        body: Body = {
            "order_id": _order_id(record),
            "symbol": pair.symbol,
            "order_qty": number(pair.figures.quantities.text(record.quantity_lots)),
            "cum_cost": number(money(record.quote_filled, pair.cost_places)),
            "cum_qty": number(pair.figures.quantities.text(record.filled_lots)),
            "time_in_force": record.time_in_force.value,
            "exec_type": exec_type,
            "side": record.side.value.lower(),
            "order_type": kind(record),
            **self._references(record),
        }
        if record.price_ticks is not None:
            body["limit_price_type"] = "static"
            body["limit_price"] = number(price.text(record.price_ticks))
        body["stop_price"] = number(price.or_zero(record.stop_ticks))
        if record.trigger is not None:
            state = "untriggered" if record.triggered_ns is None else "triggered"
            trigger_price = number(price.or_zero(record.stop_ticks))
            body["triggers"] = {"price": trigger_price, "price_type": "static", "reference": "last", "status": state}
        if record.expires_ns is not None:
            body["time_in_force"], body["expire_time"] = "GTD", rfc3339(record.expires_ns)
        if record.post_only:
            body["post_only"] = True
        body["order_status"] = status
        body["fee_usd_equiv"] = number("0.0000")
        body["fee_ccy_pref"] = "fciq"
        body["timestamp"] = rfc3339(record.created_ns)
        return body

    def _ended(self, record: OrderRecord) -> Body:
        pair = self._front.listing.by_symbol[record.symbol]
        end = ENDS[record.status]
        trades = self._front.exchange.truth.trades_of(record)
        fee = sum((trade.fee for trade in trades), Decimal(0))
        body: Body = {
            "timestamp": rfc3339(record.updated_ns),
            "order_status": end,
            "exec_type": end,
            "cum_qty": number(pair.figures.quantities.text(record.filled_lots)),
            "cum_cost": number(money(record.quote_filled, pair.cost_places)),
            "fee_usd_equiv": number(money(fee, pair.cost_places)),
            "avg_price": number(_average(record, pair)),
            **self._references(record),
        }
        if record.status is not OrderStatus.FILLED:
            body["cancel_reason"] = body["reason"] = reason(record) or ""
        body["order_id"] = _order_id(record)
        return body

    def _traded(self, trade: TradeRecord, status: str, order_type: str, references: Body) -> Body:
        pair = self._front.listing.by_symbol[trade.symbol]
        fee = number(money(trade.fee, pair.cost_places))
        cost = pair.instrument.cost(trade.price_ticks, trade.quantity_lots)
        return {
            "order_id": ids.made(ids.ORDER, trade.order_id),
            "exec_id": ids.made(ids.TRADE, trade.trade_id),
            "exec_type": "trade",
            "trade_id": trade.trade_id,
            "symbol": pair.symbol,
            "side": trade.side.value.lower(),
            "last_qty": number(pair.figures.quantities.text(trade.quantity_lots)),
            "last_price": number(pair.figures.prices.text(trade.price_ticks)),
            "liquidity_ind": "m" if trade.maker else "t",
            "cost": number(money(cost, pair.cost_places)),
            **references,
            "order_status": status,
            "order_type": order_type,
            "timestamp": rfc3339(trade.at_ns),
            "fee_usd_equiv": fee,
            "fees": [{"asset": trade.fee_asset, "qty": fee}],
        }

    def _references(self, record: OrderRecord) -> Body:
        """Return the client's names for an order: its client id, or else its number."""
        if record.client_order_id:
            return {"cl_ord_id": record.client_order_id}
        return {"order_userref": self._front.userref(record) or 0}

    def _held(self, balance: Balance) -> Body:
        total = number(money(balance.total, self._places(balance)))
        wallets = [{"type": "spot", "id": "main", "balance": total}]
        return {"asset": balance.asset, "asset_class": "currency", "balance": total, "wallets": wallets}

    def _entry(self, balance: Balance, amount: Decimal) -> Body:
        self._entries += 1
        places = self._places(balance)
        sign = "-" if amount < 0 else ""
        return {
            "ledger_id": ids.made(ids.LEDGER, self._entries),
            "ref_id": ids.made(ids.TRADE, self._entries),
            "timestamp": rfc3339(self._front.timeline.wall_ns()),
            "type": "trade",
            "asset": balance.asset,
            "asset_class": "currency",
            "category": "trade",
            "wallet_type": "spot",
            "wallet_id": "main",
            "amount": number(sign + money(abs(amount), places)),
            "fee": number(money(Decimal(0), places)),
            "balance": number(money(balance.total, places)),
        }

    def _places(self, balance: Balance) -> int:
        asset = self._front.listing.assets.get(balance.asset) or Asset(balance.asset)
        return asset.places


def _totals(picture: Picture) -> dict[tuple[str, str], Decimal]:
    held = ((account, picture.balances(account)) for account in picture.accounts())
    return {(account, asset): balance.total for account, balances in held for asset, balance in balances.items()}


def _send(sinks: dict[int, Sink], entries: list[Body]) -> None:
    for sink in tuple(sinks.values()):
        sink(entries)


def _order_id(record: OrderRecord) -> str:
    return ids.made(ids.ORDER, record.order_id)


def _open_status(record: OrderRecord) -> str:
    return "partially_filled" if record.filled_lots else "new"


def _average(record: OrderRecord, pair: Pair) -> str:
    places = pair.price_places
    if not record.filled_lots:
        return money(Decimal(0), places)
    return money(truncated(record.quote_filled / pair.instrument.quantity(record.filled_lots), places), places)
