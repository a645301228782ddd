"""Binance over REST: the table of routes, and the way of a request through key, window, weight and endpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from simulator.dialects.binance import account, amendments, klines, orders, public
from simulator.dialects.binance.front import Front
from simulator.dialects.binance.parameters import SIGNING, Parameters
from simulator.dialects.binance.refusals import BAD_KEY, BUSY, FAULTS, TIMED_OUT, UNKNOWN, Refused, TooMuch
from simulator.dialects.binance.signing import (
    check_signature,
    check_window,
    given_signature,
    known_key,
    signed_payload,
)
from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.exchange.venue import ApiKey

NS = 1_000_000_000
JSON, HTML = "application/json;charset=UTF-8", "text/html"
BAD_GATEWAY = 502
BROKEN: Mapping[int, tuple[int, str]] = {503: BUSY, 504: TIMED_OUT}
"""What Binance says with a 5xx other than 500."""
KEY_HEADER = "X-MBX-APIKEY"

Public = Callable[[Front, Parameters], Any]
Run = Callable[[Front, Parameters, str], Any]
"""An endpoint; its last argument is the account, empty where no key is needed."""

Weight = int | Callable[[Parameters], int]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: what it does, what it costs, and the parameters it reads."""

    run: Run
    weight: Weight
    known: frozenset[str]
    kind: EndpointKind = "public"

    @property
    def is_signed(self) -> bool:
        """Say whether the endpoint needs a key and a signature."""
        return self.kind != "public"


def _public(run: Public, weight: Weight, *known: str) -> Route:
    return Route(lambda front, parameters, _account: run(front, parameters), weight, frozenset(known))


def _reads(run: Run, weight: Weight, *known: str) -> Route:
    return Route(run, weight, frozenset(known) | SIGNING, "account")


def _acts(run: Run, weight: Weight, *known: str) -> Route:
    return Route(run, weight, frozenset(known) | SIGNING, "orders")


NEW_ORDER = (
    *("symbol", "side", "type", "timeInForce", "quantity", "quoteOrderQty", "price", "newClientOrderId"),
    *("strategyId", "strategyType", "newOrderRespType", "selfTradePreventionMode", "stopPrice"),
)
CANCEL_REPLACE = (
    *("cancelReplaceMode", "cancelOrderId", "cancelOrigClientOrderId", "cancelNewClientOrderId"),
    *("cancelRestrictions", "orderRateLimitExceededMode"),
)
KLINES = ("symbol", "interval", "startTime", "endTime", "timeZone", "limit")
TICKERS = ("symbol", "symbols", "type", "symbolStatus")

RESTRICTIONS = "/sapi/v1/account/apiRestrictions"
"""The endpoint that is about the key itself, not about its account."""

ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/api/v3/ping"): _public(public.ping, 1),
    ("GET", "/api/v3/time"): _public(public.time, 1),
    ("GET", "/api/v3/exchangeInfo"): _public(
        public.exchange_info, 20, "symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"
    ),
    ("GET", "/api/v3/depth"): _public(public.depth, public.depth_weight, "symbol", "limit", "symbolStatus"),
    ("GET", "/api/v3/trades"): _public(public.trades, 25, "symbol", "limit"),
    ("GET", "/api/v3/aggTrades"): _public(
        public.aggregate_trades, 4, "symbol", "fromId", "startTime", "endTime", "limit"
    ),
    ("GET", "/api/v3/klines"): _public(klines.klines, 2, *KLINES),
    ("GET", "/api/v3/uiKlines"): _public(klines.klines, 2, *KLINES),
    ("GET", "/api/v3/ticker/24hr"): _public(public.day_ticker, public.one_or_all(2, 80), *TICKERS),
    ("GET", "/api/v3/ticker/price"): _public(public.price_ticker, public.one_or_all(2, 4), *TICKERS),
    ("GET", "/api/v3/ticker/bookTicker"): _public(public.book_ticker, public.one_or_all(2, 4), *TICKERS),
    ("POST", "/api/v3/order"): _acts(orders.place, 1, *NEW_ORDER),
    ("POST", "/api/v3/order/test"): _acts(orders.attempt, 1, *NEW_ORDER),
    ("POST", "/api/v3/order/cancelReplace"): _acts(amendments.cancel_replace, 1, *NEW_ORDER, *CANCEL_REPLACE),
    ("PUT", "/api/v3/order/amend/keepPriority"): _acts(
        amendments.keep_priority, 4, "symbol", "orderId", "origClientOrderId", "newClientOrderId", "newQty"
    ),
    ("DELETE", "/api/v3/order"): _acts(
        orders.cancel, 1, "symbol", "orderId", "origClientOrderId", "newClientOrderId", "cancelRestrictions"
    ),
    ("DELETE", "/api/v3/openOrders"): _acts(orders.cancel_all, 1, "symbol"),
    ("GET", "/api/v3/order"): _reads(account.order, 4, "symbol", "orderId", "origClientOrderId"),
    ("GET", "/api/v3/openOrders"): _reads(account.open_orders, account.open_orders_weight, "symbol"),
    ("GET", "/api/v3/allOrders"): _reads(account.all_orders, 20, "symbol", "orderId", "startTime", "endTime", "limit"),
    ("GET", "/api/v3/myTrades"): _reads(
        account.my_trades, account.my_trades_weight, "symbol", "orderId", "startTime", "endTime", "fromId", "limit"
    ),
    ("GET", "/api/v3/account"): _reads(account.account, 20, "omitZeroBalances"),
    ("GET", "/api/v3/rateLimit/order"): _reads(account.order_counts, 40),
    ("GET", "/sapi/v1/system/status"): _public(account.system_status, 1),
    ("GET", "/sapi/v1/capital/config/getall"): _reads(account.coins, 10),
    ("GET", RESTRICTIONS): _reads(account.nothing, 1),
    ("GET", "/sapi/v1/asset/tradeFee"): _reads(account.trade_fees, 1, "symbol"),
    ("GET", "/sapi/v1/margin/allPairs"): _reads(account.nothing, 1, "symbol"),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): _reads(account.nothing, 1, "symbol"),
}
"""Every endpoint that is served. Weights are those of the vendor's `rest-api.md` of late 2025."""

NOT_FOUND = Answer(status=404, body=b"<html><body><h2>404 Not found</h2></body></html>", content_type=HTML)


class BinanceRest:
    """Binance's REST dialect."""

    routes: ClassVar[Mapping[tuple[str, str], Route]] = ROUTES
    """What this host serves; those of the futures serve other routes in the same way."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self.ban_ns = front.settings.ban_ns
        self.patience = front.settings.patience

    def kind(self, method: str, path: str) -> EndpointKind:
        """Say what a request is about."""
        route = self.routes.get((method, path))
        return route.kind if route is not None else "public"

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account and client order id that a request claims."""
        key = self._front.venue.key(call.headers.get(KEY_HEADER, ""))
        try:
            parameters = Parameters.of(call.query, call.body)
        except Refused:
            parameters = Parameters({})
        name = "newClientOrderId" if call.method == "POST" else "origClientOrderId"
        return key.account if key is not None else None, parameters.text(name)

    def answer(self, call: Call) -> Answer:
        """Do what the request asks, or refuse it."""
        route = self.routes.get((call.method, call.path))
        if route is None:
            return NOT_FOUND
        headers: dict[str, str] = {}
        try:
            parameters = Parameters.of(call.query, call.body)
            self._charge(call, route, parameters, headers)
            parameters.expect_only(route.known)
            body = self._run(route, call, parameters, headers)
        except Refused as refused:
            return self._refusal(refused, headers)
        return Answer(body=msgspec.json.encode(body), headers=headers, content_type=JSON)

    def internal_error(self, status: int) -> Answer:
        """Return Binance's answer when it is broken: the outcome of the request is unknown."""
        if status == BAD_GATEWAY:
            return Answer(status=status, body=b"<html><body><h1>502 Bad Gateway</h1></body></html>", content_type=HTML)
        return _error(status, *BROKEN.get(status, FAULTS.get(self._front.settings.code_of_500, UNKNOWN)))

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return 429 with the seconds to wait."""
        most = self._front.settings.weight_per_minute_max
        text = f"Too much request weight used; current limit is {most} request weight per 1 MINUTE. "
        text += "Please use WebSocket Streams for live updates to avoid polling the API."
        return _error(429, -1003, text, {"Retry-After": _seconds(wait_ns)})

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return 418 with the seconds to wait and the end of the ban."""
        until_ms = (self._front.timeline.wall_ns() + wait_ns) // 1_000_000
        text = f"Way too much request weight used; IP banned until {until_ms}. "
        text += "Please use WebSocket Streams for live updates to avoid bans."
        return _error(418, -1003, text, {"Retry-After": _seconds(wait_ns)})

    def unreadable(self, status: int) -> Answer:
        """Return a page, as the proxy in front of the venue does."""
        return Answer(status=status, body=b"<html><body><h1>%d</h1></body></html>" % status, content_type=HTML)

    def _charge(self, call: Call, route: Route, parameters: Parameters, headers: dict[str, str]) -> None:
        """Count the request; a weight that depends on a malformed parameter is the least."""
        try:
            weight = route.weight if isinstance(route.weight, int) else route.weight(parameters)
        except Refused:
            weight = 1
        used = self._front.limits.spend(call.peer, weight)
        headers["X-MBX-USED-WEIGHT"] = headers["X-MBX-USED-WEIGHT-1M"] = str(used)

    def _run(self, route: Route, call: Call, parameters: Parameters, headers: dict[str, str]) -> Any:
        if not route.is_signed:
            return route.run(self._front, parameters, "")
        key = self._authenticated(call, parameters)
        if call.path == RESTRICTIONS:
            return account.restrictions(self._front, key)
        if route.kind == "orders" and "trade" not in key.may:
            raise Refused(*BAD_KEY)
        body = route.run(self._front, parameters, key.account)
        if route.run in (orders.place, amendments.cancel_replace):
            headers.update(self._front.limits.order_headers(key.account))
        return body

    def _authenticated(self, call: Call, parameters: Parameters) -> ApiKey:
        front = self._front
        key = known_key(front.venue, call.headers.get(KEY_HEADER))
        check_window(parameters, front.settings, front.wall_ms())
        check_signature(key, signed_payload(call.query, call.body), given_signature(parameters))
        return key

    def _refusal(self, refused: Refused, headers: dict[str, str]) -> Answer:
        quiet_until_ns = None
        if isinstance(refused, TooMuch):
            quiet_until_ns = refused.quiet_until_ns
            headers["Retry-After"] = _seconds(quiet_until_ns - self._front.timeline.now_ns())
        body: dict[str, Any] = {"code": refused.code, "msg": refused.text}
        if refused.data is not None:
            body["data"] = refused.data
        return Answer(
            status=refused.status,
            body=msgspec.json.encode(body),
            headers=headers,
            content_type=JSON,
            quiet_until_ns=quiet_until_ns,
        )


def _error(status: int, code: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    body = msgspec.json.encode({"code": code, "msg": text})
    return Answer(status=status, body=body, headers=headers or {}, content_type=JSON)


def _seconds(wait_ns: int) -> str:
    return str(-(-wait_ns // NS))
