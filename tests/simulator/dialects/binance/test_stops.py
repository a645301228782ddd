"""Binance's stop and take-profit orders, and orders that meet their own account: states, fields, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.exchange.orders import Side
from tests.simulator.dialects.counters import Binance
from tests.simulator.dialects.stage import BTC

ORDER = "/api/v3/order"


@pytest.fixture
def binance() -> Binance:
    binance = Binance()
    print_at(binance, 60_000)
    return binance


def print_at(binance: Binance, price: int) -> None:
    binance.exchange.print_trade(BTC, Side.BUY, price * 100, 1)


def stop(binance: Binance, kind: str = "STOP_LOSS_LIMIT", **changed: str) -> tuple[int, Any]:
    terms = {"symbol": "BTCUSDT", "side": "SELL", "type": kind, "quantity": "0.01", "stopPrice": "58000"}
    limit = {"timeInForce": "GTC", "price": "57900"} if kind.endswith("LIMIT") else {}
    sent = {**terms, **limit, "newOrderRespType": "RESULT", **changed}
    return binance.signed("POST", ORDER, **{name: value for name, value in sent.items() if value})


def queried(binance: Binance, order_id: int) -> Any:
    return binance.signed("GET", ORDER, symbol="BTCUSDT", orderId=str(order_id))[1]


def test_a_stop_is_new_and_does_not_work_until_its_price_is_reached(binance: Binance) -> None:
    status, body = stop(binance)
    waiting = queried(binance, body["orderId"])
    print_at(binance, 58_000)
    working = queried(binance, body["orderId"])

    assert (status, body["status"], body["type"], body["stopPrice"]) == (
        200,
        "NEW",
        "STOP_LOSS_LIMIT",
        "58000.00000000",
    )
    assert body["workingTime"] == -1
    assert (waiting["isWorking"], waiting["workingTime"], waiting["stopPrice"]) == (False, -1, "58000.00000000")
    assert working["isWorking"]
    assert working["workingTime"] > 0


@pytest.mark.parametrize(
    ("kind", "side", "stop_price"),
    [
        ("STOP_LOSS", "SELL", "58000"),
        ("STOP_LOSS", "BUY", "62000"),
        ("TAKE_PROFIT", "SELL", "62000"),
        ("TAKE_PROFIT", "BUY", "58000"),
    ],
)
def test_a_stop_without_a_limit_trades_at_once_when_it_is_set_off(
    binance: Binance, kind: str, side: str, stop_price: str
) -> None:
    _, body = stop(binance, kind, side=side, stopPrice=stop_price)
    print_at(binance, int(stop_price))

    order = queried(binance, body["orderId"])

    assert (order["status"], order["executedQty"], order["type"]) == ("FILLED", "0.01000000", kind)


REFUSALS = [
    ({"stopPrice": "61000"}, -2010, "Order would trigger immediately."),
    ({"stopPrice": ""}, -1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!"),
    ({"stopPrice": "58000.001"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": ""}, -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed."),
    ({"timeInForce": ""}, -1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed."),
    ({"type": "LIMIT"}, -1106, "Parameter 'stopPrice' sent when not required."),
    ({"selfTradePreventionMode": "WISH"}, -1130, "Data sent for parameter 'selfTradePreventionMode' is not valid."),
]


@pytest.mark.parametrize(("terms", "code", "text"), REFUSALS)
def test_a_bad_stop_is_refused(binance: Binance, terms: dict[str, str], code: int, text: str) -> None:
    status, body = stop(binance, **terms)

    assert (status, body) == (400, {"code": code, "msg": text})
    assert binance.exchange.truth.orders("main") == []


def test_an_order_that_meets_its_own_account_expires_in_match(binance: Binance) -> None:
    maker = binance.signed(
        "POST",
        ORDER,
        symbol="BTCUSDT",
        side="SELL",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.01",
        price="60010",
    )[1]

    body = binance.buy(price="60020", selfTradePreventionMode="EXPIRE_TAKER")[1]

    assert (body["status"], body["executedQty"], body["selfTradePreventionMode"]) == (
        "EXPIRED_IN_MATCH",
        "0.00000000",
        "EXPIRE_TAKER",
    )
    assert queried(binance, maker["orderId"])["status"] == "NEW"
