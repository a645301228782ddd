"""Binance says no: one test for each code, text and status that a client can be told."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dialects.call import Call
from simulator.exchange.admission import TradingMode
from tests.simulator.dialects.counters import Binance, said

ORDER = "/api/v3/order"
UNKNOWN_ORDER = (400, {"code": -2011, "msg": "Unknown order sent."})


@pytest.fixture
def binance() -> Binance:
    return Binance()


# -- what

DECIMAL = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"

BAD_ORDERS: list[tuple[dict[str, Any], int, str]] = [
    ({"symbol": "NOSUCH"}, -1121, "Invalid symbol."),
    (
        {"symbol": "btcusdt"},
        -1100,
        "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.",
    ),
    ({"symbol": ""}, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
    ({"side": "HOLD"}, -1117, "Invalid side."),
    ({"side": ""}, -1102, "Mandatory parameter 'side' was not sent, was empty/null, or malformed."),
    ({"type": "WISH"}, -1116, "Invalid orderType."),
    ({"timeInForce": "XXX"}, -1115, "Invalid timeInForce."),
    ({"timeInForce": ""}, -1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed."),
    (
        {"quantity": "-1"},
        -1100,
        f"Illegal characters found in parameter 'quantity'; legal range is '{DECIMAL}'.",
    ),
    (
        {"quantity": "1e3"},
        -1100,
        f"Illegal characters found in parameter 'quantity'; legal range is '{DECIMAL}'.",
    ),
    ({"quantity": "0"}, -1013, "Invalid quantity."),
    ({"price": "0"}, -1013, "Invalid price."),
    ({"quantity": "0.000000001"}, -1111, "Parameter 'quantity' has too much precision."),
    ({"price": "59000.000000001"}, -1111, "Parameter 'price' has too much precision."),
    ({"price": "59000.005"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "2000000"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"quantity": "0.000015"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "9001"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
    ({"quantity": "100"}, -2010, "Account has insufficient balance for requested action."),
    (
        {"newClientOrderId": "x" * 37},
        -1100,
        "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
    ),
    (
        {"newClientOrderId": "no spaces"},
        -1100,
        "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
    ),
    ({"newOrderRespType": "SHORT"}, -1130, "Data sent for parameter 'newOrderRespType' is not valid."),
    ({"quoteOrderQty": "10"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
    ({"colour": "red"}, -1104, "Not all sent parameters were read; read '8' parameter(s) but was sent '9'."),
    (
        {"type": "STOP_LOSS_LIMIT"},
        -1102,
        "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!",
    ),
]


@pytest.mark.parametrize(("terms", "code", "text"), BAD_ORDERS)
def test_a_bad_order_is_refused_and_nothing_moves(
    binance: Binance, terms: dict[str, Any], code: int, text: str
) -> None:
    binance.moved.clear()

    assert binance.buy(**terms) == said(code, text)
    assert binance.moved == []


BAD_MARKET_ORDERS: list[tuple[dict[str, Any], int, str]] = [
    ({"quantity": "0.1", "price": "60000"}, -1106, "Parameter 'price' sent when not required."),
    ({"quantity": "0.1", "timeInForce": "GTC"}, -1106, "Parameter 'timeInForce' sent when not required."),
    ({"quantity": "0.1", "quoteOrderQty": "10"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
    ({}, -1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"),
    ({"quoteOrderQty": "0.0001"}, -1013, "Filter failure: NOTIONAL"),
]


@pytest.mark.parametrize(("terms", "code", "text"), BAD_MARKET_ORDERS)
def test_a_bad_market_order_is_refused(binance: Binance, terms: dict[str, Any], code: int, text: str) -> None:
    assert binance.signed("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", **terms) == said(code, text)


def test_a_maker_order_that_would_take(binance: Binance) -> None:
    terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.01", "price": "61000"}

    assert binance.signed("POST", ORDER, **terms) == said(-2010, "Order would immediately match and take.")


def test_a_client_order_id_is_unique_among_open_orders_only(binance: Binance) -> None:
    status, first = binance.buy(newClientOrderId="mine")
    assert status == 200
    assert binance.buy(newClientOrderId="mine") == said(-2010, "Duplicate order sent.")

    binance.signed("DELETE", ORDER, symbol="BTCUSDT", orderId=first["orderId"])

    assert binance.buy(newClientOrderId="mine")[0] == 200


def test_too_many_open_orders(binance: Binance) -> None:
    for _ in range(5):
        assert binance.buy()[0] == 200

    assert binance.buy() == said(-1013, "Filter failure: MAX_NUM_ORDERS")


def test_a_halted_market(binance: Binance) -> None:
    _, placed = binance.buy()
    binance.exchange.mode = TradingMode.HALTED

    assert binance.buy() == said(-2010, "Market is closed.")
    cancelled = binance.signed("DELETE", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    assert cancelled == said(-2011, "Market is closed.")
    assert binance.ask("GET", "/api/v3/exchangeInfo")[1]["symbols"][0]["status"] == "BREAK"


def test_a_parameter_sent_twice(binance: Binance) -> None:
    call = Call(method="GET", path="/api/v3/depth", query="symbol=BTCUSDT&symbol=ETHUSDT")

    assert b"Duplicate values for a parameter detected." in binance.rest.answer(call).body


def test_an_unknown_route_is_the_venues_own_404(binance: Binance) -> None:
    status, body = binance.ask("GET", "/api/v3/nothing")

    assert status == 404
    assert "404" in body


# -- orders that are not there


def test_an_order_that_does_not_exist(binance: Binance) -> None:
    assert binance.signed("GET", ORDER, symbol="BTCUSDT", orderId=1) == said(-2013, "Order does not exist.")
    assert binance.signed("DELETE", ORDER, symbol="BTCUSDT", orderId=1) == UNKNOWN_ORDER


def test_an_order_of_another_symbol_does_not_exist(binance: Binance) -> None:
    _, placed = binance.buy()

    assert binance.signed("GET", ORDER, symbol="ETHUSDT", orderId=placed["orderId"])[1]["code"] == -2013


def test_an_order_id_and_a_client_id_must_belong_together(binance: Binance) -> None:
    _, placed = binance.buy(newClientOrderId="mine")
    named = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}

    assert binance.signed("GET", ORDER, **named, origClientOrderId="mine")[0] == 200
    assert binance.signed("GET", ORDER, **named, origClientOrderId="yours")[1]["code"] == -2013


def test_a_query_that_names_no_order(binance: Binance) -> None:
    text = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"

    assert binance.signed("GET", ORDER, symbol="BTCUSDT") == said(-1102, text)


def test_cancelling_all_of_nothing(binance: Binance) -> None:
    assert binance.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT") == UNKNOWN_ORDER


def test_a_cancel_may_be_restricted_to_orders_without_fills(binance: Binance) -> None:
    _, placed = binance.buy("1", "59970")
    binance.other_sells("0.4", "59970")
    named = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}

    refused = binance.signed("DELETE", ORDER, **named, cancelRestrictions="ONLY_NEW")
    accepted = binance.signed("DELETE", ORDER, **named, cancelRestrictions="ONLY_PARTIALLY_FILLED")

    assert refused == said(-2011, "Order was not canceled due to cancel restrictions.")
    assert (accepted[1]["status"], accepted[1]["executedQty"]) == ("CANCELED", "0.40000000")


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("/api/v3/allOrders", {"startTime": 0, "endTime": 86_400_001}, -1127),
        ("/api/v3/allOrders", {"startTime": 5, "endTime": 4}, -1128),
        ("/api/v3/allOrders", {"limit": 0}, -1130),
        ("/api/v3/myTrades", {"fromId": 1, "startTime": 5}, -1128),
        ("/api/v3/myTrades", {"limit": "many"}, -1100),
        ("/api/v3/myTrades", {"fromId": 2**63}, -1108),
    ],
)
def test_bad_bounds_of_a_history(binance: Binance, path: str, parameters: dict[str, Any], code: int) -> None:
    assert binance.signed("GET", path, symbol="BTCUSDT", **parameters)[1]["code"] == code


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"symbols": "[]"}, -1130),
        ({"symbols": "not json"}, -1135),
        ({"symbols": '["BTCUSDT","BTCUSDT"]'}, -1151),
        ({"symbols": '["NOSUCH"]'}, -1121),
        ({"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, -1128),
        ({"type": "SHORT"}, -1139),
    ],
)
def test_bad_choices_of_tickers(binance: Binance, parameters: dict[str, Any], code: int) -> None:
    assert binance.ask("GET", "/api/v3/ticker/24hr", **parameters)[1]["code"] == code
