"""`stormproof serve` as a user meets it: one line when ready, a port for each host, a clean end, a clear refusal."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import urllib.request
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from scenarios.cli.leave import leave
from scenarios.venue_profiles import PROFILES
from tests.wire.server import serving

Capture = pytest.CaptureFixture[str]

PORT = 20_000 + os.getpid() % 1_200 * 10
"""The first of ports that no other process of these tests uses, below those that the system gives away."""


def asked(url: str, token: str = "") -> Any:
    """Return the JSON that a URL answers with."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def test_the_ready_line_names_every_host_and_each_answers_on_a_port_of_its_own() -> None:
    with serving("binance", "kraken", "--port", str(PORT)) as server:
        ready = server.ready
        assert list(ready) == ["binance", "kraken", "control", "token"]
        assert next(iter(ready["binance"]["hosts"])) == "https://api.binance.com"
        assert {"wss://stream.binance.com:9443", "wss://ws-api.binance.com:443"} <= set(ready["binance"]["hosts"])
        assert list(ready["kraken"]["hosts"]) == [
            "https://api.kraken.com", "wss://ws.kraken.com", "wss://ws-auth.kraken.com",
        ]  # fmt: skip
        assert ready["kraken"]["credentials"].keys() == {"apiKey", "secret"}
        assert server.ports == list(range(PORT, PORT + len(server.ports)))

        assert asked(ready["binance"]["hosts"]["https://api.binance.com"] + "/api/v3/ping") == {}
        assert asked(ready["kraken"]["hosts"]["https://api.kraken.com"] + "/0/public/Time")["error"] == []
        assert list(asked(ready["control"] + "/venues", ready["token"])) == ["binance", "kraken"]


def test_every_venue_can_be_served_beside_the_others_and_they_agree_on_prices() -> None:
    with serving(*PROFILES) as server:
        state = asked(server.ready["control"] + "/venues", server.ready["token"])

    assert list(state) == list(PROFILES)
    assert len(set(server.ports)) == len(server.ports)
    for name, profile in PROFILES.items():
        market = state[name]["markets"][profile.traded_as("BTC/USDT")]
        low, high = (59_900, 60_100) if profile.follows_pairs else (0.45, 0.55)
        assert low < float(market["bid"]) < float(market["ask"]) < high
        quote = profile.instrument("BTC/USDT").quote
        assert state[name]["accounts"]["main"]["balances"][quote]["free"].startswith("100000")


@pytest.mark.parametrize(("how", "code", "said"), [(signal.SIGTERM, 0, ""), (signal.SIGINT, 130, "interrupted\n")])
def test_it_ends_cleanly_when_told_even_while_a_client_hangs(how: signal.Signals, code: int, said: str) -> None:
    """A stream is open and a request hangs: neither keeps it alive, and nothing but the one line was printed."""

    async def hang(server: Any) -> tuple[int, str, str]:
        ready = server.ready
        hosts = ready["binance"]["hosts"]
        token = {"Authorization": f"Bearer {ready['token']}"}
        async with aiohttp.ClientSession() as session:
            faults = ready["control"] + "/venues/binance/faults"
            async with session.post(faults, json={"kind": "hang"}, headers=token) as answer:
                assert answer.status == 201
            async with session.ws_connect(hosts["wss://stream.binance.com:9443"] + "/ws/btcusdt@trade"):
                asking = asyncio.create_task(session.post(hosts["https://api.binance.com"] + "/api/v3/order"))
                await asyncio.sleep(0.2)
                assert not asking.done()
                ended: tuple[int, str, str] = await asyncio.to_thread(server.end, how)
                with pytest.raises(aiohttp.ClientError):
                    await asking
            return ended

    with serving("binance") as server:
        assert asyncio.run(hang(server)) == (code, "", said)


def test_a_taken_port_is_one_clear_message(capsys: Capture) -> None:
    with serving("kraken") as server:
        taken = server.ports[0]

        assert leave(["serve", "kraken", "--port", str(taken)]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f"--port {taken}: port {taken}: address already in use; choose another, or leave it to the system\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument"),
        (["mtgox"], "mtgox: no such venue; serve some of binance, kraken, okx"),
        (["binance", "binance"], "binance: named more than once"),
        (["binance", "--port", "0"], "--port"),
        (["binance", "--port", "65536"], "--port"),
        (["binance", "--port", "65535"], "no such port"),
        (["binance", "--speed", "nan"], "--speed: a speed of nan; give a number from 0.001 to 10000"),
        (["binance", "--speed", "0"], "--speed"),
        (["binance", "--seed", "-1"], "--seed"),
        (["binance", "--price", "BTC/USDT"], "write it as BTC/USDT=60000"),
        (["binance", "--price", "=5"], "write it as BTC/USDT=60000"),
        (["binance", "--price", "btc/usdt=5"], "write it as BTC/USDT=60000"),
        (["binance", "--price", "BTC/BTC=5"], "cannot be traded for itself"),
        (["binance", "--price", "BTC/USDT="], "'' is no price"),
        (["binance", "--price", "BTC/USDT=-5"], "'-5' is no price"),
        (["binance", "--price", "BTC/USDT=nan"], "'nan' is no price"),
        (["binance", "--price", "BTC/USDT=1e999999999"], "no price for this venue"),
        (["binance", "--price", "BTC/USDT=0.5"], "the grid of binance has room from 10.00 to 500000"),
        (["binance", "--price", "BTC/USDT=1000", "--price", "BTC/USDT=2000"], "has a price already"),
    ],
)
def test_what_cannot_be_served_is_said_with_a_remedy(arguments: list[str], words: str, capsys: Capture) -> None:
    assert leave(["serve", *arguments]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    assert "Traceback" not in told.err


def test_a_market_opens_where_it_was_told_and_a_new_pair_is_traded_too() -> None:
    with serving("binance", "kraken", "--price", "BTC/USDT=20000", "--price", "XRP/USD=100") as server:
        state = asked(server.ready["control"] + "/venues", server.ready["token"])

    for venue in ("binance", "kraken"):
        assert 19_000 < float(state[venue]["markets"]["BTC/USDT"]["bid"]) < 21_000
        assert 95 < float(state[venue]["markets"]["XRP/USD"]["bid"]) < 105


def test_an_accelerated_venue_lives_faster_and_its_clock_says_so() -> None:
    """Between two looks at least 20 ms pass, which are ten seconds of the venue's time."""
    with serving("binance", "--speed", "500") as server:
        looks = []
        for _ in range(2):
            looks.append(asked(server.ready["control"] + "/venues/binance", server.ready["token"]))
            asyncio.run(asyncio.sleep(0.02))

    first, second = (look["up_s"] for look in looks)
    assert looks[0]["speed"] == 500
    assert second - first >= 10
    on_the_wall = datetime.fromisoformat(looks[1]["time"]) - datetime.fromisoformat(looks[0]["time"])
    assert on_the_wall.total_seconds() == pytest.approx(second - first, rel=0.2)
