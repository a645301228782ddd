"""What Bybit refuses, with its own codes and texts: orders off the rules, keys, times, names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from simulator.dialects.call import Call
from tests.simulator.dialects.bybit.desk import Bybit, told

ORDERS: list[tuple[dict[str, Any], int, str]] = [
    ({"qty": "0.00001"}, 170136, "Order quantity exceeded lower limit."),
    ({"qty": "72"}, 170135, "Order quantity too large."),
    ({"qty": "0.0100001"}, 170137, "Order quantity has too many decimals."),
    ({"qty": "0.00006", "price": "100"}, 170140, "Order value exceeded lower limit."),
    ({"price": "59000.001"}, 170134, "Order price has too many decimals."),
    ({"price": "0"}, 170133, "Order price lower than the minimum."),
    ({"price": "1000001"}, 170132, "Order price too high."),
    ({"qty": "10"}, 170131, "Insufficient balance."),
    ({"qty": None}, 170105, "Parameter 'qty' was empty."),
    ({"price": None}, 170105, "Parameter 'price' was empty."),
    ({"side": "buy"}, 170117, "Invalid side."),
    ({"side": None}, 170105, "Parameter 'side' was empty."),
    ({"orderType": "Stop"}, 170116, "Invalid orderType."),
    ({"timeInForce": "GTX"}, 170115, "Invalid timeInForce."),
    ({"symbol": "BTCUSD"}, 170121, "Invalid symbol."),
    ({"category": "linear"}, 170121, "Invalid symbol."),
    ({"category": "margin"}, 10001, "Illegal category"),
    ({"qty": 0.01}, 170130, "Data sent for parameter 'qty' is not valid."),
    ({"qty": "-0.01"}, 170130, "Data sent for parameter 'qty' is not valid."),
    ({"orderLinkId": "x" * 37}, 10001, "Request parameter error: orderLinkId"),
    ({"orderLinkId": "a b"}, 10001, "Request parameter error: orderLinkId"),
    ({"orderFilter": "Oco"}, 170201, "Invalid orderFilter parameter."),
    ({"orderFilter": "StopOrder"}, 170202, "Please enter the TP/SL price."),
    ({"takeProfit": "70000"}, 170227, "This feature is not supported."),
    ({"isLeverage": 1}, 170344, "Symbol is not supported on Margin Trading."),
    ({"orderType": "Market", "qty": "0.000000001"}, 170148, "Market order amount decimal too long."),
]


@pytest.mark.parametrize(("odd", "code", "text"), ORDERS)
def test_an_order_off_the_rules_is_refused_with_its_code(odd: dict[str, Any], code: int, text: str) -> None:
    floor = Bybit()

    assert floor.buy(**odd) == (code, text)
    assert floor.moved == []


def test_there_are_only_so_many_open_orders() -> None:
    floor = Bybit()
    for _ in range(5):
        floor.bought()

    assert floor.buy() == (170810, "Cannot exceed maximum of 500 conditional, TP/SL and active orders.")


def test_an_order_that_is_not_open_cannot_be_cancelled() -> None:
    floor = Bybit()
    filled = floor.bought(price="60060")
    gone = (170213, "Order does not exist.")

    for order_id in (filled, "1900000000000000256", "nonsense"):
        assert floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderId=order_id) == gone
    assert floor.post("order/cancel", category="spot", symbol="ETHUSDT", orderId=floor.bought()) == gone


def test_a_key_that_nobody_has_is_invalid() -> None:
    floor = Bybit()

    assert told(floor.rest.answer(floor.call("GET", "/v5/account/info", key="other"))) == (10003, "API key is invalid.")
    assert told(floor.rest.answer(Call(method="GET", path="/v5/account/info"))) == (10003, "API key is invalid.")


def test_a_wrong_signature_is_answered_with_what_should_have_been_signed() -> None:
    floor = Bybit()
    call = floor.call("GET", "/v5/order/realtime", secret="other", category="spot")

    code, text = told(floor.rest.answer(call))

    signed = f"{floor.wall_ms()}the-key5000category=spot"
    assert (code, text) == (10004, f"error sign! origin_string[{signed}]")


def test_a_signature_is_over_the_bytes_of_the_body_and_not_over_their_meaning() -> None:
    floor = Bybit()
    terms = b'{ "category":"spot", "symbol":"BTCUSDT",\n"side":"Buy","orderType":"Limit","qty":"0.01","price":"59000" }'
    good = floor.call("POST", "/v5/order/create", raw=terms)
    headers = dict(good.headers)
    other = msgspec.json.encode(msgspec.json.decode(terms))

    assert told(floor.rest.answer(good))[0] == 0
    assert told(floor.rest.answer(Call(method="POST", path=good.path, body=other, headers=headers)))[0] == 10004


@pytest.mark.parametrize(
    ("late_ms", "window_ms", "code"),
    [
        (0, 5_000, 0),
        (5_000, 5_000, 0),
        (5_001, 5_000, 10002),
        (-999, 5_000, 0),
        (-1_000, 5_000, 10002),
        (61, 60, 10002),
    ],
)
def test_a_request_counts_within_its_window_and_less_than_a_second_ahead(
    late_ms: int, window_ms: int, code: int
) -> None:
    floor = Bybit()
    floor.wait(10)
    at_ms = floor.wall_ms() - late_ms

    answer = told(floor.rest.answer(floor.call("GET", "/v5/account/info", at_ms=at_ms, window_ms=window_ms)))

    assert answer[0] == code
    if code:
        told_ms = f"req_timestamp[{at_ms}],server_timestamp[{floor.wall_ms()}],recv_window[{window_ms}]"
        assert answer[1].startswith("invalid request, please check your server timestamp or recv_window param. ")
        assert answer[1].endswith(told_ms)


def test_a_window_in_the_body_means_nothing() -> None:
    floor = Bybit()
    floor.wait(10)
    call = floor.call("POST", "/v5/order/cancel-all", at_ms=floor.wall_ms() - 6_000, category="spot", recvWindow=60_000)

    assert told(floor.rest.answer(call))[0] == 10002


def test_a_body_that_is_no_object_is_a_bad_request() -> None:
    floor = Bybit()

    for raw in (b"", b"[]", b"\xff", b"{", b'"a"', b"[" * 5_000):
        assert told(floor.rest.answer(floor.call("POST", "/v5/order/create", raw=raw)))[0] == 10001


def test_unknown_routes_and_methods_are_not_found() -> None:
    floor = Bybit()

    for method, path in (("GET", "/v5/order/create"), ("POST", "/v5/market/time"), ("GET", "/v3/public/time")):
        answer = floor.rest.answer(Call(method=method, path=path))
        assert (answer.status, answer.body) == (404, b"404 page not found")


@pytest.mark.parametrize(
    ("path", "parameters", "code", "text"),
    [
        ("market/tickers", {}, 10001, "Illegal category"),
        ("market/tickers", {"category": "spot", "symbol": "XYZ"}, 10001, "Not supported symbols"),
        ("market/orderbook", {"category": "spot"}, 10001, "Not supported symbols"),
        ("market/kline", {"category": "spot", "symbol": "BTCUSDT"}, 10001, "Request parameter error: interval"),
        ("market/kline", {"symbol": "BTCUSDT", "interval": "1"}, 10001, "Not supported symbols"),
        ("market/recent-trade", {"category": "spot", "symbol": "BTCUSDT", "limit": "x"}, 10001, None),
    ],
)
def test_a_question_off_the_rules_is_refused(
    path: str, parameters: dict[str, str], code: int, text: str | None
) -> None:
    answer = Bybit().ask(path, **parameters)

    assert answer[0] == code
    assert text in (None, answer[1])


def test_a_wallet_is_unified() -> None:
    floor = Bybit()

    assert floor.get("account/wallet-balance", accountType="SPOT")[0] == 10001
    _, result = floor.get("account/wallet-balance", accountType="UNIFIED", coin="BTC,USDT")
    (wallet,) = result["list"]
    assert [coin["coin"] for coin in wallet["coin"]] == ["BTC", "USDT"]
    assert wallet["coin"][1]["usdValue"] == "200000"


def test_other_categories_have_nothing() -> None:
    floor = Bybit()

    for path in ("market/tickers", "market/instruments-info"):
        assert floor.ask(path, category="linear")[1]["list"] == []
    for path in ("order/realtime", "order/history", "execution/list", "position/list"):
        assert floor.get(path, category="linear", settleCoin="USDT")[1]["list"] == []
