"""How Binance writes an order, a trade, an account, a ticker: records in, JSON-able values out.

Field names, order and number formats are those of the vendor's `rest-api.md` and `user-data-stream.md` of late 2025.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.order_state import order_type, self_trade, status, stop, working_time
from simulator.dialects.figures import money
from simulator.exchange.events import PublicTrade
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.orders import Balance, OrderRecord, OrderType, Side, TradeRecord
from simulator.exchange.picture import BookSnapshot
from simulator.exchange.ticker import Ticker

DAY_MS = 86_400_000
ZERO = "0.00000000"
Body = dict[str, Any]


def acknowledged(record: OrderRecord, listed: Listed) -> Body:
    """Return the ACK answer to a new order."""
    return {
        "symbol": listed.id,
        "orderId": record.order_id,
        "orderListId": -1,
        "clientOrderId": record.client_order_id,
        "transactTime": record.updated_ns // MS,
    }


def amounts(record: OrderRecord, listed: Listed, quote_wanted: Decimal | None = None) -> Body:
    """Return what all forms of an order say about its amounts and state."""
    return {
        "price": listed.figures.prices.or_zero(record.price_ticks),
        "origQty": listed.figures.quantities.text(record.quantity_lots),
        "executedQty": listed.figures.quantities.text(record.filled_lots),
        "origQuoteOrderQty": ZERO if quote_wanted is None else money(quote_wanted, PLACES),
        "cummulativeQuoteQty": money(record.quote_filled, PLACES),
        "status": status(record),
        "timeInForce": "GTC" if record.type is OrderType.MARKET else record.time_in_force.value,
        "type": order_type(record),
        "side": record.side.value,
    }


def placed(record: OrderRecord, listed: Listed, quote_wanted: Decimal | None) -> Body:
    """Return the RESULT answer to a new order."""
    return {
        **acknowledged(record, listed),
        **amounts(record, listed, quote_wanted),
        **stop(record, listed),
        "workingTime": working_time(record),
        "selfTradePreventionMode": self_trade(record),
    }


def fills(trades: Iterable[TradeRecord], listed: Listed) -> list[Body]:
    """Return the `fills` of the FULL answer to a new order."""
    return [
        {
            "price": listed.figures.prices.text(trade.price_ticks),
            "qty": listed.figures.quantities.text(trade.quantity_lots),
            "commission": money(trade.fee, PLACES),
            "commissionAsset": trade.fee_asset,
            "tradeId": trade.trade_id,
        }
        for trade in trades
    ]


def cancelled(record: OrderRecord, listed: Listed, cancel_id: str) -> Body:
    """Return the answer to a cancel, which has a client id of its own."""
    return {
        "symbol": listed.id,
        "origClientOrderId": record.client_order_id,
        "orderId": record.order_id,
        "orderListId": -1,
        "clientOrderId": cancel_id,
        "transactTime": record.updated_ns // MS,
        **amounts(record, listed),
        **stop(record, listed),
        "selfTradePreventionMode": self_trade(record),
    }


def amended(record: OrderRecord, listed: Listed) -> Body:
    """Return the answer to an amendment; it names two of an order's amounts otherwise than all other answers."""
    return {
        "transactTime": record.updated_ns // MS,
        "executionId": record.updated_ns % 2**31,
        "amendedOrder": {
            "symbol": listed.id,
            "orderId": record.order_id,
            "orderListId": -1,
            "origClientOrderId": record.client_order_id,
            "clientOrderId": record.client_order_id,
            "price": listed.figures.prices.or_zero(record.price_ticks),
            "qty": listed.figures.quantities.text(record.quantity_lots),
            "executedQty": listed.figures.quantities.text(record.filled_lots),
            "preventedQty": ZERO,
            "quoteOrderQty": ZERO,
            "cumulativeQuoteQty": money(record.quote_filled, PLACES),
            "status": status(record),
            "timeInForce": record.time_in_force.value,
            "type": order_type(record),
            "side": record.side.value,
            **stop(record, listed),
            "workingTime": working_time(record),
            "selfTradePreventionMode": self_trade(record),
        },
    }


def queried(record: OrderRecord, listed: Listed) -> Body:
    """Return an order as queries show it."""
    return {
        "symbol": listed.id,
        "orderId": record.order_id,
        "orderListId": -1,
        "clientOrderId": record.client_order_id,
        **amounts(record, listed),
        "stopPrice": listed.figures.prices.or_zero(record.stop_ticks),
        "icebergQty": ZERO,
        "time": record.created_ns // MS,
        "updateTime": record.updated_ns // MS,
        "isWorking": working_time(record) >= 0,
        "workingTime": working_time(record),
        "selfTradePreventionMode": self_trade(record),
    }


def my_trade(trade: TradeRecord, listed: Listed) -> Body:
    """Return one of an account's own trades."""
    instrument = listed.instrument
    return {
        "symbol": listed.id,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "orderListId": -1,
        "price": listed.figures.prices.text(trade.price_ticks),
        "qty": listed.figures.quantities.text(trade.quantity_lots),
        "quoteQty": money(instrument.cost(trade.price_ticks, trade.quantity_lots), PLACES),
        "commission": money(trade.fee, PLACES),
        "commissionAsset": trade.fee_asset,
        "time": trade.at_ns // MS,
        "isBuyer": trade.side is Side.BUY,
        "isMaker": trade.maker,
        "isBestMatch": True,
    }


def account(balances: Mapping[str, Balance], fees: FeeSchedule, uid: int, at_ms: int, *, omit_zero: bool) -> Body:
    """Return an account with its balances; commissions in basis points and as rates."""
    maker, taker = (f"{rate / 10_000:.8f}" for rate in (fees.maker_bps, fees.taker_bps))
    return {
        "makerCommission": int(fees.maker_bps),
        "takerCommission": int(fees.taker_bps),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": maker, "taker": taker, "buyer": ZERO, "seller": ZERO},
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": at_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": one.asset, "free": money(one.free, PLACES), "locked": money(one.locked, PLACES)}
            for one in balances.values()
            if one.total or not omit_zero
        ],
        "permissions": ["SPOT"],
        "uid": uid,
    }


def book(snapshot: BookSnapshot, listed: Listed) -> Body:
    """Return an order book."""
    price, quantity = listed.figures.prices.text, listed.figures.quantities.text
    return {
        "lastUpdateId": snapshot.update_id,
        "bids": [[price(ticks), quantity(lots)] for ticks, lots in snapshot.bids],
        "asks": [[price(ticks), quantity(lots)] for ticks, lots in snapshot.asks],
    }


def change(ticker: Ticker, listed: Listed) -> tuple[str, str, str]:
    """Return the day's price change, the change in per cent, and the volume-weighted average price."""
    opened, last = ticker.open_ticks, ticker.last_ticks
    moved = listed.figures.prices.signed(last - opened) if opened is not None and last is not None else ZERO
    per_cent = f"{(last - opened) * 100 / opened:.3f}" if opened and last is not None else "0.000"
    if not ticker.volume_lots:
        return moved, per_cent, ZERO
    average = ticker.quote_volume / listed.instrument.quantity(ticker.volume_lots)
    return moved, per_cent, f"{average:.8f}"


def day(ticker: Ticker, listed: Listed) -> Body:
    """Return the 24-hour ticker."""
    price, quantity = listed.figures.prices, listed.figures.quantities
    moved, per_cent, average = change(ticker, listed)
    at_ms = ticker.at_ns // MS
    return {
        "symbol": listed.id,
        "priceChange": moved,
        "priceChangePercent": per_cent,
        "weightedAvgPrice": average,
        "prevClosePrice": price.or_zero(ticker.open_ticks),
        "lastPrice": price.or_zero(ticker.last_ticks),
        "lastQty": quantity.text(ticker.last_lots),
        "bidPrice": price.or_zero(ticker.bid_ticks),
        "bidQty": quantity.text(ticker.bid_lots),
        "askPrice": price.or_zero(ticker.ask_ticks),
        "askQty": quantity.text(ticker.ask_lots),
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


MINI = (
    *("symbol", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume"),
    *("openTime", "closeTime", "firstId", "lastId", "count"),
)


def mini_day(ticker: Ticker, listed: Listed) -> Body:
    """Return the short form of the 24-hour ticker."""
    whole = day(ticker, listed)
    return {name: whole[name] for name in MINI}


def best(ticker: Ticker, listed: Listed) -> Body:
    """Return the best prices."""
    return {
        "symbol": listed.id,
        "bidPrice": listed.figures.prices.or_zero(ticker.bid_ticks),
        "bidQty": listed.figures.quantities.text(ticker.bid_lots),
        "askPrice": listed.figures.prices.or_zero(ticker.ask_ticks),
        "askQty": listed.figures.quantities.text(ticker.ask_lots),
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
        "isBestMatch": True,
    }


def aggregate_trade(trade: PublicTrade, listed: Listed) -> Body:
    """Return a trade between strangers in the aggregate form; each trade is an aggregate of its own."""
    return {
        "a": trade.trade_id,
        "p": listed.figures.prices.text(trade.price_ticks),
        "q": listed.figures.quantities.text(trade.quantity_lots),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": trade.wall_ns // MS,
        "m": trade.side is Side.SELL,
        "M": True,
    }
