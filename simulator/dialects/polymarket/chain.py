"""Polymarket's data host: public trades, what a wallet holds, and how many pairs are open, as read off the chain."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from simulator.dialects.polymarket import bodies
from simulator.dialects.polymarket.bodies import Body
from simulator.dialects.polymarket.errors import Refused
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.listing import Token
from simulator.dialects.polymarket.parameters import Asked
from simulator.dialects.polymarket.settings import NS
from simulator.dialects.polymarket.wallets import parsed_address
from simulator.exchange.events import PublicTrade
from simulator.exchange.orders import Side, TradeRecord
from simulator.exchange.prediction.exchange import VAULT

TRADES_DEFAULT, TRADES_MAX = 100, 10_000
POSITIONS_DEFAULT, POSITIONS_MAX = 100, 500
NO_USER = Refused(400, "required query param 'user' not provided")
STRANGER = "0x" + "0" * 40


def trades(front: Front, asked: Asked) -> Any:
    """Tell the newest public trades of some markets, or of all."""
    conditions = asked.query.all("market")
    limit, begin = _page(asked, TRADES_DEFAULT, TRADES_MAX)
    side = asked.query.text("side")
    tokens = [token for token in front.listing if not conditions or token.market.condition in conditions]
    tape = [(trade, token) for token in tokens for trade in front.picture.tape(token.symbol)]
    tape.sort(key=lambda found: found[0].trade_id, reverse=True)
    told = [(trade, token) for trade, token in tape if side in (None, trade.side.value)]
    return [_trade(trade, token) for trade, token in told[begin : begin + limit]]


def positions(front: Front, asked: Asked) -> Any:
    """Tell what a wallet holds of each token, and what it paid for it."""
    user = asked.query.text("user")
    if user is None or parsed_address(user) is None:
        raise NO_USER
    account = front.funders.get(user.lower())
    conditions = asked.query.all("market")
    limit, begin = _page(asked, POSITIONS_DEFAULT, POSITIONS_MAX)
    if account is None:
        return []
    held = front.picture.balances(account)
    told = [
        _position(front, account, token, held[token.symbol].total, user)
        for token in front.listing
        if token.symbol in held
        and held[token.symbol].total > 0
        and (not conditions or token.market.condition in conditions)
    ]
    return told[begin : begin + limit]


def open_interest(front: Front, asked: Asked) -> Any:
    """Tell how many pairs of tokens are in the world: what the collateral's keeper owes."""
    conditions = asked.query.all("market")
    owed = front.picture.balances(VAULT)
    told = []
    for market in front.listing.markets:
        if not conditions or market.condition in conditions:
            balance = owed.get(market.tokens[0].symbol)
            told.append({"market": market.condition, "value": float(-balance.total) if balance else 0.0})
    return told


def _page(asked: Asked, default: int, most: int) -> tuple[int, int]:
    limit = asked.query.whole("limit")
    return min(default if limit is None else limit, most), asked.query.whole("offset") or 0


def _trade(trade: PublicTrade, token: Token) -> Body:
    return {
        "proxyWallet": STRANGER,
        "side": trade.side.value,
        "asset": token.id,
        "conditionId": token.market.condition,
        "size": float(token.instrument.quantity(trade.quantity_lots)),
        "price": float(token.instrument.price(trade.price_ticks)),
        "timestamp": trade.wall_ns // NS,
        "title": token.market.question,
        "slug": token.market.slug,
        "icon": "",
        "eventSlug": token.market.slug,
        "outcome": token.outcome,
        "outcomeIndex": token.index,
        "name": "",
        "pseudonym": "",
        "bio": "",
        "profileImage": "",
        "profileImageOptimized": "",
        "transactionHash": bodies.transaction(trade.trade_id),
    }


def _position(front: Front, account: str, token: Token, held: Decimal, user: str) -> Body:
    bought, average = _paid(front.picture.trades(account, token.symbol), token)
    winner = front.winner(token.market)
    current = _worth(front, token)
    cost, worth = held * average, held * current
    gain = worth - cost
    return {
        "proxyWallet": user,
        "asset": token.id,
        "conditionId": token.market.condition,
        "size": float(held),
        "avgPrice": float(average),
        "initialValue": float(cost),
        "currentValue": float(worth),
        "cashPnl": float(gain),
        "percentPnl": float(gain * 100 / cost) if cost else 0.0,
        "totalBought": float(bought),
        "realizedPnl": 0.0,
        "percentRealizedPnl": 0.0,
        "curPrice": float(current),
        "redeemable": winner is not None,
        "mergeable": False,
        "title": token.market.question,
        "slug": token.market.slug,
        "icon": "",
        "eventSlug": token.market.slug,
        "outcome": token.outcome,
        "outcomeIndex": token.index,
        "oppositeOutcome": token.other.outcome,
        "oppositeAsset": token.other.id,
        "endDate": "",
        "negativeRisk": False,
    }


def _paid(trades: Sequence[TradeRecord], token: Token) -> tuple[Decimal, Decimal]:
    """Return how many tokens were bought, and for how much each on average."""
    bought = [trade for trade in trades if trade.side is Side.BUY]
    shares = sum((token.instrument.quantity(trade.quantity_lots) for trade in bought), Decimal(0))
    cost = sum((token.instrument.cost(trade.price_ticks, trade.quantity_lots) for trade in bought), Decimal(0))
    return shares, cost / shares if shares else Decimal(0)


def _worth(front: Front, token: Token) -> Decimal:
    winner = front.winner(token.market)
    if winner is not None:
        return Decimal(1 if winner is token else 0)
    ticker = front.picture.ticker(token.symbol)
    seen = [ticks for ticks in (ticker.bid_ticks, ticker.ask_ticks) if ticks is not None]
    return sum((token.instrument.price(ticks) for ticks in seen), Decimal(0)) / len(seen) if seen else Decimal(0)
