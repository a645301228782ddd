"""Binance counts: weight by minute and address, unfilled orders by account, 429, and 418 for those who go on."""

from __future__ import annotations

from typing import Any

import aiohttp
import ccxt
import pytest

from simulator.dialects.binance.limits import Window
from simulator.dialects.binance.settings import NS, BinanceSettings
from simulator.dialects.call import Call
from tests.simulator.dialects.counters import Binance
from tests.simulator.dialects.stage import BTC, Stage

TIME = Call(method="GET", path="/api/v3/time", peer="client")
MINUTE_S = 60


def used(binance: Binance, call: Call) -> int:
    return int(binance.rest.answer(call).headers["X-MBX-USED-WEIGHT-1M"])


WEIGHTS = [
    ("/api/v3/ping", "", 1),
    ("/api/v3/exchangeInfo", "", 20),
    ("/api/v3/depth", "symbol=BTCUSDT", 5),
    ("/api/v3/depth", "symbol=BTCUSDT&limit=500", 25),
    ("/api/v3/depth", "symbol=BTCUSDT&limit=5000", 250),
    ("/api/v3/ticker/24hr", "symbol=BTCUSDT", 2),
    ("/api/v3/ticker/24hr", "", 80),
    ("/api/v3/ticker/price", "", 4),
    ("/api/v3/trades", "symbol=BTCUSDT", 25),
]


@pytest.mark.parametrize(("path", "query", "weight"), WEIGHTS)
def test_every_request_costs_its_weight_and_tells_what_is_used(path: str, query: str, weight: int) -> None:
    binance = Binance()

    assert used(binance, Call(method="GET", path=path, query=query)) == weight


def test_a_refused_request_costs_as_well() -> None:
    binance = Binance()
    refused = Call(method="GET", path="/api/v3/account", peer="client")

    assert used(binance, refused) == 20
    assert used(binance, TIME) == 21


def test_weight_is_counted_by_address_and_starts_again_with_the_clock_minute() -> None:
    binance = Binance()
    assert used(binance, TIME) == 1
    assert used(binance, Call(method="GET", path="/api/v3/time", peer="somebody else")) == 1

    binance.wait(MINUTE_S - 0.001)
    before = used(binance, TIME)
    binance.wait(0.001)

    assert before == 2
    assert used(binance, TIME) == 1


def test_too_much_weight_is_refused_with_the_seconds_to_wait() -> None:
    binance = Binance(BinanceSettings(weight_per_minute_max=2))
    binance.wait(10.5)
    for _ in range(2):
        assert binance.rest.answer(TIME).status == 200

    answer = binance.rest.answer(TIME)

    assert answer.status == 429
    assert answer.headers["Retry-After"] == "50"
    assert b"current limit is 2 request weight per 1 MINUTE" in answer.body
    assert answer.quiet_until_ns == MINUTE_S * NS


def test_orders_are_counted_by_account_until_they_trade() -> None:
    binance = Binance()

    def counts(**terms: Any) -> tuple[str, str]:
        terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", **terms}
        headers = binance.rest.answer(binance.call("POST", "/api/v3/order", **terms)).headers
        return headers["X-MBX-ORDER-COUNT-10S"], headers["X-MBX-ORDER-COUNT-1D"]

    assert counts(price="59000") == ("1", "1")
    assert counts(price="61000") == ("1", "1")  # trades at once
    assert counts(price="59000") == ("2", "2")
    binance.wait(10)
    assert counts(price="59000") == ("1", "3")
    told = binance.signed("GET", "/api/v3/rateLimit/order")[1]
    assert [(one["interval"], one["count"]) for one in told] == [("SECOND", 1), ("DAY", 3)]


def test_too_many_orders_are_refused_and_a_refused_order_does_not_count() -> None:
    binance = Binance(BinanceSettings(orders_per_10s_max=2))
    assert binance.buy(quantity="100")[1]["code"] == -2010
    assert binance.buy()[0] == binance.buy()[0] == 200

    status, body = binance.buy()

    assert (status, body["code"]) == (429, -1015)
    assert body["msg"] == "Too many new orders; current limit is 2 orders per 10 SECOND."
    binance.wait(10)
    assert binance.buy()[0] == 200


def test_whoever_goes_on_after_429_is_banned_and_told_until_when() -> None:
    stage = Stage("binance", BinanceSettings(weight_per_minute_max=3, patience=2, ban_ns=120 * NS))

    async def story(session: aiohttp.ClientSession) -> list[tuple[int, str | None]]:
        told = []
        for _ in range(7):
            async with session.get("https://api.binance.com/api/v3/time") as answer:
                told.append((answer.status, answer.headers.get("Retry-After")))
        return told

    told = stage.browse(story)

    assert [status for status, _ in told] == [200, 200, 200, 429, 429, 429, 418]
    assert told[-1] == (418, "120")
    assert [seen.outcome for seen in stage.seen][3:] == ["throttled"] * 3 + ["banned"]


def test_ccxt_sees_the_ban_and_its_end() -> None:
    stage = Stage("binance", BinanceSettings(weight_per_minute_max=200, patience=0))

    async def story(exchange: Any) -> str:
        await exchange.load_markets()
        for _ in range(9):
            try:
                await exchange.fetch_order_book(BTC, 500)
            except ccxt.DDoSProtection as error:
                said = str(error)
        return said

    assert "418" in (said := stage.tell(story))
    assert f"IP banned until {stage.world.epoch_ns // NS + 120}" in said


def test_a_window_never_counts_below_nothing() -> None:
    window = Window(10)

    assert window.add("who", -1, 5) == 0
    assert window.add("who", 2, 5) == 2
    assert window.add("who", 1, 10) == 1
    assert window.left_ns(13) == 7
