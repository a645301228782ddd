"""What Coinbase says when it does not do what was asked, and what becomes of each refusal of the exchange core.

    Refused         the whole request: an HTTP status of 400 and above
    NotPlaced       an order, in HTTP 200: `success` is false and `error_response` says why
    NotEdited       an amendment, in HTTP 200: a list of reasons

/v2 writes its errors as a list, /api/v3 as one object, and what stands before both as text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from simulator.dialects.call import Answer
from simulator.exchange.rejections import RejectCode

OLD = "/v2/"
ORDER_NOT_FOUND = "order with this orderID was not found"


class Refused(Exception):
    """Coinbase does not do what was asked, and says so with a status and a code."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an order was not placed: in the words for orders, in plain English, and in those of a preview."""

    error: str
    message: str = ""
    preview: str = ""


class NotPlaced(Exception):
    """An order is refused."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.error)
        self.reason = reason


class NotEdited(Exception):
    """An amendment is refused, for this `edit_failure_reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def invalid(text: str) -> Refused:
    """Return the refusal of an argument."""
    return Refused(400, "INVALID_ARGUMENT", text)


def not_found(text: str) -> Refused:
    """Return the refusal of something that is not there."""
    return Refused(404, "NOT_FOUND", text)


UNAUTHORIZED = Answer(status=401, body=b"Unauthorized\n", content_type="text/plain; charset=utf-8")
THROTTLED = Answer(status=429, body=b'{"error":"too many requests"}')
BUSY = Refused(429, "rate_limit_exceeded", "Too many requests")

UNKNOWN, UNSUPPORTED = "UNKNOWN_FAILURE_REASON", "UNSUPPORTED_ORDER_CONFIGURATION"
UNKNOWN_PREVIEW = "UNKNOWN_PREVIEW_FAILURE_REASON"
INVALID_SIDE = Reason("INVALID_SIDE", "", "PREVIEW_INVALID_SIDE")
INVALID_PRODUCT = Reason("INVALID_PRODUCT_ID", "", "PREVIEW_INVALID_PRODUCT_ID")
INVALID_CONFIGURATION = Reason(UNSUPPORTED, "order configuration is not supported", "PREVIEW_INVALID_ORDER_CONFIG")
PRICE_PRECISION = Reason(
    "INVALID_PRICE_PRECISION", "Too many decimals in order price", "PREVIEW_INVALID_PRICE_PRECISION"
)
SIZE_PRECISION = Reason("INVALID_SIZE_PRECISION", "Too many decimals in order amount", "PREVIEW_INVALID_SIZE_PRECISION")
FUNDS = Reason("INSUFFICIENT_FUND", "Insufficient balance in source account", "PREVIEW_INSUFFICIENT_FUND")
POST_ONLY = Reason("INVALID_LIMIT_PRICE_POST_ONLY", "", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY")
LIMIT_PRICE = Reason("INVALID_LIMIT_PRICE", "", "PREVIEW_INVALID_LIMIT_PRICE")
TOO_SMALL = Reason(UNKNOWN, "", "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL")
QUOTE_TOO_SMALL = Reason(UNKNOWN, "", "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL")
TOO_LARGE = Reason(UNKNOWN, "", "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE")
STOP_ABOVE = Reason(UNKNOWN, "", "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE")
STOP_BELOW = Reason(UNKNOWN, "", "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE")
DISABLED = Reason("ORDER_ENTRY_DISABLED", "order entry is disabled", UNKNOWN_PREVIEW)
END_TIME = Reason("INVALID_REQUEST", "end_time must be in the future", "PREVIEW_INVALID_ORDER_CONFIG")
REDUCE_ONLY = Reason(UNSUPPORTED, "reduce_only is not supported for this product", "PREVIEW_INVALID_ORDER_CONFIG")

REJECTIONS: Mapping[RejectCode, Reason] = {
    RejectCode.UNKNOWN_SYMBOL: INVALID_PRODUCT,
    RejectCode.MARKET_HALTED: DISABLED,
    RejectCode.CANCEL_ONLY: DISABLED,
    RejectCode.POST_ONLY_MODE: DISABLED,
    RejectCode.PRICE_MISSING: LIMIT_PRICE,
    RejectCode.PRICE_FILTER: LIMIT_PRICE,
    RejectCode.LOT_SIZE: TOO_SMALL,
    RejectCode.MIN_NOTIONAL: QUOTE_TOO_SMALL,
    RejectCode.POST_ONLY_WOULD_MATCH: POST_ONLY,
    RejectCode.POST_ONLY_NOT_LIMIT: INVALID_CONFIGURATION,
    RejectCode.DUPLICATE_CLIENT_ORDER_ID: Reason("INVALID_REQUEST", "client order id is in use", UNKNOWN_PREVIEW),
    RejectCode.INSUFFICIENT_BALANCE: FUNDS,
    RejectCode.TOO_MANY_ORDERS: Reason("COMMANDER_REJECTED_NEW_ORDER", "too many open orders", UNKNOWN_PREVIEW),
    RejectCode.QUOTE_AMOUNT: QUOTE_TOO_SMALL,
    RejectCode.STOP_PRICE: Reason(UNKNOWN, "", "PREVIEW_INVALID_STOP_PRICE"),
    RejectCode.STOP_WOULD_TRIGGER: STOP_ABOVE,
    RejectCode.EXPIRY: END_TIME,
    RejectCode.REDUCE_ONLY: REDUCE_ONLY,
    RejectCode.TERMS: INVALID_CONFIGURATION,
    RejectCode.AMEND_FILLED: INVALID_CONFIGURATION,
    RejectCode.AMEND_NOTHING: INVALID_CONFIGURATION,
}
"""What becomes of each refusal of the exchange core when an order is placed."""

EDITS: Mapping[RejectCode, str] = {
    RejectCode.PRICE_FILTER: "INVALID_EDITED_PRICE",
    RejectCode.POST_ONLY_WOULD_MATCH: "INVALID_EDITED_PRICE",
    RejectCode.LOT_SIZE: "INVALID_EDITED_SIZE",
    RejectCode.MIN_NOTIONAL: "INVALID_EDITED_SIZE",
    RejectCode.AMEND_FILLED: "CANNOT_EDIT_TO_BELOW_FILLED_SIZE",
    RejectCode.AMEND_NOTHING: "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST",
}
"""What becomes of it when one is amended; of the rest, `COMMANDER_REJECTED_EDIT_ORDER`."""


def answer(path: str, refused: Refused) -> Answer:
    """Return a refusal as the half of the API that was asked writes it."""
    if path.startswith(OLD):
        code = refused.code.lower() if refused.status != 400 else "invalid_request"
        return _json(refused.status, {"errors": [{"id": code, "message": refused.text}]})
    if refused is BUSY:
        return THROTTLED
    return _json(refused.status, {"error": refused.code, "error_details": refused.text, "message": refused.text})


def _json(status: int, body: object) -> Answer:
    return Answer(status=status, body=msgspec.json.encode(body))
