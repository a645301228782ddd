"""Coinbase over REST: the table of routes, and the way of a request through limits, signature and endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.dialects.coinbase import account, errors, history, public, trading
from simulator.dialects.coinbase.asked import Asked
from simulator.dialects.coinbase.errors import OLD, UNAUTHORIZED, Refused, not_found
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.parameters import Fields, Query

API = "/api/v3/brokerage/"
ORDERS = API + "orders"
PAGE_FROM_STATUS = 502
"""From here on it is the network in front of Coinbase that answers, in HTML."""
NAME_MAX = 64
PAGE = b"<!DOCTYPE html><html><head><title>api.coinbase.com | %d</title></head><body></body></html>"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: what it does, and what it is about."""

    run: Callable[[Front, Asked], Any]
    kind: EndpointKind = "public"


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/v2/time"): Route(public.old_time),
    ("GET", "/v2/currencies"): Route(public.currencies),
    ("GET", "/v2/currencies/crypto"): Route(public.coins),
    ("GET", "/v2/exchange-rates"): Route(public.exchange_rates),
    ("GET", "/v2/accounts"): Route(account.old_accounts, "account"),
    ("GET", API + "time"): Route(public.time),
    ("GET", API + "market/products"): Route(public.products),
    ("GET", API + "market/product_book"): Route(public.book),
    ("GET", API + "products"): Route(public.products, "account"),
    ("GET", API + "product_book"): Route(public.book, "account"),
    ("GET", API + "best_bid_ask"): Route(public.best_bid_ask, "account"),
    ("GET", API + "accounts"): Route(account.accounts, "account"),
    ("GET", API + "transaction_summary"): Route(account.transaction_summary, "account"),
    ("GET", API + "key_permissions"): Route(account.key_permissions, "account"),
    ("GET", ORDERS + "/historical/batch"): Route(history.orders, "account"),
    ("GET", ORDERS + "/historical/fills"): Route(history.fills, "account"),
    ("POST", ORDERS): Route(trading.create, "orders"),
    ("POST", ORDERS + "/batch_cancel"): Route(trading.batch_cancel, "orders"),
    ("POST", ORDERS + "/edit"): Route(trading.edit, "orders"),
}
NAMED_ROUTES: Mapping[tuple[str, str], Route] = {
    (API + "market/products/", ""): Route(public.product),
    (API + "market/products/", "/ticker"): Route(public.ticker),
    (API + "market/products/", "/candles"): Route(public.candles),
    (API + "products/", ""): Route(public.product, "account"),
    (API + "products/", "/ticker"): Route(public.ticker, "account"),
    (API + "products/", "/candles"): Route(public.candles, "account"),
    (API + "accounts/", ""): Route(account.account, "account"),
    (ORDERS + "/historical/", ""): Route(history.order, "account"),
}
"""Paths that name something between what they begin and end with; all are read with GET."""


def found(method: str, path: str) -> tuple[Route | None, str]:
    """Return the route of a request, and what its path names."""
    route = ROUTES.get((method, path))
    if route is not None or method != "GET":
        return route, ""
    for (head, tail), named in NAMED_ROUTES.items():
        name = path[len(head) : len(path) - len(tail)]
        if path.startswith(head) and path.endswith(tail) and name and "/" not in name and len(name) <= NAME_MAX:
            return named, name
    return None, ""


class CoinbaseRest:
    """Coinbase's REST dialect."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self.ban_ns = front.settings.ban_ns
        self.patience = front.settings.patience

    def kind(self, method: str, path: str) -> EndpointKind:
        """Say what a request is about."""
        route, _ = found(method, path)
        return route.kind if route is not None else "public"

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account and client order id that a request claims."""
        key = self._front.doorman.claimed(call)
        client_order_id = None
        if call.method == "POST":
            try:
                client_order_id = Fields.of(call.body).text("client_order_id") or None
            except Refused:
                client_order_id = None
        return key.account if key is not None else None, client_order_id

    def answer(self, call: Call) -> Answer:
        """Do what the request asks, or refuse it."""
        try:
            return self._answer(call)
        except Refused as refused:
            return errors.answer(call.path, refused)

    def internal_error(self, status: int) -> Answer:
        """Return Coinbase's answer when it is broken: the outcome of the request is unknown."""
        if status >= PAGE_FROM_STATUS and status != 503:
            return Answer(status=status, body=PAGE % status, content_type="text/html; charset=UTF-8")
        return errors.answer(API, Refused(status, "unknown", "internal server error"))

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return the answer to one call too many; Coinbase does not say how long to wait."""
        return errors.answer(call.path, errors.BUSY)

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return what the network in front of the venue tells a client that it has shut out."""
        return Answer(status=403, body=PAGE % 403, content_type="text/html; charset=UTF-8")

    def unreadable(self, status: int) -> Answer:
        """Return the refusal of a body that nobody reads."""
        return errors.answer(API, Refused(status, "INVALID_ARGUMENT", "request body is not valid"))

    def _answer(self, call: Call) -> Answer:
        route, named = found(call.method, call.path)
        if route is None:
            raise not_found("Not found")
        is_old, limits, account_name = call.path.startswith(OLD), self._front.limits, ""
        if route.kind != "public":
            key = self._front.doorman.admit(call)
            if key is None:
                return UNAUTHORIZED
            account_name = key.account
        who = account_name or call.peer
        take = limits.old if is_old else limits.private if account_name else limits.public
        if not take(who):
            raise errors.BUSY
        asked = Asked(Query(call.query), call.body, account_name, named)
        return Answer(body=msgspec.json.encode(route.run(self._front, asked)))
