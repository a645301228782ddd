"""How an order stands, in Binance's words."""

from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import Listed
from simulator.exchange import reasons
from simulator.exchange.orders import OrderRecord, OrderStatus, OrderType, SelfTrade, Trigger


def order_type(record: OrderRecord) -> str:
    """Return the type under which Binance knows an order."""
    if record.trigger is not None:
        name = "STOP_LOSS" if record.trigger is Trigger.STOP else "TAKE_PROFIT"
        return name if record.type is OrderType.MARKET else f"{name}_LIMIT"
    return "LIMIT_MAKER" if record.post_only else record.type.value


def status(record: OrderRecord) -> str:
    """Return where an order stands: one that waits for its stop price is new, as any other."""
    if record.status is OrderStatus.UNTRIGGERED:
        return "NEW"
    if record.status is OrderStatus.EXPIRED and record.reason == reasons.SELF_TRADE:
        return "EXPIRED_IN_MATCH"
    told: str = record.status.value
    return told


def working_time(record: OrderRecord) -> int:
    """Return since when an order works (Unix ms), -1 while it waits for its stop price."""
    since_ns = record.created_ns if record.trigger is None else record.triggered_ns
    return -1 if since_ns is None else since_ns // MS


def self_trade(record: OrderRecord) -> str:
    """Return what happens when an order meets one of the same account."""
    return "NONE" if record.self_trade is SelfTrade.ALLOW else record.self_trade.name


def stop(record: OrderRecord, listed: Listed) -> dict[str, str]:
    """Return the stop price, where an order has one."""
    if record.trigger is None:
        return {}
    return {"stopPrice": listed.figures.prices.or_zero(record.stop_ticks)}
