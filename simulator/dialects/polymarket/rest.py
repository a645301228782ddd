"""Polymarket over REST: the table of routes of its three hosts, and the way of a request through them.

Catalogue (gamma), books and orders (clob) and what the chain says (data) are three hosts with routes of their own and
one way of refusing. Only the second asks who is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.dialects.polymarket import account, books, chain, errors, gamma, signed_orders, trading
from simulator.dialects.polymarket.errors import (
    BUSY,
    INVALID_ORDER,
    INVALID_PAYLOAD,
    NOT_FOUND,
    Refused,
)
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.limits import Bucket
from simulator.dialects.polymarket.parameters import Asked, Query

Run = Callable[[Front, Asked], Any]
Bucketed = Literal["", "order", "orders", "cancel", "cancels", "cancel-all"]
NAME_MAX = 128
PAGE = b"<html><head><title>%d</title></head><body>cloudflare</body></html>"
EARLY = 425
"""What is said while the matching engine starts: with nothing in the body."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: what it does, what it is about, what it costs, and what it says of what it cannot read."""

    run: Run
    kind: EndpointKind = "public"
    costs: Bucketed = ""
    wrong: Refused = INVALID_PAYLOAD
    is_owners: bool = False
    """Whether the wallet itself must have signed, not the credentials."""


Routes = Mapping[tuple[str, str], Route]
Named = Mapping[tuple[str, str], Route]
"""Paths that begin with the second text and end with a name, by method and that text."""

ORDERS_WRONG = Refused(400, "invalid order params payload")
TRADES_WRONG = Refused(400, "Invalid trade params payload")
FILTERS_WRONG = Refused(400, "invalid filters")

GAMMA: Routes = {
    ("GET", "/status"): Route(gamma.status),
    ("GET", "/events"): Route(gamma.events),
    ("GET", "/markets"): Route(gamma.markets),
    ("GET", "/public-search"): Route(gamma.search),
}
GAMMA_NAMED: Named = {
    ("GET", "/events/slug/"): Route(gamma.event),
    ("GET", "/markets/slug/"): Route(gamma.market),
    ("GET", "/events/"): Route(gamma.event),
    ("GET", "/markets/"): Route(gamma.market),
}
DATA: Routes = {
    ("GET", "/trades"): Route(chain.trades),
    ("GET", "/positions"): Route(chain.positions),
    ("GET", "/oi"): Route(chain.open_interest),
}
PLACE = ("POST", "/order")
CLOB: Routes = {
    ("GET", "/time"): Route(books.time),
    ("GET", "/book"): Route(books.book),
    ("POST", "/books"): Route(books.books),
    ("GET", "/midpoint"): Route(books.midpoint),
    ("POST", "/midpoints"): Route(books.midpoints),
    ("GET", "/price"): Route(books.price),
    ("GET", "/spread"): Route(books.spread),
    ("POST", "/spreads"): Route(books.spreads),
    ("GET", "/last-trade-price"): Route(books.last_price),
    ("POST", "/last-trades-prices"): Route(books.last_prices),
    ("GET", "/tick-size"): Route(books.tick_size),
    ("GET", "/neg-risk"): Route(books.neg_risk),
    ("GET", "/fee-rate"): Route(books.fee_rate),
    ("GET", "/prices-history"): Route(books.history, wrong=FILTERS_WRONG),
    ("GET", "/auth/derive-api-key"): Route(account.derive_key, "account", is_owners=True),
    ("POST", "/auth/api-key"): Route(account.create_key, "account", is_owners=True),
    ("GET", "/auth/api-keys"): Route(account.keys, "account", is_owners=True),
    ("GET", "/auth/ban-status/closed-only"): Route(account.closed_only, "account"),
    ("GET", "/balance-allowance"): Route(account.balance, "account"),
    ("GET", "/balance-allowance/update"): Route(account.balance, "account"),
    ("GET", "/data/orders"): Route(account.orders, "account", wrong=ORDERS_WRONG),
    ("GET", "/data/trades"): Route(account.trades, "account", wrong=TRADES_WRONG),
    ("POST", "/heartbeats"): Route(account.heartbeat, "orders"),
    ("POST", "/v1/heartbeats"): Route(account.heartbeat, "orders"),
    PLACE: Route(trading.place, "orders", "order", INVALID_ORDER),
    ("POST", "/orders"): Route(trading.place_all, "orders", "orders", INVALID_ORDER),
    ("DELETE", "/order"): Route(trading.cancel, "orders", "cancel", INVALID_ORDER),
    ("DELETE", "/orders"): Route(trading.cancel_several, "orders", "cancels", INVALID_ORDER),
    ("DELETE", "/cancel-all"): Route(trading.cancel_all, "orders", "cancel-all", INVALID_ORDER),
    ("DELETE", "/cancel-market-orders"): Route(trading.cancel_market, "orders", "cancel-all", INVALID_ORDER),
}
CLOB_NAMED: Named = {
    ("GET", "/data/order/"): Route(account.order, "account"),
    ("GET", "/tick-size/"): Route(books.tick_size),
    ("GET", "/neg-risk/"): Route(books.neg_risk),
    ("GET", "/fee-rate/"): Route(books.fee_rate),
}


class PolymarketRest:
    """The REST dialect of one of Polymarket's hosts."""

    def __init__(self, front: Front, routes: Routes, named: Named) -> None:
        self._front = front
        self._routes = routes
        self._named = named
        self.ban_ns = front.settings.ban_ns
        self.patience = front.settings.patience

    def kind(self, method: str, path: str) -> EndpointKind:
        """Say what a request is about."""
        route, _ = self._found(method, path)
        return route.kind if route is not None else "public"

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account that a request claims, and the order that it wants placed, which is a hash."""
        key = self._front.doorman.claimed(call)
        return key.account if key is not None else None, _order_in(call) if (call.method, call.path) == PLACE else None

    def answer(self, call: Call) -> Answer:
        """Do what the request asks, or refuse it."""
        try:
            return self._answer(call)
        except Refused as refused:
            return errors.answer(refused)

    def internal_error(self, status: int) -> Answer:
        """Return Polymarket's answer when it is broken: the outcome of the request is unknown."""
        if status == EARLY:
            return Answer(status=status, body=b"", content_type="text/plain; charset=utf-8")
        if status > 500 and status != 503:
            return Answer(status=status, body=PAGE % status, content_type="text/html; charset=UTF-8")
        return errors.answer(errors.DISABLED if status == 503 else Refused(status, "Internal server error"))

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return the answer to one request too many."""
        return errors.answer(BUSY, {"Retry-After": str(max(1, -(-wait_ns // 1_000_000_000)))})

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return what the network in front of the venue tells a client that it has shut out."""
        return Answer(status=403, body=PAGE % 403, content_type="text/html; charset=UTF-8")

    def unreadable(self, status: int) -> Answer:
        """Return the refusal of a body that nobody reads."""
        return errors.answer(Refused(status, INVALID_PAYLOAD.text))

    def _found(self, method: str, path: str) -> tuple[Route | None, str]:
        """Return the route of a request, and what its path names."""
        route = self._routes.get((method, path))
        if route is not None:
            return route, ""
        for (named_method, head), named in self._named.items():
            name = path[len(head) :]
            if method == named_method and path.startswith(head) and name and "/" not in name and len(name) <= NAME_MAX:
                return named, name
        return None, ""

    def _answer(self, call: Call) -> Answer:
        route, named = self._found(call.method, call.path)
        if route is None:
            raise NOT_FOUND
        asked = self._asked(route, call, named)
        if not route.costs:
            return _written(route.run(self._front, asked))
        limits = self._front.limits
        bucket = limits.orders if route.costs in ("order", "orders") else limits.cancels
        price = self._price(route, asked)
        if not bucket.take(asked.account, price):
            return errors.answer(BUSY, bucket.headers(asked.account, bucket.wait_ns(asked.account, price) or 1))
        try:
            told = route.run(self._front, asked)
        except Refused as refused:
            return errors.answer(refused, bucket.headers(asked.account))
        self._settle(route, bucket, asked, told)
        return _written(told, bucket.headers(asked.account))

    def _asked(self, route: Route, call: Call, named: str) -> Asked:
        """Return what is asked, and by whom."""
        query = Query(call.query, route.wrong)
        if route.is_owners:
            key, wallet, nonce = self._front.doorman.admit_owner(call)
            return Asked(query, call.body, str(nonce), key.account if key is not None else "", wallet)
        if route.kind == "public":
            return Asked(query, call.body, named)
        key, wallet = self._front.doorman.admit(call)
        self._front.meet(wallet, key.account)
        return Asked(query, call.body, named, key.account, wallet)

    def _price(self, route: Route, asked: Asked) -> int:
        if route.costs in ("orders", "cancels"):
            return max(1, len(asked.body_list(INVALID_ORDER)))
        return 1

    def _settle(self, route: Route, bucket: Bucket, asked: Asked, told: Any) -> None:
        """Charge what was known only afterwards."""
        if route.costs == "cancel-all":
            bucket.charge(asked.account, len(told["canceled"]))


def _order_in(call: Call) -> str | None:
    try:
        return signed_orders.read(msgspec.json.decode(call.body)).id
    except (Refused, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _written(told: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return told if isinstance(told, Answer) else Answer(body=msgspec.json.encode(told), headers=headers or {})
