"""OKX's private channels, orders, algo orders and account, as the private view tells them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from simulator.dialects.okx import account_bodies, algo_bodies, bodies
from simulator.dialects.okx.bodies import Body
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.listing import user_id
from simulator.exchange import reasons
from simulator.exchange.events import BalanceChanged, Event, OrderChanged
from simulator.exchange.orders import Balance

Sink = Callable[[Any], None]
ALGOS = "orders-algo"
ALGO_NEWS = {"amendResult": "", "notionalUsd": "", "reqId": ""}
"""What the channel tells of an algo order besides."""


class PrivateEvents:
    """The private events of one OKX, by channel and account."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[tuple[str, str], dict[int, tuple[Sink, int]]] = {}
        self._born = 0
        self.forget = front.venue.private.subscribe(self._hear)

    def subscribe(self, channel: str, account: str, connection: int, sink: Sink) -> Callable[[], None]:
        """Send the events of an account's channel to `sink` from now on; return what ends that."""
        self._born += 1
        name = self._born
        sinks = self._sinks.setdefault((channel, account), {})
        sinks[name] = (sink, connection)
        return lambda: (sinks.pop(name, None), None)[1]

    def connections(self, channel: str, account: str) -> list[int]:
        """Return which connections are subscribed to a channel of an account."""
        return list(dict.fromkeys(connection for _, connection in self._sinks.get((channel, account), {}).values()))

    def account(self, account: str) -> Body:
        """Return the account, for the snapshot with which its channel begins."""
        held = self._front.venue.private.picture.balances(account)
        return self._account([one for one in held.values() if one.total])

    def _hear(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            self._hear_order(event)
        elif isinstance(event, BalanceChanged):
            sinks = self._sinks.get(("account", event.account))
            if sinks:
                _send(sinks, self._account([event.balance]))

    def _hear_order(self, event: OrderChanged) -> None:
        """Tell an algo order in a channel of its own until it is an order, and that it became one."""
        record = event.record
        is_order = bodies.became_order(record)
        sinks = self._sinks.get((ALGOS, record.account))
        if sinks and record.trigger is not None and (not is_order or record.reason == reasons.TRIGGERED):
            _send(sinks, {**algo_bodies.algo(self._front, record), **ALGO_NEWS})
        sinks = self._sinks.get(("orders", record.account))
        if sinks and is_order:
            _send(sinks, self._order(event))

    def _order(self, event: OrderChanged) -> Body:
        record, picture = event.record, self._front.venue.private.picture
        pair = self._front.listing.by_symbol[record.symbol]
        trades = [*picture.trades_of(record)]
        if event.trade is not None and event.trade not in trades:
            trades.append(event.trade)
        last = pair.prices.or_empty(picture.ticker(record.symbol).last_ticks)
        return bodies.order_event(record, pair, trades, event.trade, self._front.note_of(record), last)

    def _account(self, balances: list[Balance]) -> Body:
        picture, at_ms = self._front.venue.rest.picture, self._front.wall_ms()
        pairs = tuple(self._front.listing)
        details = [
            account_bodies.held(one, account_bodies.dollars(picture, one.asset, pairs), at_ms) for one in balances
        ]
        return account_bodies.account(details, at_ms)


def message(arg: dict[str, Any], account: str, data: Body, **more: Any) -> bytes:
    """Return an event as a message to whoever subscribed with `arg`."""
    return msgspec.json.encode({"arg": {**arg, "uid": user_id(account)}, **more, "data": [data]})


def _send(sinks: dict[int, tuple[Sink, int]], body: Body) -> None:
    for sink, _ in tuple(sinks.values()):
        sink(body)
