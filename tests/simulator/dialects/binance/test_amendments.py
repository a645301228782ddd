"""How Binance changes orders: cancel and replace with its table of outcomes, and shrinking in place."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dialects.binance.settings import BinanceSettings
from tests.simulator.dialects.counters import Binance

ORDER = "/api/v3/order"
REPLACE = "/api/v3/order/cancelReplace"
AMEND = "/api/v3/order/amend/keepPriority"

# Fields as in the vendor's rest-api.md of late 2025.
AMENDED = {
    *("symbol", "orderId", "orderListId", "origClientOrderId", "clientOrderId", "price", "qty", "executedQty"),
    *("preventedQty", "quoteOrderQty", "cumulativeQuoteQty", "status", "timeInForce", "type", "side", "workingTime"),
    "selfTradePreventionMode",
}


@pytest.fixture
def binance() -> Binance:
    return Binance()


def replace(binance: Binance, **changed: str) -> tuple[int, Any]:
    """Ask for another order in the place of one; the new one bids a little lower."""
    terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.02"}
    return binance.signed(
        "POST", REPLACE, **{**terms, "price": "58500", "cancelReplaceMode": "STOP_ON_FAILURE", **changed}
    )


def statuses(binance: Binance) -> list[str]:
    return [record.status.value for record in binance.exchange.truth.orders("main")]


def outcome(answer: tuple[int, Any]) -> tuple[int, int | None, str, str]:
    """Return status, code, and how both steps went."""
    status, body = answer
    told = body.get("data", body)
    return status, body.get("code"), told["cancelResult"], told["newOrderResult"]


def test_both_steps_succeed(binance: Binance) -> None:
    old = binance.buy()[1]

    status, body = replace(binance, cancelOrderId=str(old["orderId"]))

    assert outcome((status, body)) == (200, None, "SUCCESS", "SUCCESS")
    assert list(body) == ["cancelResult", "newOrderResult", "cancelResponse", "newOrderResponse"]
    assert (body["cancelResponse"]["orderId"], body["cancelResponse"]["status"]) == (old["orderId"], "CANCELED")
    assert body["newOrderResponse"]["orderId"] != old["orderId"]
    assert (body["newOrderResponse"]["status"], body["newOrderResponse"]["fills"]) == ("NEW", [])
    assert statuses(binance) == ["CANCELED", "NEW"]


def test_without_the_first_there_is_no_second_step(binance: Binance) -> None:
    status, body = replace(binance, cancelOrderId="1")

    assert outcome((status, body)) == (400, -2022, "FAILURE", "NOT_ATTEMPTED")
    assert body["msg"] == "Order cancel-replace failed."
    assert body["data"]["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
    assert body["data"]["newOrderResponse"] is None
    assert statuses(binance) == []


def test_a_failed_first_step_may_be_passed_over(binance: Binance) -> None:
    answer = replace(binance, cancelOrderId="1", cancelReplaceMode="ALLOW_FAILURE")

    assert outcome(answer) == (409, -2021, "FAILURE", "SUCCESS")
    assert statuses(binance) == ["NEW"]


def test_a_failed_second_step_leaves_no_order_at_all(binance: Binance) -> None:
    old = binance.buy()[1]

    status, body = replace(binance, cancelOrderId=str(old["orderId"]), quantity="100")

    assert outcome((status, body)) == (409, -2021, "SUCCESS", "FAILURE")
    assert body["data"]["newOrderResponse"]["code"] == -2010
    assert statuses(binance) == ["CANCELED"]


def test_both_may_fail(binance: Binance) -> None:
    answer = replace(binance, cancelOrderId="1", cancelReplaceMode="ALLOW_FAILURE", quantity="100")

    assert outcome(answer) == (400, -2022, "FAILURE", "FAILURE")


def test_a_failed_filter_is_seen_before_anything_is_cancelled(binance: Binance) -> None:
    old = binance.buy()[1]

    status, body = replace(binance, cancelOrderId=str(old["orderId"]), price="58500.005")

    assert (status, body) == (400, {"code": -1013, "msg": "Filter failure: PRICE_FILTER"})
    assert statuses(binance) == ["NEW"]


@pytest.mark.parametrize(
    ("mode", "expected", "left"),
    [("DO_NOTHING", (429, -1015), ["NEW"]), ("CANCEL_ONLY", (429, -2021), ["CANCELED"])],
)
def test_too_many_orders_stop_the_new_one_and_on_request_not_the_cancel(
    mode: str, expected: tuple[int, int], left: list[str]
) -> None:
    binance = Binance(BinanceSettings(orders_per_10s_max=1))
    old = binance.buy()[1]

    status, body = replace(binance, cancelOrderId=str(old["orderId"]), orderRateLimitExceededMode=mode)

    assert (status, body["code"]) == expected
    assert statuses(binance) == left


@pytest.mark.parametrize(
    ("terms", "code", "text"),
    [
        ({"cancelReplaceMode": ""}, -1102, "Mandatory parameter 'cancelReplaceMode' was not sent"),
        ({"cancelReplaceMode": "X"}, -1130, "Data sent for parameter 'cancelReplaceMode' is not valid."),
        ({}, -1102, "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent"),
        ({"cancelOrderId": "1", "orderRateLimitExceededMode": "X"}, -1130, "Data sent for parameter"),
    ],
)
def test_a_bad_request_to_replace_is_refused(binance: Binance, terms: dict[str, str], code: int, text: str) -> None:
    status, body = replace(binance, **terms)

    assert (status, body["code"]) == (400, code)
    assert text in body["msg"]


def test_an_order_shrinks_where_it_stands(binance: Binance) -> None:
    old = binance.buy(newClientOrderId="mine")[1]
    before = binance.signed("GET", "/api/v3/rateLimit/order")[1]

    status, body = binance.signed(
        "PUT", AMEND, symbol="BTCUSDT", orderId=str(old["orderId"]), newQty="0.005", newClientOrderId="mine"
    )

    assert status == 200
    assert list(body) == ["transactTime", "executionId", "amendedOrder"]
    assert set(body["amendedOrder"]) == AMENDED
    assert (body["amendedOrder"]["orderId"], body["amendedOrder"]["qty"]) == (old["orderId"], "0.00500000")
    assert binance.signed("GET", "/api/v3/rateLimit/order")[1] == before


@pytest.mark.parametrize(
    ("terms", "code", "text"),
    [
        ({"newQty": "0.02"}, -2038, "Order amend (quantity increase) is not supported."),
        ({"newQty": "0.01"}, -2038, "The requested action would change no state; rejecting."),
        ({"newQty": ""}, -1102, "Mandatory parameter 'newQty' was not sent, was empty/null, or malformed."),
        ({"newQty": "0"}, -1013, "Invalid newQty."),
        ({"newQty": "0.005", "newClientOrderId": "other"}, -1020, "This operation is not supported."),
        ({"newQty": "0.005", "origClientOrderId": "nobody"}, -2011, "Unknown order sent."),
        ({"newQty": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
    ],
)
def test_a_bad_request_to_shrink_is_refused(binance: Binance, terms: dict[str, str], code: int, text: str) -> None:
    binance.buy(newClientOrderId="mine")
    usual = {"symbol": "BTCUSDT", "origClientOrderId": "mine", "newClientOrderId": "mine"}

    sent = {name: value for name, value in {**usual, **terms}.items() if value}
    status, body = binance.signed("PUT", AMEND, **sent)

    assert (status, body) == (400, {"code": code, "msg": text})
    assert statuses(binance) == ["NEW"]
