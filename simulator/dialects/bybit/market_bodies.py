"""How Bybit writes a market: its rules, its ticker, its book, its tape, its candles."""

from decimal import Decimal
from typing import Any

from simulator.dialects.bybit import ids
from simulator.dialects.bybit.bodies import SIDES, Body
from simulator.dialects.bybit.limits import MS
from simulator.dialects.bybit.listing import Listed, amount
from simulator.exchange.candles import Candle
from simulator.exchange.events import PublicTrade
from simulator.exchange.picture import BookSnapshot
from simulator.exchange.ticker import Ticker

QUOTE_PRECISION = "0.00000001"
VALUE_MAX = "4000000"
"""The most an order may be worth, as told; it is not enforced."""


def instrument(listed: Listed) -> Body:
    """Return the rules of a pair."""
    one = listed.instrument
    return {
        "symbol": listed.id,
        "baseCoin": one.base,
        "quoteCoin": one.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": f"{one.lot_size:f}",
            "quotePrecision": QUOTE_PRECISION,
            "minOrderQty": amount(one.min_quantity),
            "maxOrderQty": amount(one.max_quantity),
            "minOrderAmt": amount(one.min_notional),
            "maxOrderAmt": VALUE_MAX,
        },
        "priceFilter": {"tickSize": f"{one.tick_size:f}"},
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    }


def day(ticker: Ticker, listed: Listed) -> Body:
    """Return the fields of a ticker that REST and stream share, in the stream's order."""
    opened, last = ticker.open_ticks, ticker.last_ticks
    moved = Decimal(last - opened) / opened if opened and last is not None else Decimal(0)
    is_dollar = listed.instrument.quote in ("USDT", "USDC")
    return {
        "symbol": listed.id,
        "lastPrice": listed.price_or(last, ""),
        "highPrice24h": listed.price_or(ticker.high_ticks, ""),
        "lowPrice24h": listed.price_or(ticker.low_ticks, ""),
        "prevPrice24h": listed.price_or(opened, ""),
        "volume24h": listed.quantity(ticker.volume_lots),
        "turnover24h": amount(ticker.quote_volume, 8),
        "price24hPcnt": f"{moved:.4f}",
        "usdIndexPrice": listed.price_or(last, "") if is_dollar else "",
    }


def ticker(seen: Ticker, listed: Listed) -> Body:
    """Return a ticker over REST: with the best prices, which the stream does not have."""
    return {
        "symbol": listed.id,
        "bid1Price": listed.price_or(seen.bid_ticks, ""),
        "bid1Size": listed.quantity(seen.bid_lots) if seen.bid_ticks is not None else "",
        "ask1Price": listed.price_or(seen.ask_ticks, ""),
        "ask1Size": listed.quantity(seen.ask_lots) if seen.ask_ticks is not None else "",
        **day(seen, listed),
    }


def book(snapshot: BookSnapshot, listed: Listed, at_ms: int) -> Body:
    """Return a book over REST."""
    return {
        "s": listed.id,
        "b": [[listed.price(ticks), listed.quantity(lots)] for ticks, lots in snapshot.bids],
        "a": [[listed.price(ticks), listed.quantity(lots)] for ticks, lots in snapshot.asks],
        "ts": at_ms,
        "u": snapshot.update_id,
        "seq": snapshot.update_id,
        "cts": at_ms,
    }


def tape_trade(trade: PublicTrade, listed: Listed) -> Body:
    """Return a trade between strangers over REST."""
    return {
        "execId": ids.execution(trade.trade_id),
        "symbol": listed.id,
        "price": listed.price(trade.price_ticks),
        "size": listed.quantity(trade.quantity_lots),
        "side": SIDES[trade.side],
        "time": str(trade.wall_ns // MS),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(trade.trade_id),
    }


def candle(one: Candle, listed: Listed) -> list[str]:
    """Return a candle over REST."""
    prices = (one.open_ticks, one.high_ticks, one.low_ticks, one.close_ticks)
    return [str(one.start_ns // MS), *map(listed.price, prices), listed.quantity(one.lots), listed.cost(one.value, 1)]


def stream_candle(one: Candle, listed: Listed, interval: str, size_ns: int, at_ms: int, *, confirm: bool) -> Body:
    """Return a candle as the stream tells it."""
    data: dict[str, Any] = {
        "start": one.start_ns // MS,
        "end": (one.start_ns + size_ns) // MS - 1,
        "interval": interval,
        "open": listed.price(one.open_ticks),
        "close": listed.price(one.close_ticks),
        "high": listed.price(one.high_ticks),
        "low": listed.price(one.low_ticks),
        "volume": listed.quantity(one.lots),
        "turnover": listed.cost(one.value, 1),
        "confirm": confirm,
        "timestamp": at_ms,
    }
    return {"type": "snapshot", "topic": f"kline.{interval}.{listed.id}", "data": [data], "ts": at_ms}
