"""How Kraken's REST API writes an order, a trade, a book, a ticker: records in, JSON-able values out.

Shapes were compared with the vendor's documents and with public recordings of its answers. Amounts of money carry as
many decimals as the pair's smallest cost needs (at least five), so that what a client adds up is what it holds.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simulator.dialects.figures import money, truncated
from simulator.dialects.kraken import ids
from simulator.dialects.kraken.clock import NS, seconds
from simulator.dialects.kraken.listing import DEPTH_PLACES, Asset, Pair
from simulator.exchange import reasons
from simulator.exchange.events import PublicTrade
from simulator.exchange.fees import FeeSchedule
from simulator.exchange.orders import Balance, OrderRecord, OrderStatus, OrderType, Side, TradeRecord, Trigger
from simulator.exchange.picture import BookSnapshot
from simulator.exchange.ticker import Ticker

Body = dict[str, Any]

STATUSES = {
    OrderStatus.UNTRIGGERED: "open",
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELED: "canceled",
    OrderStatus.REJECTED: "canceled",
    OrderStatus.EXPIRED: "expired",
}
"""Kraken has no rejected orders: one that dies in matching is cancelled, with a reason."""

REASONS = {reasons.BY_CLIENT: "User requested", reasons.SELF_TRADE: "STP cancel"}


def reason(record: OrderRecord) -> str | None:
    """Return why an order ended, in Kraken's words where they are known."""
    return REASONS.get(record.reason, record.reason.capitalize()) if record.reason else None


def described(record: OrderRecord, pair: Pair) -> str:
    """Return an order as one sentence."""
    volume = pair.figures.quantities.text(record.quantity_lots)
    price = pair.figures.prices
    limit = "" if record.price_ticks is None else price.text(record.price_ticks)
    told = f"{record.side.value.lower()} {volume} {pair.altname} @ "
    if record.trigger is None:
        return told + (f"limit {limit}" if limit else "market")
    told += f"{kind(record).removesuffix('-limit').replace('-', ' ')} {price.or_zero(record.stop_ticks)}"
    return f"{told} -> limit {limit}" if limit else told


def kind(record: OrderRecord) -> str:
    """Return the type under which Kraken knows an order."""
    if record.trigger is None:
        return "market" if record.type is OrderType.MARKET else "limit"
    name = "stop-loss" if record.trigger is Trigger.STOP else "take-profit"
    return name if record.type is OrderType.MARKET else f"{name}-limit"


def average(record: OrderRecord, pair: Pair) -> Decimal:
    """Return the average price of what has traded, cut off after the decimals of a REST price."""
    if not record.filled_lots:
        return Decimal(0)
    price = record.quote_filled / pair.instrument.quantity(record.filled_lots)
    return truncated(price, pair.rest_prices.places)


def order(record: OrderRecord, pair: Pair, trades: Iterable[TradeRecord], userref: int | None) -> Body:
    """Return an order as all queries show it."""
    places = pair.cost_places
    nothing = money(Decimal(0), places)
    prices = [pair.figures.prices.text(ticks) for ticks in (record.stop_ticks, record.price_ticks) if ticks is not None]
    price, price2 = [*prices, "0", "0"][:2]
    body: Body = {
        "refid": None,
        "userref": userref,
        **({"cl_ord_id": record.client_order_id} if record.client_order_id else {}),
        "status": STATUSES[record.status],
        "opentm": seconds(record.created_ns),
        "starttm": 0,
        "expiretm": 0 if record.expires_ns is None else record.expires_ns // NS,
        "descr": {
            "pair": pair.altname,
            "type": record.side.value.lower(),
            "ordertype": kind(record),
            "price": price,
            "price2": price2,
            "leverage": "none",
            "order": described(record, pair),
            "close": "",
        },
        "vol": pair.figures.quantities.text(record.quantity_lots),
        "vol_exec": pair.figures.quantities.text(record.filled_lots),
        "cost": money(record.quote_filled, places),
        "fee": money(sum((trade.fee for trade in trades), Decimal(0)), places),
        "price": money(average(record, pair), pair.rest_prices.places),
        "stopprice": nothing if record.triggered_ns is None else pair.rest_prices.or_zero(record.stop_ticks),
        "limitprice": nothing,
        "misc": "",
        "oflags": "fciq,post" if record.post_only else "fciq",
    }
    if record.trigger is not None:
        body["trigger"] = "last"
    if not record.is_open:
        body["reason"] = reason(record)
        body["closetm"] = seconds(record.updated_ns)
    return body


def my_trade(trade: TradeRecord, pair: Pair, order_type: str) -> Body:
    """Return one of an account's own trades."""
    places = pair.cost_places
    return {
        "ordertxid": ids.made(ids.ORDER, trade.order_id),
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": pair.id,
        "time": seconds(trade.at_ns),
        "type": trade.side.value.lower(),
        "ordertype": order_type,
        "price": pair.rest_prices.text(trade.price_ticks),
        "cost": money(pair.instrument.cost(trade.price_ticks, trade.quantity_lots), places),
        "fee": money(trade.fee, places),
        "vol": pair.figures.quantities.text(trade.quantity_lots),
        "margin": money(Decimal(0), places),
        "leverage": "0",
        "misc": "",
        "trade_id": trade.trade_id,
        "maker": trade.maker,
    }


def balance(held: Balance, asset: Asset) -> Body:
    """Return a balance and what open orders hold of it."""
    return {"balance": money(held.total, asset.places), "hold_trade": money(held.locked, asset.places)}


def asset(one: Asset) -> Body:
    """Return an asset's description."""
    return {
        "aclass": "currency",
        "altname": one.altname,
        "decimals": one.places,
        "display_decimals": 2 if one.is_money else 5,
        "status": "enabled",
    }


def asset_pair(pair: Pair, fees: FeeSchedule, status: str) -> Body:
    """Return a pair's rules; the fees are those of the venue, in per cent, at every volume."""
    instrument = pair.instrument
    return {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": pair.base.id,
        "aclass_quote": "currency",
        "quote": pair.quote.id,
        "lot": "unit",
        "cost_decimals": pair.cost_places,
        "pair_decimals": pair.price_places,
        "lot_decimals": pair.figures.quantities.places,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, float(fees.taker_bps / 100)]],
        "fees_maker": [[0, float(fees.maker_bps / 100)]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{instrument.min_quantity.normalize():f}",
        "costmin": f"{instrument.min_notional.normalize():f}",
        "tick_size": f"{instrument.tick_size.normalize():f}",
        "status": status,
    }


def ticker(seen: Ticker, pair: Pair) -> Body:
    """Return the ticker; today's figures and those of 24 hours are the same here."""
    price, quantity = pair.rest_prices, pair.figures.quantities
    volume = quantity.text(seen.volume_lots)
    mean = Decimal(0)
    if seen.volume_lots:
        mean = truncated(seen.quote_volume / pair.instrument.quantity(seen.volume_lots), price.places)
    average_price = money(mean, price.places)
    low, high = price.or_zero(seen.low_ticks), price.or_zero(seen.high_ticks)
    return {
        "a": [price.or_zero(seen.ask_ticks), *_rounded(pair, seen.ask_lots)],
        "b": [price.or_zero(seen.bid_ticks), *_rounded(pair, seen.bid_lots)],
        "c": [price.or_zero(seen.last_ticks), quantity.text(seen.last_lots)],
        "v": [volume, volume],
        "p": [average_price, average_price],
        "t": [seen.trades, seen.trades],
        "l": [low, low],
        "h": [high, high],
        "o": price.or_zero(seen.open_ticks),
    }


def depth(snapshot: BookSnapshot, pair: Pair, at_ns: int) -> Body:
    """Return an order book. Kraken cuts its volumes to three decimals here."""
    at_s = at_ns // NS

    def level(ticks: int, lots: int) -> list[Any]:
        return [pair.rest_prices.text(ticks), money(pair.instrument.quantity(lots), DEPTH_PLACES), at_s]

    return {
        "asks": [level(ticks, lots) for ticks, lots in snapshot.asks],
        "bids": [level(ticks, lots) for ticks, lots in snapshot.bids],
    }


def tape_trade(trade: PublicTrade, pair: Pair) -> list[Any]:
    """Return a trade between strangers."""
    return [
        pair.rest_prices.text(trade.price_ticks),
        pair.figures.quantities.text(trade.quantity_lots),
        seconds(trade.wall_ns),
        "b" if trade.side is Side.BUY else "s",
        "m",
        "",
        trade.trade_id,
    ]


def order_type(record: OrderRecord | None) -> str:
    """Return the type of a trade's order, a limit order where it has been forgotten."""
    return "limit" if record is None else kind(record)


def _rounded(pair: Pair, lots: int) -> tuple[str, str]:
    whole = pair.instrument.quantity(lots)
    return str(int(whole)), money(Decimal(int(whole)), DEPTH_PLACES)
