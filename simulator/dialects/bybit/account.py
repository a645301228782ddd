"""Bybit's account endpoints: what a key may do, what is held, what trading costs."""

from datetime import UTC, datetime

from simulator.dialects.bybit import worth
from simulator.dialects.bybit.bodies import Body
from simulator.dialects.bybit.errors import Refused
from simulator.dialects.bybit.front import Front, user_id
from simulator.dialects.bybit.listing import amount
from simulator.dialects.bybit.parameters import Parameters

DAY_MS = 86_400_000
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


def _date(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
