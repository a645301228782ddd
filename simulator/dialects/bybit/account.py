"""Bybit's account endpoints: what a key may do, what is held, how orders stand, what has traded.

Two lists know of orders. `order/realtime` knows the open ones and the last finished ones, until the service restarts;
`order/history` knows the finished ones, a little later, and forgets after a day those that never traded.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice

from simulator.dialects.bybit import bodies, ids, worth
from simulator.dialects.bybit.bodies import Body
from simulator.dialects.bybit.errors import UNSUPPORTED_SYMBOL, Refused, wrong
from simulator.dialects.bybit.front import Front, user_id
from simulator.dialects.bybit.limits import MS
from simulator.dialects.bybit.listing import amount
from simulator.dialects.bybit.pages import page
from simulator.dialects.bybit.parameters import Parameters
from simulator.exchange.orders import OrderRecord, TradeRecord
from simulator.exchange.picture import Picture
from simulator.exchange.rejections import UnknownOrder

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
ORDERS_PAGE, ORDERS_PAGE_MAX = 20, 50
TRADES_PAGE, TRADES_PAGE_MAX = 50, 100
KEY_LIFE_DAYS = 90
UNIFIED_ACCOUNT_2_PRO = 6


def query_api(front: Front, _parameters: Parameters, account: str) -> Body:
    """Tell what the key may do."""
    wall_ms = front.wall_ms()
    return {
        "id": str(user_id(account)),
        "note": account,
        "apiKey": "",
        "readOnly": 0,
        "secret": "",
        "permissions": {
            "ContractTrade": [],
            "Spot": ["SpotTrade"],
            "Wallet": ["AccountTransfer"],
            "Options": [],
            "Derivatives": [],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
            "Affiliate": [],
            "Earn": [],
        },
        "ips": ["*"],
        "type": 1,
        "deadlineDay": KEY_LIFE_DAYS,
        "expiredAt": _date(wall_ms + KEY_LIFE_DAYS * DAY_MS),
        "createdAt": _date(wall_ms - DAY_MS),
        "unified": 0,
        "uta": 1,
        "userID": user_id(account),
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }


def info(front: Front, _parameters: Parameters, _account: str) -> Body:
    """Tell what kind of account it is: a unified one."""
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": str(front.wall_ms()),
        "unifiedMarginStatus": UNIFIED_ACCOUNT_2_PRO,
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def dcp_info(front: Front, _parameters: Parameters, account: str) -> Body:
    """Tell how disconnection protection stands."""
    if not front.settings.dcp_is_granted:
        return {"dcpInfos": []}
    window_s = front.protection.window_s(account, "SPOT")
    return {"dcpInfos": [{"product": "SPOT", "dcpStatus": "ON", "timeWindow": str(window_s)}]}


def coins(front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell how coins come and go: they do not."""
    asked = parameters.text("coin")
    chain = {
        "confirmation": "6",
        "withdrawFee": "0.0005",
        "depositMin": "0",
        "withdrawMin": "0.001",
        "chainDeposit": "1",
        "chainWithdraw": "1",
        "minAccuracy": "8",
        "withdrawPercentageFee": "0",
        "contractAddress": "",
        "safeConfirmNumber": "65",
    }
    return {
        "rows": [
            {
                "name": asset,
                "coin": asset,
                "remainAmount": "150",
                "chains": [{"chainType": asset, "chain": asset} | chain],
            }
            for asset in front.listing.assets
            if asked in (None, asset)
        ]
    }


def wallet_balance(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell what the account holds."""
    if parameters.text("accountType") != "UNIFIED":
        raise Refused(10001, "accountType only support UNIFIED.")
    named = parameters.text("coin")
    picture = front.venue.rest.picture
    held = picture.balances(account)
    wanted = named.split(",") if named is not None else [asset for asset, one in held.items() if one.total]
    balances = [held[asset] for asset in wanted if asset in held]
    return {"list": [worth.wallet(balances, front.listing, picture)]}


def fee_rate(front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell the fees of one pair, or all."""
    category, named = parameters.category(), parameters.text("symbol")
    fees = front.exchange.fees
    rates = {"takerFeeRate": amount(fees.taker_bps / 10_000), "makerFeeRate": amount(fees.maker_bps / 10_000)}
    listed = front.listing if category == "spot" else ()
    return {"list": [{"symbol": one.id, "baseCoin": ""} | rates for one in listed if named in (None, one.id)]}


def positions(_front: Front, parameters: Parameters, _account: str) -> Body:
    """Tell the positions of a category: nobody has any."""
    return {"category": parameters.category(), "nextPageCursor": "", "list": []}


def realtime(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell the open orders, or the last finished ones, or one of either by its id."""
    category = parameters.category()
    if category != "spot":
        return {"category": category, "nextPageCursor": "", "list": []}
    picture = front.venue.rest.picture
    recent = islice(reversed(picture.closed_orders(account)), front.settings.recent_orders_max)
    finished = [record for record in recent if record.updated_ns >= front.born_ns]
    if _names_order(parameters):
        found: Iterable[OrderRecord] = [*picture.open_orders(account), *finished]
    else:
        found = finished if parameters.whole("openOnly") else picture.open_orders(account)
    return _orders(front, picture, sorted(found, key=_age), parameters)


def history(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell the finished orders of a week; those without a fill only for a day."""
    category = parameters.category()
    if category != "spot":
        return {"category": category, "nextPageCursor": "", "list": []}
    picture, now_ms = front.venue.rest.picture, front.wall_ms()
    known_ns = front.timeline.wall_ns() - front.venue.rest.lag_ns - front.settings.history_lag_ns
    since, until = _span(parameters, now_ms)
    status = parameters.text("orderStatus")
    found = [
        record
        for record in picture.closed_orders(account)
        if record.updated_ns <= known_ns
        and (record.filled_lots or now_ms - record.updated_ns // MS <= DAY_MS)
        and (_names_order(parameters) or since <= record.created_ns // MS <= until)
        and status in (None, bodies.status(record))
    ]
    return _orders(front, picture, sorted(found, key=_age), parameters)


def executions(front: Front, parameters: Parameters, account: str) -> Body:
    """Tell the account's trades, the newest first."""
    category = parameters.category()
    if category != "spot" or parameters.text("execType") not in (None, "Trade"):
        return {"category": category, "nextPageCursor": "", "list": []}
    picture = front.venue.rest.picture
    since, until = _span(parameters, front.wall_ms())
    order_id, link_id, symbol = parameters.text("orderId"), parameters.link_id(), _symbol(front, parameters)
    number = ids.order_number(order_id) if order_id is not None else None

    def is_wanted(trade: TradeRecord) -> bool:
        if order_id is not None:
            return trade.order_id == number
        if link_id is not None:
            return trade.client_order_id == link_id
        return symbol in (None, trade.symbol) and since <= trade.at_ns // MS <= until

    found = [trade for trade in reversed(picture.trades(account)) if is_wanted(trade)]
    told, cursor = page(found, parameters, _trade_name, default=TRADES_PAGE, most=TRADES_PAGE_MAX)
    return {
        "category": category,
        "nextPageCursor": cursor,
        "list": [_execution(front, picture, trade) for trade in told],
    }


def _orders(front: Front, picture: Picture, newest_first: Iterable[OrderRecord], parameters: Parameters) -> Body:
    """Return a page of the orders that a request names: by id, else by client id, else by pair."""
    order_id, link_id, symbol = parameters.text("orderId"), parameters.link_id(), _symbol(front, parameters)
    is_stop = parameters.text("orderFilter") in ("StopOrder", "tpslOrder")
    wants_plain = parameters.text("orderFilter") == "Order"

    def is_wanted(record: OrderRecord) -> bool:
        if order_id is not None:
            return record.order_id == ids.order_number(order_id)
        if link_id is not None:
            return record.client_order_id == link_id
        is_conditional = record.trigger is not None
        return (
            symbol in (None, record.symbol) and (is_conditional or not is_stop) and not (is_conditional and wants_plain)
        )

    found = [record for record in newest_first if is_wanted(record)]
    told, cursor = page(found, parameters, _order_name, default=ORDERS_PAGE, most=ORDERS_PAGE_MAX)
    shown = [
        bodies.order(
            record,
            front.listing.by_symbol[record.symbol],
            picture.trades_of(record),
            front.quote_amount(record.order_id),
        )
        for record in told
    ]
    return {"category": "spot", "nextPageCursor": cursor, "list": shown}


def _execution(front: Front, picture: Picture, trade: TradeRecord) -> Body:
    try:
        record = picture.order(trade.account, order_id=trade.order_id)
    except UnknownOrder:
        record = None
    left = record.remaining_lots if record is not None else 0
    return bodies.execution(trade, record, front.listing.by_symbol[trade.symbol], front.exchange.fees, left)


def _names_order(parameters: Parameters) -> bool:
    return parameters.has("orderId") or parameters.has("orderLinkId")


def _symbol(front: Front, parameters: Parameters) -> str | None:
    """Return the pair that a request is about in the core's words, None if it is about all."""
    name = parameters.text("symbol")
    if name is None:
        return None
    listed = front.listing.by_id.get(name)
    if listed is None:
        raise Refused(*UNSUPPORTED_SYMBOL)
    return listed.symbol


def _span(parameters: Parameters, now_ms: int) -> tuple[int, int]:
    """Return the week, in milliseconds, that a request is about."""
    start, end = parameters.whole("startTime"), parameters.whole("endTime")
    if start is not None and end is not None:
        if not 0 <= end - start <= WEEK_MS:
            raise wrong("startTime, endTime")
        return start, end
    if start is not None:
        return start, start + WEEK_MS
    until = now_ms if end is None else end
    return until - WEEK_MS, until


def _age(record: OrderRecord) -> tuple[int, int]:
    return (-record.created_ns, -record.order_id)


def _order_name(record: OrderRecord) -> str:
    return f"{ids.order(record.order_id)}:{record.created_ns // MS}"


def _trade_name(trade: TradeRecord) -> str:
    return f"{ids.execution(trade.trade_id)}:{trade.at_ns // MS}"


def _date(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
