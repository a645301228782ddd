"""What a client of the futures may choose, and what he is told of it: leverage, margin type, position mode, fees."""

from decimal import Decimal
from typing import Any

from simulator.dialects.binance.bodies import Body
from simulator.dialects.binance.parameters import SYMBOL, Parameters
from simulator.dialects.binance.refusals import Refused, missing
from simulator.dialects.binanceusdm.front import Front
from simulator.dialects.binanceusdm.public import named
from simulator.dialects.binanceusdm.purse import Purse
from simulator.dialects.binanceusdm.refusals import TOO_LARGE
from simulator.exchange.perpetual.admission import PositionTooLarge
from simulator.exchange.perpetual.contract import Contract
from simulator.exchange.rejections import RejectCode, Rejected


def set_leverage(front: Front, parameters: Parameters, name: str) -> Body:
    """Choose the leverage of a contract."""
    listed, leverage = named(front, parameters), parameters.long("leverage")
    if leverage is None:
        raise missing("leverage")
    try:
        front.futures.set_leverage(name, listed.symbol, leverage)
    except PositionTooLarge:
        raise Refused(*TOO_LARGE) from None
    except Rejected as rejected:
        if rejected.code is RejectCode.TERMS:
            raise Refused(-4028, f"Leverage {leverage} is not valid") from None
        raise Refused(-2028, "Leverage is smaller than permitted: insufficient margin balance.") from None
    most = front.contract(listed.symbol).value_max(leverage)
    return {"leverage": leverage, "maxNotionalValue": f"{most:f}", "symbol": listed.id}


def set_margin_type(front: Front, parameters: Parameters, _name: str) -> Body:
    """Choose between cross and isolated margin; only cross is modelled."""
    named(front, parameters)
    kind = parameters.choice("marginType", ("ISOLATED", "CROSSED"), (-1130, "Invalid marginType."))
    if kind is None:
        raise missing("marginType")
    if kind == "CROSSED":
        raise Refused(-4046, "No need to change margin type.")
    raise Refused(-4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode.")


def position_mode(_front: Front, _parameters: Parameters, _name: str) -> Body:
    """Tell that positions are one-way."""
    return {"dualSidePosition": False}


def set_position_mode(_front: Front, parameters: Parameters, _name: str) -> Body:
    """Choose between one-way and hedged positions; only one-way is modelled."""
    wanted = (parameters.text("dualSidePosition") or "").lower()
    if wanted not in ("true", "false"):
        raise missing("dualSidePosition")
    if wanted == "false":
        raise Refused(-4059, "No need to change position side.")
    raise Refused(-4084, "Method is not allowed currently. Upcoming soon.")


def commission_rate(front: Front, parameters: Parameters, _name: str) -> Body:
    """Tell the fees of a contract as rates."""
    fees = front.futures.fees
    return {
        "symbol": named(front, parameters).id,
        "makerCommissionRate": f"{fees.maker_bps / 10_000:.6f}",
        "takerCommissionRate": f"{fees.taker_bps / 10_000:.6f}",
        "rpiCommissionRate": "0.000000",
    }


def account_config(front: Front, _parameters: Parameters, _name: str) -> Body:
    """Tell what the account may do, and how."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": False,
        "updateTime": front.wall_ms(),
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def symbol_config(front: Front, parameters: Parameters, name: str) -> list[Body]:
    """Tell leverage and margin type of one contract, or of all."""
    purse = Purse(front, name)
    listings = [named(front, parameters)] if parameters.text("symbol") else list(front.listing)
    return [
        {
            "symbol": listed.id,
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": purse.legs[listed.symbol].leverage,
            "maxNotionalValue": purse.most(listed),
        }
        for listed in listings
    ]


def brackets(front: Front, parameters: Parameters, _name: str) -> Any:
    """Tell the brackets of one contract, or of all."""
    name = parameters.matching("symbol", SYMBOL)
    listings = [front.listing.named(name)] if name is not None else list(front.listing)
    told = [{"symbol": listed.id, "brackets": _brackets(front.contract(listed.symbol))} for listed in listings]
    return told if name is None else told[0]


def _brackets(contract: Contract) -> list[Body]:
    told: list[Body] = []
    below, cum, rate_before = Decimal(0), Decimal(0), Decimal(0)
    for number, bracket in enumerate(contract.brackets, 1):
        rate = bracket.maintenance_bps / 10_000
        cum += below * (rate - rate_before)
        told.append(
            {
                "bracket": number,
                "initialLeverage": bracket.leverage_max,
                "notionalCap": int(bracket.up_to),
                "notionalFloor": int(below),
                "maintMarginRatio": float(rate),
                "cum": float(cum),
            }
        )
        below, rate_before = bracket.up_to, rate
    return told
