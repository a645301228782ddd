"""Bybit's private topics: what happened to an account, as the venue's private view tells it.

The venue tells of what has become of an order when a moment is over: an order that trades at once was never new, and
what it did is one message of its executions, one of itself and one of the wallet, in this order. `order`, `execution`
and `wallet` tell of every category; `order.spot` and `execution.spot` of spot alone, which here is the same.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from simulator.dialects.bybit import bodies, worth
from simulator.dialects.bybit.bodies import Body
from simulator.dialects.bybit.front import Front, user_id
from simulator.dialects.bybit.topics import Pace
from simulator.exchange.events import BalanceChanged, Event, OrderChanged

Sink = Callable[[bytes], None]

ORDER, EXECUTION, FAST, WALLET = "order", "execution", "execution.fast", "wallet"
CATEGORIES = ("spot", "linear", "inverse", "option")
SPOT_TOPICS = {
    EXECUTION: (EXECUTION, "execution.spot"),
    FAST: (FAST, "execution.fast.spot"),
    ORDER: (ORDER, "order.spot"),
    WALLET: (WALLET,),
}
"""The topics under which something that happened on spot is told, in the order in which they are."""
SILENT = frozenset(
    [
        *("position", "greeks", *(f"position.{category}" for category in CATEGORIES[1:])),
        *(f"{name}.{category}" for name in (ORDER, EXECUTION, FAST) for category in CATEGORIES[1:]),
    ]
)
"""Topics of what does not exist here: they can be held and say nothing."""
KNOWN = frozenset(name for names in SPOT_TOPICS.values() for name in names) | SILENT

FAST_FIELDS = (
    *("symbol", "execId", "execPrice", "execQty", "orderId", "isMaker", "orderLinkId", "side", "execTime", "seq"),
)


class Moment:
    """What has happened to one account at one moment."""

    __slots__ = ("fills", "has_new_balance", "orders")

    def __init__(self) -> None:
        self.orders: dict[int, OrderChanged] = {}
        self.fills: list[OrderChanged] = []
        self.has_new_balance = False


class PrivateEvents:
    """The private events of one Bybit, by account and topic."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[tuple[str, str], dict[object, Sink]] = {}
        self._moments: dict[str, Moment] = {}
        self._at_ns = 0
        self._messages = 0
        self._pace = Pace(front.timeline, 0, self._tell)
        self._unsubscribe = front.venue.private.subscribe(self._hear)

    def subscribe(self, account: str, topic: str, holder: object, sink: Sink) -> Callable[[], None]:
        """Send an account's messages under `topic` to `sink` from now on; return what ends that."""
        self._sinks.setdefault((account, topic), {})[holder] = sink
        return lambda: self._drop(account, topic, holder)

    def retire(self) -> None:
        """Tell nothing more."""
        self._unsubscribe()
        self._pace.stop()

    def _drop(self, account: str, topic: str, holder: object) -> None:
        self._sinks.get((account, topic), {}).pop(holder, None)

    def _hear(self, event: Event) -> None:
        if event.at_ns != self._at_ns:
            self._tell()
            self._at_ns = event.at_ns
        if isinstance(event, OrderChanged):
            moment = self._moment(event.record.account)
            moment.orders[event.record.order_id] = event
            if event.trade is not None:
                moment.fills.append(event)
        elif isinstance(event, BalanceChanged):
            self._moment(event.account).has_new_balance = True

    def _moment(self, account: str) -> Moment:
        moment = self._moments.get(account)
        if moment is None:
            moment = self._moments[account] = Moment()
            self._pace.nudge()
        return moment

    def _tell(self) -> None:
        moments, self._moments = self._moments, {}
        for account, moment in moments.items():
            if any(self._is_heard(account, kind) for kind in SPOT_TOPICS):
                self._tell_one(account, moment)

    def _tell_one(self, account: str, moment: Moment) -> None:
        executions = [self._execution(fill) for fill in moment.fills]
        self._send(account, EXECUTION, executions)
        fast = [{"category": "spot"} | {name: body[name] for name in FAST_FIELDS} for body in executions]
        self._send(account, FAST, fast)
        if self._is_heard(account, ORDER):
            self._send(account, ORDER, [self._order(event) for event in moment.orders.values()])
        if moment.has_new_balance and self._is_heard(account, WALLET):
            self._send(account, WALLET, [self._wallet(account)])

    def _is_heard(self, account: str, kind: str) -> bool:
        return any(self._sinks.get((account, topic)) for topic in SPOT_TOPICS[kind])

    def _send(self, account: str, kind: str, told: list[Body]) -> None:
        if not told:
            return
        wall_ms = self._front.wall_ms()
        for topic in SPOT_TOPICS[kind]:
            sinks = self._sinks.get((account, topic))
            if sinks:
                self._messages += 1
                name = f"{user_id(account)}-20000-{self._messages}"
                payload = msgspec.json.encode({"topic": topic, "id": name, "creationTime": wall_ms, "data": told})
                for sink in tuple(sinks.values()):
                    sink(payload)

    def _order(self, event: OrderChanged) -> Body:
        record, front = event.record, self._front
        trades = front.venue.private.picture.trades_of(record)
        listed = front.listing.by_symbol[record.symbol]
        body = bodies.order(record, listed, trades, front.quote_amount(record.order_id))
        return {"category": "spot", **body, "feeCurrency": trades[-1].fee_asset if trades else "", "closedPnl": "0"}

    def _execution(self, fill: OrderChanged) -> Body:
        front, trade = self._front, fill.trade
        assert trade is not None
        by_value = front.quote_amount(trade.order_id) is not None
        listed = front.listing.by_symbol[trade.symbol]
        body = bodies.execution(trade, fill.record, listed, front.exchange.fees, by_value=by_value)
        unit = "" if body["orderType"] != "Market" else "quoteCoin" if by_value else "baseCoin"
        return {"category": "spot", **body, "isLeverage": "0", "marketUnit": unit}

    def _wallet(self, account: str) -> Body:
        front = self._front
        balances = list(front.venue.private.picture.balances(account).values())
        return worth.wallet(balances, front.listing, front.venue.public.picture)
