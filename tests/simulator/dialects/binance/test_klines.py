"""Binance's klines, field by field: arrays over REST, and a stream that says when one has closed."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from simulator.exchange.orders import Side
from tests.simulator.dialects.counters import Binance
from tests.simulator.dialects.sockets import ask
from tests.simulator.dialects.stage import BTC, Stage

PATH = "/api/v3/klines"


@pytest.fixture
def binance() -> Binance:
    binance = Binance()
    binance.exchange.print_trade(BTC, Side.BUY, 6_000_000, 100_000)
    binance.exchange.print_trade(BTC, Side.SELL, 5_900_000, 200_000)
    binance.wait(180)
    return binance


def test_a_kline_is_an_array_of_twelve(binance: Binance) -> None:
    status, rows = binance.ask("GET", PATH, symbol="BTCUSDT", interval="1m")

    assert status == 200
    first, flat = rows[:2]
    assert first[1:6] == ["60000.00000000", "60000.00000000", "59000.00000000", "59000.00000000", "3.00000000"]
    assert first[6] == first[0] + 59_999
    assert first[7:] == ["178000.00000000", 2, "1.00000000", "60000.00000000", "0"]
    assert flat[1:] == [
        *["59000.00000000"] * 4,
        "0.00000000",
        flat[0] + 59_999,
        *["0.00000000", 0],
        *["0.00000000"] * 2,
        "0",
    ]


def test_klines_can_be_asked_for_by_time_and_number(binance: Binance) -> None:
    rows = binance.ask("GET", PATH, symbol="BTCUSDT", interval="1m")[1]

    assert binance.ask("GET", PATH, symbol="BTCUSDT", interval="1m", limit="1")[1] == rows[-1:]
    assert (
        binance.ask("GET", PATH, symbol="BTCUSDT", interval="1m", startTime=str(rows[1][0]), limit="1")[1] == rows[1:2]
    )
    assert binance.ask("GET", PATH, symbol="BTCUSDT", interval="1m", endTime=str(rows[0][0]))[1] == rows[:1]


@pytest.mark.parametrize(
    ("terms", "code"),
    [({"interval": "7m"}, -1120), ({}, -1102), ({"interval": "1m", "timeZone": "8"}, -1130)],
)
def test_a_bad_request_for_klines_is_refused(binance: Binance, terms: dict[str, str], code: int) -> None:
    status, body = binance.ask("GET", PATH, symbol="BTCUSDT", **terms)

    assert (status, body["code"]) == (400, code)


# Field letters as in the vendor's web-socket-streams.md of late 2025.
KLINE = {*"tTsifLochlvnxqVQB"}


def test_a_kline_stream_tells_of_trades_and_of_the_end() -> None:
    stage = Stage("binance")

    async def story(session: aiohttp.ClientSession) -> list[Any]:
        async with session.ws_connect("wss://stream.binance.com:9443/ws") as socket:
            await ask(socket, method="SUBSCRIBE", params=["btcusdt@kline_1m"], id=1)
            stage.later(1, lambda: stage.quote(BTC, "61000"))
            return [await socket.receive_json(timeout=200) for _ in range(3)]

    growing, closed, flat = stage.browse(story)

    assert set(growing) == {"e", "E", "s", "k"}
    assert set(growing["k"]) == KLINE
    assert (growing["k"]["x"], growing["k"]["o"], growing["k"]["c"], growing["k"]["n"]) == (
        False,
        "60000.00000000",
        "61000.00000000",
        2,
    )
    assert (closed["k"]["x"], closed["k"]["t"], closed["k"]["n"]) == (True, growing["k"]["t"], 2)
    assert (flat["k"]["x"], flat["k"]["n"], flat["k"]["t"]) == (True, 0, growing["k"]["t"] + 60_000)
    assert (flat["k"]["f"], flat["k"]["L"]) == (-1, -1)
