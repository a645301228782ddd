"""Bybit over REST: the table of routes, and the way of a request through address, key, time, rate and endpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from simulator.dialects.bybit import account, batches, order_lists, orders, public
from simulator.dialects.bybit.errors import (
    OK,
    PARAMETER_ERROR,
    SERVER_ERROR,
    SERVER_TIMEOUT,
    TOO_MANY_VISITS,
    Refused,
    ShutOut,
    TooOften,
)
from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.parameters import Parameters
from simulator.dialects.bybit.signing import KEY, authenticated
from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.exchange.venue import ApiKey

Run = Callable[[Front, Parameters, str], Any]
"""An endpoint; its last argument is the account, empty where no key is needed."""

PAGE, TEXT = "text/html", "text/plain; charset=utf-8"
BAD_GATEWAY, GATEWAY_TIMEOUT = 502, 504
NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint, and the word it says with return code 0."""

    run: Run
    kind: EndpointKind = "public"
    word: str = OK[1]


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/v5/market/time"): Route(public.time),
    ("GET", "/v5/market/instruments-info"): Route(public.instruments),
    ("GET", "/v5/market/tickers"): Route(public.tickers),
    ("GET", "/v5/market/orderbook"): Route(public.orderbook),
    ("GET", "/v5/market/recent-trade"): Route(public.recent_trades),
    ("GET", "/v5/market/kline"): Route(public.kline),
    ("GET", "/v5/system/status"): Route(public.system_status),
    ("GET", "/v5/user/query-api"): Route(account.query_api, "account", ""),
    ("GET", "/v5/asset/coin/query-info"): Route(account.coins, "account", "success"),
    ("GET", "/v5/account/info"): Route(account.info, "account"),
    ("GET", "/v5/account/query-dcp-info"): Route(account.dcp_info, "account", "success"),
    ("GET", "/v5/account/wallet-balance"): Route(account.wallet_balance, "account"),
    ("GET", "/v5/account/fee-rate"): Route(account.fee_rate, "account"),
    ("GET", "/v5/position/list"): Route(account.positions, "account"),
    ("GET", "/v5/order/realtime"): Route(order_lists.realtime, "account"),
    ("GET", "/v5/order/history"): Route(order_lists.history, "account"),
    ("GET", "/v5/execution/list"): Route(order_lists.executions, "account"),
    ("POST", "/v5/order/create"): Route(orders.create, "orders"),
    ("POST", "/v5/order/amend"): Route(orders.amend, "orders"),
    ("POST", "/v5/order/cancel"): Route(orders.cancel, "orders"),
    ("POST", "/v5/order/cancel-all"): Route(orders.cancel_all, "orders"),
    ("POST", "/v5/order/create-batch"): Route(batches.create, "orders"),
    ("POST", "/v5/order/amend-batch"): Route(batches.amend, "orders"),
    ("POST", "/v5/order/cancel-batch"): Route(batches.cancel, "orders"),
    ("POST", "/v5/order/disconnected-cancel-all"): Route(orders.set_protection, "orders", "success"),
}
"""Every endpoint that is served."""

NOT_FOUND = Answer(status=404, body=b"404 page not found", content_type=TEXT)
FORBIDDEN = Answer(status=403, body=b"access too frequent", content_type=TEXT)


class BybitRest:
    """Bybit's REST dialect."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self.ban_ns = front.settings.ban_ns
        self.patience = NEVER  # a rate limit never leads to a ban; the limit of an address is one, and bans by itself

    def kind(self, method: str, path: str) -> EndpointKind:
        """Say what a request is about."""
        route = ROUTES.get((method, path))
        return route.kind if route is not None else "public"

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account and client order id that a request claims."""
        key = self._front.venue.key(call.headers.get(KEY, ""))
        try:
            link_id = _parameters(call).peek("orderLinkId")
        except Refused:
            link_id = None
        return key.account if key is not None else None, link_id

    def answer(self, call: Call) -> Answer:
        """Do what the request asks, or refuse it."""
        front = self._front
        try:
            front.limits.knock(call.peer)
        except ShutOut:
            return FORBIDDEN
        route = ROUTES.get((call.method, call.path))
        if route is None:
            return NOT_FOUND
        headers: dict[str, str] = {}
        try:
            key = self._admitted(call, route, headers)
            result = route.run(front, _parameters(call), key.account if key is not None else "")
            if key is not None and route.run is account.query_api:
                result["apiKey"] = key.key
        except TooOften as refused:
            return self._written(refused.code, refused.text, {}, headers, quiet_until_ns=refused.again_ns)
        except Refused as refused:
            return self._written(refused.code, refused.text, {}, headers)
        if isinstance(result, batches.Batch):
            return self._written(0, route.word, result.result, headers, extra=result.verdicts)
        return self._written(0, route.word, result if result is not None else {}, headers)

    def internal_error(self, status: int) -> Answer:
        """Return Bybit's answer when it is broken: the outcome of the request is unknown."""
        if status == BAD_GATEWAY:
            return Answer(status=status, body=b"<html><body><h1>502 Bad Gateway</h1></body></html>", content_type=PAGE)
        code, text = SERVER_TIMEOUT if status == GATEWAY_TIMEOUT else SERVER_ERROR
        return self._written(code, text, {}, {}, status=status)

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return 10006, with HTTP 200 and the time of the next request in a header."""
        headers = self._front.limits.told_to_wait(call.path, wait_ns)
        return self._written(*TOO_MANY_VISITS, {}, headers)

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return 403, which does not tell when it ends."""
        return FORBIDDEN

    def unreadable(self, status: int) -> Answer:
        """Return a page for a body that is too large, a refusal for one that breaks off."""
        if status == 413:
            return Answer(status=413, body=b"<html><body><h1>413</h1></body></html>", content_type=PAGE)
        return self._written(*PARAMETER_ERROR, {}, {}, status=status)

    def _admitted(self, call: Call, route: Route, headers: dict[str, str]) -> ApiKey | None:
        if route.kind == "public":
            return None
        front = self._front
        key = authenticated(front.venue, call, front.settings, front.wall_ms())
        front.limits.visit(key.account, call.path, headers)
        return key

    def _written(
        self,
        code: int,
        text: str,
        result: Any,
        headers: Mapping[str, str],
        *,
        status: int = 200,
        quiet_until_ns: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Answer:
        envelope = {"retCode": code, "retMsg": text, "result": result, "retExtInfo": extra or {}}
        envelope["time"] = self._front.wall_ms()
        return Answer(status=status, body=msgspec.json.encode(envelope), headers=headers, quiet_until_ns=quiet_until_ns)


def _parameters(call: Call) -> Parameters:
    return Parameters.of_body(call.body) if call.method == "POST" else Parameters.of_query(call.query)
