"""Kraken's candles, field by field: the OHLC endpoint and the ohlc channel."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from simulator.exchange.orders import Side
from tests.simulator.dialects.counters import Kraken
from tests.simulator.dialects.kraken.connection import PUBLIC, connected, request
from tests.simulator.dialects.sockets import gather
from tests.simulator.dialects.stage import BTC, Stage


@pytest.fixture
def kraken() -> Kraken:
    kraken = Kraken()
    kraken.exchange.print_trade(BTC, Side.BUY, 600_000, 10**8)
    kraken.exchange.print_trade(BTC, Side.SELL, 590_000, 10**8)
    kraken.wait(180)
    kraken.exchange.print_trade(BTC, Side.BUY, 610_000, 10**8)
    return kraken


def test_candles_come_with_their_mean_price_and_flat_ones_between(kraken: Kraken) -> None:
    answer = kraken.ask("OHLC", pair="XBTUSDT")

    assert list(answer) == ["XBTUSDT", "last"]
    first, flat, *_, last = answer["XBTUSDT"]
    assert first[1:] == ["60000.0", "60000.0", "59000.0", "59000.0", "59500.0", "2.00000000", 2]
    assert flat[1:] == ["59000.0", "59000.0", "59000.0", "59000.0", "0.0", "0.00000000", 0]
    assert last[1:] == ["61000.0", "61000.0", "61000.0", "61000.0", "61000.0", "1.00000000", 1]
    assert answer["last"] == answer["XBTUSDT"][-2][0]


def test_what_was_told_as_last_is_where_to_go_on(kraken: Kraken) -> None:
    last = kraken.ask("OHLC", pair="XBTUSDT")["last"]

    assert len(kraken.ask("OHLC", pair="XBTUSDT", since=last)["XBTUSDT"]) == 1
    assert len(kraken.ask("OHLC", pair="XBTUSDT", since=last + 10_000)["XBTUSDT"]) == 1  # the one under way, always


@pytest.mark.parametrize("terms", [{"interval": "2"}, {"interval": "x"}, {"since": "x"}])
def test_a_bad_request_for_candles_is_refused(kraken: Kraken, terms: dict[str, str]) -> None:
    (name,) = terms

    assert kraken.ask("OHLC", pair="XBTUSDT", **terms) == f"EGeneral:Invalid arguments:{name}"


# Field names as ccxt's recording of the channel has them.
CANDLE = {
    *("symbol", "open", "high", "low", "close", "trades", "volume", "vwap", "interval_begin", "interval", "timestamp"),
}


def test_the_channel_tells_a_candle_at_each_trade() -> None:
    stage = Stage("kraken")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        answer = await request(socket, "subscribe", channel="ohlc", symbol=[BTC], interval=5)
        stage.later(1, lambda: stage.quote(BTC, "61000"))
        return answer, await gather(socket, 2)

    answer, (snapshot, update) = connected(stage, PUBLIC, story)

    assert answer["result"] == {
        "channel": "ohlc",
        "interval": 5,
        "snapshot": True,
        "symbol": BTC,
        "warnings": ["timestamp is deprecated, use interval_begin"],
    }
    assert (snapshot["type"], update["type"]) == ("snapshot", "update")
    (candle,) = update["data"]
    assert set(candle) == CANDLE
    assert (candle["open"], candle["high"], candle["close"], candle["trades"]) == (60_000, 61_000, 61_000, 2)
    assert candle["interval_begin"].endswith("00.000000000Z")


def test_a_size_that_is_not_offered_is_refused() -> None:
    stage = Stage("kraken")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await request(socket, "subscribe", channel="ohlc", symbol=[BTC], interval=2)

    answer = connected(stage, PUBLIC, story)

    assert (answer["success"], answer["error"]) == (False, "Subscription ohlc interval not supported")
