"""Bybit's refusals: return code and text, and which of them each of the exchange's own becomes.

All of them come with HTTP 200. Codes and texts are those of the vendor's error page and of recorded answers; what is in
neither is listed as unconfirmed in the README.
"""

from collections.abc import Mapping

from simulator.exchange.rejections import RejectCode

OK = (0, "OK")
SERVER_TIMEOUT = (10000, "Server Timeout")
PARAMETER_ERROR = (10001, "Request parameter error.")
ILLEGAL_CATEGORY = (10001, "Illegal category")
UNSUPPORTED_SYMBOL = (10001, "Not supported symbols")
UNCHANGED = (10001, "The order remains unchanged as the parameters entered match the existing ones.")
INVALID_KEY = (10003, "API key is invalid.")
PERMISSION_DENIED = (10005, "Permission denied, please check your API key permissions.")
TOO_MANY_VISITS = (10006, "Too many visits. Exceeded the API Rate Limit.")
SERVER_ERROR = (10016, "Server error.")
ROUTE_NOT_FOUND = (10017, "Route not found.")

INVALID_TIME_IN_FORCE = (170115, "Invalid timeInForce.")
INVALID_ORDER_TYPE = (170116, "Invalid orderType.")
INVALID_SIDE = (170117, "Invalid side.")
INVALID_SYMBOL = (170121, "Invalid symbol.")
INSUFFICIENT_BALANCE = (170131, "Insufficient balance.")
PRICE_TOO_HIGH = (170132, "Order price too high.")
PRICE_TOO_LOW = (170133, "Order price lower than the minimum.")
PRICE_DECIMALS = (170134, "Order price has too many decimals.")
QUANTITY_TOO_LARGE = (170135, "Order quantity too large.")
QUANTITY_TOO_SMALL = (170136, "Order quantity exceeded lower limit.")
QUANTITY_DECIMALS = (170137, "Order quantity has too many decimals.")
VALUE_TOO_SMALL = (170140, "Order value exceeded lower limit.")
DUPLICATE_LINK_ID = (170141, "Duplicate clientOrderId.")
AMOUNT_DECIMALS = (170148, "Market order amount decimal too long.")
INVALID_ORDER_FILTER = (170201, "Invalid orderFilter parameter.")
NO_TRIGGER_PRICE = (170202, "Please enter the TP/SL price.")
NEW_ORDER_REJECTED = (170210, "New order rejected.")
NO_SUCH_ORDER = (170213, "Order does not exist.")
MAKERS_ONLY = (170217, "Only LIMIT-MAKER order is supported for the current pair.")
MAKER_PRICE = (170218, "The LIMIT-MAKER order is rejected due to invalid price.")
SUSPENDED = (170031, "The feature has been suspended.")
UNSUPPORTED = (170227, "This feature is not supported.")
NOT_AMENDABLE = (170312, "The current order does not support modification.")
BELOW_FILLED = (170313, "The modified contract quantity cannot be less than to the filled quantity.")
TOO_MANY_ORDERS = (170810, "Cannot exceed maximum of 500 conditional, TP/SL and active orders.")


class Refused(Exception):
    """Bybit does not do what was asked, and says so with a return code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


class TooOften(Refused):
    """An endpoint was asked too often within a second; the next request may come at `again_ns` (virtual)."""

    def __init__(self, again_ns: int) -> None:
        super().__init__(*TOO_MANY_VISITS)
        self.again_ns = again_ns


class ShutOut(Exception):
    """An address has asked so often that it is banned."""


def empty(name: str) -> Refused:
    """Return the refusal of an order without something it needs."""
    return Refused(170105, f"Parameter '{name}' was empty.")


def invalid(name: str) -> Refused:
    """Return the refusal of a value that makes no sense in an order."""
    return Refused(170130, f"Data sent for parameter '{name}' is not valid.")


def wrong(name: str) -> Refused:
    """Return the refusal of a value that makes no sense in a question."""
    return Refused(10001, f"Request parameter error: {name}")


REJECTIONS: Mapping[RejectCode, tuple[int, str]] = {
    RejectCode.UNKNOWN_SYMBOL: INVALID_SYMBOL,
    RejectCode.MARKET_HALTED: SUSPENDED,
    RejectCode.CANCEL_ONLY: NEW_ORDER_REJECTED,
    RejectCode.POST_ONLY_MODE: MAKERS_ONLY,
    RejectCode.PRICE_MISSING: (170105, "Parameter 'price' was empty."),
    RejectCode.PRICE_FILTER: PRICE_DECIMALS,
    RejectCode.LOT_SIZE: QUANTITY_DECIMALS,
    RejectCode.MIN_NOTIONAL: VALUE_TOO_SMALL,
    RejectCode.POST_ONLY_WOULD_MATCH: MAKER_PRICE,
    RejectCode.POST_ONLY_NOT_LIMIT: INVALID_TIME_IN_FORCE,
    RejectCode.DUPLICATE_CLIENT_ORDER_ID: DUPLICATE_LINK_ID,
    RejectCode.INSUFFICIENT_BALANCE: INSUFFICIENT_BALANCE,
    RejectCode.TOO_MANY_ORDERS: TOO_MANY_ORDERS,
    RejectCode.QUOTE_AMOUNT: VALUE_TOO_SMALL,
    RejectCode.STOP_PRICE: PRICE_DECIMALS,
    RejectCode.STOP_WOULD_TRIGGER: NEW_ORDER_REJECTED,
    RejectCode.EXPIRY: UNSUPPORTED,
    RejectCode.REDUCE_ONLY: UNSUPPORTED,
    RejectCode.TERMS: UNSUPPORTED,
    RejectCode.AMEND_FILLED: BELOW_FILLED,
    RejectCode.AMEND_NOTHING: UNCHANGED,
}
"""What becomes of each refusal of the exchange core. A post-only order that would trade is not refused but cancelled:
its row is for a market that takes post-only orders alone."""
