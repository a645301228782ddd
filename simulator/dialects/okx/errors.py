"""OKX's errors: a code and a message, for a whole request or for one order of it.

Codes, messages and HTTP statuses are those of the vendor's table of July 2026; where a recorded answer says it
otherwise (the messages about headers have no full stop), the recording is followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.exchange.rejections import RejectCode


class Refused(Exception):
    """OKX refuses a whole request; `bare` where its gateway says so, which sends no `data`."""

    def __init__(self, code: str, message: str, *, status: int = 200, bare: bool = False) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status
        self.bare = bare


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one order of a request is refused: `sCode`, `sMsg`, `subCode`."""

    code: str
    message: str
    sub_code: str = ""


class OrderRefused(Exception):
    """One order of a request is refused."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code} {fault.message}")
        self.fault = fault


BODY_EMPTY = ("50000", "Body for POST request cannot be empty.")
UNAVAILABLE = ("50001", "Service temporarily unavailable. Please try again later.")
BAD_JSON = ("50002", "JSON syntax error")
TIMED_OUT = ("50004", "API endpoint request timeout. ")
BAD_CONTENT_TYPE = ("50006", 'Invalid Content-Type. Please use "application/JSON".')
TOO_MANY = ("50011", "Too Many Requests")
RATE = Fault("50011", "Rate limit reached. Please refer to API documentation and throttle requests accordingly.")
BUSY = ("50013", "Systems are busy. Please try again later.")
SYSTEM_ERROR = ("50026", "System error. Try again later")
EXPIRED = (
    "50036",
    "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.",
)
ACCOUNT_RATE = Fault("50061", "You've reached the maximum order rate limit for this account.")
BAD_METHOD = ("50115", "Invalid request method")

NO_FUNDS = "51008"
NO_INSTRUMENT = Fault("51001", "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
NO_ID = Fault("51003", "Either client order ID or order ID is required.")
WRONG_MODE = Fault("51010", "Request unsupported under current account mode")
DUPLICATE_ID = Fault("51016", "Client order ID already exists.")
TOO_SMALL = Fault("51020", "Your order should meet or exceed the minimum order amount.")
SUSPENDED = Fault("51022", "Contract suspended.")
TOO_MANY_OPEN = Fault("51025", "Order count exceeds the limit.")
LOT = Fault("51121", "Order quantity must be a multiple of the lot size.")
PRECISION = Fault("51150", "The precision of the number of trades or the price exceeds the limit.")
NO_PRICE = Fault("51204", "The price for the limit order cannot be empty.")
TOO_LARGE = "51203"
ALGO_PRICE = Fault("51250", "Algo order price is out of the available range.")
SL_PRICE = Fault("51280", "SL trigger price cannot be higher than the last price.")
NOT_CANCELLED = Fault("51400", "Order cancellation failed as the order has been filled, canceled or does not exist.")
NOTHING_TO_AMEND = Fault("51500", "You must enter a price, quantity, or TP/SL")
NOT_AMENDED = Fault("51503", "Your order has already been filled or canceled.")
AMEND_POST_ONLY = Fault("51511", "Modification failed as the order price did not meet the requirement for Post Only.")
NO_ORDER = ("51603", "Order does not exist")
POST_ONLY_MODE = Fault(
    "54012",
    "Due to insufficient order book depth, we are now taking measures to protect your positions. Currently, you can "
    "only cancel orders, add margin to your positions, and place post-only orders. Your positions will not be "
    "liquidated. Trade will resume once order book depth returns to a safe level.",
)


def parameter(name: str) -> Fault:
    """Return the refusal of one parameter of an order."""
    return Fault("51000", f"Parameter {name} error")


def bad_parameter(name: str) -> Refused:
    """Return the refusal of a request for one of its parameters."""
    return Refused("51000", f"Parameter {name} error", status=400)


def missing(name: str) -> Refused:
    """Return the refusal of a request that lacks a parameter."""
    return Refused("50014", f"Parameter {name} can not be empty.", status=400)


def insufficient(asset: str) -> Fault:
    """Return the refusal of an order that the account cannot pay."""
    return Fault(NO_FUNDS, f"Order failed. Insufficient {asset} balance in account", "1000")


def outside_band(most: str, least: str) -> Fault:
    """Return the refusal of a price too far on the wrong side of the market."""
    text = f"Order price is not within the price limit (max buy price: {most} , min sell price: {least} )"
    return Fault("51006", text)


REJECTIONS: Mapping[RejectCode, Fault] = {
    RejectCode.UNKNOWN_SYMBOL: NO_INSTRUMENT,
    RejectCode.MARKET_HALTED: Fault(*UNAVAILABLE),
    RejectCode.CANCEL_ONLY: SUSPENDED,
    RejectCode.POST_ONLY_MODE: POST_ONLY_MODE,
    RejectCode.PRICE_MISSING: NO_PRICE,
    RejectCode.PRICE_FILTER: PRECISION,
    RejectCode.LOT_SIZE: TOO_SMALL,
    RejectCode.MIN_NOTIONAL: TOO_SMALL,
    RejectCode.POST_ONLY_WOULD_MATCH: AMEND_POST_ONLY,
    RejectCode.POST_ONLY_NOT_LIMIT: parameter("ordType"),
    RejectCode.DUPLICATE_CLIENT_ORDER_ID: DUPLICATE_ID,
    RejectCode.INSUFFICIENT_BALANCE: Fault(NO_FUNDS, "Order failed. Insufficient balance in account", "1000"),
    RejectCode.TOO_MANY_ORDERS: TOO_MANY_OPEN,
    RejectCode.QUOTE_AMOUNT: TOO_SMALL,
    RejectCode.STOP_PRICE: ALGO_PRICE,
    RejectCode.STOP_WOULD_TRIGGER: SL_PRICE,
    RejectCode.EXPIRY: parameter("expTime"),
    RejectCode.REDUCE_ONLY: parameter("reduceOnly"),
    RejectCode.TERMS: parameter("ordType"),
    RejectCode.AMEND_FILLED: parameter("newSz"),
    RejectCode.AMEND_NOTHING: NOTHING_TO_AMEND,
}
"""What becomes of each refusal of the exchange core."""
