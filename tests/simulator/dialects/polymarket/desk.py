"""Polymarket's desk without a network: requests go in as values, answers come out; and wallets to sign them."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import coincurve
import msgspec

from simulator.dialects.call import Answer, Call
from simulator.dialects.polymarket import PolymarketSettings, issued
from simulator.dialects.polymarket.front import Front
from simulator.dialects.polymarket.rest import CLOB, CLOB_NAMED, DATA, GAMMA, GAMMA_NAMED, PolymarketRest
from simulator.dialects.polymarket.signing import signature
from simulator.dialects.polymarket.typed_data import SignedTerms
from simulator.dialects.polymarket.wallets import Wallet, wallet_of
from simulator.exchange.events import BalanceChanged, Event, OrderChanged
from simulator.exchange.orders import OrderRecord, OrderRequest, OrderType, Side
from simulator.exchange.prediction.exchange import PredictionExchange
from simulator.exchange.prediction.market import PredictionMarket
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import NS, World
from tests.simulator.dialects.counters import decoded

KEY = issued("main")
RAIN = PredictionMarket(
    condition="Will it rain?", yes="rain/yes", no="rain/no", min_quantity=Decimal("0.01"), fee_rate=Decimal("0.07")
)
SNOW = PredictionMarket(
    condition="Will it snow?", yes="snow/yes", no="snow/no", tick_size=Decimal("0.001"), min_quantity=Decimal("0.01")
)
BIDS, ASKS = [(49, 10_000), (48, 20_000)], [(51, 10_000), (52, 20_000)]
"""What the house quotes of rain, in cents and hundredths of a share."""


def sign(secret: str, digest: bytes) -> bytes:
    """Sign a digest as wallets do."""
    signed = coincurve.PrivateKey(bytes.fromhex(secret[2:])).sign_recoverable(digest, hasher=None)
    return signed[:64] + bytes((signed[64] + 27,))


def changed(call: Call, **more: Any) -> Call:
    """Return a request that differs from another in this."""
    names = ("method", "path", "query", "body", "headers", "peer")
    return Call(**{name: more.get(name, getattr(call, name)) for name in names})


class Polymarket:
    """A venue of two questions in a world without machines; time moves only when it is told to."""

    def __init__(self, settings: PolymarketSettings | None = None, **lags: int) -> None:
        self.world = World(3)
        self.exchange = PredictionExchange("polymarket", [RAIN, SNOW], self.world, random=random.Random(1))
        for account in ("main", "other"):
            self.exchange.open_account(account, {"USDC": Decimal(1_000)})
            self.exchange.split(account, RAIN.condition, Decimal(100))
        self.venue = Venue(self.exchange, self.world, **lags)
        self.venue.issue_key(KEY)
        self.exchange.quote(RAIN.yes, BIDS, ASKS)
        self.moved: list[Event] = []
        self.exchange.events.subscribe(self._note)
        self.front = Front(self.venue, settings or PolymarketSettings())
        self.clob = PolymarketRest(self.front, CLOB, CLOB_NAMED)
        self.gamma = PolymarketRest(self.front, GAMMA, GAMMA_NAMED)
        self.data = PolymarketRest(self.front, DATA, {})
        self.rain, self.no_rain = (self.front.listing.by_symbol[one] for one in RAIN.tokens)
        self.salt = 0

    def _note(self, event: Event) -> None:
        if isinstance(event, OrderChanged | BalanceChanged):
            self.moved.append(event)

    def wait(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.world.run(self.world.now_ns() + int(seconds * NS))

    def now_s(self) -> int:
        """Return the venue's time in seconds."""
        return self.world.wall_ns() // NS

    def call(self, method: str, path: str, body: Any = None, *, key: ApiKey = KEY, **query: Any) -> Call:
        """Return a request under the account's credentials."""
        wallet, timestamp = wallet_of(key.secret), str(self.now_s())
        payload = b"" if body is None else msgspec.json.encode(body)
        headers = {
            "POLY_ADDRESS": wallet.address,
            "POLY_API_KEY": wallet.key,
            "POLY_PASSPHRASE": wallet.passphrase,
            "POLY_TIMESTAMP": timestamp,
            "POLY_SIGNATURE": signature(wallet.secret, timestamp, method, path, payload),
        }
        return Call(
            method=method, path=path, query=urlencode(query, doseq=True), body=payload, headers=headers, peer="client"
        )

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """Send a signed request; return status and body."""
        answer = self.answer(method, path, body, **query)
        return answer.status, decoded(answer)

    def answer(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Send a signed request; return the whole answer."""
        return self.clob.answer(self.call(method, path, body, **query))

    def ask(self, path: str, body: Any = None, *, at: PolymarketRest | None = None, **query: Any) -> tuple[int, Any]:
        """Send an unsigned request to one of the hosts; return status and body."""
        method = "GET" if body is None else "POST"
        payload = b"" if body is None else msgspec.json.encode(body)
        call = Call(method=method, path=path, query=urlencode(query, doseq=True), body=payload, peer="client")
        answer = (at or self.clob).answer(call)
        return answer.status, decoded(answer)

    def order(self, side: str = "BUY", price: str = "0.45", size: str = "10", kind: str = "GTC", **more: Any) -> Any:
        """Return the body of a signed order; `more` replaces what it says, before it is signed."""
        self.salt += 1
        shares = int(Decimal(size) * 1_000_000)
        cost = int(Decimal(size) * Decimal(price) * 1_000_000)
        wallet = wallet_of(KEY.secret)
        wraps = more.get("signature_type", 3) == 3
        fields: dict[str, Any] = {
            "salt": self.salt,
            "maker": wallet.deposit if more.get("signature_type", 3) else wallet.owner,
            "signer": wallet.deposit if wraps else wallet.owner,
            "token_id": int(self.rain.id),
            "maker_amount": cost if side == "BUY" else shares,
            "taker_amount": shares if side == "BUY" else cost,
            "side": 0 if side == "BUY" else 1,
            "signature_type": 3,
            "timestamp": self.world.wall_ns() // 1_000_000,
            "metadata": bytes(32),
            "builder": bytes(32),
        }
        fields |= {name: more.pop(name) for name in list(more) if name in fields}
        return self.body(SignedTerms(**fields), wallet, kind, **more)

    def body(self, terms: SignedTerms, wallet: Wallet, kind: str, **more: Any) -> Any:
        """Return what is sent of signed terms."""
        wraps = terms.signature_type == 3
        digest = terms.wrapped_hash() if wraps else terms.order_hash()
        signed = sign(more.pop("secret", KEY.secret), digest) + (terms.wrapping() if wraps else b"")
        return {
            "deferExec": False,
            "postOnly": more.pop("post_only", False),
            "owner": more.pop("owner", wallet.key),
            "orderType": kind,
            "order": {
                "salt": terms.salt,
                "maker": "0x" + terms.maker.hex(),
                "signer": "0x" + terms.signer.hex(),
                "taker": "0x" + "0" * 40,
                "tokenId": str(terms.token_id),
                "makerAmount": str(terms.maker_amount),
                "takerAmount": str(terms.taker_amount),
                "side": "BUY" if terms.side == 0 else "SELL",
                "signatureType": terms.signature_type,
                "timestamp": str(terms.timestamp),
                "expiration": more.pop("expiration", "0"),
                "metadata": "0x" + terms.metadata.hex(),
                "builder": "0x" + terms.builder.hex(),
                "signature": more.pop("signature", "0x" + signed.hex()),
                **more,
            },
        }

    def place(self, side: str = "BUY", price: str = "0.45", size: str = "10", kind: str = "GTC", **more: Any) -> Any:
        """Place an order that is taken; return the body of the answer."""
        status, body = self.send("POST", "/order", self.order(side, price, size, kind, **more))
        assert (status, body["success"]) == (200, True), body
        return body

    def refusal(self, *terms: str, **more: Any) -> tuple[int, str]:
        """Place an order that is not; return status and sentence, with the order's id as `{id}`."""
        sent = self.order(*terms, **more)
        self.moved.clear()
        status, body = self.send("POST", "/order", sent)
        assert not self.moved
        words = [word if not word.startswith("0x") or len(word) < 60 else "{id}" for word in body["error"].split()]
        return status, " ".join(words)

    def other(self, side: Side, price: str, size: str, token: str = RAIN.yes) -> OrderRecord:
        """Let somebody else place a limit order."""
        return self.exchange.submit(
            OrderRequest(
                account="other",
                symbol=token,
                side=side,
                type=OrderType.LIMIT,
                price=Decimal(price),
                quantity=Decimal(size),
            )
        )

    def held(self, asset: str, account: str = "main") -> Decimal:
        """Return what an account has, locked or not."""
        return self.exchange.truth.balances(account)[asset].total
