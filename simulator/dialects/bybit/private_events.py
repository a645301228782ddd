"""Bybit's private topics: what happened to an account, as the venue's private view tells it.

`order`, `execution` and `wallet` tell of every category; `order.spot` and `execution.spot` of spot alone, which here is
the same. The fast executions have fewer fields and come at the same time.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from simulator.dialects.bybit import bodies, worth
from simulator.dialects.bybit.bodies import Body
from simulator.dialects.bybit.front import Front, user_id
from simulator.exchange.events import BalanceChanged, Event, OrderChanged, Traded
from simulator.exchange.orders import TradeRecord
from simulator.exchange.rejections import UnknownOrder

Sink = Callable[[bytes], None]

ORDER, EXECUTION, FAST, WALLET = "order", "execution", "execution.fast", "wallet"
CATEGORIES = ("spot", "linear", "inverse", "option")
SPOT_TOPICS = {
    ORDER: (ORDER, "order.spot"),
    EXECUTION: (EXECUTION, "execution.spot"),
    FAST: (FAST, "execution.fast.spot"),
    WALLET: (WALLET,),
}
"""The topics under which something that happened on spot is told."""
SILENT = frozenset(
    [
        *("position", "greeks", *(f"position.{category}" for category in CATEGORIES[1:])),
        *(f"{name}.{category}" for name in (ORDER, EXECUTION, FAST) for category in CATEGORIES[1:]),
    ]
)
"""Topics of what does not exist here: they can be held and say nothing."""
KNOWN = frozenset(name for names in SPOT_TOPICS.values() for name in names) | SILENT

FAST_FIELDS = (
    "symbol",
    "execId",
    "execPrice",
    "execQty",
    "orderId",
    "isMaker",
    "orderLinkId",
    "side",
    "execTime",
    "seq",
)


class PrivateEvents:
    """The private events of one Bybit, by account and topic."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[tuple[str, str], dict[object, Sink]] = {}
        self._messages = 0
        self.retire = front.venue.private.subscribe(self._hear)

    def subscribe(self, account: str, topic: str, holder: object, sink: Sink) -> Callable[[], None]:
        """Send an account's messages under `topic` to `sink` from now on; return what ends that."""
        self._sinks.setdefault((account, topic), {})[holder] = sink
        return lambda: self._drop(account, topic, holder)

    def _drop(self, account: str, topic: str, holder: object) -> None:
        self._sinks.get((account, topic), {}).pop(holder, None)

    def _hear(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            account = event.record.account
            if self._is_heard(account, ORDER):
                self._send(account, ORDER, self._order(event))
        elif isinstance(event, Traded):
            account = event.trade.account
            if self._is_heard(account, EXECUTION) or self._is_heard(account, FAST):
                body = self._execution(event.trade)
                self._send(account, EXECUTION, body)
                self._send(account, FAST, {"category": "spot"} | {name: body[name] for name in FAST_FIELDS})
        elif isinstance(event, BalanceChanged) and self._is_heard(event.account, WALLET):
            self._send(event.account, WALLET, self._wallet(event))

    def _is_heard(self, account: str, kind: str) -> bool:
        return any(self._sinks.get((account, topic)) for topic in SPOT_TOPICS[kind])

    def _send(self, account: str, kind: str, body: Body) -> None:
        for topic in SPOT_TOPICS[kind]:
            sinks = self._sinks.get((account, topic))
            if sinks:
                self._messages += 1
                wall_ms = self._front.wall_ms()
                name = f"{user_id(account)}_{topic}_{self._messages}_{wall_ms}"
                message = {"id": name, "topic": topic, "creationTime": wall_ms, "data": [body]}
                payload = msgspec.json.encode(message)
                for sink in tuple(sinks.values()):
                    sink(payload)

    def _order(self, event: OrderChanged) -> Body:
        record = event.record
        picture = self._front.venue.private.picture
        trades = picture.trades_of(record)
        if event.trade is not None and event.trade not in trades:  # it is told after the order that it changed
            trades = [*trades, event.trade]
        listed = self._front.listing.by_symbol[record.symbol]
        body = bodies.order(record, listed, trades, self._front.quote_amount(record.order_id))
        fee_currency = trades[-1].fee_asset if trades else ""
        return {"category": "spot", "feeCurrency": fee_currency, "closedPnl": "0"} | body

    def _execution(self, trade: TradeRecord) -> Body:
        picture = self._front.venue.private.picture
        try:
            record = picture.order(trade.account, order_id=trade.order_id)
        except UnknownOrder:
            record = None
        listed = self._front.listing.by_symbol[trade.symbol]
        left = record.remaining_lots if record is not None else 0
        body = bodies.execution(trade, record, listed, self._front.exchange.fees, left)
        is_market = body["orderType"] == "Market"
        return {"category": "spot", "isLeverage": "0", "marketUnit": "baseCoin" if is_market else "", **body}

    def _wallet(self, event: BalanceChanged) -> Body:
        front = self._front
        return worth.wallet([event.balance], front.listing, front.venue.public.picture)
