"""How Polymarket writes books, orders, trades and positions: pure functions from the exchange's records to objects.

Everything is text but counts and, in the data that is read off the chain, prices and sizes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simulator.dialects.polymarket.listing import Token, plain
from simulator.dialects.polymarket.settings import NS
from simulator.dialects.polymarket.wallets import Wallet, uuid_of
from simulator.exchange import reasons
from simulator.exchange.orders import OrderRecord, OrderStatus, Side, TimeInForce, TradeRecord
from simulator.exchange.picture import BookSnapshot, Picture
from simulator.exchange.prediction.records import Settlement, SettlementState

Body = dict[str, Any]
MS = 1_000_000
UNIT_PLACES = 6
LIVE, MATCHED, CANCELED = "LIVE", "MATCHED", "CANCELED"
RESOLVED = "CANCELED_MARKET_RESOLVED"


def units(amount: Decimal) -> str:
    """Return an amount in millionths, cut off rather than rounded up."""
    return str(int(amount.scaleb(UNIT_PLACES)))


def trade_name(trade_id: int) -> str:
    """Return the id of a trade."""
    return uuid_of("trade", str(trade_id))


def transaction(trade_id: int) -> str:
    """Return the hash of the transaction that settles a trade."""
    return "0x" + hashlib.sha256(f"polymarket/transaction/{trade_id}".encode()).hexdigest()


def levels(token: Token, side: Iterable[tuple[int, int]]) -> list[Body]:
    """Return levels as the venue lists them, the best one last."""
    told = [{"price": token.price(ticks), "size": token.size(lots)} for ticks, lots in side]
    told.reverse()
    return told


def book_hash(token: Token, update_id: int) -> str:
    """Return what stands for a state of a book."""
    return hashlib.sha1(f"{token.id}/{update_id}".encode(), usedforsecurity=False).hexdigest()


def book(token: Token, shown: BookSnapshot, wall_ns: int) -> Body:
    """Return a book with all its levels, as the market channel has it, too."""
    return {
        "market": token.market.condition,
        "asset_id": token.id,
        "timestamp": str(wall_ns // MS),
        "hash": book_hash(token, shown.update_id),
        "bids": levels(token, shown.bids),
        "asks": levels(token, shown.asks),
    }


def market_last(picture: Picture, token: Token) -> str:
    """Return the last price in the whole market, of whichever token that was: the vendor does not say which."""
    told, newest = "", -1
    for one in token.market.tokens:
        for trade in picture.tape(one.symbol, 1):
            if trade.trade_id > newest:
                told, newest = one.price(trade.price_ticks), trade.trade_id
    return told


def status(record: OrderRecord) -> str:
    """Return how an order stands, in the venue's words; what a FAK order could not trade is not spoken of."""
    if record.is_open:
        return LIVE
    if record.reason == reasons.RESOLVED:
        return RESOLVED
    killed = record.status is OrderStatus.EXPIRED and record.time_in_force is not TimeInForce.GTC
    if record.status is OrderStatus.FILLED or (killed and record.filled_lots):
        return MATCHED
    return CANCELED


def order_type(record: OrderRecord) -> str:
    """Return the kind of an order."""
    if record.time_in_force is TimeInForce.GTC:
        return "GTC" if record.expires_ns is None else "GTD"
    return "FOK" if record.time_in_force is TimeInForce.FOK else "FAK"


def expiration(record: OrderRecord, margin_ns: int) -> str:
    """Return the time that an order's client named, in seconds, nothing where he named none."""
    return "0" if record.expires_ns is None else str((record.expires_ns + margin_ns) // NS)


def order(record: OrderRecord, token: Token, owner: Wallet, trades: list[TradeRecord], margin_ns: int) -> Body:
    """Return an order; `margin_ns` is by how much it ends before the time that its client named."""
    return {
        "id": record.client_order_id,
        "status": status(record),
        "owner": owner.key,
        "maker_address": owner.funder,
        "market": token.market.condition,
        "asset_id": token.id,
        "side": record.side.value,
        "original_size": token.size(record.quantity_lots),
        "size_matched": token.size(record.filled_lots),
        "price": token.price(record.price_ticks or 0),
        "outcome": token.outcome,
        "expiration": expiration(record, margin_ns),
        "order_type": order_type(record),
        "associate_trades": [trade_name(trade.trade_id) for trade in trades],
        "created_at": record.created_ns // NS,
    }


def trade(one: TradeRecord, token: Token, owner: Wallet, settlement: Settlement | None) -> Body:
    """Return one of an account's trades, told as the taker's, with the maker's part inside.

    Of the other side nobody but the venue knows more than that it is there: its ids are made up from the trade's.
    """
    state = SettlementState.CONFIRMED if settlement is None else settlement.state
    updated_ns = one.at_ns if settlement is None else settlement.updated_ns
    other = "0x" + hashlib.sha256(f"polymarket/other/{one.trade_id}".encode()).hexdigest()
    stranger = uuid_of("stranger", str(one.trade_id))
    price, size = token.price(one.price_ticks), token.size(one.quantity_lots)
    taker_side = one.side.opposite if one.maker else one.side
    return {
        "id": trade_name(one.trade_id),
        "taker_order_id": other if one.maker else one.client_order_id,
        "market": token.market.condition,
        "asset_id": token.id,
        "side": taker_side.value,
        "size": size,
        "fee_rate_bps": token.market.fee_bps,
        "price": price,
        "status": state.value,
        "match_time": str(one.at_ns // NS),
        "last_update": str(updated_ns // NS),
        "outcome": token.outcome,
        "bucket_index": 0,
        "owner": stranger if one.maker else owner.key,
        "maker_address": "0x" + other[-40:] if one.maker else owner.funder,
        "transaction_hash": transaction(one.trade_id),
        "trader_side": "MAKER" if one.maker else "TAKER",
        "maker_orders": [
            {
                "order_id": one.client_order_id if one.maker else other,
                "owner": owner.key if one.maker else stranger,
                "maker_address": owner.funder if one.maker else "0x" + other[-40:],
                "matched_amount": size,
                "price": price,
                "fee_rate_bps": "0",
                "asset_id": token.id,
                "outcome": token.outcome,
                "side": taker_side.opposite.value,
            }
        ],
    }


def amounts(record: OrderRecord, token: Token) -> tuple[str, str]:
    """Return what an order has given and got so far."""
    shares, cost = token.size(record.filled_lots), plain(record.quote_filled)
    return (cost, shares) if record.side is Side.BUY else (shares, cost)
