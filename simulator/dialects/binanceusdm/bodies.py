"""How the futures write an order, a trade, a position: records in, JSON-able values out.

Field names and order are those of the vendor's documents of late 2025; prices and quantities have the decimals of
their grid, money has eight.
"""

from collections.abc import Mapping
from decimal import Decimal

from simulator.dialects.binance.bodies import Body, change
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.figures import decimals, money
from simulator.exchange.events import PublicTrade
from simulator.exchange.orders import OrderRecord, OrderType, Side, TradeRecord
from simulator.exchange.perpetual.exchange import PerpetualTrade
from simulator.exchange.perpetual.records import Mark, WaitingOrder, WaitingStatus, WorkedBy
from simulator.exchange.picture import BookSnapshot
from simulator.exchange.ticker import Ticker

DAY_MS = 86_400_000


def order_type(record: OrderRecord) -> str:
    """Return the type of an order as it is told; what the venue places to liquidate is a limit order."""
    return "LIMIT" if record.type is OrderType.LIQUIDATION else record.type.value


def time_in_force(record: OrderRecord) -> str:
    """Return how long an order is good for; post-only is a time in force here."""
    if record.post_only:
        return "GTX"
    return "GTC" if record.type is OrderType.MARKET else record.time_in_force.value


def average(record: OrderRecord, listed: Listed) -> str:
    """Return the mean price of what is filled, with one decimal more than prices have."""
    places = decimals(listed.instrument.tick_size) + 1
    if not record.filled_lots:
        return f"{0:.{places}f}"
    return f"{record.quote_filled / listed.instrument.quantity(record.filled_lots):.{places}f}"


def order(record: OrderRecord, listed: Listed) -> Body:
    """Return what every form of an order says."""
    prices, quantities = listed.figures.prices, listed.figures.quantities
    is_market = record.type is OrderType.MARKET
    return {
        "orderId": record.order_id,
        "symbol": listed.id,
        "status": record.status.value,
        "clientOrderId": record.client_order_id,
        "price": prices.zero if is_market else prices.or_zero(record.price_ticks),
        "avgPrice": average(record, listed),
        "origQty": quantities.text(record.quantity_lots),
        "executedQty": quantities.text(record.filled_lots),
        "cumQuote": money(record.quote_filled, PLACES),
        "timeInForce": time_in_force(record),
        "type": order_type(record),
        "reduceOnly": record.reduce_only,
        "closePosition": False,
        "side": record.side.value,
        "positionSide": "BOTH",
        "stopPrice": prices.zero,
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order_type(record),
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "updateTime": record.updated_ns // MS,
    }


def placed(record: OrderRecord, listed: Listed) -> Body:
    """Return the answer to a new or cancelled order."""
    return {**order(record, listed), "cumQty": listed.figures.quantities.text(record.filled_lots)}


def amended(record: OrderRecord, listed: Listed) -> Body:
    """Return the answer to an amendment."""
    return {**placed(record, listed), "pair": listed.id, "cumBase": listed.figures.quantities.zero}


def queried(record: OrderRecord, listed: Listed) -> Body:
    """Return an order as queries show it."""
    return {**order(record, listed), "time": record.created_ns // MS}


def my_trade(trade: TradeRecord, listed: Listed) -> Body:
    """Return one of an account's own trades."""
    realised = trade.realised if isinstance(trade, PerpetualTrade) else Decimal(0)
    return {
        "symbol": listed.id,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "side": trade.side.value,
        "price": listed.figures.prices.text(trade.price_ticks),
        "qty": listed.figures.quantities.text(trade.quantity_lots),
        "realizedPnl": money(realised, PLACES),
        "quoteQty": money(listed.instrument.cost(trade.price_ticks, trade.quantity_lots), PLACES),
        "commission": money(trade.fee, PLACES),
        "commissionAsset": trade.fee_asset,
        "time": trade.at_ns // MS,
        "positionSide": "BOTH",
        "buyer": trade.side is Side.BUY,
        "maker": trade.maker,
    }


def book(snapshot: BookSnapshot, listed: Listed, at_ms: int) -> Body:
    """Return an order book."""
    price, quantity = listed.figures.prices.text, listed.figures.quantities.text
    return {
        "lastUpdateId": snapshot.update_id,
        "E": at_ms,
        "T": at_ms,
        "bids": [[price(ticks), quantity(lots)] for ticks, lots in snapshot.bids],
        "asks": [[price(ticks), quantity(lots)] for ticks, lots in snapshot.asks],
    }


def day(ticker: Ticker, listed: Listed) -> Body:
    """Return the 24-hour ticker, which has no best prices here."""
    price, quantity = listed.figures.prices, listed.figures.quantities
    moved, per_cent, mean = change(ticker, listed)
    at_ms = ticker.at_ns // MS
    return {
        "symbol": listed.id,
        "priceChange": moved,
        "priceChangePercent": per_cent,
        "weightedAvgPrice": mean,
        "lastPrice": price.or_zero(ticker.last_ticks),
        "lastQty": quantity.text(ticker.last_lots),
        "openPrice": price.or_zero(ticker.open_ticks),
        "highPrice": price.or_zero(ticker.high_ticks),
        "lowPrice": price.or_zero(ticker.low_ticks),
        "volume": quantity.text(ticker.volume_lots),
        "quoteVolume": money(ticker.quote_volume, PLACES),
        "openTime": at_ms - DAY_MS,
        "closeTime": at_ms,
        "firstId": ticker.last_trade_id - ticker.trades + 1 if ticker.trades else -1,
        "lastId": ticker.last_trade_id if ticker.trades else -1,
        "count": ticker.trades,
    }


def best(ticker: Ticker, listed: Listed) -> Body:
    """Return the best prices."""
    return {
        "symbol": listed.id,
        "bidPrice": listed.figures.prices.or_zero(ticker.bid_ticks),
        "bidQty": listed.figures.quantities.text(ticker.bid_lots),
        "askPrice": listed.figures.prices.or_zero(ticker.ask_ticks),
        "askQty": listed.figures.quantities.text(ticker.ask_lots),
        "time": ticker.at_ns // MS,
    }


def tape_trade(trade: PublicTrade, listed: Listed) -> Body:
    """Return a trade between strangers."""
    return {
        "id": trade.trade_id,
        "price": listed.figures.prices.text(trade.price_ticks),
        "qty": listed.figures.quantities.text(trade.quantity_lots),
        "quoteQty": money(listed.instrument.cost(trade.price_ticks, trade.quantity_lots), PLACES),
        "time": trade.wall_ns // MS,
        "isBuyerMaker": trade.side is Side.SELL,
        "isRPITrade": False,
    }


def premium(mark: Mark, listed: Listed) -> Body:
    """Return mark, index and funding of a contract."""
    return {
        "symbol": listed.id,
        "markPrice": money(listed.instrument.price(mark.mark_ticks), PLACES),
        "indexPrice": money(listed.instrument.price(mark.index_ticks), PLACES),
        "estimatedSettlePrice": money(listed.instrument.price(mark.index_ticks), PLACES),
        "lastFundingRate": f"{mark.funding_rate:.8f}",
        "interestRate": "0.00010000",
        "nextFundingTime": mark.funding_ns // MS,
        "time": mark.at_ns // MS,
    }


ALGO_STATUS: Mapping[WaitingStatus, str] = {
    WaitingStatus.WAITING: "NEW",
    WaitingStatus.TRIGGERED: "TRIGGERED",
    WaitingStatus.CANCELED: "CANCELED",
    WaitingStatus.REJECTED: "REJECTED",
}


def algo_type(order: WaitingOrder) -> str:
    """Return the type under which the venue knows a waiting order."""
    name = "TAKE_PROFIT" if order.take_profit else "STOP"
    return name if order.request.type is OrderType.LIMIT else f"{name}_MARKET"


def algo(order: WaitingOrder, listed: Listed, became: OrderRecord | None = None) -> Body:
    """Return a waiting order; `became` is the order that it placed, as far as is known."""
    request, prices = order.request, listed.figures.prices
    lots = 0 if order.close_position else listed.instrument.lots(request.quantity)
    price = None if request.price is None else listed.instrument.ticks(request.price)
    return {
        "algoId": order.waiting_id,
        "clientAlgoId": order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": algo_type(order),
        "symbol": listed.id,
        "side": request.side.value,
        "positionSide": "BOTH",
        "timeInForce": "GTX" if request.post_only else request.time_in_force.value,
        "quantity": listed.figures.quantities.text(lots),
        "algoStatus": "FINISHED" if became is not None and not became.is_open else ALGO_STATUS[order.status],
        "actualOrderId": "" if order.order_id is None else str(order.order_id),
        "actualPrice": prices.zero if became is None else average(became, listed),
        "triggerPrice": prices.text(order.trigger_ticks),
        "price": prices.or_zero(price),
        "icebergQuantity": None,
        "tpTriggerPrice": prices.zero,
        "tpPrice": prices.zero,
        "slTriggerPrice": prices.zero,
        "slPrice": prices.zero,
        "tpOrderType": "",
        "selfTradePreventionMode": "NONE",
        "workingType": "MARK_PRICE" if order.worked_by is WorkedBy.MARK else "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": order.close_position,
        "priceProtect": False,
        "reduceOnly": request.reduce_only,
        "createTime": order.created_ns // MS,
        "updateTime": order.updated_ns // MS,
        "triggerTime": order.updated_ns // MS if order.status is WaitingStatus.TRIGGERED else 0,
        "goodTillDate": 0,
    }
