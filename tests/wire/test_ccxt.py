"""Unmodified ccxt over real sockets: only its `urls` are changed, to what the ready line says."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.pro
import pytest

pytestmark = pytest.mark.wire

BTC = "BTC/USDT"
STORY_S_MAX = 40


def pointed(urls: Any, hosts: dict[str, str]) -> Any:
    """Return ccxt's tree of URLs with each beginning that is served replaced by its local one."""
    if isinstance(urls, dict):
        return {name: pointed(url, hosts) for name, url in urls.items()}
    for real, local in hosts.items():
        if isinstance(urls, str) and urls.startswith(real):
            return local + urls.removeprefix(real)
    return urls


async def story(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """Place, look up, watch and cancel, with real time between."""
    client: Any = getattr(ccxt.pro, name)
    urls = pointed(client().describe()["urls"]["api"], told["hosts"])
    exchange = client({**told["credentials"], "urls": {"api": urls}, "enableRateLimit": False})
    exchange.options["fetchMarkets"] = {"types": ["spot"]}
    try:
        async with asyncio.timeout(STORY_S_MAX):
            return await lived(exchange)
    finally:
        await exchange.close()


async def lived(exchange: Any) -> dict[str, Any]:
    """Tell what happened to one order, on both ways of hearing of it."""
    await exchange.load_markets()
    ticker = await exchange.watch_ticker(BTC)
    book = await exchange.watch_order_book(BTC)
    watching = asyncio.create_task(exchange.watch_orders(BTC if exchange.id == "binance" else None))
    await asyncio.sleep(0.5)  # until it has subscribed
    price = float(exchange.price_to_precision(BTC, book["bids"][0][0] * 0.9))
    order = await exchange.create_order(BTC, "limit", "buy", 0.01, price, {"clientOrderId": "wire0ccxt"})
    heard = await watching
    await asyncio.sleep(0.3)  # until reads show what matching did
    opened = await exchange.fetch_open_orders(BTC)
    await exchange.cancel_order(order["id"], BTC)
    await asyncio.sleep(0.3)
    ended = await exchange.fetch_order(order["id"], BTC)
    bought = await exchange.create_order(BTC, "market", "buy", 0.01)
    await asyncio.sleep(0.3)
    filled = await exchange.fetch_order(bought["id"], BTC)
    balance = await exchange.fetch_balance()
    return {
        "last": ticker["last"],
        "spread": book["asks"][0][0] - book["bids"][0][0],
        "heard": {one["id"] for one in heard} == {order["id"]},
        "open": [(one["clientOrderId"], one["status"], one["price"] == price) for one in opened],
        "ended": (ended["status"], ended["filled"]),
        "filled": (filled["status"], filled["filled"]),
        "used": balance["USDT"]["used"],
    }


@pytest.mark.parametrize("name", ["binance", "kraken"])
def test_ccxt_with_other_urls_lives_a_whole_order(name: str, ready: dict[str, Any]) -> None:
    lived = asyncio.run(story(name, ready[name]))

    assert lived.pop("last") == pytest.approx(60_000, rel=0.05)
    assert 0 < lived.pop("spread") < 600
    assert lived == {
        "heard": True,
        "open": [("wire0ccxt", "open", True)],
        "ended": ("canceled", 0),
        "filled": ("closed", 0.01),
        "used": 0,
    }
