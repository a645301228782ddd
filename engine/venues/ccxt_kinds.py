"""The exchanges of ccxt that we speak through, each with our seams, and with what its ccxt leaves out.

Kept apart from the seams, which are the same for all: here stands only where ccxt and a venue's documentation differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt.pro
from ccxt.base.errors import ExchangeError

from engine.venues.ccxt_binanceusdm import BinanceUsdmByKey
from engine.venues.ccxt_polymarket import PolymarketByToken
from engine.venues.ccxt_seams import KEEP_ALIVE_MS, USER_AGENT, Seam, Seams

if TYPE_CHECKING:
    from engine.venues import Credentials


REMEMBERED_MAX = 50
"""Orders, and trades, that ccxt keeps for each stream of news: it completes a later message by them, and we read each
message as it comes."""
OKX_SIGNATURE_MS = 30_000
"""How old a signature may be."""


class Binance(Seams, ccxt.pro.binance):  # type: ignore[misc]
    """Binance as ccxt speaks it, with our seams."""


class BinanceUsdm(Seams, BinanceUsdmByKey):
    """Binance's perpetuals as ccxt speaks them, with our seams."""

    async def hang_up(self) -> None:
        """Drop the connections, and the key with which the account's news were asked for."""
        self.forget_key()
        await super().hang_up()


class Kraken(Seams, ccxt.pro.kraken):  # type: ignore[misc]
    """Kraken as ccxt speaks it, with our seams."""


class _OkxAsDocumented(ccxt.pro.okx):  # type: ignore[misc]
    """OKX as its documentation has it: the expiry is a header, and an order that failed alone is a failure."""

    stamp_ms: int | None = None

    def sign(self, path: str, api: Any = "public", method: str = "GET", params: Any = None) -> Any:
        """Sign a request that dies at `expTime`, if that is among the parameters: a header, where the venue reads one.

        It does not for algo orders; what lets those die is that no signature is taken that is older than thirty
        seconds.
        """
        told = dict(params) if isinstance(params, dict) else params or {}
        expiry = told.pop("expTime", None) if isinstance(told, dict) else None
        if expiry is not None and path == "trade/order-algo":
            self.stamp_ms = min(self.milliseconds(), int(expiry) - OKX_SIGNATURE_MS)
        try:
            signed = super().sign(path, api, method, told)
        finally:
            self.stamp_ms = None
        if expiry is not None:
            signed["headers"] = {**(signed.get("headers") or {}), "expTime": expiry}
        return signed

    def nonce(self) -> Any:
        """Return the time of a signature."""
        return super().nonce() if self.stamp_ms is None else self.stamp_ms

    async def watch_orders(self, *_which: Any) -> None:
        """Watch the account's orders, and those that wait for a price, which are told on another connection."""
        watch = super().watch_orders
        async with asyncio.TaskGroup() as both:
            both.create_task(watch())
            both.create_task(watch(None, None, None, {"trigger": True}))

    def handle_errors(
        self, code: int, reason: str, url: str, method: str, headers: Any, body: str, response: Any, *rest: Any
    ) -> Any:
        """Raise where ccxt passes a failed order over: code 2 of a request for a single one."""
        handled = super().handle_errors(code, reason, url, method, headers, body, response, *rest)
        data = response.get("data") if isinstance(response, dict) and response.get("code") == "2" else None
        if isinstance(data, list) and len(data) == 1 and data[0].get("sCode") != "0":
            raise ExchangeError(f"{method} {url}: {body}")
        return handled


class Okx(Seams, _OkxAsDocumented):
    """OKX as ccxt speaks it, with our seams."""


class _BybitByRequest(ccxt.pro.bybit):  # type: ignore[misc]
    """Bybit with a window for each request: ccxt has one for the whole instance."""

    def sign(self, path: str, api: Any = "public", method: str = "GET", params: Any = None) -> Any:
        """Sign a request that lives for `recvWindow` milliseconds, where its parameters say so."""
        told = dict(params or {})
        window = told.pop("recvWindow", None)
        usual = self.options["recvWindow"]
        self.options["recvWindow"] = usual if window is None else window
        try:
            return super().sign(path, api, method, told)
        finally:
            self.options["recvWindow"] = usual


class Bybit(Seams, _BybitByRequest):
    """Bybit as ccxt speaks it, with our seams."""


async def _nothing(_params: Any = None) -> dict[str, Any]:
    """Stand in for a request that is not worth making."""
    return {}


class _CoinbaseAsDocumented(ccxt.pro.coinbase):  # type: ignore[misc]
    """Coinbase with tokens that live as long as a request may, and cancels that say when they failed."""

    token_expires_s: int | None = None

    def __init__(self, config: Any = None) -> None:
        super().__init__(config)
        self.v3PrivateGetBrokerageTransactionSummary = (
            _nothing  # fees: asked for with every list of markets, never read
        )

    async def watch_tickers(self, symbols: Any = None, params: Any = None) -> Any:
        """Watch the channel that tells bid and ask at each trade; ccxt asks for one that tells neither."""
        return await self.subscribe_multiple("ticker", False, symbols, params or {})

    def sign(self, path: str, api: Any = "public", method: str = "GET", params: Any = None) -> Any:
        """Sign a request with a token that ends at `tokenExpires` (unix seconds), where its parameters say so."""
        told = dict(params or {})
        self.token_expires_s = told.pop("tokenExpires", None)
        try:
            return super().sign(path, api, method, told)
        finally:
            self.token_expires_s = None

    def jwt(self, request: Any, *rest: Any, **named: Any) -> Any:
        """Make a token."""
        if self.token_expires_s is not None:
            request = {**request, "exp": min(request["exp"], self.token_expires_s)}
        return super().jwt(request, *rest, **named)

    def handle_errors(
        self, code: int, reason: str, url: str, method: str, headers: Any, body: str, response: Any, *rest: Any
    ) -> Any:
        """Raise where ccxt does so only later, without the answer: over a cancel that failed."""
        handled = super().handle_errors(code, reason, url, method, headers, body, response, *rest)
        results = response.get("results") if isinstance(response, dict) else None
        if isinstance(results, list) and any(isinstance(row, dict) and row.get("success") is False for row in results):
            raise ExchangeError(f"{method} {url}: {body}")
        return handled


class Coinbase(Seams, _CoinbaseAsDocumented):
    """Coinbase as ccxt speaks it, with our seams."""


class Polymarket(Seams, PolymarketByToken):
    """Polymarket as ccxt speaks it, with our seams; its key is a wallet."""

    credentials = ("walletAddress", "privateKey", None)
    traded = PolymarketByToken.traded
    name_of = PolymarketByToken.name_of

    def seconds(self) -> int:
        """Return the time in seconds, or what a request's headers are to say that it is."""
        return super().seconds() if self.stamp_s is None else self.stamp_s


KINDS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "binance": Binance,
        "binanceusdm": BinanceUsdm,
        "kraken": Kraken,
        "okx": Okx,
        "bybit": Bybit,
        "coinbase": Coinbase,
        "polymarket": Polymarket,
    }
)


def exchange(
    name: str,
    seam: Seam,
    session: aiohttp.ClientSession,
    credentials: Credentials | None,
    *,
    options: Mapping[str, Any],
    timeout_ns: int,
    testnet: bool = False,
) -> Any:
    """Return a ccxt exchange over a session; it never closes the session."""
    config: dict[str, Any] = {
        "session": session,
        "asyncio_loop": asyncio.get_running_loop(),
        "enableRateLimit": False,
        "verify": False,  # makes no context of its own: TLS and its checks belong to the connector that was handed in
        "timeout_on_exit": 0,
        "timeout": timeout_ns // 1_000_000,
        "userAgent": USER_AGENT,
        "options": {
            "ordersLimit": REMEMBERED_MAX,
            "tradesLimit": REMEMBERED_MAX,
            "ws": {"keepAlive": KEEP_ALIVE_MS},
            **options,
        },
    }
    if credentials is not None:
        said = (credentials.api_key, credentials.secret, credentials.passphrase)
        config |= {word: each for word, each in zip(KINDS[name].credentials, said, strict=True) if word is not None}
    made = KINDS[name](seam, config)
    if testnet:
        made.set_sandbox_mode(True)
    return made
