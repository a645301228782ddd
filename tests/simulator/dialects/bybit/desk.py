"""Bybit's desk without a network: requests go in as values, answers come out as values."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from simulator.dialects.bybit.front import Front
from simulator.dialects.bybit.rest import BybitRest
from simulator.dialects.bybit.settings import BybitSettings
from simulator.dialects.bybit.signing import signature
from simulator.dialects.call import Answer, Call
from tests.simulator.dialects.counters import KEY, Floor
from tests.simulator.dialects.stage import SECRET

Told = tuple[int, Any]
"""A return code, and the result where it is 0, the message where it is not."""


class Bybit(Floor):
    """Bybit's desk."""

    def __init__(self, settings: BybitSettings | None = None, **lags: int) -> None:
        super().__init__("bybit", **lags)
        self.bans: list[tuple[str, int]] = []
        self.reboot(settings)

    def reboot(self, settings: BybitSettings | None = None) -> None:
        """Put a new front before the same exchange."""
        self.front = Front(
            self.venue, settings or BybitSettings(), lambda peer, ban_ns: self.bans.append((peer, ban_ns))
        )
        self.rest = BybitRest(self.front)

    def ask(self, path: str, **parameters: Any) -> Told:
        """Send an unsigned question."""
        return told(
            self.rest.answer(Call(method="GET", path=f"/v5/{path}", query=urlencode(parameters), peer="client"))
        )

    def get(self, path: str, **parameters: Any) -> Told:
        """Send a signed question."""
        return told(self.rest.answer(self.call("GET", f"/v5/{path}", **parameters)))

    def post(self, path: str, **parameters: Any) -> Told:
        """Send a signed request."""
        return told(self.rest.answer(self.call("POST", f"/v5/{path}", **parameters)))

    def call(
        self,
        method: str,
        path: str,
        *,
        key: str = KEY,
        secret: str = SECRET,
        at_ms: int | None = None,
        window_ms: int = 5_000,
        raw: bytes | None = None,
        **parameters: Any,
    ) -> Call:
        """Return a signed request, of now unless it says otherwise; `raw` is a body as it is."""
        body = (raw if raw is not None else msgspec.json.encode(parameters)) if method == "POST" else b""
        query = "" if method == "POST" else urlencode(parameters)
        timestamp = str(self.wall_ms() if at_ms is None else at_ms)
        payload = body or query.encode()
        headers = {
            "X-BAPI-API-KEY": key,
            "X-BAPI-TIMESTAMP": timestamp,
            "X-BAPI-RECV-WINDOW": str(window_ms),
            "X-BAPI-SIGN": signature(secret, f"{timestamp}{key}{window_ms}".encode() + payload),
        }
        return Call(method=method, path=path, query=query, body=body, headers=headers, peer="client")

    def buy(self, qty: object = "0.01", price: object = "59000", **more: Any) -> Told:
        """Place a limit order."""
        terms = {
            "category": "spot",
            "symbol": "BTCUSDT",
            "side": "Buy",
            "orderType": "Limit",
            "qty": qty,
            "price": price,
        }
        return self.post("order/create", **{**terms, **more})

    def bought(self, *args: Any, **more: Any) -> str:
        """Place a limit order that is acknowledged; return its id."""
        code, result = self.buy(*args, **more)
        assert code == 0, result
        order_id: str = result["orderId"]
        return order_id

    def look_up(self, order_id: str, path: str = "order/realtime") -> Any:
        """Return an order as an endpoint shows it, None where it shows none."""
        code, result = self.get(path, category="spot", orderId=order_id)
        assert code == 0, result
        return result["list"][0] if result["list"] else None


def told(answer: Answer) -> Told:
    """Return what an answer says; it is always HTTP 200."""
    assert answer.status == 200
    body = msgspec.json.decode(answer.body)
    assert set(body) == {"retCode", "retMsg", "result", "retExtInfo", "time"}
    return body["retCode"], body["result"] if body["retCode"] == 0 else body["retMsg"]
