"""How Coinbase's REST API writes an order, a fill, a product, an account: records in, JSON-able values out.

Shapes were compared with the vendor's documents and with public recordings of its answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from simulator.dialects.coinbase import configuration, ids
from simulator.dialects.coinbase.clock import rfc3339, whole_second
from simulator.dialects.coinbase.listing import Currency, Product, divided, plain
from simulator.exchange.admission import TradingMode
from simulator.exchange.events import PublicTrade
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.orders import Balance, OrderRecord, OrderStatus, Side, TradeRecord
from simulator.exchange.ticker import Ticker

Body = dict[str, Any]

STATUSES = {
    OrderStatus.UNTRIGGERED: "OPEN",
    OrderStatus.NEW: "OPEN",
    OrderStatus.PARTIALLY_FILLED: "OPEN",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELLED",
    OrderStatus.REJECTED: "FAILED",
    OrderStatus.EXPIRED: "CANCELLED",
}
"""A rest that does not trade at once is cancelled; only an order whose end time has passed is expired."""


def status(record: OrderRecord) -> str:
    """Return how an order stands, in the venue's words."""
    if record.status is OrderStatus.EXPIRED and record.expires_ns is not None:
        return "EXPIRED"
    return STATUSES[record.status]


def trigger_status(record: OrderRecord) -> str:
    """Return whether a stop has gone off."""
    if record.trigger is None:
        return "INVALID_ORDER_TYPE"
    return "STOP_PENDING" if record.triggered_ns is None else "STOP_TRIGGERED"


def average(record: OrderRecord, product: Product) -> str:
    """Return the average price of what has traded."""
    if not record.filled_lots:
        return "0"
    return divided(record.quote_filled / product.instrument.quantity(record.filled_lots))


def held(record: OrderRecord, product: Product, fees: FeeSchedule) -> Decimal:
    """Return what an open order holds: goods for a sale, money and the highest fee for a purchase."""
    if not record.is_open or record.price_ticks is None:
        return Decimal(0)
    if record.side is Side.SELL:
        return product.instrument.quantity(record.remaining_lots)
    cost = product.instrument.cost(record.price_ticks, record.remaining_lots)
    return cost + cost * max(fees.maker_bps, fees.taker_bps) / 10_000


def after_fees(record: OrderRecord, paid: Decimal) -> Decimal:
    """Return what an order's fills cost or brought in all."""
    return record.quote_filled + paid if record.side is Side.BUY else record.quote_filled - paid


def completion(record: OrderRecord) -> str:
    """Return how much of an order has traded, in per cent."""
    return divided(Decimal(record.filled_lots * 100) / record.quantity_lots) if record.quantity_lots else "0"


def order(
    record: OrderRecord, product: Product, trades: Sequence[TradeRecord], fees: FeeSchedule, quote_size: Decimal | None
) -> Body:
    """Return an order as all look-ups show it."""
    paid = sum((trade.fee for trade in trades), Decimal(0))
    ended_early = record.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED)
    return {
        "order_id": ids.made(ids.ORDER, record.order_id),
        "product_id": product.id,
        "user_id": ids.named("user", record.account),
        "order_configuration": configuration.written(record, product, quote_size),
        "side": record.side.value,
        "client_order_id": record.client_order_id,
        "status": status(record),
        "time_in_force": configuration.in_force(record),
        "created_time": rfc3339(record.created_ns),
        "completion_percentage": completion(record),
        "filled_size": product.size(record.filled_lots),
        "average_filled_price": average(record, product),
        "fee": "",
        "number_of_fills": str(len(trades)),
        "filled_value": plain(record.quote_filled),
        "pending_cancel": False,
        "size_in_quote": quote_size is not None,
        "total_fees": plain(paid),
        "size_inclusive_of_fees": quote_size is not None,
        "total_value_after_fees": plain(after_fees(record, paid)),
        "trigger_status": trigger_status(record),
        "order_type": configuration.order_type(record),
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": record.status is OrderStatus.FILLED,
        "product_type": "SPOT",
        "reject_message": record.reason if record.status is OrderStatus.REJECTED else "",
        "cancel_message": record.reason if ended_early else "",
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": plain(held(record, product, fees)),
        "is_liquidation": False,
        "last_fill_time": rfc3339(trades[-1].at_ns) if trades else None,
        "edit_history": [],
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": ids.named("portfolio", record.account),
        "originating_order_id": "",
        "attached_order_id": "",
    }


def fill(trade: TradeRecord, product: Product, *, in_quote: bool) -> Body:
    """Return one of an account's own trades; that of an order whose size was in the quote asset has its size in it."""
    cost = product.instrument.cost(trade.price_ticks, trade.quantity_lots)
    return {
        "entry_id": ids.named("entry", f"{trade.trade_id}/{trade.order_id}").replace("-", ""),
        "trade_id": ids.made(ids.TRADE, trade.trade_id),
        "order_id": ids.made(ids.ORDER, trade.order_id),
        "trade_time": rfc3339(trade.at_ns),
        "trade_type": "FILL",
        "price": product.price(trade.price_ticks),
        "size": plain(cost) if in_quote else product.size(trade.quantity_lots),
        "commission": plain(trade.fee),
        "product_id": product.id,
        "sequence_timestamp": rfc3339(trade.at_ns),
        "liquidity_indicator": "MAKER" if trade.maker else "TAKER",
        "size_in_quote": in_quote,
        "user_id": ids.named("user", trade.account),
        "side": trade.side.value,
        "retail_portfolio_id": ids.named("portfolio", trade.account),
    }


def tape_trade(trade: PublicTrade, product: Product) -> Body:
    """Return a trade between strangers."""
    return {
        "trade_id": str(trade.trade_id),
        "product_id": product.id,
        "price": product.price(trade.price_ticks),
        "size": product.size(trade.quantity_lots),
        "time": rfc3339(trade.wall_ns),
        "side": trade.side.value,
        "bid": "",
        "ask": "",
        "exchange": "coinbase",
    }


def change(ticker: Ticker) -> str:
    """Return how much a price has changed within a day, in per cent."""
    if not ticker.open_ticks or ticker.last_ticks is None:
        return "0"
    return divided(Decimal((ticker.last_ticks - ticker.open_ticks) * 100) / ticker.open_ticks)


def product(one: Product, ticker: Ticker, mode: TradingMode) -> Body:
    """Return a product's rules and its day."""
    instrument = one.instrument
    most_quote = instrument.max_quantity * instrument.max_price
    return {
        "product_id": one.id,
        "price": one.price(ticker.last_ticks),
        "price_percentage_change_24h": change(ticker),
        "volume_24h": one.size(ticker.volume_lots),
        "volume_percentage_change_24h": "0",
        "base_increment": plain(instrument.lot_size),
        "quote_increment": plain(instrument.tick_size),
        "quote_min_size": plain(instrument.min_notional),
        "quote_max_size": plain(most_quote),
        "base_min_size": plain(instrument.min_quantity),
        "base_max_size": plain(instrument.max_quantity),
        "base_name": one.base.name,
        "quote_name": one.quote.name,
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online",
        "cancel_only": mode is TradingMode.CANCEL_ONLY,
        "limit_only": False,
        "post_only": mode is TradingMode.POST_ONLY,
        "trading_disabled": mode is TradingMode.HALTED,
        "auction_mode": False,
        "product_type": "SPOT",
        "quote_currency_id": one.quote.code,
        "base_currency_id": one.base.code,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": one.base.code,
        "quote_display_symbol": one.quote.code,
        "view_only": False,
        "price_increment": plain(instrument.tick_size),
        "display_name": one.id,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": plain(ticker.quote_volume),
        "new_at": "2023-01-01T00:00:00Z",
        "best_bid_price": "",
        "best_ask_price": "",
    }


def account(balance: Balance, currency: Currency, owner: str, opened_ns: int) -> Body:
    """Return what an account holds of one currency, as /api/v3 shows it."""
    opened = whole_second(opened_ns)
    return {
        "uuid": ids.named("wallet", f"{owner}/{currency.code}"),
        "name": f"{currency.code} Wallet",
        "currency": currency.code,
        "available_balance": {"value": plain(balance.free), "currency": currency.code},
        "default": True,
        "active": True,
        "created_at": opened,
        "updated_at": opened,
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if currency.is_fiat else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": {"value": plain(balance.locked), "currency": currency.code},
        "retail_portfolio_id": ids.named("portfolio", owner),
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def old_account(balance: Balance, currency: Currency, owner: str, opened_ns: int) -> Body:
    """Return what an account holds of one currency, as /v2 shows it: in all, without a word of what is held."""
    opened = whole_second(opened_ns)
    name = ids.named("wallet", f"{owner}/{currency.code}")
    return {
        "id": name,
        "name": f"{currency.code} Wallet",
        "primary": False,
        "type": "fiat" if currency.is_fiat else "wallet",
        "currency": crypto(currency, 0) | ({"type": "fiat"} if currency.is_fiat else {}),
        "balance": {"amount": plain(balance.total), "currency": currency.code},
        "created_at": opened,
        "updated_at": opened,
        "resource": "account",
        "resource_path": f"/v2/accounts/{name}",
        "allow_deposits": True,
        "allow_withdrawals": True,
    }


def crypto(currency: Currency, position: int) -> Body:
    """Return a coin's description."""
    return {
        "asset_id": currency.id,
        "code": currency.code,
        "name": currency.name,
        "color": "#000000",
        "sort_index": 100 + position,
        "exponent": currency.places,
        "type": "crypto",
        "address_regex": "^[0-9a-zA-Z]{20,90}$",
    }
