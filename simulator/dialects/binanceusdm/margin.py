"""What the futures tell of an account's money, positions and margin."""

from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.front import MS
from simulator.dialects.binance.listing import PLACES, Listed
from simulator.dialects.binance.parameters import Parameters
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.public import named
from simulator.dialects.binanceusdm.purse import Purse, entry_price
from simulator.dialects.figures import money


def account(front: Front, _parameters: Parameters, name: str) -> Body:
    """Tell money, positions and margin of the whole account."""
    purse = Purse(front, name)
    return {
        **_totals(purse),
        "assets": [_asset(front, purse)],
        "positions": [_held(purse, listed) for listed in front.listing if purse.legs[listed.symbol].exposure],
    }


def balance(front: Front, _parameters: Parameters, name: str) -> list[Body]:
    """Tell the account's money."""
    purse = Purse(front, name)
    cross = purse.money(purse.health.wallet)
    return [
        {
            "accountAlias": "SgsR",
            "asset": front.futures.margin_asset,
            "balance": cross,
            "crossWalletBalance": cross,
            "crossUnPnl": purse.money(purse.health.unrealised),
            "availableBalance": purse.money(max(0, purse.health.available)),
            "maxWithdrawAmount": purse.money(max(0, min(purse.health.wallet, purse.health.available))),
            "marginAvailable": True,
            "updateTime": front.wall_ms(),
        }
    ]


def position_risk(front: Front, parameters: Parameters, name: str) -> list[Body]:
    """Tell the positions; without a symbol, only what is held or ordered."""
    purse = Purse(front, name)
    if parameters.text("symbol"):
        return [_risk(purse, named(front, parameters))]
    return [_risk(purse, listed) for listed in front.listing if purse.legs[listed.symbol].exposure]


def position_risk_v2(front: Front, parameters: Parameters, name: str) -> list[Body]:
    """Tell the positions in the form before: every symbol, with leverage and margin type."""
    purse = Purse(front, name)
    listings = [named(front, parameters)] if parameters.text("symbol") else list(front.listing)
    return [
        {
            **_risk(purse, listed),
            "leverage": str(purse.legs[listed.symbol].leverage),
            "maxNotionalValue": purse.most(listed),
            "marginType": "cross",
            "isAutoAddMargin": "false",
        }
        for listed in listings
    ]


def _totals(purse: Purse) -> Body:
    now = purse.health
    return {
        "totalInitialMargin": purse.money(now.initial),
        "totalMaintMargin": purse.money(now.maintenance),
        "totalWalletBalance": purse.money(now.wallet),
        "totalUnrealizedProfit": purse.money(now.unrealised),
        "totalMarginBalance": purse.money(now.equity),
        "totalPositionInitialMargin": purse.money(now.position_initial),
        "totalOpenOrderInitialMargin": purse.money(now.initial - now.position_initial),
        "totalCrossWalletBalance": purse.money(now.wallet),
        "totalCrossUnPnl": purse.money(now.unrealised),
        "availableBalance": purse.money(max(0, now.available)),
        "maxWithdrawAmount": purse.money(max(0, min(now.wallet, now.available))),
    }


def _asset(front: Front, purse: Purse) -> Body:
    now = purse.health
    return {
        "asset": front.futures.margin_asset,
        "walletBalance": purse.money(now.wallet),
        "unrealizedProfit": purse.money(now.unrealised),
        "marginBalance": purse.money(now.equity),
        "maintMargin": purse.money(now.maintenance),
        "initialMargin": purse.money(now.initial),
        "positionInitialMargin": purse.money(now.position_initial),
        "openOrderInitialMargin": purse.money(now.initial - now.position_initial),
        "crossWalletBalance": purse.money(now.wallet),
        "crossUnPnl": purse.money(now.unrealised),
        "availableBalance": purse.money(max(0, now.available)),
        "maxWithdrawAmount": purse.money(max(0, min(now.wallet, now.available))),
        "marginAvailable": True,
        "updateTime": front.wall_ms(),
    }


def _held(purse: Purse, listed: Listed) -> Body:
    leg, position = purse.legs[listed.symbol], purse.positions[listed.symbol]
    return {
        "symbol": listed.id,
        "positionSide": "BOTH",
        "positionAmt": listed.figures.quantities.signed(leg.lots),
        "unrealizedProfit": purse.money(leg.unrealised),
        "isolatedMargin": "0",
        "notional": purse.money(leg.value),
        "isolatedWallet": "0",
        "initialMargin": purse.money(leg.initial),
        "maintMargin": purse.money(leg.maintenance),
        "updateTime": 0 if position is None else position.updated_ns // MS,
    }


def _risk(purse: Purse, listed: Listed) -> Body:
    leg, position = purse.legs[listed.symbol], purse.positions[listed.symbol]
    price = entry_price(position, leg.contract)
    return {
        "symbol": listed.id,
        "positionSide": "BOTH",
        "positionAmt": listed.figures.quantities.signed(leg.lots),
        "entryPrice": price,
        "breakEvenPrice": price,
        "markPrice": money(listed.instrument.price(leg.mark), PLACES),
        "unRealizedProfit": purse.money(leg.unrealised),
        "liquidationPrice": purse.liquidation_price(listed),
        "isolatedMargin": "0",
        "notional": purse.money(leg.value),
        "marginAsset": leg.contract.quote,
        "isolatedWallet": "0",
        "initialMargin": purse.money(leg.initial),
        "maintMargin": purse.money(leg.maintenance),
        "positionInitialMargin": purse.money(leg.position_initial),
        "openOrderInitialMargin": purse.money(leg.initial - leg.position_initial),
        "adl": 0,
        "bidNotional": purse.money(leg.bids * leg.unit),
        "askNotional": purse.money(leg.asks * leg.unit),
        "updateTime": 0 if position is None else position.updated_ns // MS,
    }
