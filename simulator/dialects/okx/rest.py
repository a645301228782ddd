"""OKX over REST: the table of routes, and the way of a request through key, counters and endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from simulator.dialects.call import Answer, Call, EndpointKind
from simulator.dialects.okx import account, algos, errors, public, trading
from simulator.dialects.okx.errors import OrderRefused, Refused
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.parameters import Fields, of_body, of_query
from simulator.dialects.okx.signing import admit

PREFIX = "/api/v5/"
NOT_FOUND = b'{"code":404,"data":{},"detailMsg":"","error_code":"404","error_message":"Not Found","msg":"Not Found"}'
HTML = "text/html; charset=UTF-8"
PAGE = b"<html><head><title>%d</title></head><body>www.okx.com | Cloudflare | %d</body></html>"
PAGES_FROM = 502
"""From here on it is the network in front of OKX that answers, in HTML; 503 it may say itself."""

PUBLIC: Mapping[str, Callable[[Front, Fields], list[Any]]] = {
    "system/status": public.status,
    "public/time": public.time,
    "public/instruments": public.instruments,
    "market/ticker": public.ticker,
    "market/tickers": public.tickers,
    "market/books": public.books,
    "market/books-full": public.books_full,
    "market/trades": public.trades,
    "market/history-trades": public.history_trades,
    "market/candles": public.candles,
    "market/history-candles": public.candles,
}
READS: Mapping[str, Callable[[Front, Fields, str], list[Any]]] = {
    "asset/currencies": account.currencies,
    "account/balance": account.balance,
    "account/config": account.config,
    "account/positions": account.positions,
    "account/trade-fee": account.trade_fee,
    "trade/order": account.order,
    "trade/orders-pending": account.orders_pending,
    "trade/orders-history": account.orders_history,
    "trade/orders-history-archive": account.orders_history,
    "trade/fills": account.fills,
    "trade/fills-history": account.fills_history,
    "trade/order-algo": algos.one,
    "trade/orders-algo-pending": algos.pending,
    "trade/orders-algo-history": algos.history,
}
READ_AND_WRITTEN = ("trade/order", "trade/order-algo")


@dataclass(frozen=True, slots=True)
class Write:
    """An endpoint that acts on orders; `expires` where the `expTime` header counts."""

    act: trading.Act
    expires: bool = True


WRITES: Mapping[str, Write] = {
    "trade/order": Write(trading.place),
    "trade/batch-orders": Write(trading.place),
    "trade/amend-order": Write(trading.amend),
    "trade/amend-batch-orders": Write(trading.amend),
    "trade/cancel-order": Write(trading.cancel, expires=False),
    "trade/cancel-batch-orders": Write(trading.cancel, expires=False),
}
SWITCH, ALGO, CANCEL_ALGOS = "trade/cancel-all-after", "trade/order-algo", "trade/cancel-algos"
POSTS = (*WRITES, SWITCH, ALGO, CANCEL_ALGOS)


class OkxRest:
    """OKX's REST dialect."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self.ban_ns = front.settings.ban_ns
        self.patience = front.settings.patience

    def kind(self, method: str, path: str) -> EndpointKind:
        """Say what a request is about."""
        name = path.removeprefix(PREFIX)
        if method == "POST" and name in POSTS:
            return "orders"
        return "account" if name in READS or name in POSTS else "public"

    def identify(self, call: Call) -> tuple[str | None, str | None]:
        """Return the account and client order id that a request claims."""
        key = self._front.venue.key(call.headers.get("OK-ACCESS-KEY", ""))
        try:
            sent = of_body(call.body) if call.body else of_query(call.query)
        except Refused:
            sent = {}
        fields: Fields = (sent[0] if sent else {}) if isinstance(sent, list) else sent
        return key.account if key is not None else None, fields.get("algoClOrdId") or fields.get("clOrdId") or None

    def answer(self, call: Call) -> Answer:
        """Do what the request asks, or refuse it."""
        try:
            return Answer(body=self._result(call))
        except Refused as refused:
            return _refusal(refused)

    def internal_error(self, status: int) -> Answer:
        """Return OKX's answer when it is broken: the outcome of the request is unknown."""
        if status >= PAGES_FROM and status != 503:
            return Answer(status=status, body=PAGE % (status, status), content_type=HTML)
        code, message = errors.UNAVAILABLE if status == 503 else errors.SYSTEM_ERROR
        code, message = errors.TIMED_OUT if status == 400 else (code, message)
        return _refusal(Refused(code, message, status=status))

    def throttled(self, call: Call, wait_ns: int) -> Answer:
        """Return the answer to too many requests; OKX does not say how long to wait."""
        return _refusal(Refused(*errors.TOO_MANY, status=429, bare=True))

    def banned(self, call: Call, wait_ns: int) -> Answer:
        """Return the page of the network in front of OKX; it does not say how long it stays."""
        return Answer(status=403, body=PAGE % (403, 403), content_type=HTML)

    def unreadable(self, status: int) -> Answer:
        """Return the refusal of a body that nobody reads."""
        if status == 413:
            return Answer(status=413, body=PAGE % (413, 413), content_type=HTML)
        return _refusal(Refused(*errors.BAD_JSON, status=400))

    def _result(self, call: Call) -> bytes:
        name = call.path.removeprefix(PREFIX)
        if not call.path.startswith(PREFIX) or not (name in PUBLIC or name in READS or name in POSTS):
            raise Refused("404", "Not Found", status=404)
        if call.method == "POST" and name in POSTS:
            return self._write(call, name)
        if call.method != "GET" or not (name in PUBLIC or name in READS):
            raise Refused(*errors.BAD_METHOD, status=405)
        fields = of_query(call.query)
        if name in PUBLIC:
            kind = fields.get("instType", "") if name == "public/instruments" else ""
            self._front.limits.request(name, f"{call.peer}/{kind}")
            return _told(PUBLIC[name](self._front, fields))
        who = self._admitted(call)
        counted = f"GET {name}" if name in READ_AND_WRITTEN else name
        self._front.limits.request(counted, who, fields.get("instId", ""))
        return _told(READS[name](self._front, fields, who))

    def _write(self, call: Call, name: str) -> bytes:
        who = self._admitted(call)
        kind = call.headers.get("Content-Type", "application/json")
        if not kind.lower().startswith("application/json"):
            raise Refused(*errors.BAD_CONTENT_TYPE, status=400)
        sent = of_body(call.body)
        if name in WRITES:
            write = WRITES[name]
            if write.expires:
                trading.check_expiry(self._front, call.headers.get("expTime"))
            return trading.run(self._front, name, write.act, sent, who)
        if isinstance(sent, list):
            if name != CANCEL_ALGOS or not sent:
                raise Refused(*errors.BAD_JSON, status=400)
            self._front.limits.request(name, who, sent[0].get("instId", ""))
            return _each_told(algos.cancel(self._front, sent, who))
        if name == CANCEL_ALGOS:
            raise Refused(*errors.BAD_JSON, status=400)
        self._front.limits.request(name, who, sent.get("instId", ""))
        if name == SWITCH:
            return _told(trading.cancel_all_after(self._front, sent, who))
        return self._algo(sent, who)

    def _algo(self, sent: Fields, who: str) -> bytes:
        try:
            return _told(algos.place(self._front, sent, who))
        except OrderRefused as refused:
            fault = refused.fault
        names = {"algoId": "", "clOrdId": "", "algoClOrdId": sent.get("algoClOrdId") or ""}
        return _each_told([{**names, "sCode": fault.code, "sMsg": fault.message, "tag": sent.get("tag") or ""}])

    def _admitted(self, call: Call) -> str:
        front = self._front
        key = front.venue.key(call.headers.get("OK-ACCESS-KEY", ""))
        return admit(call, key, front.timeline, front.settings.window_ns).account


def _told(data: list[Any]) -> bytes:
    return msgspec.json.encode({"code": "0", "data": data, "msg": ""})


def _each_told(data: list[Any]) -> bytes:
    """Return results of which each has its own code."""
    failed = sum(1 for one in data if one["sCode"] != "0")
    code, message = ("0", "") if not failed else ("2", "Bulk operation partially succeeded.")
    if failed == len(data):
        code, message = "1", "All operations failed"
    return msgspec.json.encode({"code": code, "data": data, "msg": message})


def _refusal(refused: Refused) -> Answer:
    if refused.status == 404:
        return Answer(status=404, body=NOT_FOUND)
    body: dict[str, Any] = {"msg": refused.message, "code": refused.code}
    if not refused.bare:
        body = {"code": refused.code, "data": [], "msg": refused.message}
    return Answer(status=refused.status, body=msgspec.json.encode(body))
