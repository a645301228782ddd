"""Binance's public endpoints: time, rules, books, tickers, tape."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.dialects.binance import bodies
from simulator.dialects.binance.front import Front
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.parameters import SYMBOL, Parameters
from simulator.dialects.binance.refusals import Refused, missing
from simulator.dialects.binance.wanted import KINDS, SELF_TRADES
from simulator.dialects.figures import money
from simulator.exchange.exchange import TradingMode
from simulator.exchange.ticker import Ticker

BOOK_DEPTH_MAX = 5000
TAPE_MAX = 1000
SYMBOLS_PARAMETER_MAX = 100


def ping(_front: Front, _parameters: Parameters) -> Mapping[str, Any]:
    """Answer that the venue is there."""
    return {}


def time(front: Front, _parameters: Parameters) -> Mapping[str, Any]:
    """Tell the venue's time."""
    return {"serverTime": front.wall_ms()}


def exchange_info(front: Front, parameters: Parameters) -> Mapping[str, Any]:
    """Tell the rules: limits, symbols, filters."""
    settings = front.settings
    return {
        "timezone": "UTC",
        "serverTime": front.wall_ms(),
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, settings.weight_per_minute_max),
            _limit("ORDERS", "SECOND", 10, settings.orders_per_10s_max),
            _limit("ORDERS", "DAY", 1, settings.orders_per_day_max),
        ],
        "exchangeFilters": [],
        "symbols": [_rules(front, listed) for listed in _asked(front, parameters)],
    }


def depth(front: Front, parameters: Parameters) -> Mapping[str, Any]:
    """Tell the best levels of a book."""
    listed = _symbol(front, parameters)
    snapshot = front.venue.rest.picture.book(listed.symbol, parameters.limit(100, BOOK_DEPTH_MAX))
    return bodies.book(snapshot, listed)


def depth_weight(parameters: Parameters) -> int:
    """Return what a look at a book costs."""
    levels = parameters.limit(100, BOOK_DEPTH_MAX)
    return next(weight for most, weight in ((100, 5), (500, 25), (1000, 50), (5000, 250)) if levels <= most)


def trades(front: Front, parameters: Parameters) -> list[bodies.Body]:
    """Tell the last trades."""
    listed = _symbol(front, parameters)
    tape = front.venue.rest.picture.tape(listed.symbol, parameters.limit(500, TAPE_MAX))
    return [bodies.tape_trade(trade, listed) for trade in tape]


def aggregate_trades(front: Front, parameters: Parameters) -> list[bodies.Body]:
    """Tell the last trades in aggregate form, optionally of a span or from an id."""
    listed = _symbol(front, parameters)
    limit = parameters.limit(500, TAPE_MAX)
    from_id, start, end = parameters.long("fromId"), parameters.long("startTime"), parameters.long("endTime")
    found = [
        body
        for body in (bodies.aggregate_trade(trade, listed) for trade in front.venue.rest.picture.tape(listed.symbol))
        if (from_id is None or body["a"] >= from_id)
        and (start is None or body["T"] >= start)
        and (end is None or body["T"] <= end)
    ]
    return found[-limit:] if from_id is None and start is None else found[:limit]


def day_ticker(front: Front, parameters: Parameters) -> Any:
    """Tell the 24-hour ticker of one symbol, several or all."""
    form = parameters.choice("type", ("FULL", "MINI"), (-1139, "Invalid ticker type."))
    return _tickers(front, parameters, bodies.mini_day if form == "MINI" else bodies.day)


def price_ticker(front: Front, parameters: Parameters) -> Any:
    """Tell the last price of one symbol, several or all."""
    return _tickers(
        front,
        parameters,
        lambda ticker, listed: {
            "symbol": listed.id,
            "price": listed.figures.prices.or_zero(ticker.last_ticks),
        },
    )


def book_ticker(front: Front, parameters: Parameters) -> Any:
    """Tell the best prices of one symbol, several or all."""
    return _tickers(front, parameters, bodies.best)


def one_or_all(one: int, all_of_them: int) -> Callable[[Parameters], int]:
    """Return a weight that depends on whether a symbol is named."""
    return lambda parameters: one if "symbol" in parameters else all_of_them


def _tickers(front: Front, parameters: Parameters, form: Callable[[Ticker, Listed], bodies.Body]) -> Any:
    picture = front.venue.rest.picture
    told = [form(picture.ticker(listed.symbol), listed) for listed in _asked(front, parameters)]
    return told[0] if "symbol" in parameters else told


def _asked(front: Front, parameters: Parameters) -> list[Listed]:
    """Return what `symbol` or `symbols` names, or all."""
    if "symbol" in parameters:
        if "symbols" in parameters:
            raise Refused(-1128, "Combination of optional parameters invalid.")
        return [_symbol(front, parameters)]
    if "symbols" not in parameters:
        return list(front.listing)
    try:
        names = msgspec.json.decode(parameters.text("symbols") or "", type=list[str])
    except msgspec.MsgspecError:
        raise Refused(-1135, "JSON sent for parameter 'symbols' is not valid") from None
    if not names or len(names) > SYMBOLS_PARAMETER_MAX:
        raise Refused(-1130, "Data sent for parameter 'symbols' is not valid.")
    if len(names) != len(dict.fromkeys(names)):
        raise Refused(-1151, "Symbol is present multiple times in the list.")
    return [front.listing.named(name) for name in names]


def _symbol(front: Front, parameters: Parameters) -> Listed:
    if not parameters.text("symbol"):
        raise missing("symbol")
    return front.listing.named(parameters.required("symbol", SYMBOL))


def _limit(kind: str, interval: str, number: int, most: int) -> Mapping[str, Any]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": most}


def _rules(front: Front, listed: Listed) -> Mapping[str, Any]:
    """Return one symbol's rules. Only filters that are enforced are told."""
    instrument = listed.instrument
    tick, lot = money(instrument.tick_size, PLACES), money(instrument.lot_size, PLACES)
    return {
        "symbol": listed.id,
        "status": "BREAK" if front.exchange.mode is TradingMode.HALTED else "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": PLACES,
        "quoteAsset": instrument.quote,
        "quotePrecision": PLACES,
        "quoteAssetPrecision": PLACES,
        "baseCommissionPrecision": PLACES,
        "quoteCommissionPrecision": PLACES,
        "orderTypes": list(KINDS),
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": money(instrument.max_price, PLACES),
                "tickSize": tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": money(instrument.min_quantity, PLACES),
                "maxQty": money(instrument.max_quantity, PLACES),
                "stepSize": lot,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": money(instrument.min_notional, PLACES),
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": front.settings.open_orders_max},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": list(SELF_TRADES),
    }
