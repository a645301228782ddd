"""The futures' user data stream: what happened to an account, as the venue's private view tells it.

Each step of an order is an `ORDER_TRADE_UPDATE`; what it did to money and position follows in one `ACCOUNT_UPDATE`,
when all that happened at that moment has been told. Waiting orders speak in `ALGO_UPDATE`.
"""

import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import PLACES
from simulator.dialects.binanceusdm import bodies
from simulator.dialects.binanceusdm.account import income_type
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.purse import entry_price
from simulator.dialects.figures import money
from simulator.exchange import reasons
from simulator.exchange.events import (
    BalanceChanged,
    Event,
    FundingPaid,
    OrderChanged,
    PositionChanged,
    WaitingOrderChanged,
)
from simulator.exchange.orders import Balance, OrderRecord, OrderStatus, OrderType, Side, TradeRecord
from simulator.exchange.perpetual.exchange import PerpetualTrade
from simulator.exchange.perpetual.records import Position, WaitingOrder, WaitingStatus, WorkedBy
from simulator.exchange.rejections import UnknownOrder, UnknownSymbol

Sink = Callable[[bytes], None]


class _Moved:
    """What an account's next `ACCOUNT_UPDATE` will tell."""

    __slots__ = ("balance", "positions", "reason")

    def __init__(self) -> None:
        self.balance: Balance | None = None
        self.positions: dict[str, Position] = {}
        self.reason = "ORDER"


class UserEvents:
    """The private events of one venue of futures, by account."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sinks: dict[str, dict[int, Sink]] = {}
        self._moved: dict[str, _Moved] = {}
        self._became: dict[int, WaitingOrder] = {}  # by the id of the order that each has become
        self._born = 0
        self.forget = front.doors.private.subscribe(self._hear)

    def subscribe(self, account: str, sink: Sink) -> Callable[[], None]:
        """Send an account's events to `sink` from now on, encoded; return what ends that."""
        self._born += 1
        number = self._born
        self._sinks.setdefault(account, {})[number] = sink
        return lambda: (self._sinks[account].pop(number, None), None)[1]

    def _hear(self, event: Event) -> None:
        match event:
            case OrderChanged():
                self._send(event.record.account, lambda: self._order(event.record, event.trade))
                if not event.record.is_open:
                    self._finish(event.record)
            case WaitingOrderChanged():
                self._send(event.record.account, lambda: self._algo(event.record))
                if event.record.order_id is not None:
                    self._await_end(event.record, event.record.order_id)
            case BalanceChanged():
                self._gather(event.account).balance = event.balance
            case PositionChanged():
                self._gather(event.position.account).positions[event.position.symbol] = event.position
            case FundingPaid():
                self._gather(event.funding.account).reason = income_type(event.funding)
            case _:
                pass

    def _await_end(self, order: WaitingOrder, order_id: int) -> None:
        """Tell of the end of the order that a waiting one became, now or when it comes."""
        self._became[order_id] = order
        with contextlib.suppress(UnknownOrder):
            record = self._front.doors.private.picture.order(order.account, order_id=order_id)
            if not record.is_open:
                self._finish(record)

    def _finish(self, record: OrderRecord) -> None:
        order = self._became.pop(record.order_id, None)
        if order is not None:
            self._send(record.account, lambda: self._algo(order, record))

    def _notionals(self, account: str, symbol: str) -> tuple[str, str]:
        """Return what the account's open orders in a contract are worth, bids and asks."""
        contract, values = self._front.contract(symbol), {Side.BUY: 0, Side.SELL: 0}
        for one in self._front.doors.private.picture.open_orders(account, symbol):
            values[one.side] += (one.price_ticks or 0) * one.remaining_lots
        bids, asks = (f"{contract.cost(values[side], 1).normalize():f}" for side in (Side.BUY, Side.SELL))
        return bids, asks

    def _send(self, account: str, body: Callable[[], Body]) -> None:
        sinks = self._sinks.get(account)
        if sinks:
            payload = msgspec.json.encode(body())
            for sink in tuple(sinks.values()):
                sink(payload)

    def _gather(self, account: str) -> _Moved:
        moved = self._moved.get(account)
        if moved is None:
            moved = self._moved[account] = _Moved()
            self._front.timeline.call_later(0, lambda: self._tell_moved(account))
        return moved

    def _tell_moved(self, account: str) -> None:
        moved = self._moved.pop(account)
        self._send(account, lambda: self._update(moved))

    def _update(self, moved: _Moved) -> Body:
        at_ms, asset = self._front.wall_ms(), self._front.futures.margin_asset
        balances: list[Body] = []
        if moved.balance is not None:
            wallet = money(moved.balance.total, PLACES)
            balances.append({"a": asset, "wb": wallet, "cw": wallet, "bc": "0"})
        positions = [] if moved.reason == "FUNDING_FEE" else [self._position(one) for one in moved.positions.values()]
        update = {"B": balances, "P": positions, "m": moved.reason}
        return {"e": "ACCOUNT_UPDATE", "T": at_ms, "E": at_ms, "a": update}

    def _position(self, position: Position) -> Body:
        listed = self._front.listing.by_symbol[position.symbol]
        contract = self._front.contract(position.symbol)
        price = entry_price(position, contract)
        return {
            "s": listed.id,
            "pa": listed.figures.quantities.signed(position.lots),
            "ep": price,
            "cr": money(position.realised, PLACES),
            "up": money(self._unrealised(position), PLACES),
            "mt": "cross",
            "iw": "0",
            "ps": "BOTH",
            "ma": self._front.futures.margin_asset,
            "bep": price,
        }

    def _unrealised(self, position: Position) -> Decimal:
        try:
            mark = self._front.futures.truth.mark(position.symbol)
        except UnknownSymbol:
            return Decimal(0)
        return self._front.contract(position.symbol).cost(mark.mark_ticks, position.lots) - position.cost

    def _order(self, record: OrderRecord, trade: TradeRecord | None) -> Body:
        at_ms, listed = self._front.wall_ms(), self._front.listing.by_symbol[record.symbol]
        prices, quantities = listed.figures.prices, listed.figures.quantities
        bids, asks = self._notionals(record.account, record.symbol)
        is_market, kind = record.type is OrderType.MARKET, bodies.order_type(record)
        body: dict[str, Any] = {
            "s": listed.id,
            "c": record.client_order_id,
            "S": record.side.value,
            "o": "LIQUIDATION" if record.type is OrderType.LIQUIDATION else kind,
            "f": bodies.time_in_force(record),
            "q": quantities.text(record.quantity_lots),
            "p": prices.zero if is_market else prices.or_zero(record.price_ticks),
            "ap": bodies.average(record, listed) if record.filled_lots else "0",
            "sp": "0",
            "x": _execution(record, trade),
            "X": record.status.value,
            "i": record.order_id,
            "l": "0" if trade is None else quantities.text(trade.quantity_lots),
            "z": quantities.text(record.filled_lots) if record.filled_lots else "0",
            "L": "0" if trade is None else prices.text(trade.price_ticks),
            "n": "0" if trade is None else money(trade.fee, PLACES),
            "N": self._front.futures.margin_asset,
            "T": record.updated_ns // MS,
            "t": 0 if trade is None else trade.trade_id,
            "b": bids,
            "a": asks,
            "m": trade is not None and trade.maker,
            "R": record.reduce_only,
            "wt": "CONTRACT_PRICE",
            "ot": kind,
            "ps": "BOTH",
            "cp": False,
            "rp": money(trade.realised, PLACES) if isinstance(trade, PerpetualTrade) else "0",
            "pP": False,
            "si": 0,
            "ss": 0,
            "V": "NONE",
            "pm": "NONE",
            "gtd": 0,
        }
        return {"e": "ORDER_TRADE_UPDATE", "E": at_ms, "T": record.updated_ns // MS, "o": body}

    def _algo(self, order: WaitingOrder, became: OrderRecord | None = None) -> Body:
        listed = self._front.listing.by_symbol[order.request.symbol]
        told = bodies.algo(order, listed, became)
        body = {
            "caid": told["clientAlgoId"],
            "aid": told["algoId"],
            "at": told["algoType"],
            "o": told["orderType"],
            "s": told["symbol"],
            "S": told["side"],
            "ps": "BOTH",
            "f": told["timeInForce"],
            "q": told["quantity"],
            "X": told["algoStatus"],
            "ai": told["actualOrderId"],
            "tp": told["triggerPrice"],
            "p": told["price"],
            "V": "NONE",
            "wt": "MARK_PRICE" if order.worked_by is WorkedBy.MARK else "CONTRACT_PRICE",
            "pm": "NONE",
            "cp": order.close_position,
            "pP": False,
            "R": order.request.reduce_only,
            "tt": told["triggerTime"],
            "gtd": 0,
            "ia": False,
        }
        if became is not None:
            filled = listed.figures.quantities.text(became.filled_lots)
            body |= {"ap": told["actualPrice"], "aq": filled, "act": bodies.order_type(became)}
        if order.status is WaitingStatus.REJECTED:
            body["rm"] = order.reason
        at_ms = order.updated_ns // MS
        return {"e": "ALGO_UPDATE", "T": at_ms, "E": self._front.wall_ms(), "o": body}


def _execution(record: OrderRecord, trade: TradeRecord | None) -> str:
    """Return what has just happened to an order."""
    if record.type is OrderType.LIQUIDATION and trade is not None:
        return "CALCULATED"
    if trade is not None:
        return "TRADE"
    if record.reason == reasons.AMENDED:
        return "AMENDMENT"
    return "NEW" if record.status is OrderStatus.NEW else record.status.value
