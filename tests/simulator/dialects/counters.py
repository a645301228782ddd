"""The desks of both venues without a network: requests go in as values, answers come out as values.

For tests of single refusals and limits, where ccxt and a world of machines would only stand in the way.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import msgspec

from simulator.dialects.binance.front import Front as BinanceFront
from simulator.dialects.binance.rest import BinanceRest
from simulator.dialects.binance.settings import BinanceSettings
from simulator.dialects.binance.signing import signature as binance_signature
from simulator.dialects.call import Answer, Call
from simulator.dialects.kraken.front import Front as KrakenFront
from simulator.dialects.kraken.rest import KrakenRest
from simulator.dialects.kraken.settings import KrakenSettings
from simulator.dialects.kraken.signing import signature as kraken_signature
from simulator.exchange.events import BalanceChanged, Event, OrderChanged
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import OrderRequest, OrderType, Side
from simulator.exchange.venue import ApiKey, Venue
from simulator.kernel import NS, World
from tests.simulator.dialects.stage import ACCOUNT, BTC, ETH, FEES, INSTRUMENTS, SECRET

KEY = "the-key"


class Floor:
    """A venue in a world without machines; time moves only when it is told to."""

    def __init__(self, name: str, **lags: int) -> None:
        self.world = World(3)
        self.exchange = Exchange(
            name, INSTRUMENTS[name], self.world, fees=FEES[name], random=random.Random(1), open_orders_max=5
        )
        self.exchange.open_account(ACCOUNT, {"BTC": Decimal(2), "ETH": Decimal(10), "USDT": Decimal(200_000)})
        self.exchange.open_account("other", {"BTC": Decimal(2), "USDT": Decimal(200_000)})
        self.venue = Venue(self.exchange, self.world, **lags)
        self.venue.issue_key(ApiKey(account=ACCOUNT, key=KEY, secret=SECRET))
        self.moved: list[Event] = []
        self.exchange.events.subscribe(self._note)
        for symbol, price in ((BTC, 60_000), (ETH, 3_000)):
            ticks = self.exchange.instrument(symbol).ticks(Decimal(price))
            lots = self.exchange.instrument(symbol).lots(Decimal(1))
            step = ticks // 1000
            ladder = range(1, 6)
            self.exchange.quote(
                symbol, [(ticks - step * n, lots) for n in ladder], [(ticks + step * n, lots) for n in ladder]
            )

    def _note(self, event: Event) -> None:
        if isinstance(event, OrderChanged | BalanceChanged):
            self.moved.append(event)

    def wait(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.world.run(self.world.now_ns() + int(seconds * NS))

    def wall_ms(self) -> int:
        """Return the venue's time in milliseconds."""
        return self.world.wall_ns() // 1_000_000

    def other_sells(self, quantity: str, price: str) -> None:
        """Let somebody else offer bitcoin."""
        self.exchange.submit(
            OrderRequest(
                account="other",
                symbol=BTC,
                side=Side.SELL,
                type=OrderType.LIMIT,
                quantity=Decimal(quantity),
                price=Decimal(price),
            )
        )


class Binance(Floor):
    """Binance's desk."""

    def __init__(self, settings: BinanceSettings | None = None, **lags: int) -> None:
        super().__init__("binance", **lags)
        self.front = BinanceFront(self.venue, settings or BinanceSettings())
        self.rest = BinanceRest(self.front)

    def ask(self, method: str, path: str, **parameters: Any) -> tuple[int, Any]:
        """Send an unsigned request; return status and body."""
        return self._sent(Call(method=method, path=path, query=urlencode(parameters), peer="client"))

    def signed(
        self, method: str, path: str, *, secret: str = SECRET, key: str | None = KEY, **parameters: Any
    ) -> tuple[int, Any]:
        """Send a signed request; return status and body."""
        return self._sent(self.call(method, path, secret=secret, key=key, **parameters))

    def call(self, method: str, path: str, *, secret: str = SECRET, key: str | None = KEY, **parameters: Any) -> Call:
        """Return a signed request, of now unless it names a `timestamp`."""
        text = urlencode({"timestamp": self.wall_ms(), **parameters})
        text += "&signature=" + binance_signature(secret, text.encode())
        headers = {} if key is None else {"X-MBX-APIKEY": key}
        if method == "POST":
            return Call(method=method, path=path, body=text.encode(), headers=headers, peer="client")
        return Call(method=method, path=path, query=text, headers=headers, peer="client")

    def buy(self, quantity: object = "0.01", price: object = "59000", **more: Any) -> tuple[int, Any]:
        """Place a limit order."""
        terms: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        return self.signed("POST", "/api/v3/order", **{**terms, "quantity": quantity, "price": price, **more})

    def _sent(self, call: Call) -> tuple[int, Any]:
        answer = self.rest.answer(call)
        return answer.status, decoded(answer)


class Kraken(Floor):
    """Kraken's desk."""

    def __init__(self, settings: KrakenSettings | None = None, **lags: int) -> None:
        super().__init__("kraken", **lags)
        self.front = KrakenFront(self.venue, settings or KrakenSettings())
        self.rest = KrakenRest(self.front)
        self._nonce = 0

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a public request; return the result, or the error's text."""
        call = Call(method="GET", path=f"/0/public/{method}", query=urlencode(parameters), peer="client")
        return self._sent(call)

    def signed(
        self,
        method: str,
        *,
        secret: str = SECRET,
        key: str | None = KEY,
        nonce: object = None,
        **parameters: Any,
    ) -> Any:
        """Send a signed request; return the result, or the error's text."""
        return self._sent(self.call(method, secret=secret, key=key, nonce=nonce, **parameters))

    def call(
        self,
        method: str,
        *,
        secret: str = SECRET,
        key: str | None = KEY,
        nonce: object = None,
        **parameters: Any,
    ) -> Call:
        """Return a signed request with the next nonce, unless it names one."""
        self._nonce += 1
        nonce = str(self._nonce if nonce is None else nonce)
        path = f"/0/private/{method}"
        body = urlencode({"nonce": nonce, **parameters}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers |= {"API-Key": key, "API-Sign": kraken_signature(secret, path, nonce, body)}
        return Call(method="POST", path=path, body=body, headers=headers, peer="client")

    def buy(self, volume: object = "0.01", price: object = "59000", **more: Any) -> Any:
        """Place a limit order."""
        terms: dict[str, Any] = {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit"}
        return self.signed("AddOrder", **{**terms, "volume": volume, "price": price, **more})

    def _sent(self, call: Call) -> Any:
        body = decoded(self.rest.answer(call))
        return body["result"] if not body["error"] else body["error"][0]


def decoded(answer: Answer) -> Any:
    """Return a body as a value, HTML as text."""
    if "json" in answer.content_type:
        return msgspec.json.decode(answer.body)
    return answer.body.decode()


DESKS: dict[str, Callable[[], Binance | Kraken]] = {"binance": Binance, "kraken": Kraken}


def said(code: int, text: str, status: int = 400) -> tuple[int, dict[str, Any]]:
    """Return a refusal of Binance as the desk above returns it."""
    return status, {"code": code, "msg": text}
