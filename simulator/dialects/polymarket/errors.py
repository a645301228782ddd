"""What Polymarket says when it does not do what was asked, and what becomes of each refusal of the exchange core.

Nearly everything is one field, `error`, with a sentence in it; the sentence is all that a client can go by. Where it
concerns an order it has that order's hash in it.
"""

from collections.abc import Mapping

import msgspec

from simulator.dialects.call import Answer
from simulator.exchange.rejections import RejectCode


class Refused(Exception):
    """Polymarket does not do what was asked, and says so with a status and a sentence."""

    def __init__(self, status: int, text: str, **more: object) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.more = more

    @property
    def body(self) -> dict[str, object]:
        """What the answer says."""
        return {"error": self.text, **self.more}


UNAUTHORIZED = Refused(401, "Unauthorized/Invalid api key")
NOT_OWNER = Refused(401, "Invalid L1 Request headers")
BUSY = Refused(429, "Too Many Requests")
NOT_FOUND = Refused(404, "404 page not found")
NO_BOOK = Refused(404, "No orderbook exists for the requested token id")
NO_MARKET = Refused(404, "market not found")
NO_ORDER = Refused(404, "order not found")
INVALID_TOKEN = Refused(400, "Invalid token id")
INVALID_SIDE = Refused(400, "Invalid side")
INVALID_PAYLOAD = Refused(400, "Invalid payload")
INVALID_ORDER = Refused(400, "Invalid order payload")
INVALID_ORDER_ID = Refused(400, "Invalid orderID")
TOO_MANY_TOKENS = Refused(400, "Payload exceeds the limit")
WRONG_OWNER = Refused(400, "the order owner has to be the owner of the API KEY")
WRONG_SIGNER = Refused(400, "the order signer address has to be the address of the API KEY")
WRONG_SIGNATURE = Refused(400, "invalid signature")
EXPIRATION = Refused(400, "invalid expiration")
CROSSES = Refused(400, "invalid post-only order: order crosses book")
POST_ONLY_TYPE = Refused(400, "invalid post-only order: only GTC and GTD order types are allowed")
NOT_ALL = Refused(400, "order couldn't be fully filled. FOK orders are fully filled or killed.")
NO_MATCH = Refused(
    400, "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
)
DISABLED = Refused(503, "Trading is currently disabled. Check polymarket.com for updates")
CANCEL_ONLY = Refused(503, "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.")
POST_ONLY_MODE = Refused(
    503, "Trading is currently post-only. Only post-only orders are accepted.", post_only_mode=True
)
NOT_READY = Refused(400, "the market is not yet ready to process new orders")
NO_MONEY = Refused(400, "not enough balance / allowance")
NOT_INSERTED = Refused(500, "could not insert order")
ENDED = "order can't be found - already canceled or matched"

REJECTIONS: Mapping[RejectCode, Refused] = {
    RejectCode.UNKNOWN_SYMBOL: NO_BOOK,
    RejectCode.MARKET_HALTED: NOT_READY,
    RejectCode.CANCEL_ONLY: CANCEL_ONLY,
    RejectCode.POST_ONLY_MODE: POST_ONLY_MODE,
    RejectCode.PRICE_MISSING: INVALID_ORDER,
    RejectCode.PRICE_FILTER: Refused(
        400, "order {id} is invalid. Price ({price}) breaks minimum tick size rule: {tick}"
    ),
    RejectCode.LOT_SIZE: Refused(400, "order {id} is invalid. Size ({size}) lower than the minimum: {min}"),
    RejectCode.MIN_NOTIONAL: Refused(400, "invalid amount for a marketable BUY order (${value}), min size: ${least}"),
    RejectCode.POST_ONLY_WOULD_MATCH: CROSSES,
    RejectCode.POST_ONLY_NOT_LIMIT: POST_ONLY_TYPE,
    RejectCode.DUPLICATE_CLIENT_ORDER_ID: Refused(400, "order {id} is invalid. Duplicated."),
    RejectCode.INSUFFICIENT_BALANCE: NO_MONEY,
    RejectCode.TOO_MANY_ORDERS: NOT_INSERTED,
    RejectCode.QUOTE_AMOUNT: INVALID_ORDER,
    RejectCode.STOP_PRICE: INVALID_ORDER,
    RejectCode.STOP_WOULD_TRIGGER: INVALID_ORDER,
    RejectCode.EXPIRY: EXPIRATION,
    RejectCode.REDUCE_ONLY: INVALID_ORDER,
    RejectCode.TERMS: INVALID_ORDER,
    RejectCode.AMEND_FILLED: INVALID_ORDER,
    RejectCode.AMEND_NOTHING: INVALID_ORDER,
}
"""What becomes of each refusal of the exchange core; braces are filled with what the order says."""


def filled(code: RejectCode, **said: object) -> Refused:
    """Return a refusal with an order's own figures in its sentence."""
    refused = REJECTIONS[code]
    return Refused(refused.status, refused.text.format(**said), **refused.more) if "{" in refused.text else refused


def answer(refused: Refused, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a refusal as an answer."""
    return Answer(status=refused.status, body=msgspec.json.encode(refused.body), headers=headers or {})
