"""OKX's desk without a network: requests go in as values, answers come out as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from simulator.dialects.call import Call
from simulator.dialects.okx.front import Front
from simulator.dialects.okx.rest import OkxRest
from simulator.dialects.okx.settings import OkxSettings
from simulator.dialects.okx.signing import signature
from simulator.exchange.venue import ApiKey
from tests.simulator.dialects.counters import KEY, Floor, decoded
from tests.simulator.dialects.okx.row import PASSPHRASE
from tests.simulator.dialects.stage import ACCOUNT, SECRET

PREFIX = "/api/v5/"


class Okx(Floor):
    """OKX's desk."""

    def __init__(self, settings: OkxSettings | None = None, **lags: int) -> None:
        super().__init__("okx", **lags)
        self.venue.issue_key(ApiKey(account=ACCOUNT, key=KEY, secret=SECRET, passphrase=PASSPHRASE))
        self.front = Front(self.venue, settings or OkxSettings())
        self.rest = OkxRest(self.front)

    def iso(self, ahead_s: float = 0) -> str:
        """Return the venue's time as clients sign it."""
        at = datetime.fromtimestamp(self.world.wall_ns() / 1e9 + ahead_s, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

    def call(
        self,
        method: str,
        name: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        secret: str = SECRET,
        **query: Any,
    ) -> Call:
        """Return a signed request; `headers` are put in, or with an empty value left out."""
        path, text = PREFIX + name, urlencode(query)
        sent = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        stamp = (headers or {}).get("OK-ACCESS-TIMESTAMP") or self.iso()
        signed = f"{stamp}{method}{path}{'?' + text if text else ''}".encode() + sent
        own = {
            "OK-ACCESS-KEY": KEY,
            "OK-ACCESS-PASSPHRASE": PASSPHRASE,
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-SIGN": signature(secret, signed),
            "Content-Type": "application/json",
        }
        told = {key: value for key, value in {**own, **(headers or {})}.items() if value}
        return Call(method=method, path=path, query=text, body=sent, headers=told, peer="client")

    def get(self, name: str, **query: Any) -> Any:
        """Ask a signed question; return the body."""
        return self.sent(self.call("GET", name, **query))[1]

    def post(self, name: str, body: object, **headers: str) -> tuple[int, Any]:
        """Send a signed request; return status and body."""
        return self.sent(self.call("POST", name, body, headers=headers))

    def sent(self, call: Call) -> tuple[int, Any]:
        """Send a request; return status and body."""
        answer = self.rest.answer(call)
        return answer.status, decoded(answer)

    def buy(self, **terms: Any) -> dict[str, Any]:
        """Place an order and return its result."""
        body = self.post("trade/order", order(**terms))[1]
        (result,) = body["data"]
        return dict(result)


def order(**terms: Any) -> dict[str, Any]:
    """Return a good order, but for these terms; None leaves one out."""
    good = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "59000"}
    return {name: value for name, value in {**good, **terms}.items() if value is not None}
