"""Bybit's orders: acknowledged with ids alone, judged later."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.exchange.exchange import TradingMode
from simulator.exchange.orders import Side
from tests.simulator.dialects.bybit.desk import Bybit
from tests.simulator.dialects.stage import ACCOUNT, BTC


def ended(floor: Bybit, order_id: str) -> tuple[str, str, str]:
    """Return how an order ended: status, reason of the matching engine, type of its cancellation."""
    order = floor.look_up(order_id)
    return order["orderStatus"], order["rejectReason"], order["cancelType"]


def test_an_acknowledgement_is_two_ids_and_nothing_else() -> None:
    code, result = Bybit().buy(orderLinkId="mine_1-A")

    assert code == 0
    assert set(result) == {"orderId", "orderLinkId"}
    assert result["orderLinkId"] == "mine_1-A"
    assert len(result["orderId"]) == 19


def test_a_post_only_order_that_would_trade_is_acknowledged_and_then_cancelled() -> None:
    floor = Bybit()

    order_id = floor.bought(price="61000", timeInForce="PostOnly")

    order = floor.look_up(order_id)
    assert ended(floor, order_id) == ("Cancelled", "EC_PostOnlyWillTakeLiquidity", "UNKNOWN")
    assert (order["timeInForce"], order["cumExecQty"], order["leavesQty"]) == ("PostOnly", "0.000000", "0.000000")
    assert floor.exchange.truth.balances(ACCOUNT)["USDT"].locked == 0
    assert floor.exchange.silent_reject is None


def test_a_post_only_order_that_rests_is_one() -> None:
    floor = Bybit()

    order = floor.look_up(floor.bought(timeInForce="PostOnly"))

    assert (order["orderStatus"], order["timeInForce"], order["rejectReason"]) == ("New", "PostOnly", "EC_NoError")


def test_an_order_may_be_rejected_after_its_acknowledgement_with_a_reason() -> None:
    floor = Bybit()
    floor.exchange.silent_reject = lambda _request: True

    order_id = floor.bought()
    floor.wait(1)

    assert ended(floor, order_id) == ("Rejected", "EC_Others", "UNKNOWN")


@pytest.mark.parametrize(
    ("time_in_force", "reason"), [("IOC", "EC_NoImmediateQtyToFill"), ("FOK", "EC_NoEnoughQtyToFill")]
)
def test_an_order_that_finds_nobody_is_cancelled_with_a_reason(time_in_force: str, reason: str) -> None:
    floor = Bybit()

    order_id = floor.bought(price="59000", timeInForce=time_in_force)

    assert ended(floor, order_id) == ("Cancelled", reason, "UNKNOWN")


def test_what_is_left_of_a_partly_filled_order_is_cancelled_under_a_status_of_its_own() -> None:
    floor = Bybit()

    order_id = floor.bought("1.5", "60060", timeInForce="IOC")

    order = floor.look_up(order_id)
    assert order["orderStatus"] == "PartiallyFilledCanceled"
    assert (order["qty"], order["cumExecQty"], order["leavesQty"]) == ("1.500000", "1.000000", "0.000000")
    assert (order["avgPrice"], order["rejectReason"]) == ("60060", "EC_CancelForNoFullFill")
    assert order["cumFeeDetail"] == {"BTC": "0.001"}


def test_a_cancelled_order_says_who_cancelled_it() -> None:
    floor = Bybit()
    order_id = floor.bought(orderLinkId="mine")

    answer = floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderLinkId="mine")

    assert answer == (0, {"orderId": order_id, "orderLinkId": "mine"})
    assert ended(floor, order_id) == ("Cancelled", "EC_PerCancelRequest", "CancelByUser")


def test_all_orders_are_cancelled_and_named() -> None:
    floor = Bybit()
    first, second = floor.bought(), floor.bought(price="58000")

    code, result = floor.post("order/cancel-all", category="spot")

    assert (code, result["success"]) == (0, "1")
    assert [one["orderId"] for one in result["list"]] == [first, second]
    assert [one["orderLinkId"] for one in result["list"]] == [str(int(first) + 1), str(int(second) + 1)]


def test_a_client_id_is_never_free_again() -> None:
    floor = Bybit()
    order_id = floor.bought(orderLinkId="mine")
    duplicate = (170141, "Duplicate clientOrderId.")

    assert floor.buy(orderLinkId="mine") == duplicate
    floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderId=order_id)
    assert floor.buy(orderLinkId="mine") == duplicate
    floor.bought(price="61000", timeInForce="PostOnly", orderLinkId="postonly")
    assert floor.buy(orderLinkId="postonly") == duplicate


def test_of_two_ids_the_venues_own_counts() -> None:
    floor = Bybit()
    first = floor.bought(orderLinkId="one")
    floor.bought(orderLinkId="two")

    answer = floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderId=first, orderLinkId="two")

    assert answer == (0, {"orderId": first, "orderLinkId": "one"})


def test_an_amended_order_keeps_its_ids() -> None:
    floor = Bybit()
    order_id = floor.bought(orderLinkId="mine")
    named: dict[str, Any] = {"category": "spot", "symbol": "BTCUSDT", "orderId": order_id}

    answer = floor.post("order/amend", **named, price="58500", qty="0.02")

    assert answer == (0, {"orderId": order_id, "orderLinkId": "mine"})
    order = floor.look_up(order_id)
    assert (order["price"], order["qty"], order["orderStatus"]) == ("58500.00", "0.020000", "New")
    unchanged = "The order remains unchanged as the parameters entered match the existing ones."
    assert floor.post("order/amend", **named, price="58500") == (10001, unchanged)
    assert floor.post("order/amend", **(named | {"orderId": "1"}), price="58500") == (170213, "Order does not exist.")


def test_a_market_order_to_buy_names_what_it_spends_unless_it_says_otherwise() -> None:
    floor = Bybit()

    spent = floor.look_up(floor.bought("3003", None, orderType="Market"))
    bought = floor.look_up(floor.bought("0.05", None, orderType="Market", marketUnit="baseCoin"))

    assert (spent["marketUnit"], spent["qty"], spent["cumExecQty"]) == ("quoteCoin", "3003.000000", "0.050000")
    assert (bought["marketUnit"], bought["qty"], bought["cumExecQty"]) == ("baseCoin", "0.050000", "0.050000")
    assert {spent["timeInForce"], bought["timeInForce"]} == {"IOC"}


def test_what_a_market_order_cannot_spend_makes_it_one_that_was_cancelled_in_part() -> None:
    """As recorded: 10 USDT buy 0.000306 at 32635.00, 0.01369 are left."""
    floor = Bybit()
    floor.exchange.quote(BTC, [], [(3_263_500, 1_000_000)])

    order_id = floor.bought("10", None, orderType="Market")

    order = floor.look_up(order_id)
    assert (order["orderStatus"], order["rejectReason"]) == ("PartiallyFilledCanceled", "EC_CancelForNoFullFill")
    assert (order["qty"], order["price"], order["avgPrice"]) == ("10.000000", "0", "32635")
    assert (order["leavesQty"], order["leavesValue"]) == ("0.000000", "0.01369000")
    assert (order["cumExecQty"], order["cumExecValue"]) == ("0.000306", "9.98631000")
    _, result = floor.get("order/history", category="spot", orderStatus="PartiallyFilledCanceled")
    assert [one["orderId"] for one in result["list"]] == [order_id]


def test_an_order_without_a_client_id_gets_one_by_which_it_can_be_named() -> None:
    floor = Bybit()
    order_id = floor.bought()
    link = str(int(order_id) + 1)

    _, result = floor.get("order/realtime", category="spot", orderLinkId=link)
    answer = floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderLinkId=link)

    assert [one["orderId"] for one in result["list"]] == [order_id]
    assert answer == (0, {"orderId": order_id, "orderLinkId": link})


def test_a_conditional_order_waits_holds_nothing_and_acts_when_the_price_comes() -> None:
    floor = Bybit()
    floor.exchange.print_trade(BTC, Side.BUY, 6_000_000, 1_000)

    stop = floor.bought("0.1", "62000", orderFilter="StopOrder", triggerPrice="61000")

    order = floor.look_up(stop)
    assert (order["orderStatus"], order["triggerPrice"], order["stopOrderType"]) == ("Untriggered", "61000.00", "Stop")
    assert floor.exchange.truth.balances(ACCOUNT)["USDT"].locked == 0
    floor.exchange.print_trade(BTC, Side.BUY, 6_100_000, 1_000)
    assert floor.look_up(stop)["orderStatus"] == "Filled"


def test_a_conditional_order_that_is_cancelled_in_time_was_deactivated() -> None:
    floor = Bybit()
    floor.exchange.print_trade(BTC, Side.BUY, 6_000_000, 1_000)
    stop = floor.bought("0.1", "62000", orderFilter="StopOrder", triggerPrice="61000")

    floor.post("order/cancel-all", category="spot")
    assert floor.look_up(stop)["orderStatus"] == "Untriggered"
    floor.post("order/cancel-all", category="spot", orderFilter="StopOrder")

    assert floor.look_up(stop)["orderStatus"] == "Deactivated"


@pytest.mark.parametrize(
    ("mode", "code"),
    [(TradingMode.HALTED, 170031), (TradingMode.CANCEL_ONLY, 170210), (TradingMode.POST_ONLY, 170217)],
)
def test_a_market_that_is_not_open_in_full_says_what_it_takes(mode: TradingMode, code: int) -> None:
    floor = Bybit()
    floor.exchange.mode = mode

    assert floor.buy()[0] == code
