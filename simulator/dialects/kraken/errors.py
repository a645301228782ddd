"""Kraken's errors: strings in a list, with HTTP status 200, and which of them each of the exchange's own becomes.

The strings are those of the vendor's error guide, or were seen in public recordings of its answers; the README
lists those that are unconfirmed.
"""

from collections.abc import Mapping

from simulator.exchange.rejections import RejectCode

INVALID_ARGUMENTS = "EGeneral:Invalid arguments"
UNKNOWN_METHOD = "EGeneral:Unknown method"
INTERNAL = "EGeneral:Internal error"
LOCKOUT = "EGeneral:Temporary lockout"
TOO_MANY_REQUESTS = "EGeneral:Too many requests"
INVALID_KEY = "EAPI:Invalid key"
PERMISSION_DENIED = "EGeneral:Permission denied"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"
CALL_RATE = "EAPI:Rate limit exceeded"
ORDER_RATE = "EOrder:Rate limit exceeded"
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
UNKNOWN_ASSET = "EQuery:Unknown asset"
UNKNOWN_ORDER = "EOrder:Unknown order"
INVALID_ORDER = "EOrder:Invalid order"
DEADLINE = "EService:Deadline elapsed"
CANCEL_ONLY = "EService:Market in cancel_only mode"
POST_ONLY = "EService:Market in post_only mode"
UNAVAILABLE = "EService:Unavailable"
VOLUME_MINIMUM = "EGeneral:Invalid arguments:volume minimum not met"
COST_MINIMUM = "EOrder:Cost minimum not met"
TICK_SIZE = "EOrder:Tick size check failed"
INSUFFICIENT_FUNDS = "EOrder:Insufficient funds"
WOULD_MATCH = "EOrder:Post only order"
DUPLICATE_ID = "EOrder:cl_ord_id already in use"
ORDERS_LIMIT = "EOrder:Orders limit exceeded"


class Refused(Exception):
    """Kraken does not do what was asked, and says so with one string; `limited` where a counter is full."""

    def __init__(self, text: str, *, status: int = 200) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


def invalid(name: str) -> Refused:
    """Return the refusal of one argument."""
    return Refused(f"{INVALID_ARGUMENTS}:{name}")


def too_many_decimals(pair: str, places: int) -> Refused:
    """Return the refusal of a price that is finer than the pair allows."""
    return Refused(f"EOrder:Invalid price:{pair} price can only be specified up to {places} decimals.")


REJECTIONS: Mapping[RejectCode, str] = {
    RejectCode.UNKNOWN_SYMBOL: UNKNOWN_PAIR,
    RejectCode.MARKET_HALTED: UNAVAILABLE,
    RejectCode.CANCEL_ONLY: CANCEL_ONLY,
    RejectCode.POST_ONLY_MODE: POST_ONLY,
    RejectCode.PRICE_MISSING: f"{INVALID_ARGUMENTS}:price",
    RejectCode.PRICE_FILTER: TICK_SIZE,
    RejectCode.LOT_SIZE: VOLUME_MINIMUM,
    RejectCode.MIN_NOTIONAL: COST_MINIMUM,
    RejectCode.POST_ONLY_WOULD_MATCH: WOULD_MATCH,
    RejectCode.POST_ONLY_NOT_LIMIT: f"{INVALID_ARGUMENTS}:oflags",
    RejectCode.DUPLICATE_CLIENT_ORDER_ID: DUPLICATE_ID,
    RejectCode.INSUFFICIENT_BALANCE: INSUFFICIENT_FUNDS,
    RejectCode.TOO_MANY_ORDERS: ORDERS_LIMIT,
    RejectCode.QUOTE_AMOUNT: COST_MINIMUM,
    RejectCode.STOP_PRICE: TICK_SIZE,
    RejectCode.STOP_WOULD_TRIGGER: INVALID_ORDER,
    RejectCode.EXPIRY: f"{INVALID_ARGUMENTS}:expiretm",
    RejectCode.REDUCE_ONLY: INVALID_ORDER,
    RejectCode.TERMS: INVALID_ORDER,
    RejectCode.AMEND_FILLED: INVALID_ORDER,
    RejectCode.AMEND_NOTHING: INVALID_ORDER,
}
"""What becomes of each refusal of the exchange core."""
