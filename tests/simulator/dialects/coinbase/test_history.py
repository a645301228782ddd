"""What Coinbase tells an account and the world over REST: pages, balances, products, prices, limits."""

from __future__ import annotations

import functools
import operator
import random
from typing import Any

import pytest

from simulator.dialects.call import Call
from simulator.dialects.coinbase import CoinbaseSettings
from simulator.dialects.coinbase.clock import rfc3339
from simulator.dialects.coinbase.rest import API, ORDERS
from tests.simulator.dialects.coinbase.desk import Coinbase
from tests.simulator.dialects.counters import decoded

BATCH, FILLS = ORDERS + "/historical/batch", ORDERS + "/historical/fills"
MARKET = API + "market/products/BTC-USDT"


def listed(desk: Coinbase, **query: Any) -> list[str]:
    """Return the ids on a page of orders."""
    return [order["order_id"] for order in desk.get(BATCH, **query)["orders"]]


def test_orders_come_newest_first_in_pages_with_a_cursor() -> None:
    desk = Coinbase()
    placed = [desk.buy(price=str(59_000 - n)) for n in range(5)]

    first = desk.get(BATCH, limit=2)
    second = desk.get(BATCH, limit=2, cursor=first["cursor"])
    third = desk.get(BATCH, limit=2, cursor=second["cursor"])

    pages = [[order["order_id"] for order in page["orders"]] for page in (first, second, third)]
    assert functools.reduce(operator.iadd, pages, []) == placed[::-1]
    assert [page["has_next"] for page in (first, second, third)] == [True, True, False]
    assert third["cursor"] == ""


def test_orders_are_picked_by_status_product_side_and_time() -> None:
    desk = Coinbase()
    filled = desk.buy(price="61000")
    desk.wait(10)
    resting = desk.buy()
    since = rfc3339(desk.world.wall_ns() - 10**9)

    assert listed(desk, order_status="OPEN") == [resting]
    assert listed(desk, order_status=["FILLED", "CANCELLED"]) == [filled]
    assert listed(desk, product_ids="ETH-USDT") == []
    assert listed(desk, product_id="BTC-USDT", order_side="BUY", order_types="LIMIT") == [resting, filled]
    assert listed(desk, start_date=since) == [resting]
    assert listed(desk, end_date=since) == [filled]
    assert listed(desk, order_ids=filled) == [filled]


BAD = [
    {"order_status": ["OPEN", "FILLED"]},
    {"order_status": "open"},
    {"limit": "-1"},
    {"limit": "1001"},
    {"cursor": "x"},
    {"start_date": "yesterday"},
]


@pytest.mark.parametrize("query", BAD)
def test_what_the_list_of_orders_does_not_understand_is_a_bad_request(query: dict[str, Any]) -> None:
    """Open orders cannot be asked for together with others."""
    desk = Coinbase()

    status, body = desk.send(desk.call("GET", BATCH, **query))

    assert (status, body["error"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("name", ["8dc88abd-a7a0-4594-9481-22f316f6a071", "mine", "order-1"])
def test_an_unknown_order_is_not_found_in_the_venues_words(name: str) -> None:
    """A client id is no name of an order: nothing looks orders up by it."""
    desk = Coinbase()
    desk.buy()

    status, body = desk.send(desk.call("GET", f"{ORDERS}/historical/{name}"))

    text = "order with this orderID was not found"
    assert (status, body) == (404, {"error": "NOT_FOUND", "error_details": text, "message": text})


def test_an_order_just_placed_may_be_not_found_yet() -> None:
    desk = Coinbase(rest_lag_ns=2 * 10**9)
    order_id = desk.buy()

    before = desk.send(desk.call("GET", f"{ORDERS}/historical/{order_id}"))[0]
    desk.wait(2)

    assert (before, desk.order(order_id)["status"]) == (404, "OPEN")


def test_the_list_of_open_orders_may_miss_rows_that_a_look_up_has() -> None:
    desk = Coinbase()
    order_id = desk.buy()
    undo = desk.venue.rest.miss_open_orders(share=1, random=random.Random(1))

    missed = listed(desk, order_status="OPEN")
    found = desk.order(order_id)["status"]
    undo()

    assert (missed, found) == ([], "OPEN")
    assert listed(desk, order_status="OPEN") == [order_id]


def test_fills_come_newest_first_in_pages_and_say_who_waited() -> None:
    desk = Coinbase()
    taken = desk.buy("1.5", "61000")
    made = desk.buy("0.1", "59990")
    desk.other_sells("0.1", "59990")

    first = desk.get(FILLS, limit=2)
    rest = desk.get(FILLS, limit=2, cursor=first["cursor"])

    told = [(one["order_id"], one["liquidity_indicator"], one["price"]) for one in first["fills"] + rest["fills"]]
    assert told == [(made, "MAKER", "59990"), (taken, "TAKER", "60120"), (taken, "TAKER", "60060")]
    assert rest["cursor"] == ""
    assert first["fills"][1]["commission"] == "120.24"
    assert len(desk.get(FILLS, order_ids=made)["fills"]) == 1
    assert desk.get(FILLS, product_ids="ETH-USDT")["fills"] == []


def test_balances_come_in_pages_and_say_what_is_held() -> None:
    desk = Coinbase()
    desk.buy()

    first = desk.get("accounts", limit=2)
    rest = desk.get("accounts", limit=2, cursor=first["cursor"])

    held = {one["currency"]: (one["available_balance"]["value"], one["hold"]["value"]) for one in first["accounts"]}
    held |= {one["currency"]: (one["available_balance"]["value"], one["hold"]["value"]) for one in rest["accounts"]}
    assert held == {"BTC": ("2", "0"), "USDT": ("199407.64", "592.36"), "ETH": ("10", "0")}
    assert (first["has_next"], rest["has_next"], rest["cursor"]) == (True, False, "")
    wallet = first["accounts"][0]["uuid"]
    assert desk.get(f"accounts/{wallet}")["account"] == first["accounts"][0]


def test_the_old_half_tells_balances_in_all_and_nothing_of_what_is_held() -> None:
    desk = Coinbase()
    desk.buy()

    body = desk.get("/v2/accounts", limit=2)

    amounts = {one["currency"]["code"]: one["balance"]["amount"] for one in body["data"]}
    assert amounts == {"BTC": "2", "USDT": "200000"}
    assert body["pagination"]["next_starting_after"] == body["data"][1]["id"]
    rest = desk.get("/v2/accounts", limit=2, starting_after=body["data"][1]["id"])
    assert [one["currency"]["code"] for one in rest["data"]] == ["ETH"]
    assert rest["pagination"]["next_uri"] is None


def test_the_fee_tier_has_the_venues_rates() -> None:
    tier = Coinbase().get("transaction_summary")["fee_tier"]

    assert (tier["maker_fee_rate"], tier["taker_fee_rate"]) == ("0.0025", "0.004")


def test_the_book_tells_its_middle_and_its_spread() -> None:
    body = Coinbase().ask(API + "market/product_book", product_id="BTC-USDT", limit=1)[1]

    assert body["pricebook"]["bids"] == [{"price": "59940", "size": "1"}]
    assert body["pricebook"]["asks"] == [{"price": "60060", "size": "1"}]
    assert (body["mid_market"], body["spread_absolute"], body["spread_bps"]) == ("60000", "120", "20")


def test_trades_and_candles_come_newest_first() -> None:
    desk = Coinbase()
    start = desk.now_s()
    for price in ("60000", "60100", "59900.5"):
        desk.trade_at(price)
        desk.wait(40)

    trades = desk.ask(MARKET + "/ticker", limit=2)[1]
    candles = desk.ask(MARKET + "/candles", start=start, end=start + 300, granularity="ONE_MINUTE")[1]["candles"]

    assert [trade["price"] for trade in trades["trades"]] == ["59900.5", "60100"]
    assert (trades["best_bid"], trades["best_ask"]) == ("59940", "60060")
    assert [(one["open"], one["high"], one["close"], one["volume"]) for one in candles] == [
        ("59900.5", "59900.5", "59900.5", "0.1"),
        ("60000", "60100", "60100", "0.2"),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"start": 0, "end": 60 * 351, "granularity": "ONE_MINUTE"},
        {"start": 0, "end": 60, "granularity": "TWO_MINUTE"},
        {"start": 0, "granularity": "ONE_MINUTE"},
        {"start": "x", "end": 60, "granularity": "ONE_MINUTE"},
    ],
)
def test_candles_that_cannot_be_had_are_a_bad_request(query: dict[str, Any]) -> None:
    assert Coinbase().ask(MARKET + "/candles", **query)[0] == 400


def test_what_is_not_there_is_not_found_in_the_words_of_its_half() -> None:
    desk = Coinbase()

    assert desk.ask("/v2/nothing") == (404, {"errors": [{"id": "not_found", "message": "Not found"}]})
    assert desk.ask(API + "nothing")[1]["error"] == "NOT_FOUND"
    assert desk.send(desk.call("DELETE", ORDERS))[0] == 404


def test_one_public_call_too_many_is_told_and_costs_nothing() -> None:
    desk = Coinbase()
    statuses = [desk.ask(API + "time")[0] for _ in range(12)]
    elsewhere = desk.ask(API + "time", peer="another")[0]
    desk.wait(0.1)

    assert statuses == [200] * 10 + [429] * 2
    assert elsewhere == 200
    assert desk.ask(API + "time")[0] == 200
    assert desk.ask(API + "time") == (429, {"error": "too many requests"})


def test_one_private_call_too_many_is_told_to_the_user_whatever_his_address() -> None:
    desk = Coinbase()
    statuses = [desk.send(desk.call("GET", API + "accounts"))[0] for _ in range(31)]

    assert statuses == [200] * 30 + [429]


def test_the_old_half_says_too_many_requests_in_another_shape() -> None:
    desk = Coinbase(CoinbaseSettings(old_calls_per_hour=1))
    desk.ask("/v2/time")

    body = {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}
    assert desk.ask("/v2/time") == (429, body)


@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_venue_says_so_in_json_and_not_what_became_of_the_request(status: int) -> None:
    answer = Coinbase().rest.internal_error(status)

    assert answer.status == status
    assert decoded(answer)["error"] == "unknown"


def test_a_broken_network_answers_with_a_page() -> None:
    rest = Coinbase().rest

    call = Call(method="GET", path=API + "time")
    assert rest.internal_error(502).content_type.startswith("text/html")
    assert rest.banned(call, 1).status == 403


def test_an_asker_and_his_order_are_known_to_the_access_log_before_anything_is_checked() -> None:
    desk = Coinbase()
    call = desk.call("POST", ORDERS, {"client_order_id": "mine"})

    assert desk.rest.identify(call) == ("main", "mine")
    assert desk.rest.identify(Call(method="POST", path=ORDERS, body=b"\xff")) == (None, None)
    assert desk.rest.kind("POST", ORDERS) == "orders"
    assert desk.rest.kind("GET", BATCH) == "account"
    assert desk.rest.kind("GET", "/elsewhere") == "public"
