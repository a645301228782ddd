"""Coinbase's orders over REST: kinds, refusals in HTTP 200, one order for one client id, cancels, amendments."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dialects.coinbase.clock import whole_second
from simulator.dialects.coinbase.rest import API, ORDERS
from simulator.exchange.exchange import TradingMode
from tests.simulator.dialects.coinbase.desk import Coinbase
from tests.simulator.dialects.stage import ACCOUNT, BTC

TERMS = {"base_size": "0.01", "limit_price": "59000"}


def test_an_order_is_acknowledged_with_its_id_and_its_terms() -> None:
    desk = Coinbase()

    body = desk.place(cid="mine", base_size="0.010", limit_price="59000.00", post_only=True)

    placed = body["success_response"]
    assert body["success"] is True
    assert "error_response" not in body
    assert (placed["client_order_id"], placed["product_id"], placed["side"]) == ("mine", "BTC-USDT", "BUY")
    assert body["order_configuration"] == {"limit_limit_gtc": {**TERMS, "post_only": True}}
    assert desk.order(placed["order_id"])["status"] == "OPEN"


def test_an_order_shows_every_field_that_the_vendor_documents() -> None:
    desk = Coinbase()
    order = desk.order(desk.buy(cid="mine"))

    shown = {name: order[name] for name in ("side", "status", "time_in_force", "order_type", "trigger_status")}
    assert shown == {
        "side": "BUY",
        "status": "OPEN",
        "time_in_force": "GOOD_UNTIL_CANCELLED",
        "order_type": "LIMIT",
        "trigger_status": "INVALID_ORDER_TYPE",
    }
    assert order["outstanding_hold_amount"] == "592.36"
    assert (order["filled_size"], order["number_of_fills"], order["total_fees"]) == ("0", "0", "0")
    assert order["created_time"].endswith("Z")


@pytest.mark.parametrize("ended", [False, True])
def test_a_client_id_that_has_been_used_returns_its_order_and_places_none(ended: bool) -> None:
    """Whatever the new terms are, and whether the order is open or has ended."""
    desk = Coinbase()
    first = desk.place(cid="mine", **TERMS)
    if ended:
        desk.post(ORDERS + "/batch_cancel", {"order_ids": [first["success_response"]["order_id"]]})
    desk.moved.clear()

    again = desk.place("limit_limit_gtc", "SELL", cid="mine", base_size="1", limit_price="70000")

    assert again == first
    assert desk.moved == []
    assert len(desk.exchange.truth.orders(ACCOUNT)) == 1


KINDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("limit_limit_gtc", TERMS, "GOOD_UNTIL_CANCELLED", "OPEN"),
    ("limit_limit_fok", TERMS, "FILL_OR_KILL", "CANCELLED"),
    ("sor_limit_ioc", TERMS, "IMMEDIATE_OR_CANCEL", "CANCELLED"),
    ("sor_limit_ioc", {**TERMS, "limit_price": "61000"}, "IMMEDIATE_OR_CANCEL", "FILLED"),
    ("market_market_ioc", {"base_size": "0.01"}, "IMMEDIATE_OR_CANCEL", "FILLED"),
]


@pytest.mark.parametrize(("kind", "terms", "in_force", "status"), KINDS)
def test_each_kind_of_order_is_taken_and_shown_as_it_came(
    kind: str, terms: dict[str, Any], in_force: str, status: str
) -> None:
    desk = Coinbase()

    order = desk.order(desk.place(kind, **terms)["success_response"]["order_id"])

    shown = order["order_configuration"][kind]
    assert {name: shown[name] for name in terms} == terms
    assert (order["time_in_force"], order["status"]) == (in_force, status)


def test_an_order_with_an_end_time_expires_then() -> None:
    desk = Coinbase()
    at = desk.now_s() + 60
    placed = desk.place("limit_limit_gtd", **TERMS, end_time=rfc(at), post_only=False)
    order_id = placed["success_response"]["order_id"]

    before = desk.order(order_id)
    desk.wait(61)

    assert (before["status"], before["time_in_force"]) == ("OPEN", "GOOD_UNTIL_DATE_TIME")
    assert before["order_configuration"]["limit_limit_gtd"]["end_time"] == rfc(at)
    assert desk.order(order_id)["status"] == "EXPIRED"


def rfc(at_s: int) -> str:
    """Return Unix seconds as the venue writes them."""
    return whole_second(at_s * 10**9)


STOPS = [
    ("SELL", "STOP_DIRECTION_STOP_DOWN", "58000", "57000", "57900"),
    ("BUY", "STOP_DIRECTION_STOP_UP", "62000", "63000", "62100"),
    ("BUY", "STOP_DIRECTION_STOP_DOWN", "58000", "58500", "57900"),
    ("SELL", "STOP_DIRECTION_STOP_UP", "62000", "61500", "62100"),
]


@pytest.mark.parametrize(("side", "direction", "stop", "limit", "last"), STOPS)
def test_a_stop_goes_off_when_the_last_price_comes_from_its_direction(
    side: str, direction: str, stop: str, limit: str, last: str
) -> None:
    desk = Coinbase()
    desk.trade_at("60000")
    terms = {"base_size": "0.01", "limit_price": limit, "stop_price": stop, "stop_direction": direction}
    order_id = desk.place("stop_limit_stop_limit_gtc", side, **terms)["success_response"]["order_id"]

    before = desk.order(order_id)
    desk.trade_at(last)
    desk.wait(1)
    after = desk.order(order_id)

    assert (before["status"], before["trigger_status"], before["order_type"]) == ("OPEN", "STOP_PENDING", "STOP_LIMIT")
    assert before["order_configuration"] == {"stop_limit_stop_limit_gtc": terms}
    assert after["trigger_status"] == "STOP_TRIGGERED"


def test_a_stop_that_would_go_off_at_once_is_refused_by_its_direction() -> None:
    desk = Coinbase()
    desk.trade_at("60000")
    stop = {"base_size": "0.01", "limit_price": "59000"}

    down = desk.reason(
        "stop_limit_stop_limit_gtc", "SELL", **stop, stop_price="61000", stop_direction="STOP_DIRECTION_STOP_DOWN"
    )
    up = desk.reason(
        "stop_limit_stop_limit_gtc", "SELL", **stop, stop_price="59000", stop_direction="STOP_DIRECTION_STOP_UP"
    )

    assert down == ("UNKNOWN_FAILURE_REASON", "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE")
    assert up == ("UNKNOWN_FAILURE_REASON", "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE")


def test_a_market_order_by_quote_size_spends_no_more_than_that_fees_and_all() -> None:
    desk = Coinbase()
    before = desk.exchange.truth.balances(ACCOUNT)["USDT"].total

    order = desk.order(desk.place("market_market_ioc", quote_size="1000.00")["success_response"]["order_id"])

    spent = before - desk.exchange.truth.balances(ACCOUNT)["USDT"].total
    assert 999 < spent <= 1_000
    assert order["status"] == "FILLED"
    assert order["order_configuration"] == {"market_market_ioc": {"quote_size": "1000"}}
    assert (order["size_in_quote"], order["size_inclusive_of_fees"]) == (True, True)
    assert order["total_value_after_fees"] == f"{spent.normalize():f}"
    (fill,) = desk.get(ORDERS + "/historical/fills")["fills"]
    assert fill["size_in_quote"] is True
    assert fill["size"] == order["filled_value"]


REFUSALS: list[tuple[str, str, dict[str, Any], tuple[str, str]]] = [
    (
        "limit_limit_gtc",
        "BUY",
        {"base_size": "100", "limit_price": "59000"},
        ("INSUFFICIENT_FUND", "INSUFFICIENT_FUND"),
    ),
    ("limit_limit_gtc", "SELL", {"base_size": "3", "limit_price": "61000"}, ("INSUFFICIENT_FUND", "INSUFFICIENT_FUND")),
    (
        "limit_limit_gtc",
        "BUY",
        {"base_size": "0.01", "limit_price": "61000", "post_only": True},
        ("INVALID_LIMIT_PRICE_POST_ONLY", "INVALID_LIMIT_PRICE_POST_ONLY"),
    ),
    (
        "limit_limit_gtc",
        "BUY",
        {"base_size": "0.01", "limit_price": "59000.001"},
        ("INVALID_PRICE_PRECISION", "INVALID_PRICE_PRECISION"),
    ),
    (
        "limit_limit_gtc",
        "BUY",
        {"base_size": "0.000000001", "limit_price": "59000"},
        ("INVALID_SIZE_PRECISION", "INVALID_SIZE_PRECISION"),
    ),
    (
        "limit_limit_gtc",
        "BUY",
        {"base_size": "5000", "limit_price": "1"},
        ("UNKNOWN_FAILURE_REASON", "INVALID_BASE_SIZE_TOO_LARGE"),
    ),
    (
        "limit_limit_gtc",
        "BUY",
        {"base_size": "0.00001", "limit_price": "59000"},
        ("UNKNOWN_FAILURE_REASON", "INVALID_QUOTE_SIZE_TOO_SMALL"),
    ),
    ("twap_limit_gtd", "BUY", TERMS, ("UNSUPPORTED_ORDER_CONFIGURATION", "INVALID_ORDER_CONFIG")),
    ("market_market_ioc", "SELL", {"quote_size": "10"}, ("UNSUPPORTED_ORDER_CONFIGURATION", "INVALID_ORDER_CONFIG")),
    (
        "limit_limit_gtc",
        "BUY",
        {**TERMS, "reduce_only": True},
        ("UNSUPPORTED_ORDER_CONFIGURATION", "INVALID_ORDER_CONFIG"),
    ),
    ("limit_limit_gtc", "HOLD", TERMS, ("INVALID_SIDE", "INVALID_SIDE")),
]


@pytest.mark.parametrize(("kind", "side", "terms", "why"), REFUSALS)
def test_a_refused_order_is_an_answer_with_status_200(
    kind: str, side: str, terms: dict[str, Any], why: tuple[str, str]
) -> None:
    desk = Coinbase()

    assert desk.reason(kind, side, **terms) == (why[0], "PREVIEW_" + why[1])
    assert desk.moved == []


def test_a_refused_order_comes_back_with_what_was_sent() -> None:
    desk = Coinbase()

    body = desk.place(base_size="100", limit_price="59000.00")

    assert body["order_configuration"] == {"limit_limit_gtc": {"base_size": "100", "limit_price": "59000.00"}}
    assert body["error_response"]["message"] == "Insufficient balance in source account"


MALFORMED: list[Any] = [
    {"client_order_id": None},
    {"client_order_id": 7},
    {"client_order_id": "x" * 129},
    {"order_configuration": None},
    {"order_configuration": []},
    {"order_configuration": {}},
    {"order_configuration": {"limit_limit_gtc": TERMS, "limit_limit_fok": TERMS}},
    {"order_configuration": {"limit_limit_gtc": {"base_size": "0.01"}}},
    {"order_configuration": {"limit_limit_gtc": {**TERMS, "base_size": "-1"}}},
    {"order_configuration": {"limit_limit_gtc": {**TERMS, "base_size": "1e3"}}},
    {"order_configuration": {"limit_limit_gtc": {**TERMS, "base_size": 0.01}}},
    {"order_configuration": {"limit_limit_gtc": {**TERMS, "limit_price": "NaN"}}},
    {"order_configuration": {"limit_limit_gtc": {**TERMS, "limit_price": "0"}}},
    {"order_configuration": {"limit_limit_gtc": {**TERMS, "post_only": "yes"}}},
    {"order_configuration": {"limit_limit_gtd": {**TERMS, "end_time": "tomorrow"}}},
    {"order_configuration": {"stop_limit_stop_limit_gtc": {**TERMS, "stop_price": "1", "stop_direction": "UP"}}},
]


@pytest.mark.parametrize("change", MALFORMED)
def test_a_malformed_order_is_a_bad_request(change: Any) -> None:
    desk = Coinbase()
    good = {"client_order_id": "c", "product_id": "BTC-USDT", "side": "BUY"}
    body = {**good, "order_configuration": {"limit_limit_gtc": TERMS}, **change}

    status, answered = desk.send(desk.call("POST", ORDERS, body))

    assert (status, answered["error"]) == (400, "INVALID_ARGUMENT")
    assert set(answered) == {"error", "error_details", "message"}
    assert desk.moved == []


def test_an_unknown_product_is_refused_as_an_order_and_not_found_as_a_page() -> None:
    desk = Coinbase()
    body = {
        "client_order_id": "c",
        "product_id": "BTC-XYZ",
        "side": "BUY",
        "order_configuration": {"limit_limit_gtc": TERMS},
    }

    assert desk.post(ORDERS, body)["error_response"]["error"] == "INVALID_PRODUCT_ID"
    assert desk.ask(API + "market/products/BTC-XYZ")[0] == 404


def test_a_batch_of_cancels_is_status_200_whatever_becomes_of_each() -> None:
    desk = Coinbase()
    resting, filled = desk.buy(), desk.buy(price="61000")
    strange = "8dc88abd-a7a0-4594-9481-22f316f6a071"

    results = desk.post(ORDERS + "/batch_cancel", {"order_ids": [resting, filled, strange, "x", resting]})["results"]
    again = desk.post(ORDERS + "/batch_cancel", {"order_ids": [resting]})["results"]

    assert [(one["success"], one["failure_reason"]) for one in results] == [
        (True, "UNKNOWN_CANCEL_FAILURE_REASON"),
        (False, "ORDER_IS_FULLY_FILLED"),
        (False, "UNKNOWN_CANCEL_ORDER"),
        (False, "UNKNOWN_CANCEL_ORDER"),
        (False, "DUPLICATE_CANCEL_REQUEST"),
    ]
    assert [one["order_id"] for one in results] == [resting, filled, strange, "x", resting]
    assert again == [{"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER", "order_id": resting}]
    assert desk.order(resting)["status"] == "CANCELLED"


@pytest.mark.parametrize(
    "body", [{}, {"order_ids": []}, {"order_ids": "x"}, {"order_ids": [1]}, {"order_ids": ["x"] * 101}]
)
def test_a_malformed_batch_of_cancels_is_a_bad_request(body: Any) -> None:
    desk = Coinbase()

    assert desk.send(desk.call("POST", ORDERS + "/batch_cancel", body))[0] == 400


def test_an_amended_order_keeps_its_id() -> None:
    desk = Coinbase()
    order_id = desk.buy()

    body = desk.post(ORDERS + "/edit", {"order_id": order_id, "price": "58500", "size": "0.02"})

    assert body == {"success": True, "errors": []}
    order = desk.order(order_id)
    assert order["status"] == "OPEN"
    assert order["order_configuration"]["limit_limit_gtc"] == {
        "base_size": "0.02",
        "limit_price": "58500",
        "post_only": False,
    }


EDITS = [
    ({"price": "58500.001"}, "INVALID_EDITED_PRICE"),
    ({"size": "0.000000001"}, "INVALID_EDITED_SIZE"),
    ({"size": "100"}, "COMMANDER_REJECTED_EDIT_ORDER"),
    ({"price": "59000", "size": "0.01"}, "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"),
    ({"order_id": "8dc88abd-a7a0-4594-9481-22f316f6a071", "price": "1"}, "ORDER_NOT_FOUND"),
    ({"order_id": "mine", "price": "1"}, "ORDER_NOT_FOUND"),
]


@pytest.mark.parametrize(("change", "why"), EDITS)
def test_an_amendment_that_is_refused_is_status_200_with_a_list_of_reasons(change: dict[str, str], why: str) -> None:
    desk = Coinbase()
    order_id = desk.buy()

    body = desk.post(ORDERS + "/edit", {"order_id": order_id, **change})

    unknown = "UNKNOWN_PREVIEW_FAILURE_REASON"
    assert body == {
        "success": False,
        "errors": [{"edit_failure_reason": why, "preview_failure_reason": unknown}],
    }


def test_only_open_limit_orders_can_be_amended() -> None:
    desk = Coinbase()
    filled = desk.buy(price="61000")
    desk.trade_at("60000")
    stop = {"base_size": "0.01", "limit_price": "57000", "stop_price": "58000"}
    placed = desk.place("stop_limit_stop_limit_gtc", "SELL", **stop, stop_direction="STOP_DIRECTION_STOP_DOWN")
    reasons = [
        desk.post(ORDERS + "/edit", {"order_id": one, "price": "1"})["errors"][0]["edit_failure_reason"]
        for one in (filled, placed["success_response"]["order_id"])
    ]

    assert reasons == ["ONLY_OPEN_ORDERS_CAN_BE_EDITED", "ONLY_LIMIT_ORDER_EDITS_SUPPORTED"]


def test_an_order_that_dies_in_matching_was_a_success_and_is_failed() -> None:
    desk = Coinbase()
    desk.exchange.silent_reject = lambda request: True

    order_id = desk.buy()
    before = desk.order(order_id)["status"]
    desk.wait(1)

    assert (before, desk.order(order_id)["status"]) == ("OPEN", "FAILED")


def test_while_the_venue_reopens_orders_are_refused_and_products_say_so() -> None:
    desk = Coinbase()
    order_id = desk.buy()
    desk.exchange.mode = TradingMode.CANCEL_ONLY

    refused = desk.reason(**TERMS)
    product = desk.ask(API + "market/products/BTC-USDT")[1]
    (result,) = desk.post(ORDERS + "/batch_cancel", {"order_ids": [order_id]})["results"]

    assert refused[0] == "ORDER_ENTRY_DISABLED"
    assert (product["cancel_only"], product["trading_disabled"]) == (True, False)
    assert result["success"] is True


def test_a_halted_venue_cancels_nothing() -> None:
    desk = Coinbase()
    order_id = desk.buy()
    desk.exchange.mode = TradingMode.HALTED

    (result,) = desk.post(ORDERS + "/batch_cancel", {"order_ids": [order_id]})["results"]

    assert result["failure_reason"] == "COMMANDER_REJECTED_CANCEL_ORDER"
    assert len(desk.exchange.truth.open_orders(ACCOUNT, BTC)) == 1
