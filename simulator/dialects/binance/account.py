"""Binance's account endpoints: orders, trades and balances, as the venue's REST view shows them."""

import zlib
from collections.abc import Mapping
from typing import Any

from simulator.dialects.binance import bodies
from simulator.dialects.binance.front import MS, Front
from simulator.dialects.binance.orders import names
from simulator.dialects.binance.parameters import SYMBOL, Parameters
from simulator.dialects.binance.refusals import NO_SUCH_ORDER, Refused
from simulator.dialects.figures import money
from simulator.exchange.orders import OrderRecord, TradeRecord
from simulator.exchange.rejections import UnknownOrder
from simulator.exchange.venue import ApiKey

PAGE_DEFAULT, PAGE_MAX = 500, 1000
SPAN_MAX_MS = 24 * 3600 * 1000


def account(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Tell balances and commissions."""
    flag = parameters.choice("omitZeroBalances", ("true", "false"), (-1130, _bad("omitZeroBalances")))
    return bodies.account(
        front.venue.rest.picture.balances(account),
        front.exchange.fees,
        zlib.crc32(account.encode()),
        front.wall_ms(),
        omit_zero=flag == "true",
    )


def restrictions(front: Front, key: ApiKey) -> Mapping[str, Any]:
    """Tell what a key may do."""
    return {
        "ipRestrict": False,
        "createTime": front.wall_ms(),
        "enableReading": "read" in key.may,
        "enableWithdrawals": "withdraw" in key.may,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": "trade" in key.may,
        "enablePortfolioMarginTrading": False,
    }


def order(front: Front, parameters: Parameters, account: str) -> Mapping[str, Any]:
    """Tell how one order stands."""
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    order_id, client_order_id = names(parameters)
    try:
        record = front.venue.rest.picture.order(
            account, order_id=order_id, client_order_id=client_order_id, symbol=listed.symbol
        )
    except UnknownOrder:
        raise Refused(*NO_SUCH_ORDER) from None
    return bodies.queried(record, listed)


def open_orders(front: Front, parameters: Parameters, account: str) -> list[bodies.Body]:
    """Tell the open orders of a symbol, or all."""
    named = parameters.matching("symbol", SYMBOL)
    symbol = front.listing.named(named).symbol if named is not None else None
    records = front.venue.rest.picture.open_orders(account, symbol)
    return [bodies.queried(record, front.listing.by_symbol[record.symbol]) for record in records]


def all_orders(front: Front, parameters: Parameters, account: str) -> list[bodies.Body]:
    """Tell the orders of a symbol, open and finished, by creation."""
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    limit = parameters.limit(PAGE_DEFAULT, PAGE_MAX)
    from_id = parameters.long("orderId")
    start, end = _span(parameters)
    picture = front.venue.rest.picture
    if from_id is None and start is None and end is None:
        return [bodies.queried(record, listed) for record in picture.orders(account, listed.symbol, limit=limit)]

    def is_wanted(record: OrderRecord) -> bool:
        return (from_id is None or record.order_id >= from_id) and _within(record.created_ns // MS, start, end)

    found = [record for record in picture.orders(account, listed.symbol) if is_wanted(record)]
    page = found[-limit:] if from_id is None and start is None else found[:limit]
    return [bodies.queried(record, listed) for record in page]


def my_trades(front: Front, parameters: Parameters, account: str) -> list[bodies.Body]:
    """Tell the account's trades of a symbol, oldest first."""
    listed = front.listing.named(parameters.required("symbol", SYMBOL))
    limit = parameters.limit(PAGE_DEFAULT, PAGE_MAX)
    order_id, from_id = parameters.long("orderId"), parameters.long("fromId")
    start, end = _span(parameters)
    if from_id is not None and (start is not None or end is not None):
        raise Refused(-1128, "Combination of optional parameters invalid.")
    picture = front.venue.rest.picture
    if order_id is None and from_id is None and start is None and end is None:
        return [bodies.my_trade(trade, listed) for trade in picture.trades(account, listed.symbol, limit=limit)]

    def is_wanted(trade: TradeRecord) -> bool:
        return (
            (order_id is None or trade.order_id == order_id)
            and (from_id is None or trade.trade_id >= from_id)
            and _within(trade.at_ns // MS, start, end)
        )

    found = [trade for trade in picture.trades(account, listed.symbol) if is_wanted(trade)]
    page = found[-limit:] if from_id is None and start is None else found[:limit]
    return [bodies.my_trade(trade, listed) for trade in page]


def order_counts(front: Front, _parameters: Parameters, account: str) -> list[Mapping[str, Any]]:
    """Tell how many unfilled orders count against the limits."""
    in_10s, in_1d = front.limits.order_counts(account)
    settings = front.settings
    return [
        _count("SECOND", 10, settings.orders_per_10s_max, in_10s),
        _count("DAY", 1, settings.orders_per_day_max, in_1d),
    ]


def system_status(_front: Front, _parameters: Parameters) -> Mapping[str, Any]:
    """Tell that no maintenance is under way."""
    return {"status": 0, "msg": "normal"}


def coins(front: Front, _parameters: Parameters, account: str) -> list[Mapping[str, Any]]:
    """Tell every asset with the account's holdings and the networks it can travel on."""
    balances = front.venue.rest.picture.balances(account)
    assets = dict.fromkeys(
        asset for listed in front.listing for asset in (listed.instrument.base, listed.instrument.quote)
    )
    return [_coin(asset, balances) for asset in assets]


def trade_fees(front: Front, parameters: Parameters, _account: str) -> list[Mapping[str, Any]]:
    """Tell the fees of one symbol, or of all, as rates."""
    named = parameters.matching("symbol", SYMBOL)
    fees = front.exchange.fees
    maker, taker = f"{fees.maker_bps / 10_000:f}", f"{fees.taker_bps / 10_000:f}"
    return [
        {"symbol": listed.id, "makerCommission": maker, "takerCommission": taker}
        for listed in ([front.listing.named(named)] if named is not None else front.listing)
    ]


def nothing(_front: Front, _parameters: Parameters, _account: str) -> list[Any]:
    """Answer with an empty list: what is asked for (margin pairs) does not exist here."""
    return []


def open_orders_weight(parameters: Parameters) -> int:
    """Return what a look at open orders costs."""
    return 6 if "symbol" in parameters else 80


def my_trades_weight(parameters: Parameters) -> int:
    """Return what a look at trades costs."""
    return 5 if "orderId" in parameters else 20


def _bad(name: str) -> str:
    return f"Data sent for parameter '{name}' is not valid."


def _span(parameters: Parameters) -> tuple[int | None, int | None]:
    start, end = parameters.long("startTime"), parameters.long("endTime")
    if start is not None and end is not None:
        if end < start:
            raise Refused(-1128, "Combination of optional parameters invalid.")
        if end - start > SPAN_MAX_MS:
            raise Refused(-1127, "More than 24 hours between startTime and endTime.")
    return start, end


def _within(at_ms: int, start: int | None, end: int | None) -> bool:
    return (start is None or at_ms >= start) and (end is None or at_ms <= end)


def _count(interval: str, number: int, most: int, count: int) -> Mapping[str, Any]:
    return {"rateLimitType": "ORDERS", "interval": interval, "intervalNum": number, "limit": most, "count": count}


def _coin(asset: str, balances: Mapping[str, Any]) -> Mapping[str, Any]:
    held = balances.get(asset)
    return {
        "coin": asset,
        "depositAllEnable": True,
        "withdrawAllEnable": True,
        "name": asset,
        "free": money(held.free, 8) if held else "0",
        "locked": money(held.locked, 8) if held else "0",
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": False,
        "trading": True,
        "networkList": [],
    }
