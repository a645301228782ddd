"""Kraken over REST: the table of methods, and the way of a request through counters, key and endpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.dialects.kraken import account, amendments, candles, public, trading
from simulator.dialects.kraken.errors import (
    CALL_RATE,
    INTERNAL,
    INVALID_ARGUMENTS,
    LOCKOUT,
    ORDER_RATE,
    PERMISSION_DENIED,
    UNKNOWN_METHOD,
    Refused,
)
from simulator.dialects.kraken.front import Front
from simulator.dialects.kraken.parameters import Parameters

PUBLIC, PRIVATE = "/0/public/", "/0/private/"
METHODS = {"GET", "POST"}
HTML_FROM_STATUS = 502
"""From here on it is the network in front of Kraken that answers, in HTML."""

Public = Callable[[Front, Parameters], Any]
Private = Callable[[Front, Parameters, str], Any]


@dataclass(frozen=True, slots=True)
class Method:
    """One private method: what it does, what it adds to the call counter (None: a history call), what it is about."""

    run: Private
    cost: int | None = 1
    kind: EndpointKind = "account"


PUBLIC_METHODS: Mapping[str, Public] = {
    "Time": public.time,
    "SystemStatus": public.system_status,
    "Assets": public.assets,
    "AssetPairs": public.asset_pairs,
    "Ticker": public.ticker,
    "Depth": public.depth,
    "Trades": public.trades,
    "OHLC": candles.ohlc,
}

PRIVATE_METHODS: Mapping[str, Method] = {
    "Balance": Method(account.balance),
    "BalanceEx": Method(account.balance_ex),
    "QueryOrders": Method(account.query_orders),
    "OpenOrders": Method(account.open_orders),
    "ClosedOrders": Method(account.closed_orders, None),
    "TradesHistory": Method(account.trades_history, None),
    "QueryTrades": Method(account.query_trades, None),
    "TradeVolume": Method(account.trade_volume),
    "GetWebSocketsToken": Method(lambda _front, _parameters, _account: None),
    "GetApiKeyInfo": Method(lambda _front, _parameters, _account: None),
    "AddOrder": Method(trading.add_order, 0, "orders"),
    "AmendOrder": Method(amendments.amend_order, 0, "orders"),
    "EditOrder": Method(amendments.edit_order, 0, "orders"),
    "CancelOrder": Method(trading.cancel_order, 0, "orders"),
    "CancelAll": Method(trading.cancel_all, 0, "orders"),
    "CancelAllOrdersAfter": Method(trading.cancel_all_after, 0, "orders"),
}
KEY_METHOD = "GetApiKeyInfo"
TOKEN_METHOD = "GetWebSocketsToken"


class KrakenRest:
    """Kraken's REST dialect."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self.ban_ns = front.settings.ban_ns
        self.patience = front.settings.patience

    def kind(self, method: str, path: str) -> EndpointKind:
        """Say what a request is about."""
        if path.startswith(PRIVATE):
            found = PRIVATE_METHODS.get(path.removeprefix(PRIVATE))
            return found.kind if found is not None else "account"
        return "public"

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account and client order id that a request claims."""
        key = self._front.venue.key(call.headers.get("API-Key", ""))
        try:
            parameters = _read(call)
        except Refused:
            return key.account if key is not None else None, None
        return key.account if key is not None else None, parameters.text("cl_ord_id")

    def answer(self, call: Call) -> Answer:
        """Do what the request asks, or refuse it."""
        try:
            result = self._result(call)
        except Refused as refused:
            return _error(refused.text, refused.status)
        return Answer(body=b'{"error":[],"result":%s}' % msgspec.json.encode(result))

    def internal_error(self, status: int) -> Answer:
        """Return Kraken's answer when it is broken: the outcome of the request is unknown."""
        if status >= HTML_FROM_STATUS:
            page = b"<html><head><title>%d</title></head><body>api.kraken.com | %d</body></html>" % (status, status)
            return Answer(status=status, body=page, content_type="text/html; charset=UTF-8")
        return _error(INTERNAL, status)

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return the error of a full counter; Kraken does not say how long to wait."""
        return _error(ORDER_RATE if self.kind(call.method, call.path) == "orders" else CALL_RATE)

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return the error of a temporary lockout; Kraken does not say how long it lasts."""
        return _error(LOCKOUT)

    def unreadable(self, status: int) -> Answer:
        """Return the refusal of a body that nobody reads."""
        return _error(INVALID_ARGUMENTS, status)

    def _result(self, call: Call) -> Any:
        if call.method not in METHODS:
            raise Refused(UNKNOWN_METHOD, status=404)
        if call.path.startswith(PUBLIC):
            run = PUBLIC_METHODS.get(call.path.removeprefix(PUBLIC))
            if run is None:
                raise Refused(UNKNOWN_METHOD, status=404)
            self._front.limits.public_call(call.peer)
            return run(self._front, _read(call))
        return self._private(call)

    def _private(self, call: Call) -> Any:
        name = call.path.removeprefix(PRIVATE)
        method = PRIVATE_METHODS.get(name) if call.path.startswith(PRIVATE) else None
        if method is None:
            raise Refused(UNKNOWN_METHOD, status=404)
        parameters = _read(call)
        key = self._front.doorman.admit(call, parameters)
        cost = self._front.settings.history_cost if method.cost is None else method.cost
        self._front.limits.private_call(key.key, cost)
        if method.kind == "orders" and "trade" not in key.may:
            raise Refused(PERMISSION_DENIED)
        if name == KEY_METHOD:
            return account.key_info(self._front, key, parameters.text("nonce") or "")
        if name == TOKEN_METHOD:
            life_s = self._front.settings.token_life_ns // 1_000_000_000
            return {"token": self._front.issue_token(key), "expires": life_s}
        return method.run(self._front, parameters, key.account)


def _read(call: Call) -> Parameters:
    return Parameters.of(call.query, call.body, call.headers.get("Content-Type", ""))


def _error(text: str, status: int = 200) -> Answer:
    return Answer(status=status, body=msgspec.json.encode({"error": [text]}))
