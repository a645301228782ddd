"""Unmodified ccxt over real sockets: only its `urls` are changed, to what the ready line says."""

from __future__ import annotations

import asyncio
import importlib
import signal
from typing import Any

import pytest

from scenarios.venue_profiles import PROFILES
from tests.simulator.dialects.table import TABLE
from tests.wire.server import serving

STORY_S_MAX = 40


def pointed(urls: Any, hostname: str, hosts: dict[str, str]) -> Any:
    """Return ccxt's tree of URLs with each beginning that is served replaced by its local one."""
    if isinstance(urls, dict):
        return {name: pointed(url, hostname, hosts) for name, url in urls.items()}
    if not isinstance(urls, str):
        return urls
    url = urls.replace("{hostname}", hostname)
    for real, local in hosts.items():
        if url == real or url.startswith(real + "/"):
            return local + url.removeprefix(real)
    return url


async def story(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """Place, look up, watch and cancel, with real time between."""
    client: Any = getattr(importlib.import_module(TABLE[name].client), name)
    plain = client()
    urls = pointed(plain.describe()["urls"]["api"], plain.hostname or "", told["hosts"])
    await plain.close()
    config = TABLE[name].config if name in TABLE else {}
    exchange = client({**config, **told["credentials"], "urls": {"api": urls}, "enableRateLimit": False})
    if name == "binance":
        exchange.options["fetchMarkets"] = {"types": ["spot"]}
    try:
        async with asyncio.timeout(STORY_S_MAX):
            return await (lived_by_answers if name == "polymarket" else lived)(exchange)
    finally:
        await exchange.close()


async def lived(exchange: Any) -> dict[str, Any]:
    """Tell what happened to one order, on both ways of hearing of it."""
    await exchange.load_markets()
    btc = "BTC/USDT:USDT" if exchange.id == "binanceusdm" else "BTC/USDT"
    ticker = await exchange.watch_ticker(btc)
    book = await exchange.watch_order_book(btc)
    watching = asyncio.create_task(exchange.watch_orders(None if exchange.id == "kraken" else btc))
    await asyncio.sleep(0.5)  # until it has subscribed
    price = float(exchange.price_to_precision(btc, book["bids"][0][0] * 0.9))
    named = {"client_order_id" if exchange.id == "coinbase" else "clientOrderId": "wire0ccxt"}
    order = await exchange.create_order(btc, "limit", "buy", 0.01, price, named)
    heard = await watching
    await asyncio.sleep(0.3)  # until reads show what matching did
    opened = await exchange.fetch_open_orders(btc)
    await exchange.cancel_order(order["id"], btc)
    await asyncio.sleep(0.3)
    ended = await exchange.fetch_order(order["id"], btc)
    balance = await exchange.fetch_balance()
    sold = await exchange.create_order(btc, "market", "sell", 0.01)
    await asyncio.sleep(0.3)
    filled = await exchange.fetch_order(sold["id"], btc)
    return {
        "last": ticker["last"],
        "spread": book["asks"][0][0] - book["bids"][0][0],
        "heard": {one["id"] for one in heard} <= {order["id"]},
        "open": [(one["clientOrderId"], one["status"], one["price"] == price) for one in opened],
        "ended": (ended["status"], ended["filled"]),
        "filled": (filled["status"], filled["filled"]),
        "used": balance["USDT"]["used"],
    }


async def lived_by_answers(exchange: Any) -> dict[str, Any]:
    """Tell the same where answers are traded: there are no client ids, and what is bought arrives later."""
    await exchange.load_markets()
    yes = "BTC_USDT_TRADE_ABOVE_OPENING_PRICE:YES"
    ticker = await exchange.watch_ticker(yes)
    book = await exchange.watch_order_book(yes)
    watching = asyncio.create_task(exchange.watch_orders(yes))
    await asyncio.sleep(0.5)  # until it has subscribed
    order = await exchange.create_order(yes, "limit", "buy", 10, 0.2)
    heard = await watching
    await asyncio.sleep(0.3)  # until reads show what matching did
    opened = await exchange.fetch_open_orders(yes)
    await exchange.cancel_order(order["id"])
    await asyncio.sleep(0.3)
    ended = await exchange.fetch_order(order["id"])
    bought = await exchange.create_order(yes, "market", "buy", 10, 0.9)
    await asyncio.sleep(0.3)
    filled = await exchange.fetch_order(bought["id"])
    return {
        "last": ticker["last"],
        "spread": book["asks"][0][0] - book["bids"][0][0],
        "heard": {one["id"] for one in heard} <= {order["id"]},
        "open": [(one["status"], one["price"]) for one in opened],
        "ended": (ended["status"], ended["filled"]),
        "filled": (filled["status"], filled["filled"]),
    }


def test_ccxt_with_other_urls_lives_a_whole_order_in_an_answer() -> None:
    with serving("polymarket") as server:
        lived = asyncio.run(story("polymarket", server.ready["polymarket"]))
        _, _, complaints = server.end(signal.SIGTERM)

    assert 0.3 < lived.pop("last") < 0.7
    assert 0 < lived.pop("spread") < 0.1
    assert lived == {"heard": True, "open": [("open", 0.2)], "ended": ("canceled", 0), "filled": ("closed", 10)}
    assert complaints == ""


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile.follows_pairs])
def test_ccxt_with_other_urls_lives_a_whole_order(name: str) -> None:
    with serving(name) as server:
        lived = asyncio.run(story(name, server.ready[name]))
        _, _, complaints = server.end(signal.SIGTERM)

    assert lived.pop("last") == pytest.approx(60_000, rel=0.05)
    assert 0 < lived.pop("spread") < 600
    assert lived == {
        "heard": True,
        "open": [("wire0ccxt", "open", True)],
        "ended": ("canceled", 0),
        "filled": ("closed", 0.01),
        "used": 0,
    }
    assert complaints == ""
