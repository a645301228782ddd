"""Binance's refusals: code, text and HTTP status, and which of them each of the exchange's own becomes.

Texts and codes are those of the vendor's `errors.md`; what is not in there is listed as unconfirmed in the README.
"""

from collections.abc import Mapping
from typing import Any

from simulator.exchange.rejections import RejectCode

NO_HEADERS: Mapping[str, str] = {}

UNKNOWN = (-1000, "An unknown error occurred while processing the request.")
FAULTS: Mapping[int, tuple[int, str]] = {
    -1000: UNKNOWN,
    -1001: (-1001, "Internal error; unable to process your request. Please try again."),
    -1006: (-1006, "An unexpected response was received from the message bus. Execution status unknown."),
}
"""What may come with HTTP 500."""
TIMED_OUT = (
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
)
BUSY = (-1008, "Server is currently overloaded with other requests. Please try again in a few minutes.")
BAD_TIMESTAMP = (-1021, "Timestamp for this request is outside of the recvWindow.")
AHEAD_TIMESTAMP = (-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
BAD_SIGNATURE = (-1022, "Signature for this request is not valid.")
BAD_SYMBOL = (-1121, "Invalid symbol.")
BAD_SIDE = (-1117, "Invalid side.")
BAD_TYPE = (-1116, "Invalid orderType.")
BAD_TIME_IN_FORCE = (-1115, "Invalid timeInForce.")
BAD_KEY_FORMAT = (-2014, "API-key format invalid.")
BAD_KEY = (-2015, "Invalid API-key, IP, or permissions for action.")
NO_SUCH_ORDER = (-2013, "Order does not exist.")
CANCEL_UNKNOWN = (-2011, "Unknown order sent.")
NO_ORDER_NAMED = (-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")

UNAUTHORIZED = {-2014, -2015}
"""These come with HTTP 401."""


class Refused(Exception):
    """Binance does not do what was asked, and says so with a code."""

    def __init__(
        self,
        code: int,
        text: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status if status is not None else 401 if code in UNAUTHORIZED else 400
        self.headers = headers
        self.data = data


class TooMuch(Refused):
    """A limit is used up; the client must be quiet until `quiet_until_ns` (virtual)."""

    def __init__(self, code: int, text: str, quiet_until_ns: int) -> None:
        super().__init__(code, text, status=429)
        self.quiet_until_ns = quiet_until_ns


def missing(name: str) -> Refused:
    """Return the refusal of a request without a parameter it needs."""
    return Refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def not_required(name: str) -> Refused:
    """Return the refusal of a parameter that this order type does not take."""
    return Refused(-1106, f"Parameter '{name}' sent when not required.")


def illegal(name: str, legal: str) -> Refused:
    """Return the refusal of a value that does not match the pattern `legal`."""
    return Refused(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def invalid(name: str) -> Refused:
    """Return the refusal of a value out of its range."""
    return Refused(-1130, f"Data sent for parameter '{name}' is not valid.")


REJECTIONS: Mapping[RejectCode, tuple[int, str]] = {
    RejectCode.UNKNOWN_SYMBOL: BAD_SYMBOL,
    RejectCode.MARKET_HALTED: (-2010, "Market is closed."),
    RejectCode.CANCEL_ONLY: (-2010, "Market is closed."),
    RejectCode.POST_ONLY_MODE: (-2010, "Market is closed."),
    RejectCode.PRICE_MISSING: (
        -1102,
        "Mandatory parameter 'price' was not sent, was empty/null, or malformed.",
    ),
    RejectCode.PRICE_FILTER: (-1013, "Filter failure: PRICE_FILTER"),
    RejectCode.LOT_SIZE: (-1013, "Filter failure: LOT_SIZE"),
    RejectCode.MIN_NOTIONAL: (-1013, "Filter failure: NOTIONAL"),
    RejectCode.POST_ONLY_WOULD_MATCH: (-2010, "Order would immediately match and take."),
    RejectCode.POST_ONLY_NOT_LIMIT: (-1014, "Unsupported order combination."),
    RejectCode.DUPLICATE_CLIENT_ORDER_ID: (-2010, "Duplicate order sent."),
    RejectCode.INSUFFICIENT_BALANCE: (-2010, "Account has insufficient balance for requested action."),
    RejectCode.TOO_MANY_ORDERS: (-1013, "Filter failure: MAX_NUM_ORDERS"),
    RejectCode.QUOTE_AMOUNT: (-1013, "Filter failure: NOTIONAL"),
    RejectCode.STOP_PRICE: (-1013, "Filter failure: PRICE_FILTER"),
    RejectCode.STOP_WOULD_TRIGGER: (-2010, "Order would trigger immediately."),
    RejectCode.EXPIRY: (-1014, "Unsupported order combination."),
    RejectCode.REDUCE_ONLY: (-1014, "Unsupported order combination."),
    RejectCode.TERMS: (-1014, "Unsupported order combination."),
    RejectCode.AMEND_FILLED: (-2038, "The requested action would change no state; rejecting."),
    RejectCode.AMEND_NOTHING: (-2038, "The requested action would change no state; rejecting."),
}
"""What becomes of each refusal of the exchange core."""
