"""Polymarket as we speak it through ccxt: every answer to a question is an instrument, and every order has its name
before it is sent.

ccxt calls an answer `RAIN:YES`; here it is `RAIN:YES/USDC`, an asset that is bought with another, so that nothing
else in the engine must know that it is a bet. What ccxt leaves out, or does wrong, is put right where it happens:
its list of markets fails beyond one page and at markets that are over, its books want floats, and it makes API keys
when it cannot derive them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ccxt.base.errors import ExchangeError
from ccxt.prediction.polymarket import polymarket

from engine.domain.instrument import Side
from engine.domain.ticket import OrderRef, Ticket
from engine.venues.unified import MS, member, rows, text

COLLATERAL = "USDC"
SHARES_STEP = "0.01"
"""Shares of an order have two decimals, whatever the tick is."""
EVENTS_PAGE = 100
EVENT_PAGES_MAX = 2
"""The two hundred most traded events are known: each is some ninety kilobytes."""
SECONDS_MIN, SECONDS_MAX = 10**9, 10**10
"""Unix times from 2001 to 2286."""
SALT_BITS = 52
"""As many as a JSON number carries everywhere."""
ORDER_FIELDS = (
    *(("salt", "uint256"), ("maker", "address"), ("signer", "address"), ("tokenId", "uint256")),
    *(("makerAmount", "uint256"), ("takerAmount", "uint256"), ("side", "uint8"), ("signatureType", "uint8")),
    *(("timestamp", "uint256"), ("metadata", "bytes32"), ("builder", "bytes32")),
)


class PolymarketByToken(polymarket):  # type: ignore[misc]
    """ccxt's Polymarket with instruments in our words."""

    order_hash = ""
    """The hash of the order that was built last."""
    stamp_s: int | None = None
    """What the headers of the request that is being signed are to say the time is; None where it is now."""
    number: Any = str
    _only_naming = False
    _keeps_books = False

    # -- names

    def slug_to_outcome_symbol(self, *named: Any) -> str:
        """Return what an answer to a question is called."""
        return f"{super().slug_to_outcome_symbol(*named)}/{COLLATERAL}"

    def traded(self) -> Mapping[str, Any]:
        """Return the answers that can be traded, as spot markets. Two of the same name would be mistaken: none is."""
        found = {}
        for market in self.markets.values():
            for outcome in market["outcomes"]:
                symbol = text(outcome["outcome"])
                if symbol.endswith(f"/{COLLATERAL}") and outcome["active"] and not outcome["negRisk"]:
                    found[symbol] = _as_spot(symbol, market, outcome)
        return found

    def parse_event_to_markets(self, event: Any) -> Any:
        """Read the markets of an event that are not over: ccxt compares the prices of others with floats."""
        listed = [each for each in rows(event.get("markets") or []) if not _is_over(each)]
        return super().parse_event_to_markets({**event, "markets": listed})

    async def fetch_raw_events_list(self, params: Any = None) -> list[object]:
        """Read the most traded events, page by page."""
        found: list[object] = []
        for page in range(EVENT_PAGES_MAX):
            asked = {"limit": EVENTS_PAGE, "offset": page * EVENTS_PAGE, "order": "volume", "ascending": False}
            told = rows(await self.gammaPublicGetEvents({**asked, "active": True, "closed": False}))
            found += told
            if len(told) < EVENTS_PAGE:
                break
        return found

    def set_markets_from_exchange(self, other: Any) -> None:
        """Take another instance's markets, and the answers in them."""
        super().set_markets_from_exchange(other)
        self.populate_outcomes()

    # -- orders

    def name_of(self, order: OrderRef | Ticket) -> str | None:
        """Return the hash by which the venue will know an order, which follows from what is signed."""
        if order.side is None or order.quantity is None or not self.has_outcome(order.instrument):
            return None
        price = self._marketable(order.instrument, order.side) if order.price is None else str(order.price)
        self._only_naming = True
        try:
            pins = pins_of(order.client_order_id, order.since_ns)
            self.build_clob_order_body(order.instrument, "limit", order.side.value, str(order.quantity), price, pins)
        finally:
            self._only_naming = False
        return self.order_hash

    async def create_order(
        self, symbol: Any, kind: Any, side: Any, amount: Any, price: Any = None, params: Any = None
    ) -> Any:
        """Place an order; one without a price is worth whatever the book has, which is the last tick."""
        limit = self._marketable(symbol, Side(side)) if price is None else price
        return await super().create_order(symbol, "limit", side, amount, limit, params or {})

    def _marketable(self, symbol: str, side: Side) -> str:
        tick = Decimal(text(self.outcome(symbol)["precision"]["price"]))
        return str(1 - tick if side is Side.BUY else tick)

    def sign_clob_order(self, terms: Any, contract: str, version: str, wallet_kind: Any) -> Any:
        """Sign an order, and note its hash."""
        names = [{"name": name, "type": kind} for name, kind in ORDER_FIELDS]
        domain = {
            "name": self.options["ctfExchangeName"],
            "version": version,
            "chainId": self.options["chainId"],
            "verifyingContract": contract,
        }
        self.order_hash = text(self.hash_message(self.eth_encode_structured_data(domain, {"Order": names}, terms)))
        return "" if self._only_naming else super().sign_clob_order(terms, contract, version, wallet_kind)

    async def load_api_credentials(self) -> None:
        """Learn the credentials that belong to the wallet; never make new ones, which would end those in use."""
        if self.options.get("l2ApiKey") is None:
            await self.derive_api_key()
            text(self.options["l2ApiKey"])

    def handle_errors(
        self, code: int, reason: str, url: str, method: str, headers: Any, body: str, response: Any, *rest: Any
    ) -> Any:
        """Raise where ccxt passes a refusal in HTTP 200 over: of an order, and of a cancel."""
        handled = super().handle_errors(code, reason, url, method, headers, body, response, *rest)
        said = response if isinstance(response, dict) else {}
        if said.get("success") is False or said.get("errorMsg") or said.get("not_canceled"):
            raise ExchangeError(f"{method} {url}: {body}")
        return handled

    def sign(self, path: str, api: Any = None, method: str = "GET", params: Any = None) -> Any:
        """Sign a request; a stamp among its parameters (`stamp`, unix seconds) stands in its headers."""
        told = params
        if isinstance(params, dict) and "stamp" in params:
            told = dict(params)
            self.stamp_s = told.pop("stamp")
        try:
            return super().sign(path, api, method, told if told is not None else {})
        finally:
            self.stamp_s = None

    async def fetch_time(self, params: Any = None) -> int:
        """Read the venue's clock; the answer is a bare number of seconds, so any other number is none."""
        told = int(await self.clobPublicGetTime())
        if not SECONDS_MIN <= told < SECONDS_MAX:
            raise ValueError(f"{told} is no time")
        return told * 1000

    # -- prices

    async def fetch_ticker(self, symbol: Any, params: Any = None) -> Any:
        """Read best bid and offer from the book: ccxt asks three questions, whose answers need not agree."""
        book = await self.clobPublicGetBook({"token_id": self.outcome(symbol)["outcomeId"]})
        return ticker(*_best(book), at_ms=None)

    async def watch_tickers(self, symbols: Sequence[str], params: Any = None) -> Any:
        """Watch what the books of answers begin with."""
        return await self._watch_books("ticker", symbols)

    async def watch_order_book_for_symbols(self, symbols: Sequence[str], *_more: Any) -> Any:
        """Watch the books of answers, whose changes are not numbered: each says what its book begins with."""
        self._keeps_books = True
        return await self._watch_books("orderbook", symbols)

    async def _watch_books(self, what: str, symbols: Sequence[str]) -> Any:
        tokens = {symbol: text(self.outcome(symbol)["outcomeId"]) for symbol in symbols}
        return await self.watch_multiple(
            self.urls["api"]["ws"],
            [f"{what}::{symbol}" for symbol in tokens],
            {"assets_ids": list(tokens.values()), "type": "market"},
            [f"subscribe::{token}" for token in tokens.values()],
        )

    def handle_order_book_snapshot(self, client: Any, event: Any) -> None:
        """Take a whole book, and its first lines as a price."""
        self._tick(event.get("asset_id"), *_best(event), at_ms=int(event["timestamp"]))
        self._in_floats(super().handle_order_book_snapshot, client, event)

    def handle_order_book_delta(self, client: Any, event: Any) -> None:
        """Take changes of books; each says what its book begins with now."""
        for change in rows(event.get("price_changes") or []):
            bid, ask = (str(change.get(name) or "") for name in ("best_bid", "best_ask"))
            self._tick(change.get("asset_id"), bid, ask, at_ms=int(event["timestamp"]))
        self._in_floats(super().handle_order_book_delta, client, event)
        if self._keeps_books:
            self._check_books(rows(event.get("price_changes") or []))

    def _check_books(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Raise `ValueError` when a book does not begin with what the last of its changes says: one was missed."""
        for token, change in {change.get("asset_id"): change for change in changes}.items():
            book = self.orderbooks.get(self.token_id_to_symbol(token))
            for side, best in (("bids", change["best_bid"]), ("asks", change["best_ask"])):
                if book is not None and _is_price(best) and (not book[side] or book[side][0][0] != float(best)):
                    raise ValueError(f"a change of the {side} was missed")

    def _tick(self, token: Any, bid: str, ask: str, *, at_ms: int) -> None:
        outcome = (self.outcomes_by_id or {}).get(token)
        told = ticker(bid, ask, at_ms=at_ms)
        if outcome is not None and told["last"] is not None:
            self.tickers[outcome["outcome"]] = told

    def _in_floats(self, handle: Callable[[Any, Any], None], client: Any, event: Any) -> None:
        """Let ccxt keep a book: it sorts by numbers, whose shortest text is what the venue sent."""
        usual, self.number = self.number, float
        try:
            handle(client, event)
        finally:
            self.number = usual


def pins_of(client_order_id: str, since_ns: int) -> dict[str, str]:
    """Return what makes the same intent the same signed order, however often it is signed."""
    digest = hashlib.sha256(client_order_id.encode()).digest()
    return {
        "salt": str(int.from_bytes(digest[:8], "big") >> (64 - SALT_BITS)),
        "timestamp": str(since_ns // MS),
    }


def ticker(bid: str, ask: str, *, at_ms: int | None) -> dict[str, Any]:
    """Return a price in ccxt's form; its last one is the middle, since trades are told of both answers at once."""
    sides = [Decimal(side) for side in (bid, ask) if _is_price(side)]
    middle = str(sum(sides, Decimal(0)) / len(sides)) if sides else None
    return {
        "bid": bid if _is_price(bid) else None,
        "ask": ask if _is_price(ask) else None,
        "last": middle,
        "timestamp": at_ms,
    }


def _is_price(side: str) -> bool:
    """Tell whether somebody asks or bids this: an empty side is told as nothing, nought or one."""
    return side != "" and 0 < Decimal(side) < 1


def _best(book: Any) -> tuple[str, str]:
    """Return the best bid and offer of a whole book, empty where a side has none."""
    bids = [Decimal(text(line["price"])) for line in rows(member(book, "bids"))]
    asks = [Decimal(text(line["price"])) for line in rows(member(book, "asks"))]
    return str(max(bids)) if bids else "", str(min(asks)) if asks else ""


def _is_over(market: Mapping[str, Any]) -> bool:
    return market.get("closed") is True or str(market.get("umaResolutionStatus")).lower() == "resolved"


def _as_spot(symbol: str, market: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    least = market["limits"]["amount"]["min"]
    return {
        "symbol": symbol,
        "base": symbol.partition("/")[0],
        "quote": COLLATERAL,
        "spot": True,
        "active": outcome["active"],
        "precision": {"amount": SHARES_STEP, "price": outcome["precision"]["price"]},
        "limits": {"amount": {"min": least, "max": None}, "cost": {"min": None, "max": None}},
    }
