"""Polymarket's account endpoints: credentials, balances, orders, trades, and the heartbeat that keeps orders alive."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.dialects.polymarket import bodies
from simulator.dialects.polymarket.errors import NO_ORDER, Refused
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.parameters import Asked, cursor
from simulator.dialects.polymarket.settings import NS
from simulator.dialects.polymarket.typed_data import EXCHANGE
from simulator.dialects.polymarket.wallets import api_key_of
from simulator.exchange.orders import Balance, OrderRecord, TradeRecord
from simulator.exchange.rejections import UnknownOrder

PAGE = 100
ALLOWANCE = str(2**256 - 1)
NO_KEY = Refused(400, "Could not derive api key!")
KEY_EXISTS = Refused(400, "Could not create api key")
WRONG_ASSET = Refused(400, "Invalid asset type")
WRONG_SIGNATURE_TYPE = Refused(400, "Invalid signature_type")


def derive_key(_front: Front, asked: Asked) -> Any:
    """Tell the owner of a wallet the credentials that belong to it."""
    if asked.wallet is None or asked.named != "0":
        raise NO_KEY
    wallet = asked.wallet
    return {"apiKey": wallet.key, "secret": wallet.secret, "passphrase": wallet.passphrase}


def create_key(_front: Front, _asked: Asked) -> Any:
    """Refuse to make credentials: a wallet that trades here has them, and no other is let in."""
    raise KEY_EXISTS


def keys(_front: Front, asked: Asked) -> Any:
    """Tell the names of the keys of a wallet."""
    return {"apiKeys": [api_key_of(asked.wallet.owner)] if asked.wallet is not None else []}


def closed_only(_front: Front, _asked: Asked) -> Any:
    """Tell whether the account may only close what it has; it never is so here."""
    return {"closed_only": False}


def balance(front: Front, asked: Asked) -> Any:
    """Tell what the wallet holds of the collateral or of a token, in millionths; open orders are not taken off."""
    kind, signature_type = asked.query.text("asset_type"), asked.query.text("signature_type")
    if signature_type not in (None, "0", "1", "2", "3"):
        raise WRONG_SIGNATURE_TYPE
    if kind == "COLLATERAL":
        asset = next(iter(front.listing)).instrument.quote
    elif kind == "CONDITIONAL":
        asset = front.token(asked.query.text("token_id")).symbol
    else:
        raise WRONG_ASSET
    nothing = Balance(asset=asset, free=Decimal(0), locked=Decimal(0))
    held = front.picture.balances(asked.account).get(asset, nothing)
    return {"balance": bodies.units(held.total), "allowances": {EXCHANGE: ALLOWANCE}}


def order(front: Front, asked: Asked) -> Any:
    """Tell how an order stands, by its id."""
    try:
        record = front.picture.order(asked.account, client_order_id=asked.named.lower())
    except UnknownOrder:
        raise NO_ORDER from None
    return _order(front, asked, record)


def orders(front: Front, asked: Asked) -> Any:
    """Tell a page of the account's open orders."""
    query, by_symbol = asked.query, front.listing.by_symbol
    found = [
        record
        for record in front.picture.open_orders(asked.account)
        if query.text("id") in (None, record.client_order_id)
        and query.text("market") in (None, by_symbol[record.symbol].market.condition)
        and query.text("asset_id") in (None, by_symbol[record.symbol].id)
    ]
    return _page(asked, found, lambda record: _order(front, asked, record))


def trades(front: Front, asked: Asked) -> Any:
    """Tell a page of the account's trades, the newest first."""
    query, by_symbol = asked.query, front.listing.by_symbol
    before, after = query.whole("before"), query.whole("after")
    found = [
        trade
        for trade in reversed(front.picture.trades(asked.account))
        if query.text("id") in (None, bodies.trade_name(trade.trade_id))
        and query.text("market") in (None, by_symbol[trade.symbol].market.condition)
        and query.text("asset_id") in (None, by_symbol[trade.symbol].id)
        and (before is None or trade.at_ns < before * NS)
        and (after is None or trade.at_ns > after * NS)
    ]
    return _page(asked, found, lambda trade: _trade(front, asked, trade))


def heartbeat(front: Front, asked: Asked) -> Any:
    """Keep the account's orders for a while; once this has been called, they are cancelled when it is not any more."""
    front.exchange.cancel_all_after(asked.account, front.settings.heartbeat_ns)
    return {"status": "ok"}


def _order(front: Front, asked: Asked, record: OrderRecord) -> bodies.Body:
    token = front.listing.by_symbol[record.symbol]
    traded = front.picture.trades_of(record)
    return bodies.order(record, token, asked.signer, traded, front.settings.expiry_margin_ns)


def _trade(front: Front, asked: Asked, trade: TradeRecord) -> bodies.Body:
    token = front.listing.by_symbol[trade.symbol]
    return bodies.trade(trade, token, asked.signer, front.picture.settlement(trade))


def _page(asked: Asked, found: list[Any], tell: Any) -> bodies.Body:
    begin = asked.query.cursor()
    page = [] if begin is None else found[begin : begin + PAGE]
    following = None if begin is None or begin + PAGE >= len(found) else begin + PAGE
    return {"limit": PAGE, "next_cursor": cursor(following), "count": len(page), "data": [tell(one) for one in page]}
