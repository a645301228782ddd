"""Coinbase's account endpoints: balances in both halves of the API, fees, and what a key may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.dialects.coinbase import bodies, ids
from simulator.dialects.coinbase.asked import Asked
from simulator.dialects.coinbase.errors import invalid, not_found
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.listing import plain
from simulator.exchange.orders import Balance

ACCOUNTS_DEFAULT, ACCOUNTS_MAX = 49, 250
OLD_DEFAULT = 25
BPS = 10_000


def accounts(front: Front, asked: Asked) -> Any:
    """Tell a page of what the account holds, and what of it open orders need."""
    limit = min(asked.query.whole("limit") or ACCOUNTS_DEFAULT, ACCOUNTS_MAX)
    cursor = asked.query.text("cursor")
    held = _accounts(front, asked.account)
    if cursor is not None:
        names = [one["uuid"] for one in held]
        if cursor not in names:
            raise invalid("cursor is invalid")
        held = held[names.index(cursor) + 1 :]
    page, has_next = held[:limit], len(held) > limit
    return {
        "accounts": page,
        "has_next": has_next,
        "cursor": page[-1]["uuid"] if has_next else "",
        "size": len(page),
    }


def account(front: Front, asked: Asked) -> Any:
    """Tell what the account holds of one currency, by the id of its wallet."""
    found = next((one for one in _accounts(front, asked.account) if one["uuid"] == asked.named), None)
    if found is None:
        raise not_found("account not found")
    return {"account": found}


def old_accounts(front: Front, asked: Asked) -> Any:
    """Tell what the account holds as /v2 does: nothing says what of it open orders need."""
    limit = asked.query.whole("limit") or OLD_DEFAULT
    after = asked.query.text("starting_after")
    held = [bodies.old_account(*one, asked.account, front.opened_ns) for one in _held(front, asked.account)]
    if after is not None:
        names = [one["id"] for one in held]
        held = held[names.index(after) + 1 :] if after in names else []
    page = held[:limit]
    following = page[-1]["id"] if len(held) > limit else None
    pagination = {
        "ending_before": None,
        "starting_after": after,
        "previous_ending_before": None,
        "next_starting_after": following,
        "limit": limit,
        "order": "desc",
        "previous_uri": None,
        "next_uri": f"/v2/accounts?limit={limit}&starting_after={following}" if following else None,
    }
    return {"pagination": pagination, "data": page}


def transaction_summary(front: Front, asked: Asked) -> Any:
    """Tell the rates of fees and what has been paid; the rates do not depend on volume here."""
    fees = front.exchange.fees
    trades = front.venue.rest.picture.trades(asked.account)
    paid = sum((trade.fee for trade in trades), Decimal(0))
    by_symbol = front.listing.by_symbol
    volume = sum(
        (by_symbol[one.symbol].instrument.cost(one.price_ticks, one.quantity_lots) for one in trades), Decimal(0)
    )
    return {
        "total_volume": float(volume),
        "total_fees": float(paid),
        "fee_tier": {
            "pricing_tier": "Advanced 1",
            "usd_from": "0",
            "usd_to": "1000",
            "taker_fee_rate": plain(fees.taker_bps / BPS),
            "maker_fee_rate": plain(fees.maker_bps / BPS),
            "aop_from": "",
            "aop_to": "",
        },
        "margin_rate": None,
        "goods_and_services_tax": None,
        "advanced_trade_only_volume": float(volume),
        "advanced_trade_only_fees": float(paid),
        "coinbase_pro_volume": 0,
        "coinbase_pro_fees": 0,
        "total_balance": "",
        "has_promo_fee": False,
    }


def key_permissions(_front: Front, asked: Asked) -> Any:
    """Tell what the key may do."""
    return {
        "can_view": True,
        "can_trade": True,
        "can_transfer": False,
        "portfolio_uuid": ids.named("portfolio", asked.account),
        "portfolio_type": "DEFAULT",
    }


def _accounts(front: Front, owner: str) -> list[bodies.Body]:
    return [bodies.account(*one, owner, front.opened_ns) for one in _held(front, owner)]


def _held(front: Front, owner: str) -> list[tuple[Balance, Any]]:
    held = front.venue.rest.picture.balances(owner)
    nothing = Decimal(0)
    return [
        (held.get(code, Balance(asset=code, free=nothing, locked=nothing)), currency)
        for code, currency in front.listing.currencies.items()
    ]
