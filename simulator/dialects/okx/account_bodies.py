"""An account in spot mode as OKX writes it: what it holds, and what that is worth in dollars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from simulator.dialects.okx.bodies import Body
from simulator.dialects.okx.listing import DOLLARS, Pair, plain
from simulator.exchange.orders import Balance
from simulator.exchange.picture import Picture


def dollars(picture: Picture, asset: str, pairs: Iterable[Pair]) -> Decimal:
    """Return what one unit of an asset is worth in dollars: its last price, 0 where nobody trades it for any."""
    if asset in DOLLARS:
        return Decimal(1)
    for pair in pairs:
        if pair.instrument.base == asset and pair.instrument.quote in DOLLARS:
            last = picture.ticker(pair.symbol).last_ticks
            return pair.instrument.price(last) if last is not None else Decimal(0)
    return Decimal(0)


def held(balance: Balance, price: Decimal, at_ms: int) -> Body:
    """Return what an account in spot mode holds of one asset."""
    total = plain(balance.total)
    empty = (
        *("accAvgPx", "availEq", "borrowFroz", "clSpotInUseAmt", "crossLiab", "imr", "interest", "isoLiab", "liab"),
        *("maxLoan", "maxSpotInUseAmt", "mgnRatio", "mmr", "notionalLever", "openAvgPx", "spotInUseAmt", "spotUpl"),
        *("spotUplRatio", "totalPnl", "totalPnlRatio", "uplLiab"),
    )
    none = ("colRes", "disEq", "fixedBal", "frpType", "isoEq", "isoUpl", "rewardBal", "smtSyncEq", "spotCopyTradingEq")
    return {
        **dict.fromkeys(empty, ""),
        **dict.fromkeys((*none, "spotIsoBal", "stgyEq", "twap", "upl", "colBorrAutoConversion"), "0"),
        "availBal": plain(balance.free),
        "cashBal": total,
        "ccy": balance.asset,
        "coinUsdPrice": plain(price),
        "collateralEnabled": False,
        "collateralRestrict": False,
        "eq": total,
        "eqUsd": plain(balance.total * price),
        "frozenBal": plain(balance.locked),
        "ordFrozen": plain(balance.locked),
        "spotBal": total,
        "uTime": str(at_ms),
    }


def account(details: Sequence[Body], at_ms: int) -> Body:
    """Return an account in spot mode."""
    empty = (
        *("adjEq", "availEq", "borrowFroz", "imr", "mgnRatio", "mmr", "notionalUsd", "notionalUsdForBorrow"),
        *("notionalUsdForFutures", "notionalUsdForOption", "notionalUsdForSwap", "ordFroz", "upl"),
    )
    worth = sum((Decimal(one["eqUsd"]) for one in details), Decimal(0))
    return {
        **dict.fromkeys(empty, ""),
        "details": list(details),
        "isoEq": "0",
        "totalEq": plain(worth),
        "uTime": str(at_ms),
    }
