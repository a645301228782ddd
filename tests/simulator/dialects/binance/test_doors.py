"""Binance's door: who asks, proven by key and signature, and when, by timestamp and window."""

from __future__ import annotations

import pytest

from simulator.dialects.binance.signing import signature
from simulator.dialects.call import Call
from tests.simulator.dialects.counters import KEY, Binance, said
from tests.simulator.dialects.stage import SECRET

ORDER = "/api/v3/order"


@pytest.fixture
def binance() -> Binance:
    return Binance()


# -- who asks


def test_the_vendors_own_example_of_a_signature_is_reproduced() -> None:
    secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    payload = b"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
    payload += b"&recvWindow=5000&timestamp=1499827319559"

    assert signature(secret, payload) == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


def test_a_request_without_a_key(binance: Binance) -> None:
    assert binance.signed("GET", "/api/v3/account", key=None) == said(-2014, "API-key format invalid.", 401)


def test_an_unknown_key(binance: Binance) -> None:
    answer = binance.signed("GET", "/api/v3/account", key="nobody")

    assert answer == said(-2015, "Invalid API-key, IP, or permissions for action.", 401)


def test_a_wrong_secret(binance: Binance) -> None:
    answer = binance.signed("GET", "/api/v3/account", secret="wrong")

    assert answer == said(-1022, "Signature for this request is not valid.")


def test_a_signature_in_capitals_is_as_good(binance: Binance) -> None:
    call = binance.call("GET", "/api/v3/account")
    head, _, given = call.query.rpartition("=")

    answer = binance.rest.answer(
        Call(method="GET", path=call.path, query=f"{head}={given.upper()}", headers=call.headers)
    )

    assert answer.status == 200


def test_a_request_may_be_split_between_query_and_body(binance: Binance) -> None:
    query = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
    body = f"quantity=0.01&price=59000&timestamp={binance.wall_ms()}"
    signed = signature(SECRET, (query + body).encode())  # no ampersand in between, as documented

    answer = binance.rest.answer(
        Call(
            method="POST",
            path=ORDER,
            query=query,
            body=f"{body}&signature={signed}".encode(),
            headers={"X-MBX-APIKEY": KEY},
        )
    )

    assert answer.status == 200


def test_a_request_without_a_signature(binance: Binance) -> None:
    call = Call(
        method="GET",
        path="/api/v3/account",
        query=f"timestamp={binance.wall_ms()}",
        headers={"X-MBX-APIKEY": KEY},
    )

    assert b"Mandatory parameter 'signature' was not sent" in binance.rest.answer(call).body


# -- when


@pytest.mark.parametrize(("late_ms", "window", "accepted"), [(5_000, None, True), (5_001, None, False)])
def test_without_a_window_a_request_lives_five_seconds(
    binance: Binance, late_ms: int, window: int | None, accepted: bool
) -> None:
    status, body = binance.signed("GET", "/api/v3/account", timestamp=binance.wall_ms() - late_ms)

    assert (status == 200) is accepted
    if not accepted:
        assert body == {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}


@pytest.mark.parametrize(("late_ms", "accepted"), [(300, True), (301, False)])
def test_a_window_is_counted_from_the_timestamp_to_the_arrival(binance: Binance, late_ms: int, accepted: bool) -> None:
    status, _ = binance.buy(timestamp=binance.wall_ms() - late_ms, recvWindow=300)

    assert (status == 200) is accepted


@pytest.mark.parametrize(("early_ms", "accepted"), [(999, True), (1_000, False)])
def test_a_timestamp_may_be_less_than_a_second_ahead(binance: Binance, early_ms: int, accepted: bool) -> None:
    status, body = binance.signed("GET", "/api/v3/account", timestamp=binance.wall_ms() + early_ms)

    assert (status == 200) is accepted
    assert accepted or body["code"] == -1021


def test_a_timestamp_may_be_in_microseconds(binance: Binance) -> None:
    assert binance.signed("GET", "/api/v3/account", timestamp=binance.wall_ms() * 1000)[0] == 200


def test_a_window_of_more_than_a_minute(binance: Binance) -> None:
    answer = binance.signed("GET", "/api/v3/account", recvWindow=60_001)

    assert answer == said(-1131, "recvWindow must be less than 60000.")


def test_a_missing_timestamp(binance: Binance) -> None:
    answer = binance.signed("GET", "/api/v3/account", timestamp="")

    assert answer == said(-1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.")
