"""Binance's perpetuals as we speak them through ccxt: waiting orders have names of their own, one key is kept alive.

A stop is an order of another service there, which numbers its orders by itself. So that no number means two orders,
one of a waiting order is written `algo-7`. The account's news are asked for with a key that lives for an hour; ccxt
renews it, with one more timer after each redial, of which only the last is kept. And a ticker tells the last price
only, what is offered comes on another stream.
"""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.pro

ALGO = "algo-"
"""How the name of an order begins that waits for a price."""


class BinanceUsdmByKey(ccxt.pro.binanceusdm):  # type: ignore[misc]  # ccxt has no types
    """Binance's perpetuals with names that cannot be confused, and one timer."""

    renewal: asyncio.TimerHandle | None = None

    def parse_order(self, order: Any, market: Any = None) -> Any:
        """Read an order; one of the service for waiting orders gets a name that tells so."""
        parsed = super().parse_order(order, market)
        if isinstance(order, dict) and "algoId" in order and parsed.get("id") is not None:
            parsed["id"] = f"{ALGO}{parsed['id']}"
        return parsed

    def parse_ws_ticker(self, message: Any, marketType: Any) -> Any:  # noqa: N803  # ccxt's name
        """Read a message about prices; each stream tells a part of what a spot ticker tells, so they are put together.

        One has the last price and none that is offered, the other only those.
        """
        parsed = super().parse_ws_ticker(message, marketType)
        symbol = parsed["symbol"]
        if parsed.get("last") is not None:
            best = self.bidsasks.get(symbol) or {}
            return {**parsed, "bid": best.get("bid"), "ask": best.get("ask")}
        known = self.tickers.get(symbol)
        if known is not None:
            self.tickers[symbol] = {**known, **{name: parsed[name] for name in ("bid", "ask", "timestamp")}}
        return parsed

    def delay(self, timeout: Any, method: Any, *args: Any) -> Any:
        """Do something later: ccxt renews the key so, and does nothing else so."""
        if self.renewal is not None:
            self.renewal.cancel()
        self.renewal = super().delay(timeout, method, *args)
        return self.renewal

    def forget_key(self) -> None:
        """Ask for a key before the account's news are heard again: the one that we have may have died meanwhile."""
        if self.renewal is not None:
            self.renewal.cancel()
        self.renewal = None
        self.options["linear"] = {}
