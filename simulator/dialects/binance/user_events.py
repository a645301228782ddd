"""Binance's user data stream: what happened to an account, as the venue's private view tells it.

A fill is one `executionReport`; the balances it moved follow, one `outboundAccountPosition` each. Field letters are
those of the vendor's `user-data-stream.md` of late 2025.
"""

from collections.abc import Callable

import msgspec

from simulator.dialects.binance.bodies import ZERO, Body
from simulator.dialects.binance.front import MS, Front
from simulator.dialects.binance.listing import PLACES
from simulator.dialects.binance.order_state import order_type, self_trade, status, working_time
from simulator.dialects.figures import money
from simulator.exchange import reasons
from simulator.exchange.events import BalanceChanged, Event, OrderChanged
from simulator.exchange.orders import OrderStatus, OrderType

Sink = Callable[[bytes], None]


class UserEvents:
    """The private events of one Binance, by account."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[str, dict[int, Sink]] = {}
        self._born = 0
        self._executions = 0
        self.forget = front.venue.private.subscribe(self._hear)

    def subscribe(self, account: str, sink: Sink) -> Callable[[], None]:
        """Send an account's events to `sink` from now on, encoded; return what ends that."""
        self._born += 1
        number = self._born
        self._sinks.setdefault(account, {})[number] = sink
        return lambda: _drop(self._sinks, account, number)

    def _hear(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            self._executions += 1
            sinks = self._sinks.get(event.record.account)
            if sinks:
                self._send(sinks, self._execution(event))
        elif isinstance(event, BalanceChanged):
            sinks = self._sinks.get(event.account)
            if sinks:
                self._send(sinks, self._position(event))

    def _send(self, sinks: dict[int, Sink], body: Body) -> None:
        payload = msgspec.json.encode(body)
        for sink in tuple(sinks.values()):
            sink(payload)

    def _execution(self, event: OrderChanged) -> Body:
        record, trade = event.record, event.trade
        listed = self._front.listing.by_symbol[record.symbol]
        price, quantity = listed.figures.prices, listed.figures.quantities
        is_working = record.is_open and record.status is not OrderStatus.UNTRIGGERED
        was_cancelled = record.status is OrderStatus.CANCELED
        is_rejected = record.status is OrderStatus.REJECTED
        body: Body = {
            "e": "executionReport",
            "E": self._front.wall_ms(),
            "s": listed.id,
            "c": f"web_{record.order_id}" if was_cancelled else record.client_order_id,
            "S": record.side.value,
            "o": order_type(record),
            "f": "GTC" if record.type is OrderType.MARKET else record.time_in_force.value,
            "q": quantity.text(record.quantity_lots),
            "p": price.or_zero(record.price_ticks),
            "P": price.or_zero(record.stop_ticks),
            "F": ZERO,
            "g": -1,
            "C": record.client_order_id if was_cancelled else "",
            "x": _execution_type(event),
            "X": status(record),
            "r": record.reason.upper().replace(" ", "_") if is_rejected else "NONE",
            "i": record.order_id,
            "l": quantity.text(trade.quantity_lots) if trade is not None else quantity.zero,
            "z": quantity.text(record.filled_lots),
            "L": price.text(trade.price_ticks) if trade is not None else price.zero,
            "n": money(trade.fee, PLACES) if trade is not None else "0",
            "N": trade.fee_asset if trade is not None else None,
            "T": record.updated_ns // MS,
            "t": trade.trade_id if trade is not None else -1,
            "I": self._executions,
            "w": is_working and record.type is OrderType.LIMIT,
            "m": trade.maker if trade is not None else False,
            "M": trade is not None,
            "O": record.created_ns // MS,
            "Z": money(record.quote_filled, PLACES),
            "Y": money(listed.instrument.cost(trade.price_ticks, trade.quantity_lots), PLACES) if trade else ZERO,
            "Q": ZERO,
            "V": self_trade(record),
        }
        if is_working:
            body["W"] = working_time(record)
        return body

    def _position(self, event: BalanceChanged) -> Body:
        balance = event.balance
        free, locked = money(balance.free, PLACES), money(balance.locked, PLACES)
        return {
            "e": "outboundAccountPosition",
            "E": self._front.wall_ms(),
            "u": self._front.wall_ms(),
            "B": [{"a": balance.asset, "f": free, "l": locked}],
        }


def _execution_type(event: OrderChanged) -> str:
    """Return what happened to an order."""
    record = event.record
    if event.trade is not None:
        return "TRADE"
    if record.is_open and record.reason == reasons.AMENDED:
        return "REPLACED"
    told = status(record)
    return "TRADE_PREVENTION" if told == "EXPIRED_IN_MATCH" else told


def _drop(sinks: dict[str, dict[int, Sink]], account: str, number: int) -> None:
    sinks.get(account, {}).pop(number, None)
