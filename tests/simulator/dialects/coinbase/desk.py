"""Coinbase's desk without a network: requests go in as values, answers come out as values; and tokens to sign them."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from simulator.dialects.call import Call
from simulator.dialects.coinbase import CoinbaseSettings, issued
from simulator.dialects.coinbase.front import Front
from simulator.dialects.coinbase.rest import API, ORDERS, CoinbaseRest
from simulator.exchange.orders import Side
from simulator.exchange.venue import ApiKey
from simulator.kernel import NS
from tests.simulator.dialects.counters import Floor, decoded
from tests.simulator.dialects.stage import ACCOUNT, BTC

HOST = "api.coinbase.com"
KEY = issued(ACCOUNT)


def encoded(part: bytes) -> str:
    """Return bytes as a part of a token."""
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def signed(secret: str, text: bytes) -> bytes:
    """Sign as the client's side does: with ES256 where the secret is PEM, else with Ed25519."""
    if not secret.startswith("-----BEGIN"):
        return ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)[:32]).sign(text)
    private = serialization.load_pem_private_key(secret.encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(text, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def token(key: ApiKey, now_s: int, uri: str | None = None, *, header: Any = None, **claims: Any) -> str:
    """Return a token of now; claims of the same name replace those that it would have."""
    algorithm = "ES256" if key.secret.startswith("-----BEGIN") else "EdDSA"
    head = {"alg": algorithm, "typ": "JWT", "kid": key.key, "nonce": "4e6f6e6365", **(header or {})}
    said = {"iss": "cdp", "sub": key.key, "nbf": now_s, "exp": now_s + 120, **({"uri": uri} if uri else {}), **claims}
    text = f"{encoded(msgspec.json.encode(head))}.{encoded(msgspec.json.encode(said))}"
    return f"{text}.{encoded(signed(key.secret, text.encode()))}"


class Coinbase(Floor):
    """Coinbase's desk."""

    def __init__(self, settings: CoinbaseSettings | None = None, **lags: int) -> None:
        super().__init__("coinbase", **lags)
        self.venue.issue_key(KEY)
        self.front = Front(self.venue, settings or CoinbaseSettings())
        self.rest = CoinbaseRest(self.front)
        self.orders = 0

    def now_s(self) -> int:
        """Return the venue's time in seconds."""
        return self.world.wall_ns() // NS

    def call(self, method: str, path: str, body: Any = None, *, key: ApiKey = KEY, **query: Any) -> Call:
        """Return a signed request."""
        return Call(
            method=method,
            path=path,
            query=urlencode(query, doseq=True),
            body=b"" if body is None else msgspec.json.encode(body),
            headers={"Authorization": "Bearer " + token(key, self.now_s(), f"{method} {HOST}{path}"), "Host": HOST},
            peer="client",
        )

    def send(self, call: Call) -> tuple[int, Any]:
        """Send a request; return status and body."""
        answer = self.rest.answer(call)
        return answer.status, decoded(answer)

    def get(self, path: str, **query: Any) -> Any:
        """Read what is behind the key; return the body."""
        status, body = self.send(self.call("GET", path if path.startswith("/") else API + path, **query))
        assert status == 200, body
        return body

    def post(self, path: str, body: Any) -> Any:
        """Send an order of some kind; return the body."""
        status, answered = self.send(self.call("POST", path, body))
        assert status == 200, answered
        return answered

    def ask(self, path: str, peer: str = "client", **query: Any) -> tuple[int, Any]:
        """Send an unsigned request; return status and body."""
        return self.send(Call(method="GET", path=path, query=urlencode(query, doseq=True), peer=peer))

    def place(self, kind: str = "limit_limit_gtc", side: str = "BUY", *, cid: str = "", **terms: Any) -> Any:
        """Place an order; return the body."""
        self.orders += 1
        body = {
            "client_order_id": cid or f"order-{self.orders}",
            "product_id": "BTC-USDT",
            "side": side,
            "order_configuration": {kind: terms},
        }
        return self.post(ORDERS, body)

    def buy(self, size: str = "0.01", price: str = "59000", *, cid: str = "", **more: Any) -> str:
        """Place a limit order to buy; return its id."""
        body = self.place(cid=cid, base_size=size, limit_price=price, **more)
        order_id: str = body["success_response"]["order_id"]
        return order_id

    def trade_at(self, price: str) -> None:
        """Let strangers trade a tenth of a bitcoin."""
        instrument = self.exchange.instrument(BTC)
        self.exchange.print_trade(BTC, Side.BUY, instrument.ticks(Decimal(price)), instrument.lots(Decimal("0.1")))

    def order(self, order_id: str) -> Any:
        """Look an order up."""
        return self.get(f"{ORDERS}/historical/{order_id}")["order"]

    def reason(self, kind: str = "limit_limit_gtc", side: str = "BUY", **terms: Any) -> tuple[str, str]:
        """Place an order that is refused; return the two words for why."""
        body = self.place(kind, side, **terms)
        assert body["success"] is False
        assert "success_response" not in body
        refused = body["error_response"]
        return refused["error"], refused["preview_failure_reason"]
