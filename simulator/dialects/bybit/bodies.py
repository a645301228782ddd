"""How Bybit writes an order, an execution and a wallet: records in, JSON-able values out.

Over REST and in streams they are almost the same. Fields are those of the vendor's pages of late 2025 for spot; what
only derivatives have is there and empty where the vendor sends it so.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from simulator.dialects.bybit import ids
from simulator.dialects.bybit.limits import MS
from simulator.dialects.bybit.listing import VALUE_PLACES, Listed, amount, value
from simulator.dialects.figures import money, truncated
from simulator.exchange import reasons
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.orders import (
    Balance,
    OrderRecord,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    TradeRecord,
)

Body = dict[str, Any]

WOULD_TAKE = "a post-only order would have taken liquidity"
"""Why the dialect cancels an order: the exchange core would have refused it, Bybit has acknowledged it by then."""

STATUSES = {
    OrderStatus.UNTRIGGERED: "Untriggered",
    OrderStatus.NEW: "New",
    OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Cancelled",
    OrderStatus.EXPIRED: "Cancelled",
    OrderStatus.REJECTED: "Rejected",
}
UNMET = (reasons.NO_LIQUIDITY, TimeInForce.IOC.value, TimeInForce.FOK.value)
"""Why an order ends that nobody takes the other side of."""
REJECT_REASONS = {
    "": "EC_NoError",
    reasons.AMENDED: "EC_NoError",
    reasons.TRIGGERED: "EC_NoError",
    reasons.BY_CLIENT: "EC_PerCancelRequest",
    reasons.BY_SWITCH: "EC_PerCancelRequest",
    reasons.BY_RESTART: "EC_LoadOrderCancel",
    reasons.SELF_TRADE: "EC_BySelfMatch",
    WOULD_TAKE: "EC_PostOnlyWillTakeLiquidity",
}
CANCEL_TYPES = {
    reasons.BY_CLIENT: "CancelByUser",
    reasons.BY_SWITCH: "CancelByDCP",
    reasons.BY_RESTART: "CancelByAdmin",
    reasons.SELF_TRADE: "CancelBySmp",
}
SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}
TYPES = {OrderType.LIMIT: "Limit", OrderType.MARKET: "Market"}


UNUSED: Body = {
    "ocoTriggerBy": "",
    "tpLimitPrice": "",
    "slLimitPrice": "",
    "tpTriggerBy": "",
    "slTriggerBy": "",
    "triggerDirection": 0,
    "triggerBy": "",
    "basePrice": "",
    "reduceOnly": False,
    "closeOnTrigger": False,
    "placeType": "",
    "smpType": "None",
    "smpGroup": 0,
    "smpOrderId": "",
    "slippageToleranceType": "UNKNOWN",
    "slippageTolerance": "",
}
"""What no order here makes use of."""


def status(record: OrderRecord) -> str:
    """Return where an order stands."""
    if record.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED):
        if record.filled_lots:
            return "PartiallyFilledCanceled"
        if record.trigger is not None and record.triggered_ns is None:
            return "Deactivated"
    return STATUSES[record.status]


def reject_reason(record: OrderRecord) -> str:
    """Return why an order ended, in the matching engine's words."""
    if record.reason in UNMET:
        if record.filled_lots:
            return "EC_CancelForNoFullFill"
        return "EC_NoEnoughQtyToFill" if record.time_in_force is TimeInForce.FOK else "EC_NoImmediateQtyToFill"
    return REJECT_REASONS.get(record.reason, "EC_Others")


def time_in_force(record: OrderRecord) -> str:
    """Return how long an order stays."""
    if record.type is OrderType.MARKET:
        return "IOC"
    return "PostOnly" if record.post_only or record.reason == WOULD_TAKE else record.time_in_force.value


def order(record: OrderRecord, listed: Listed, trades: Iterable[TradeRecord], quote_amount: Decimal | None) -> Body:
    """Return an order as all endpoints and the stream show it; `quote_amount` is what a market order was to spend.

    What is left of that amount, and buys not even a lot, makes the order one that was cancelled in part.
    """
    is_market = record.type is OrderType.MARKET
    left = record.remaining_lots if record.is_open else 0
    unspent = quote_amount - record.quote_filled if quote_amount is not None and record.filled_lots else Decimal(0)
    fees = _fees(trades)
    average = record.quote_filled / listed.instrument.quantity(record.filled_lots) if record.filled_lots else None
    nothing = listed.own_price(0)
    quantity = listed.own_quantity(record.quantity_lots)
    return {
        "orderId": ids.order(record.order_id),
        "orderLinkId": ids.link(record),
        "blockTradeId": "",
        "symbol": listed.id,
        "price": listed.own_price(record.price_ticks),
        "qty": money(quote_amount, listed.quantity_places) if quote_amount is not None else quantity,
        "side": SIDES[record.side],
        "isLeverage": "0",
        "positionIdx": 0,
        "orderStatus": "PartiallyFilledCanceled" if unspent else status(record),
        "cancelType": CANCEL_TYPES.get(record.reason, "UNKNOWN"),
        "rejectReason": "EC_CancelForNoFullFill" if unspent else reject_reason(record),
        "avgPrice": amount(truncated(average, VALUE_PLACES)) if average is not None else "",
        "leavesQty": listed.own_quantity(left),
        "leavesValue": value(unspent or listed.instrument.cost(record.price_ticks or 0, left)),
        "cumExecQty": listed.own_quantity(record.filled_lots),
        "cumExecValue": value(record.quote_filled),
        "cumExecFee": amount(sum(fees.values(), Decimal(0))),
        "timeInForce": time_in_force(record),
        "orderType": TYPES[record.type],
        "stopOrderType": "" if record.trigger is None else "Stop",
        "orderIv": "",
        "marketUnit": ("quoteCoin" if quote_amount is not None else "baseCoin") if is_market else "",
        "triggerPrice": nothing if record.stop_ticks is None else listed.own_price(record.stop_ticks),
        "takeProfit": nothing,
        "stopLoss": nothing,
        **UNUSED,
        "createdTime": str(record.created_ns // MS),
        "updatedTime": str(record.updated_ns // MS),
        "extraFees": "",
        "cumFeeDetail": {asset: amount(fee) for asset, fee in fees.items()},
    }


def is_cancelled_in_part(record: OrderRecord, quote_amount: Decimal | None) -> bool:
    """Say whether a market order has spent some of its amount, but not all."""
    return bool(quote_amount is not None and record.filled_lots and quote_amount != record.quote_filled)


def execution(
    trade: TradeRecord, record: OrderRecord | None, listed: Listed, fees: FeeSchedule, *, by_value: bool = False
) -> Body:
    """Return one of an account's trades; `record` is the order after it, `by_value` says that it named an amount."""
    is_market = record is not None and record.type is OrderType.MARKET
    wanted = trade.quantity_lots if record is None else 0 if by_value else record.quantity_lots
    rate = fees.maker_bps if trade.maker else fees.taker_bps
    return {
        "symbol": listed.id,
        "orderId": ids.order(trade.order_id),
        "orderLinkId": trade.client_order_id or (ids.link(record) if record is not None else ""),
        "side": SIDES[trade.side],
        "orderPrice": listed.own_price(record.price_ticks if record is not None else None),
        "orderQty": listed.own_quantity(wanted),
        "leavesQty": listed.own_quantity(record.remaining_lots if record is not None and not by_value else 0),
        "orderType": "Market" if is_market else "Limit",
        "stopOrderType": "",
        "execFee": amount(trade.fee),
        "execId": ids.execution(trade.trade_id),
        "execPrice": listed.own_price(trade.price_ticks),
        "execQty": listed.own_quantity(trade.quantity_lots),
        "execType": "Trade",
        "execValue": value(listed.instrument.cost(trade.price_ticks, trade.quantity_lots)),
        "execTime": str(trade.at_ns // MS),
        "feeCurrency": trade.fee_asset,
        "isMaker": trade.maker,
        "feeRate": amount(rate / 10_000),
        "tradeIv": "",
        "markIv": "",
        "markPrice": "",
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "",
        "extraFees": "",
        "seq": trade.trade_id,
    }


def coin(balance: Balance, usd_value: Decimal) -> Body:
    """Return one coin of a unified wallet."""
    total = amount(balance.total)
    return {
        "coin": balance.asset,
        "equity": total,
        "usdValue": amount(usd_value, 8),
        "walletBalance": total,
        "locked": amount(balance.locked),
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "accruedInterest": "0",
        "totalOrderIM": "0",
        "totalPositionIM": "0",
        "totalPositionMM": "0",
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
        "spotBorrow": "0",
    }


def wallet(coins: list[Body], total: Decimal, free: Decimal) -> Body:
    """Return a unified wallet; `total` and `free` are worth so many dollars."""
    worth = amount(total, 8)
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": "0",
        "accountIMRateByMp": "0",
        "accountMMRate": "0",
        "accountMMRateByMp": "0",
        "totalEquity": worth,
        "totalWalletBalance": worth,
        "totalMarginBalance": worth,
        "totalAvailableBalance": amount(free, 8),
        "totalPerpUPL": "0",
        "totalInitialMargin": "0",
        "totalInitialMarginByMp": "0",
        "totalMaintenanceMargin": "0",
        "totalMaintenanceMarginByMp": "0",
        "coin": coins,
    }


def _fees(trades: Iterable[TradeRecord]) -> Mapping[str, Decimal]:
    paid: dict[str, Decimal] = {}
    for trade in trades:
        paid[trade.fee_asset] = paid.get(trade.fee_asset, Decimal(0)) + trade.fee
    return paid
