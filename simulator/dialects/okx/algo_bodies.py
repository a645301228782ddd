"""OKX's algo orders as it writes them: the same for a look-up, for lists, and for the channel of the stream."""

from __future__ import annotations

from simulator.dialects.okx import errors
from simulator.dialects.okx.bodies import Body, became_order, milliseconds, side
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.listing import SPOT, algo_id, order_id
from simulator.exchange.orders import OrderRecord, OrderStatus

CONDITIONS = {"slTriggerPx": "slOrdPx", "tpTriggerPx": "tpOrdPx"}
AT_MARKET = "-1"


def kind_of(front: Front, record: OrderRecord) -> str:
    """Return the type of an algo order in OKX's words."""
    return "conditional" if front.note_of(record).algo in CONDITIONS else "trigger"


def state_of(record: OrderRecord) -> str:
    """Return how far an algo order is in OKX's words: whatever becomes of its order, it was effective."""
    if record.status is OrderStatus.UNTRIGGERED:
        return "live"
    if record.status is OrderStatus.REJECTED:
        return "order_failed"
    return "canceled" if record.triggered_ns is None else "effective"


def algo(front: Front, record: OrderRecord) -> Body:
    """Return an algo order as REST and stream tell it alike."""
    pair = front.listing.by_symbol[record.symbol]
    price = AT_MARKET if record.price_ticks is None else pair.prices.text(record.price_ticks)
    triggered = became_order(record)
    empty = (
        *("activePx", "activePxType", "amendPxOnTriggerType", "callbackRatio", "callbackSpread", "ccy", "clOrdId"),
        *("lever", "moveTriggerPx", "posSide", "pxLimit", "pxSpread", "pxVar", "quickMgnType", "szLimit"),
        *("slOrdPx", "slTriggerPx", "slTriggerPxType", "tgtCcy", "timeInterval", "tpOrdPx", "tpTriggerPx", "uly"),
        *("tpTriggerPxType", "closeFraction", "ctVal", "triggerPx", "triggerPxType", "ordPx"),
    )
    named = front.note_of(record).algo or "triggerPx"
    terms = {
        named: pair.prices.or_empty(record.stop_ticks),
        f"{named}Type": "last",
        CONDITIONS.get(named, "ordPx"): price,
    }
    return {
        **dict.fromkeys(empty, ""),
        **terms,
        "actualPx": "",
        "actualSide": "",
        "actualSz": pair.quantities.text(record.filled_lots),
        "algoClOrdId": record.client_order_id,
        "algoId": algo_id(record.order_id),
        "attachAlgoOrds": [],
        "cTime": milliseconds(record.created_ns),
        "failCode": errors.NO_FUNDS if record.status is OrderStatus.REJECTED else "",
        "instId": pair.id,
        "instType": SPOT,
        "isTradeBorrowMode": "",
        "last": pair.prices.or_empty(front.venue.rest.picture.ticker(pair.symbol).last_ticks),
        "linkedOrd": {"ordId": ""},
        "ordId": order_id(record.order_id) if triggered else "",
        "ordIdList": [order_id(record.order_id)] if triggered else [],
        "ordType": kind_of(front, record),
        "reduceOnly": "false",
        "side": side(record.side),
        "state": state_of(record),
        "sz": pair.quantities.text(record.quantity_lots),
        "tag": front.note_of(record).tag,
        "tdMode": "cash",
        "triggerTime": milliseconds(record.triggered_ns) if record.triggered_ns is not None else "",
        "uTime": milliseconds(record.updated_ns),
    }
