"""OKX's account endpoints: balances, orders and fills, as the venue's REST view shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from simulator.dialects.okx import account_bodies, bodies
from simulator.dialects.okx.errors import NO_INSTRUMENT, NO_ORDER, Refused, bad_parameter
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.listing import CHAINS, NAMES, SPOT, TYPES, order_number, user_id
from simulator.dialects.okx.parameters import Fields, page, required, whole
from simulator.dialects.okx.public import named
from simulator.exchange.orders import OrderRecord, TradeRecord
from simulator.exchange.rejections import UnknownOrder

BPS = Decimal(10_000)


def currencies(front: Front, fields: Fields, _account: str) -> list[Any]:
    """Tell the assets, one entry for each chain; each has one chain here, and none can be moved."""
    wanted = fields.get("ccy")
    names = front.listing.assets if not wanted else [name for name in wanted.split(",") if name in front.listing.assets]
    return [_currency(name) for name in names]


def balance(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell what the account holds; assets of which it has nothing are left out."""
    picture = front.venue.rest.picture
    wanted = fields.get("ccy")
    names = None if not wanted else wanted.split(",")
    pairs = tuple(front.listing)
    at_ms = front.wall_ms()
    details = [
        account_bodies.held(one, account_bodies.dollars(picture, asset, pairs), at_ms)
        for asset, one in picture.balances(account).items()
        if one.total and (names is None or asset in names)
    ]
    return [account_bodies.account(details, at_ms)]


def config(front: Front, _fields: Fields, account: str) -> list[Any]:
    """Tell how the account is set up: spot mode, net positions, the default self-trade prevention."""
    uid = user_id(account)
    return [
        {
            "acctLv": "1",
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "enableSpotBorrow": False,
            "feeType": "0",
            "greeksType": "PA",
            "ip": "",
            "kycLv": "3",
            "label": front.venue.name,
            "level": "Lv1",
            "levelTmp": "",
            "liquidationGear": "-1",
            "mainUid": uid,
            "mgnIsoMode": "automatic",
            "opAuth": "0",
            "perm": "read_only,trade",
            "posMode": "net_mode",
            "roleType": "0",
            "settleCcy": "",
            "settleCcyList": [],
            "spotBorrowAutoRepay": False,
            "spotOffsetType": "",
            "spotRoleType": "0",
            "spotTraderInsts": [],
            "stgyType": "0",
            "traderInsts": [],
            "type": "0",
            "uid": uid,
        }
    ]


def positions(_front: Front, _fields: Fields, _account: str) -> list[Any]:
    """Tell the positions: an account that trades spot has none."""
    return []


def trade_fee(front: Front, fields: Fields, _account: str) -> list[Any]:
    """Tell the fees; OKX tells what is paid as a negative number."""
    if required(fields, "instType") not in TYPES:
        raise bad_parameter("instType")
    if fields.get("instId") and fields["instId"] not in front.listing.by_id:
        raise Refused(NO_INSTRUMENT.code, NO_INSTRUMENT.message)
    fees = front.exchange.fees
    empty = ("delivery", "exercise", "makerU", "makerUSDC", "takerU", "takerUSDC", "settle")
    return [
        {
            **dict.fromkeys(empty, ""),
            "category": "1",
            "feeGroup": [],
            "fiat": [],
            "instType": fields["instType"],
            "level": "Lv1",
            "maker": _rate(fees.maker_bps),
            "ruleType": "normal",
            "taker": _rate(fees.taker_bps),
            "ts": str(front.wall_ms()),
        }
    ]


def order(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell one order, by either id; of several with one client id, the latest."""
    pair = named(front, fields)
    number, client_order_id = fields.get("ordId"), fields.get("clOrdId")
    if not number and not client_order_id:
        raise Refused("50015", "Either parameter ordId or clOrdId is required", status=400)
    try:
        record = front.venue.rest.picture.order(
            account,
            order_id=order_number(number) if number else None,
            client_order_id=None if number else client_order_id,
            symbol=pair.symbol,
        )
    except UnknownOrder:
        raise Refused(*NO_ORDER) from None
    is_found = bool(number) or record.trigger is None  # the client id of an algo order is another
    if not bodies.became_order(record) or not is_found or not _is_kept(front, record):
        raise Refused(*NO_ORDER)
    return [_order(front, record)]


def orders_pending(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell the open orders, newest first; what waits to be triggered is told elsewhere."""
    is_wanted = _filter(front, fields)
    records = (
        record
        for record in reversed(front.venue.rest.picture.open_orders(account))
        if bodies.became_order(record) and is_wanted(record)
    )
    return [_order(front, record) for record in islice(records, page(fields))]


def orders_history(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell finished orders, newest first."""
    required(fields, "instType")
    is_wanted = _filter(front, fields)
    since, until = whole(fields, "begin"), whole(fields, "end")

    def is_in_span(record: OrderRecord) -> bool:
        at_ms = record.created_ns // 1_000_000
        return (since is None or at_ms >= since) and (until is None or at_ms <= until)

    picture = front.venue.rest.picture
    records = (
        record
        for record in reversed(picture.orders(account))
        if not record.is_open
        and bodies.became_order(record)
        and _is_kept(front, record)
        and is_wanted(record)
        and is_in_span(record)
    )
    return [_order(front, record) for record in islice(records, page(fields))]


def fills(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell the account's trades, newest first."""
    symbol = _symbol(front, fields)
    number = fields.get("ordId")
    since, until = whole(fields, "begin"), whole(fields, "end")
    older, newer = _bounds(fields)

    def is_wanted(trade: TradeRecord) -> bool:
        at_ms = trade.at_ns // 1_000_000
        bill = 2 * trade.trade_id + (1 if trade.maker else 0)
        return (
            (not number or trade.order_id == order_number(number))
            and (since is None or at_ms >= since)
            and (until is None or at_ms <= until)
            and (older is None or bill < older)
            and (newer is None or bill > newer)
        )

    trades = (one for one in reversed(front.venue.rest.picture.trades(account, symbol)) if is_wanted(one))
    return [_fill(front, one) for one in islice(trades, page(fields))] if _is_spot(fields) else []


def fills_history(front: Front, fields: Fields, account: str) -> list[Any]:
    """Tell the account's trades of one type of instruments."""
    required(fields, "instType")
    return fills(front, fields, account)


def order_body(front: Front, record: OrderRecord, trades: Iterable[TradeRecord]) -> dict[str, Any]:
    """Return an order as REST tells it."""
    pair = front.listing.by_symbol[record.symbol]
    return bodies.order(record, pair, list(trades), front.note_of(record))


def _order(front: Front, record: OrderRecord) -> dict[str, Any]:
    return order_body(front, record, front.venue.rest.picture.trades_of(record))


def _is_kept(front: Front, record: OrderRecord) -> bool:
    """Say whether OKX still knows an order: it forgets what was cancelled without a fill."""
    age_ns = front.timeline.wall_ns() - record.updated_ns
    return record.is_open or bool(record.filled_lots) or age_ns < front.settings.unfilled_kept_ns


def _fill(front: Front, trade: TradeRecord) -> dict[str, Any]:
    fees = front.exchange.fees
    rate = (fees.maker_bps if trade.maker else fees.taker_bps) / BPS
    pair, note = front.listing.by_symbol[trade.symbol], front.note_of(trade)
    return bodies.fill(trade, pair, note, rate, by_algo=_is_by_algo(front, trade))


def _is_by_algo(front: Front, trade: TradeRecord) -> bool:
    try:
        return front.exchange.truth.order(trade.account, order_id=trade.order_id).trigger is not None
    except UnknownOrder:  # so long ago that only its fills are kept
        return bool(front.note_of(trade).algo)


def _filter(front: Front, fields: Fields) -> Callable[[OrderRecord], bool]:
    """Return what a list of orders is narrowed to."""
    symbol, state, kind = _symbol(front, fields), fields.get("state"), fields.get("ordType")
    if state and state not in ("live", "partially_filled", "filled", "canceled", "mmp_canceled"):
        raise bad_parameter("state")
    kinds = kind.split(",") if kind else None
    older, newer = _bounds(fields)
    spot = _is_spot(fields)
    return lambda record: (
        spot
        and symbol in (None, record.symbol)
        and (not state or bodies.STATES[record.status] == state)
        and (kinds is None or bodies.order_type(record, front.note_of(record)) in kinds)
        and (older is None or record.order_id < older)
        and (newer is None or record.order_id > newer)
    )


def _bounds(fields: Fields) -> tuple[int | None, int | None]:
    """Return `after` (only older ones) and `before` (only newer ones) as numbers of the exchange."""
    after, before = fields.get("after"), fields.get("before")
    return order_number(after) if after else None, order_number(before) if before else None


def _symbol(front: Front, fields: Fields) -> str | None:
    wanted = fields.get("instId")
    if not wanted:
        return None
    pair = front.listing.by_id.get(wanted)
    if pair is None:
        raise Refused(NO_INSTRUMENT.code, NO_INSTRUMENT.message)
    return pair.symbol


def _is_spot(fields: Fields) -> bool:
    kind = fields.get("instType")
    if kind and kind not in TYPES:
        raise bad_parameter("instType")
    return kind in (None, "", SPOT)


def _rate(bps: Decimal) -> str:
    return "-" + f"{(bps / BPS).normalize():f}" if bps else "0"


def _currency(name: str) -> dict[str, Any]:
    empty = (
        *("burningFeeRate", "ctAddr", "depEstOpenTime", "depQuotaFixed", "depQuoteDailyLayer2", "logoLink"),
        *("maxFeeForCtAddr", "minFeeForCtAddr", "usedDepQuotaFixed", "wdEstOpenTime"),
    )
    return {
        **dict.fromkeys(empty, ""),
        "canDep": False,
        "canInternal": False,
        "canWd": False,
        "ccy": name,
        "chain": CHAINS.get(name, f"{name}-ERC20"),
        "fee": "0.00005",
        "mainNet": True,
        "maxFee": "0.00005",
        "maxWd": "500",
        "minDep": "0.0005",
        "minDepArrivalConfirm": "1",
        "minFee": "0.00005",
        "minInternal": "0.0001",
        "minWd": "0.0005",
        "minWdUnlockConfirm": "2",
        "name": NAMES.get(name, name),
        "needTag": False,
        "usedWdQuota": "0",
        "wdQuota": "10000000",
        "wdTickSz": "8",
    }
