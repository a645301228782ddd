"""Kraken's account endpoints: balances, orders and trades, as the venue's REST view shows them."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from simulator.dialects.figures import money
from simulator.dialects.kraken import bodies, ids
from simulator.dialects.kraken.clock import NS
from simulator.dialects.kraken.errors import INVALID_ARGUMENTS, INVALID_ORDER, Refused, invalid
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.listing import Asset
from simulator.dialects.kraken.parameters import Parameters
from simulator.exchange.orders import OrderRecord, TradeRecord
from simulator.exchange.picture import Picture
from simulator.exchange.rejections import UnknownOrder
from simulator.exchange.venue import ApiKey

PAGE = 50
QUERY_MAX = 50


def balance(front: Front, _parameters: Parameters, account: str) -> Any:
    """Tell what the account holds."""
    held = front.venue.rest.picture.balances(account)
    return {asset.id: money(held[name].total, asset.places) for name, asset in _held(front, held)}


def balance_ex(front: Front, _parameters: Parameters, account: str) -> Any:
    """Tell what the account holds, and what of it open orders need."""
    held = front.venue.rest.picture.balances(account)
    return {asset.id: bodies.balance(held[name], asset) for name, asset in _held(front, held)}


def key_info(front: Front, key: ApiKey, nonce: str) -> Any:
    """Tell what a key may do, and since when it has been so."""
    begun_s = str(front.timeline.wall_ns() // NS)
    names = {"read": ("query-funds", "query-open-trades", "query-closed-trades"), "trade": ("modify-trades",)}
    names["withdraw"] = ("withdraw-funds",)
    return {
        "apiKeyName": key.account,
        "apiKey": key.key,
        "nonce": nonce,
        "nonceWindow": 0,
        "permissions": [name for right, granted in names.items() if right in key.may for name in granted],
        "iban": "",
        "validUntil": "0",
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": begun_s,
        "modifiedTime": begun_s,
        "ipAllowlist": [],
        "lastUsed": begun_s,
    }


def query_orders(front: Front, parameters: Parameters, account: str) -> Any:
    """Tell how orders stand, by their ids; unknown ones are left out."""
    named = parameters.text("txid")
    if named is None:
        raise Refused(INVALID_ARGUMENTS)
    wanted = named.split(",")
    if len(wanted) > QUERY_MAX:
        raise invalid("txid")
    userref = parameters.userref()
    picture = front.venue.rest.picture
    found = []
    for text in wanted:
        order_id = ids.number(ids.ORDER, text.strip())
        if order_id is None:
            raise Refused(INVALID_ORDER)
        try:
            record = picture.order(account, order_id=order_id)
        except UnknownOrder:
            continue
        if userref is None or front.userref(record) == userref:
            found.append(record)
    return _orders(front, picture, found, with_trades=parameters.flag("trades"))


def open_orders(front: Front, parameters: Parameters, account: str) -> Any:
    """Tell the open orders, newest first."""
    picture = front.venue.rest.picture
    is_wanted = _filter(front, parameters)
    records = [record for record in reversed(picture.open_orders(account)) if is_wanted(record)]
    return {"open": _orders(front, picture, records, with_trades=parameters.flag("trades"))}


def closed_orders(front: Front, parameters: Parameters, account: str) -> Any:
    """Tell a page of finished orders, the last to finish first."""
    picture = front.venue.rest.picture
    is_wanted = _filter(front, parameters)
    since, until = _moment(parameters, "start"), _moment(parameters, "end")

    def is_in_span(record: OrderRecord) -> bool:
        return _within(record.updated_ns, since, until)

    records = [record for record in picture.closed_orders(account) if is_wanted(record) and is_in_span(record)]
    page = _page(reversed(records), parameters)
    return {
        "closed": _orders(front, picture, page, with_trades=parameters.flag("trades")),
        "count": len(records),
    }


def trades_history(front: Front, parameters: Parameters, account: str) -> Any:
    """Tell a page of the account's trades, the last first."""
    picture = front.venue.rest.picture
    since, until = _moment(parameters, "start"), _moment(parameters, "end")
    trades = [trade for trade in picture.trades(account) if _within(trade.at_ns, since, until)]
    page = _page(reversed(trades), parameters)
    return {"trades": _trades(front, picture, page), "count": len(trades)}


def query_trades(front: Front, parameters: Parameters, account: str) -> Any:
    """Tell trades by their ids; unknown ones are left out."""
    named = parameters.text("txid")
    if named is None:
        raise Refused(INVALID_ARGUMENTS)
    wanted = {text.strip() for text in named.split(",")}
    if len(wanted) > QUERY_MAX:
        raise invalid("txid")
    picture = front.venue.rest.picture
    trades = [trade for trade in picture.trades(account) if ids.made(ids.TRADE, trade.trade_id) in wanted]
    return _trades(front, picture, trades)


def trade_volume(front: Front, parameters: Parameters, _account: str) -> Any:
    """Tell the fees of pairs, in per cent; they do not depend on volume here."""
    asked = parameters.text("pair")
    pairs = [front.listing.named(name) for name in asked.split(",")] if asked is not None else []
    fees = front.exchange.fees

    def tier(bps: Decimal) -> dict[str, str | None]:
        fee = f"{bps / 100:.4f}"
        return {
            "fee": fee,
            "minfee": fee,
            "maxfee": fee,
            "nextfee": None,
            "tiervolume": "0.0000",
            "nextvolume": None,
        }

    return {
        "currency": "ZUSD",
        "volume": "0.0000",
        "fees": {pair.id: tier(fees.taker_bps) for pair in pairs},
        "fees_maker": {pair.id: tier(fees.maker_bps) for pair in pairs},
    }


def _held(front: Front, held: Iterable[str]) -> list[tuple[str, Asset]]:
    return [(name, front.listing.assets.get(name) or Asset(name)) for name in held]


def _orders(front: Front, picture: Picture, records: Iterable[OrderRecord], *, with_trades: bool) -> Any:
    shown = {}
    for record in records:
        trades = picture.trades_of(record)
        pair = front.listing.by_symbol[record.symbol]
        body = bodies.order(record, pair, trades, front.userref(record))
        if with_trades and trades:
            body["trades"] = [ids.made(ids.TRADE, trade.trade_id) for trade in trades]
        shown[ids.made(ids.ORDER, record.order_id)] = body
    return shown


def _trades(front: Front, picture: Picture, trades: Iterable[TradeRecord]) -> Any:
    shown = {}
    for trade in trades:
        try:
            order = picture.order(trade.account, order_id=trade.order_id)
        except UnknownOrder:
            order = None
        pair = front.listing.by_symbol[trade.symbol]
        shown[ids.made(ids.TRADE, trade.trade_id)] = bodies.my_trade(trade, pair, bodies.order_type(order))
    return shown


def _filter(front: Front, parameters: Parameters) -> Callable[[OrderRecord], bool]:
    userref, client_order_id = parameters.userref(), parameters.text("cl_ord_id")
    return lambda record: (
        (userref is None or front.userref(record) == userref)
        and (client_order_id is None or record.client_order_id == client_order_id)
    )


def _page(newest_first: Iterable[Any], parameters: Parameters) -> list[Any]:
    offset = parameters.whole("ofs") or 0
    return list(islice(newest_first, offset, offset + PAGE))


def _moment(parameters: Parameters, name: str) -> int | None:
    """Return a bound of time in Unix nanoseconds, given in seconds with or without a fraction."""
    value = parameters.number(name) if parameters.text(name) != "0" else None
    return None if value is None else int(value * NS)


def _within(at_ns: int, since: int | None, until: int | None) -> bool:
    """Say whether a moment lies after `since` and not after `until`."""
    return (since is None or at_ns > since) and (until is None or at_ns <= until)
