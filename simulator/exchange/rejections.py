"""Why an exchange says no.

    ExchangeRefusal
    ├── Rejected        an order is not accepted; `code` says why
    ├── UnknownOrder    no such order, or none that is still open
    ├── UnknownAccount
    └── UnknownSymbol

The codes are the exchange's own words; each dialect translates them into its venue's.
"""

from enum import Enum


class RejectCode(Enum):
    """Why an order was not accepted."""

    UNKNOWN_SYMBOL = "unknown symbol"
    MARKET_HALTED = "market halted"
    CANCEL_ONLY = "market accepts cancels only"
    POST_ONLY_MODE = "market accepts post-only orders only"
    PRICE_MISSING = "a limit order needs a price"
    PRICE_FILTER = "price off the grid or outside its limits"
    LOT_SIZE = "quantity off the grid or outside its limits"
    MIN_NOTIONAL = "order value too small"
    POST_ONLY_WOULD_MATCH = "a post-only order would match at once"
    POST_ONLY_NOT_LIMIT = "post-only needs a limit order that may rest"
    DUPLICATE_CLIENT_ORDER_ID = "client order id is in use by an open order"
    INSUFFICIENT_BALANCE = "insufficient balance"
    TOO_MANY_ORDERS = "too many open orders"
    QUOTE_AMOUNT = "quote amount off the grid, outside its limits, or not for this order"
    STOP_PRICE = "stop price missing, off the grid, or outside its limits"
    STOP_WOULD_TRIGGER = "the last price has reached the stop price already"
    EXPIRY = "expiry has passed, or the order never rests"
    REDUCE_ONLY = "reduce-only without a position to reduce"
    TERMS = "terms that do not go together"
    AMEND_FILLED = "the new quantity is not above what is filled"
    AMEND_NOTHING = "the amendment changes nothing"


class ExchangeRefusal(Exception):
    """The exchange does not do what was asked, and nothing has changed."""


class Rejected(ExchangeRefusal):
    """An order was not accepted: no record exists of it and no balance moved."""

    def __init__(self, code: RejectCode, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


class UnknownOrder(ExchangeRefusal):
    """No such order of this account; for a cancel, none that is still open."""


class UnknownAccount(ExchangeRefusal):
    """No account of this name has been opened."""


class UnknownSymbol(ExchangeRefusal):
    """This exchange does not trade the symbol."""
