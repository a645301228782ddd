"""What the futures say where their words are not those of the spot exchange."""

from collections.abc import Mapping

from simulator.dialects.binance.refusals import BAD_SYMBOL, Refused
from simulator.dialects.binanceusdm.front import Front
from simulator.exchange.perpetual.admission import PositionTooLarge
from simulator.exchange.rejections import RejectCode, Rejected

NOT_NOW = (-4088, "User can not place order currently")
NOT_REQUIRED = (-1106, "Parameter 'timeInForce' sent when not required.")
TOO_FINE = (-1111, "Precision is over the maximum defined for this asset.")
NOT_FILLED = (-5021, "Due to the order could not be filled immediately, the FOK order has been rejected.")
NOT_MAKER = (-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected.")
TOO_LARGE = (-2027, "Exceeded the maximum allowable position at current leverage.")
BAD_RESPONSE = (-1136, "Invalid newOrderRespType.")
BAD_WORKING_TYPE = (-4031, "Invalid parameter working type")
BAD_POSITION_SIDE = (-4060, "Invalid position side.")
WRONG_SIDE = (-4061, "Order's position side does not match user's setting.")
NO_ALGO_ORDER = (-2013, "Order does not exist.")
BAD_LISTEN_KEY = (-1125, "This listenKey does not exist. Please use `POST /fapi/v1/listenKey` to recreate `listenKey`")

REJECTIONS: Mapping[RejectCode, tuple[int, str]] = {
    RejectCode.UNKNOWN_SYMBOL: BAD_SYMBOL,
    RejectCode.MARKET_HALTED: NOT_NOW,
    RejectCode.CANCEL_ONLY: NOT_NOW,
    RejectCode.POST_ONLY_MODE: NOT_NOW,
    RejectCode.PRICE_MISSING: (-1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed."),
    RejectCode.PRICE_FILTER: (-4014, "Price not increased by tick size."),
    RejectCode.LOT_SIZE: (-4023, "Qty not increased by step size."),
    RejectCode.MIN_NOTIONAL: (-4164, "Order's notional must be no smaller than {} (unless you choose reduce only)."),
    RejectCode.POST_ONLY_WOULD_MATCH: NOT_MAKER,
    RejectCode.POST_ONLY_NOT_LIMIT: NOT_REQUIRED,
    RejectCode.DUPLICATE_CLIENT_ORDER_ID: (-4116, "ClientOrderId is duplicated."),
    RejectCode.INSUFFICIENT_BALANCE: (-2019, "Margin is insufficient."),
    RejectCode.TOO_MANY_ORDERS: (-2025, "Reach max open order limit."),
    RejectCode.QUOTE_AMOUNT: (-1106, "Parameter 'quoteOrderQty' sent when not required."),
    RejectCode.STOP_PRICE: (-4006, "Stop price less than zero."),
    RejectCode.STOP_WOULD_TRIGGER: (-2021, "Order would immediately trigger."),
    RejectCode.EXPIRY: (-1130, "Data sent for parameter 'goodTillDate' is not valid."),
    RejectCode.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    RejectCode.TERMS: (-1128, "Combination of optional parameters invalid."),
    RejectCode.AMEND_FILLED: (-2013, "Order does not exist."),
    RejectCode.AMEND_NOTHING: (-5027, "No need to modify the order."),
}
"""What becomes of each refusal of the exchange core."""


def refused(front: Front, rejected: Rejected, symbol: str) -> Refused:
    """Return a refusal of the core in the venue's words."""
    if isinstance(rejected, PositionTooLarge):
        return Refused(*TOO_LARGE)
    code, text = REJECTIONS[rejected.code]
    return Refused(code, text.format(f"{front.futures.instrument(symbol).min_notional:f}"))
