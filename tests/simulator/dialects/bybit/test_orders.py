"""Bybit's orders: acknowledged with ids alone, judged later, looked up in two lists that differ."""

from __future__ import annotations

import random
from typing import Any

import pytest

from simulator.dialects.bybit.settings import BybitSettings
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
    assert (order["timeInForce"], order["cumExecQty"], order["leavesQty"]) == ("PostOnly", "0", "0")
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
    assert (order["qty"], order["cumExecQty"], order["leavesQty"], order["avgPrice"]) == ("1.5", "1", "0", "60060")
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
    assert (order["price"], order["qty"], order["orderStatus"]) == ("58500", "0.02", "New")
    unchanged = "The order remains unchanged as the parameters entered match the existing ones."
    assert floor.post("order/amend", **named, price="58500") == (10001, unchanged)
    assert floor.post("order/amend", **(named | {"orderId": "1"}), price="58500") == (170213, "Order does not exist.")


def test_a_market_order_to_buy_names_what_it_spends_unless_it_says_otherwise() -> None:
    floor = Bybit()

    spent = floor.look_up(floor.bought("3003", None, orderType="Market"))
    bought = floor.look_up(floor.bought("0.05", None, orderType="Market", marketUnit="baseCoin"))

    assert (spent["marketUnit"], spent["qty"], spent["cumExecQty"]) == ("quoteCoin", "3003", "0.05")
    assert (bought["marketUnit"], bought["qty"], bought["cumExecQty"]) == ("baseCoin", "0.05", "0.05")
    assert {spent["timeInForce"], bought["timeInForce"]} == {"IOC"}


def test_a_conditional_order_waits_holds_nothing_and_acts_when_the_price_comes() -> None:
    floor = Bybit()
    floor.exchange.print_trade(BTC, Side.BUY, 6_000_000, 1_000)

    stop = floor.bought("0.1", "62000", orderFilter="StopOrder", triggerPrice="61000")

    order = floor.look_up(stop)
    assert (order["orderStatus"], order["triggerPrice"], order["stopOrderType"]) == ("Untriggered", "61000", "Stop")
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


def test_realtime_knows_open_orders_and_on_request_the_last_finished_ones() -> None:
    floor = Bybit(BybitSettings(recent_orders_max=2))
    kept = floor.bought()
    for price in ("58000", "57000", "56000"):
        floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderId=floor.bought(price=price))

    _, still_open = floor.get("order/realtime", category="spot")
    _, recent = floor.get("order/realtime", category="spot", openOnly=1)

    assert [order["orderId"] for order in still_open["list"]] == [kept]
    assert [order["price"] for order in recent["list"]] == ["56000", "57000"]


def test_after_a_restart_only_history_knows_what_had_finished() -> None:
    floor = Bybit()
    order_id, kept = floor.bought(), floor.bought(price="58000")
    floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderId=order_id)
    floor.wait(1)

    floor.reboot()

    assert floor.look_up(order_id) is None
    assert floor.look_up(kept)["orderStatus"] == "New"
    assert floor.look_up(order_id, "order/history")["orderStatus"] == "Cancelled"


def test_history_may_learn_of_an_end_later_than_realtime() -> None:
    floor = Bybit(BybitSettings(history_lag_ns=2_000_000_000))
    order_id = floor.bought(price="60060")

    assert floor.look_up(order_id)["orderStatus"] == "Filled"
    assert floor.look_up(order_id, "order/history") is None
    floor.wait(2)
    assert floor.look_up(order_id, "order/history")["orderStatus"] == "Filled"


def test_an_order_may_be_not_found_yet_and_a_list_may_lack_rows() -> None:
    floor = Bybit()
    end_hiding = floor.venue.rest.hide_new_orders(share=1, for_ns=5_000_000_000, random=random.Random(1))
    order_id = floor.bought()
    assert floor.look_up(order_id) is None
    assert len(floor.get("order/realtime", category="spot")[1]["list"]) == 1
    end_hiding()

    floor.venue.rest.miss_open_orders(share=1, random=random.Random(1))

    assert floor.look_up(order_id)["orderStatus"] == "New"
    assert floor.get("order/realtime", category="spot")[1]["list"] == []


def test_history_forgets_after_a_day_what_never_traded() -> None:
    floor = Bybit()
    cancelled, filled = floor.bought(), floor.bought(price="60060")
    floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderId=cancelled)

    floor.wait(25 * 3600)

    assert floor.look_up(cancelled, "order/history") is None
    assert floor.look_up(filled, "order/history")["orderStatus"] == "Filled"


def test_history_is_paged_by_a_cursor_that_survives_being_encoded_twice() -> None:
    floor = Bybit()
    for price in ("58000", "57000", "56000"):
        floor.bought(price=price)
    floor.post("order/cancel-all", category="spot")

    _, first = floor.get("order/history", category="spot", limit=2)
    _, second = floor.get("order/history", category="spot", limit=2, cursor=first["nextPageCursor"])
    _, third = floor.get("order/history", category="spot", limit=2, cursor=second["nextPageCursor"])

    assert [order["price"] for order in first["list"] + second["list"]] == ["56000", "57000", "58000"]
    assert "%3A" in first["nextPageCursor"]
    assert (third["list"], third["nextPageCursor"]) == ([], "")


def test_executions_tell_fee_coin_and_maker() -> None:
    floor = Bybit()
    order_id = floor.bought("1.5", "60120")

    _, result = floor.get("execution/list", category="spot", orderId=order_id)

    assert [(one["execPrice"], one["execQty"], one["execFee"]) for one in result["list"]] == [
        ("60120", "0.5", "0.0005"),
        ("60060", "1", "0.001"),
    ]
    assert {(one["feeCurrency"], one["isMaker"], one["execType"]) for one in result["list"]} == {
        ("BTC", False, "Trade")
    }


def test_a_lagging_rest_view_does_not_know_a_new_order_yet() -> None:
    floor = Bybit(rest_lag_ns=1_000_000_000)
    order_id = floor.bought()

    assert floor.look_up(order_id) is None
    floor.wait(1)
    assert floor.look_up(order_id)["orderStatus"] == "New"


@pytest.mark.parametrize(
    ("mode", "code"),
    [(TradingMode.HALTED, 170031), (TradingMode.CANCEL_ONLY, 170210), (TradingMode.POST_ONLY, 170217)],
)
def test_a_market_that_is_not_open_in_full_says_what_it_takes(mode: TradingMode, code: int) -> None:
    floor = Bybit()
    floor.exchange.mode = mode

    assert floor.buy()[0] == code
