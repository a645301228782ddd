"""Orders and fills as OKX writes them: all of it text, times in Unix milliseconds, what does not apply left empty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from simulator.dialects.okx.front import MS, Note
from simulator.dialects.okx.listing import SPOT, Pair, algo_id, order_id, plain
from simulator.exchange import reasons
from simulator.exchange.orders import (
    OrderRecord,
    OrderStatus,
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
    TradeRecord,
)

Body = dict[str, Any]

STATES = {
    OrderStatus.UNTRIGGERED: "live",
    OrderStatus.NEW: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.REJECTED: "canceled",
    OrderStatus.EXPIRED: "canceled",
}
SELF_TRADES = {
    SelfTrade.ALLOW: "",
    SelfTrade.EXPIRE_MAKER: "cancel_maker",
    SelfTrade.EXPIRE_TAKER: "cancel_taker",
    SelfTrade.EXPIRE_BOTH: "cancel_both",
}
WOULD_TRADE = ("31", "POST_ONLY would take liquidity")
SOURCES = {
    reasons.BY_CLIENT: ("1", "Order canceled by user"),
    reasons.BY_SWITCH: ("20", "Cancel all after triggered"),
    reasons.SELF_TRADE: ("32", "Self trade prevention"),
}
BY_SYSTEM = ("0", "Order canceled by system")
INCOMPLETE = {
    TimeInForce.FOK: ("13", "Order canceled: FOK order was canceled due to incompletely filled."),
    TimeInForce.IOC: ("14", "Order canceled: IOC order was partially canceled due to incompletely filled."),
}
TRIGGERS = ("slOrdPx", "slTriggerPx", "slTriggerPxType", "tpOrdPx", "tpTriggerPx", "tpTriggerPxType")
ALGO_TERMS = dict.fromkeys(TRIGGERS, "")
BY_TRIGGER, BY_STOP = "6", "7"


def milliseconds(at_ns: int) -> str:
    """Return Unix nanoseconds as OKX writes times."""
    return str(at_ns // MS)


def side(of: Side) -> str:
    """Return a side in OKX's words."""
    return "buy" if of is Side.BUY else "sell"


def became_order(record: OrderRecord) -> bool:
    """Tell whether this is an order: what still waits for its trigger, or never came to act, is none."""
    acted = record.triggered_ns is not None and record.status is not OrderStatus.REJECTED
    return record.trigger is None or acted


def order_type(record: OrderRecord, note: Note) -> str:
    """Return the type of an order in OKX's words."""
    if record.type is OrderType.MARKET:
        return "market"
    if record.post_only or note.refused_price:
        return "post_only"
    return {TimeInForce.IOC: "ioc", TimeInForce.FOK: "fok"}.get(record.time_in_force, "limit")


def cancel_source(record: OrderRecord, note: Note) -> tuple[str, str]:
    """Return why an order ended without being filled, as a code and in words; nothing where it did not."""
    if STATES[record.status] != "canceled":
        return "", ""
    if note.refused_price:
        return WOULD_TRADE
    if record.reason in SOURCES:
        return SOURCES[record.reason]
    if record.status is OrderStatus.EXPIRED and record.time_in_force in INCOMPLETE and not _is_market(record):
        return INCOMPLETE[record.time_in_force]
    return BY_SYSTEM


def order(record: OrderRecord, pair: Pair, trades: Sequence[TradeRecord], note: Note) -> Body:
    """Return an order as REST tells it."""
    last = trades[-1] if trades else None
    asset = trades[-1].fee_asset if trades else _fee_asset(record, pair)
    code, words = cancel_source(record, note)
    return {
        **_core(record, pair, note),
        **_fill_terms(last, pair),
        "accFillSz": pair.quantities.text(record.filled_lots),
        "attachAlgoClOrdId": "",
        "attachAlgoOrds": [],
        "avgPx": average(record, pair) or "",
        "cancelSource": code,
        "cancelSourceReason": words,
        "fee": charged(trades),
        "feeCcy": asset,
        "lever": "",
        "linkedAlgoOrd": {"algoId": ""},
        "quickMgnType": "",
        "stpId": "",
        "tradeQuoteCcy": pair.instrument.quote,
    }


def _core(record: OrderRecord, pair: Pair, note: Note) -> Body:
    """Return what REST and stream tell alike."""
    bought = record.side is Side.BUY
    price = note.refused_price or pair.prices.or_empty(record.price_ticks)
    return {
        "algoClOrdId": record.client_order_id if record.trigger is not None else "",
        "algoId": algo_id(record.order_id) if record.trigger is not None else "",
        "cTime": milliseconds(record.created_ns),
        "category": "normal",
        "ccy": "",
        "clOrdId": record.client_order_id if record.trigger is None else "",
        "instId": pair.id,
        "instType": SPOT,
        "isTpLimit": "false",
        "ordId": order_id(record.order_id),
        "ordType": order_type(record, note),
        "pnl": "0",
        "posSide": "net",
        "px": price,
        "pxType": "",
        "pxUsd": "",
        "pxVol": "",
        "rebate": "0",
        "rebateCcy": pair.instrument.quote if bought else pair.instrument.base,
        "reduceOnly": "false",
        "side": side(record.side),
        **ALGO_TERMS,
        "source": "" if record.trigger is None else BY_STOP if note.algo != "triggerPx" else BY_TRIGGER,
        "state": STATES[record.status],
        "stpMode": SELF_TRADES[record.self_trade],
        "sz": note.size or pair.quantities.text(record.quantity_lots),
        "tag": note.tag,
        "tdMode": "cash",
        "tgtCcy": note.target,
        "uTime": milliseconds(record.updated_ns),
    }


def _fill_terms(trade: TradeRecord | None, pair: Pair) -> Body:
    if trade is None:
        return {"fillPx": "", "fillSz": "0", "fillTime": "", "tradeId": ""}
    return {
        "fillPx": pair.prices.text(trade.price_ticks),
        "fillSz": pair.quantities.text(trade.quantity_lots),
        "fillTime": milliseconds(trade.at_ns),
        "tradeId": str(trade.trade_id),
    }


def order_event(
    record: OrderRecord, pair: Pair, trades: Sequence[TradeRecord], told: TradeRecord | None, note: Note, last: str
) -> Body:
    """Return an order as the stream tells it: `trades` are all of its fills, `told` the one that is news."""
    asset = trades[-1].fee_asset if trades else _fee_asset(record, pair)
    value = pair.instrument.cost(record.price_ticks, record.quantity_lots) if record.price_ticks is not None else None
    return {
        **_core(record, pair, note),
        **_fill_terms(told, pair),
        **dict.fromkeys(("fillPxVol", "fillPxUsd", "fillMarkVol", "fillFwdPx", "fillMarkPx", "fillIdxPx"), ""),
        "accFillSz": pair.quantities.text(record.filled_lots),
        "amendResult": "0" if record.reason == reasons.AMENDED and record.is_open else "",
        "amendSource": "1" if record.reason == reasons.AMENDED and record.is_open else "",
        "attachAlgoClOrdId": "",
        "attachAlgoOrds": [],
        "avgPx": average(record, pair) or "0",
        "cancelSource": cancel_source(record, note)[0],
        "code": "0",
        "execType": "" if told is None else "M" if told.maker else "T",
        "fee": charged(trades),
        "feeCcy": asset,
        "fillFee": "0" if told is None else charged([told]),
        "fillFeeCcy": "" if told is None else told.fee_asset,
        "fillNotionalUsd": "" if told is None else plain(record.quote_filled),
        "fillPnl": "0",
        "lastPx": last,
        "lever": "0",
        "linkedAlgoOrd": {"algoId": ""},
        "msg": "",
        "notionalUsd": "" if value is None else plain(value),
        "posSide": "",
        "quickMgnType": "",
        "reqId": note.request_id,
        "stpId": "",
        "tradeQuoteCcy": pair.instrument.quote,
    }


def fill(trade: TradeRecord, pair: Pair, note: Note, rate: Decimal, *, by_algo: bool) -> Body:
    """Return an account's trade; that of an algo order has no client order id."""
    bill = order_id(2 * trade.trade_id + (1 if trade.maker else 0))
    return {
        "side": side(trade.side),
        "fillSz": pair.quantities.text(trade.quantity_lots),
        "fillPx": pair.prices.text(trade.price_ticks),
        "fillPxVol": "",
        "fillFwdPx": "",
        "fee": charged([trade]),
        "fillPnl": "0",
        "ordId": order_id(trade.order_id),
        "feeRate": "-" + plain(rate) if rate else "0",
        "instType": SPOT,
        "fillPxUsd": "",
        "instId": pair.id,
        "clOrdId": "" if by_algo else trade.client_order_id,
        "posSide": "net",
        "billId": bill,
        "subType": "1" if trade.side is Side.BUY else "2",
        "fillMarkVol": "",
        "tag": note.tag,
        "fillTime": milliseconds(trade.at_ns),
        "execType": "M" if trade.maker else "T",
        "fillIdxPx": "",
        "tradeId": str(trade.trade_id),
        "fillMarkPx": "",
        "feeCcy": trade.fee_asset,
        "ts": milliseconds(trade.at_ns),
        "tradeQuoteCcy": pair.instrument.quote,
    }


def charged(trades: Iterable[TradeRecord]) -> str:
    """Return what trades cost in fees: OKX tells what is paid as a negative number."""
    paid = sum((trade.fee for trade in trades), Decimal(0))
    return "-" + plain(paid) if paid else "0"


def average(record: OrderRecord, pair: Pair) -> str | None:
    """Return the mean price of what is filled, None if nothing is."""
    if not record.filled_lots:
        return None
    return plain(record.quote_filled / pair.instrument.quantity(record.filled_lots))


def _fee_asset(record: OrderRecord, pair: Pair) -> str:
    return pair.instrument.base if record.side is Side.BUY else pair.instrument.quote


def _is_market(record: OrderRecord) -> bool:
    return record.type is OrderType.MARKET
