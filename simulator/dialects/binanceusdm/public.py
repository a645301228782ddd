"""The futures' public endpoints, where they are not the spot exchange's: rules, books, tickers, marks."""

from collections.abc import Mapping
from typing import Any

from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.parameters import SYMBOL, Parameters
from simulator.dialects.binance.refusals import BAD_SYMBOL, Refused, missing
from simulator.dialects.binanceusdm import bodies
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.figures import decimals, money
from simulator.exchange.admission import TradingMode

DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
TAPE_MAX = 1000
FOREVER_MS = 4_133_404_800_000
ONBOARD_MS = 1_569_398_400_000
ORDER_TYPES = (
    *("LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"),
)


def exchange_info(front: Front, _parameters: Parameters) -> Mapping[str, Any]:
    """Tell the rules: limits, assets, symbols, filters."""
    settings, asset = front.usdm, front.futures.margin_asset
    return {
        "timezone": "UTC",
        "serverTime": front.wall_ms(),
        "futuresType": "U_MARGINED",
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, settings.weight_per_minute_max),
            _limit("ORDERS", "MINUTE", 1, settings.orders_per_minute_max),
            _limit("ORDERS", "SECOND", 10, settings.orders_per_10s_max),
        ],
        "exchangeFilters": [],
        "assets": [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"}],
        "symbols": [_rules(front, listed) for listed in front.listing],
    }


def depth(front: Front, parameters: Parameters) -> Body:
    """Tell the best levels of a book; only some depths are known."""
    listed = named(front, parameters)
    limit = parameters.limit(500, 1000)
    if limit not in DEPTHS:
        raise Refused(-4021, f"{limit} is not valid depth limit.")
    snapshot = front.doors.rest.picture.book(listed.symbol, limit)
    return bodies.book(snapshot, listed, front.wall_ms())


def depth_weight(parameters: Parameters) -> int:
    """Return what a look at a book costs."""
    levels = parameters.limit(500, 1000)
    return next(weight for most, weight in ((50, 2), (100, 5), (500, 10), (1000, 20)) if levels <= most)


def trades(front: Front, parameters: Parameters) -> list[Body]:
    """Tell the last trades."""
    listed = named(front, parameters)
    tape = front.doors.rest.picture.tape(listed.symbol, parameters.limit(500, TAPE_MAX))
    return [bodies.tape_trade(trade, listed) for trade in tape]


def day_ticker(front: Front, parameters: Parameters) -> Any:
    """Tell the 24-hour ticker of one symbol, or of all."""
    return _each(front, parameters, bodies.day)


def book_ticker(front: Front, parameters: Parameters) -> Any:
    """Tell the best prices of one symbol, or of all."""
    return _each(front, parameters, bodies.best)


def price_ticker(front: Front, parameters: Parameters) -> Any:
    """Tell the last price of one symbol, or of all."""
    return _each(
        front,
        parameters,
        lambda ticker, listed: {
            "symbol": listed.id,
            "price": listed.figures.prices.or_zero(ticker.last_ticks),
            "time": ticker.at_ns // MS,
        },
    )


def premium_index(front: Front, parameters: Parameters) -> Any:
    """Tell mark, index and funding of one contract, or of all."""
    listings = [named(front, parameters)] if parameters.text("symbol") else list(front.listing)
    marks = [(front.mark(listed.symbol), listed) for listed in listings]
    told = [bodies.premium(mark, listed) for mark, listed in marks if mark is not None]
    if not parameters.text("symbol"):
        return told
    if not told:
        raise Refused(*BAD_SYMBOL)
    return told[0]


def funding_rates(front: Front, parameters: Parameters) -> list[Body]:
    """Tell what was paid at the last moments of funding, of one contract or of all."""
    listings = [named(front, parameters)] if parameters.text("symbol") else list(front.listing)
    start, end = parameters.long("startTime"), parameters.long("endTime")
    found = [
        {
            "symbol": listed.id,
            "fundingTime": mark.at_ns // MS,
            "fundingRate": f"{mark.settled_rate:.8f}",
            "markPrice": money(listed.instrument.price(mark.mark_ticks), PLACES),
        }
        for listed in listings
        for mark in front.doors.seen.settled(listed.symbol)
        if (start is None or mark.at_ns // MS >= start) and (end is None or mark.at_ns // MS <= end)
    ]
    found.sort(key=lambda body: int(str(body["fundingTime"])))
    limit = parameters.limit(100, TAPE_MAX)
    return found[-limit:] if start is None else found[:limit]


def funding_info(front: Front, _parameters: Parameters) -> list[Body]:
    """Tell the bounds and intervals of funding."""
    return [
        {
            "symbol": listed.id,
            "adjustedFundingRateCap": f"{front.contract(listed.symbol).funding_rate_max:.8f}",
            "adjustedFundingRateFloor": f"-{front.contract(listed.symbol).funding_rate_max:.8f}",
            "fundingIntervalHours": front.contract(listed.symbol).funding_interval_ns // (3_600_000 * MS),
            "disclaimer": False,
        }
        for listed in front.listing
    ]


def open_interest(front: Front, parameters: Parameters) -> Body:
    """Tell how many contracts are held."""
    listed = named(front, parameters)
    picture = front.doors.seen
    held = [picture.position(account, listed.symbol) for account in picture.accounts()]
    lots = sum(max(0, position.lots) for position in held if position is not None)
    return {
        "symbol": listed.id,
        "openInterest": listed.figures.quantities.text(lots),
        "time": front.wall_ms(),
    }


def named(front: Front, parameters: Parameters) -> Listed:
    """Return the symbol that a request must name."""
    if not parameters.text("symbol"):
        raise missing("symbol")
    return front.listing.named(parameters.required("symbol", SYMBOL))


def _each(front: Front, parameters: Parameters, form: Any) -> Any:
    picture = front.doors.rest.picture
    if parameters.text("symbol"):
        listed = named(front, parameters)
        return form(picture.ticker(listed.symbol), listed)
    return [form(picture.ticker(listed.symbol), listed) for listed in front.listing]


def _limit(kind: str, interval: str, number: int, most: int) -> Mapping[str, Any]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": most}


def _rules(front: Front, listed: Listed) -> Mapping[str, Any]:
    """Return one contract's rules. Only filters that are enforced are told."""
    contract = front.contract(listed.symbol)
    tick_places, lot_places = decimals(contract.tick_size), decimals(contract.lot_size)
    sizes = {
        "minQty": money(contract.min_quantity, lot_places),
        "maxQty": money(contract.max_quantity, lot_places),
        "stepSize": money(contract.lot_size, lot_places),
    }
    return {
        "symbol": listed.id,
        "pair": listed.id,
        "contractType": "PERPETUAL",
        "deliveryDate": FOREVER_MS,
        "onboardDate": ONBOARD_MS,
        "status": "SETTLING" if front.futures.mode is TradingMode.HALTED else "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": contract.quote,
        "pricePrecision": tick_places,
        "quantityPrecision": lot_places,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": f"{contract.liquidation_fee_bps / 10_000:.6f}",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": money(contract.tick_size, tick_places),
                "maxPrice": money(contract.max_price, tick_places),
                "tickSize": money(contract.tick_size, tick_places),
            },
            {"filterType": "LOT_SIZE", **sizes},
            {"filterType": "MARKET_LOT_SIZE", **sizes},
            {"filterType": "MAX_NUM_ORDERS", "limit": front.usdm.open_orders_max},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": front.usdm.algo_orders_max},
            {"filterType": "MIN_NOTIONAL", "notional": f"{contract.min_notional:f}"},
        ],
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
