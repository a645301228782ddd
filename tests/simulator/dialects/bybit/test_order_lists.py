"""Where Bybit's orders and executions can be looked up: two lists that differ, and one of trades."""

from __future__ import annotations

import random

from simulator.dialects.bybit.settings import BybitSettings
from tests.simulator.dialects.bybit.desk import Bybit


def test_realtime_knows_open_orders_and_on_request_the_last_finished_ones() -> None:
    floor = Bybit(BybitSettings(recent_orders_max=2))
    kept = floor.bought()
    for price in ("58000", "57000", "56000"):
        floor.post("order/cancel", category="spot", symbol="BTCUSDT", orderId=floor.bought(price=price))

    _, still_open = floor.get("order/realtime", category="spot")
    _, recent = floor.get("order/realtime", category="spot", openOnly=1)

    assert [order["orderId"] for order in still_open["list"]] == [kept]
    assert [order["price"] for order in recent["list"]] == ["56000.00", "57000.00"]


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

    assert [order["price"] for order in first["list"] + second["list"]] == ["56000.00", "57000.00", "58000.00"]
    assert "%3A" in first["nextPageCursor"]
    assert (third["list"], third["nextPageCursor"]) == ([], "")


def test_executions_tell_fee_coin_and_maker() -> None:
    floor = Bybit()
    order_id = floor.bought("1.5", "60120")

    _, result = floor.get("execution/list", category="spot", orderId=order_id)

    assert [(one["execPrice"], one["execQty"], one["execFee"]) for one in result["list"]] == [
        ("60120.00", "0.500000", "0.0005"),
        ("60060.00", "1.000000", "0.001"),
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
