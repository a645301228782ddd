"""OKX's orders: the envelope, the words for each refusal, ids, sizes, amendments, halts."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.exchange.exchange import TradingMode
from simulator.exchange.orders import OrderStatus, Side
from tests.simulator.dialects.okx.desk import Okx, order
from tests.simulator.dialects.stage import ACCOUNT, BTC

REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"instId": "XXX-YYY"}, "51001"),
    ({"instId": None}, "51000"),
    ({"tdMode": "cross"}, "51010"),
    ({"tdMode": None}, "51000"),
    ({"side": "BUY"}, "51000"),
    ({"ordType": "optimal_limit_ioc"}, "51000"),
    ({"clOrdId": "with-hyphen"}, "51000"),
    ({"clOrdId": "a" * 33}, "51000"),
    ({"tag": "a" * 17}, "51000"),
    ({"px": None}, "51204"),
    ({"px": "-1"}, "51000"),
    ({"px": "0"}, "51000"),
    ({"px": "59000.05"}, "51150"),
    ({"px": "63001"}, "51006"),
    ({"side": "sell", "px": "56999"}, "51006"),
    ({"sz": None}, "51000"),
    ({"sz": "-0.01"}, "51000"),
    ({"sz": "NaN"}, "51000"),
    ({"sz": "0.00009999"}, "51020"),
    ({"sz": "0.010000001"}, "51121"),
    ({"sz": "1000001"}, "51203"),
    ({"sz": "100"}, "51008"),
    ({"stpMode": "none"}, "51000"),
    ({"reduceOnly": True}, "51139"),
    ({"ordType": "market", "tgtCcy": "dollars"}, "51000"),
    ({"ordType": "market", "px": None, "sz": "1"}, "51020"),
]


@pytest.mark.parametrize(("terms", "code"), REFUSALS)
def test_a_refused_order_has_its_code_within_an_envelope_that_says_one(terms: dict[str, Any], code: str) -> None:
    okx = Okx()
    okx.exchange.print_trade(BTC, Side.BUY, 600_000, 1)
    okx.moved.clear()

    status, body = okx.post("trade/batch-orders", [order(**terms)])

    assert (status, body["code"], body["msg"]) == (200, "1", "All operations failed")
    assert body["data"][0]["sCode"] == code
    assert body["data"][0]["ordId"] == ""
    assert okx.moved == []


def test_the_answer_to_a_good_order_is_that_of_the_vendors_page() -> None:
    okx = Okx()

    body = okx.post("trade/order", order(clOrdId="b15", tag="mine"))[1]

    assert set(body) == {"code", "data", "inTime", "msg", "outTime"}
    assert set(body["data"][0]) == {"clOrdId", "ordId", "sCode", "sMsg", "subCode", "tag", "ts"}
    assert (body["code"], body["data"][0]["clOrdId"], body["data"][0]["tag"]) == ("0", "b15", "mine")
    assert len(body["data"][0]["ordId"]) == 19


def test_a_batch_of_which_some_succeed_says_two_and_places_those() -> None:
    okx = Okx()

    body = okx.post("trade/batch-orders", [order(), order(sz="100"), order(px="58000")])[1]

    assert body["code"] == "2"
    assert [one["sCode"] for one in body["data"]] == ["0", "51008", "0"]
    assert body["data"][1]["subCode"] == "1000"
    assert "USDT" in body["data"][1]["sMsg"]
    assert len(okx.exchange.truth.open_orders(ACCOUNT)) == 2


def test_more_than_twenty_orders_are_no_batch() -> None:
    assert Okx().post("trade/batch-orders", [order()] * 21)[1]["code"] == "51111"


def test_a_client_id_is_unique_among_open_orders_and_a_look_up_finds_the_latest() -> None:
    okx = Okx()
    first = okx.buy(clOrdId="again")

    while_open = okx.buy(clOrdId="again")
    okx.post("trade/cancel-order", {"instId": "BTC-USDT", "clOrdId": "again"})
    second = okx.buy(clOrdId="again")
    found = okx.get("trade/order", instId="BTC-USDT", clOrdId="again")["data"][0]

    assert while_open["sCode"] == "51016"
    assert found["ordId"] == second["ordId"] != first["ordId"]


def test_of_two_ids_that_of_the_venue_counts() -> None:
    okx = Okx()
    one, other = okx.buy(clOrdId="one"), okx.buy(clOrdId="other", px="58000")

    cancelled = okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": one["ordId"], "clOrdId": "other"})[1]

    assert cancelled["data"][0]["clOrdId"] == "one"
    assert okx.get("trade/orders-pending")["data"][0]["ordId"] == other["ordId"]


def test_a_cancel_of_what_is_not_open_has_one_code_for_all_reasons() -> None:
    okx = Okx()
    placed = okx.buy()
    cancel = {"instId": "BTC-USDT", "ordId": placed["ordId"]}
    okx.post("trade/cancel-order", cancel)

    again = okx.post("trade/cancel-order", cancel)[1]
    unknown = okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": "7"})[1]
    nameless = okx.post("trade/cancel-order", {"instId": "BTC-USDT"})[1]

    assert [body["data"][0]["sCode"] for body in (again, unknown, nameless)] == ["51400", "51400", "51003"]


def test_an_unknown_order_is_51603() -> None:
    okx = Okx()

    assert okx.get("trade/order", instId="BTC-USDT", ordId="12345") == {
        "code": "51603",
        "data": [],
        "msg": "Order does not exist",
    }


def test_a_post_only_order_that_would_trade_is_accepted_and_then_cancelled() -> None:
    okx = Okx()

    placed = okx.buy(ordType="post_only", px="61000")
    found = okx.get("trade/order", instId="BTC-USDT", ordId=placed["ordId"])["data"][0]

    assert placed["sCode"] == "0"
    assert (found["state"], found["ordType"], found["px"]) == ("canceled", "post_only", "61000")
    assert (found["cancelSource"], found["accFillSz"]) == ("31", "0")
    assert okx.exchange.truth.trades(ACCOUNT) == []


def test_the_reasons_of_cancellations_are_told() -> None:
    okx = Okx()
    by_user = okx.buy()
    okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": by_user["ordId"]})
    ioc, fok = okx.buy(ordType="ioc"), okx.buy(ordType="fok", px="60060", sz="1.5")

    def source(placed: dict[str, Any]) -> str:
        found = okx.get("trade/order", instId="BTC-USDT", ordId=placed["ordId"])["data"][0]
        assert found["state"] == "canceled"
        return str(found["cancelSource"])

    assert [source(one) for one in (by_user, ioc, fok)] == ["1", "14", "13"]


def test_a_market_buy_is_in_quote_currency_unless_it_says_otherwise() -> None:
    okx = Okx()

    in_quote = okx.buy(ordType="market", px=None, sz="6006")
    in_base = okx.buy(ordType="market", px=None, sz="0.2", tgtCcy="base_ccy")
    told = [okx.get("trade/order", instId="BTC-USDT", ordId=one["ordId"])["data"][0] for one in (in_quote, in_base)]

    assert [(one["sz"], one["tgtCcy"], one["accFillSz"]) for one in told] == [
        ("6006", "quote_ccy", "0.1"),
        ("0.2", "base_ccy", "0.2"),
    ]
    assert told[0]["fee"].startswith("-")
    assert told[0]["feeCcy"] == "BTC"


def test_amending_keeps_the_ids_and_refuses_what_is_over() -> None:
    okx = Okx()
    placed = okx.buy(clOrdId="mine")
    change = {"instId": "BTC-USDT", "ordId": placed["ordId"], "newPx": "58000", "newSz": "0.02", "reqId": "r1"}

    amended = okx.post("trade/amend-order", change)[1]["data"][0]
    (found,) = okx.get("trade/orders-pending")["data"]
    nothing = okx.post("trade/amend-order", {"instId": "BTC-USDT", "ordId": placed["ordId"]})[1]["data"][0]
    okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": placed["ordId"]})
    over = okx.post("trade/amend-order", change)[1]["data"][0]

    assert (amended["sCode"], amended["ordId"], amended["reqId"]) == ("0", placed["ordId"], "r1")
    assert (found["ordId"], found["clOrdId"], found["px"], found["sz"]) == (placed["ordId"], "mine", "58000", "0.02")
    assert (nothing["sCode"], over["sCode"]) == ("51500", "51503")


def test_orders_history_has_what_is_finished_and_closed_means_filled_only_if_asked() -> None:
    okx = Okx()
    filled, gone = okx.buy(ordType="ioc", px="60060"), okx.buy()
    okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": gone["ordId"]})

    everything = okx.get("trade/orders-history", instType="SPOT")["data"]
    only_filled = okx.get("trade/orders-history", instType="SPOT", state="filled")["data"]
    older = okx.get("trade/orders-history", instType="SPOT", after=gone["ordId"])["data"]

    assert [one["ordId"] for one in everything] == [gone["ordId"], filled["ordId"]]
    assert [one["ordId"] for one in only_filled] == [one["ordId"] for one in older] == [filled["ordId"]]


def test_an_order_cancelled_without_a_fill_is_forgotten_after_two_hours() -> None:
    okx = Okx()
    filled, gone = okx.buy(ordType="ioc", px="60060"), okx.buy()
    okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": gone["ordId"]})

    okx.wait(7_199)
    before = okx.get("trade/order", instId="BTC-USDT", ordId=gone["ordId"])
    okx.wait(2)
    after = okx.get("trade/order", instId="BTC-USDT", ordId=gone["ordId"])
    history = okx.get("trade/orders-history-archive", instType="SPOT")["data"]

    assert (before["code"], after["code"]) == ("0", "51603")
    assert [one["ordId"] for one in history] == [filled["ordId"]]


def test_fills_tell_the_fee_as_a_negative_number() -> None:
    okx = Okx()
    placed = okx.buy(ordType="ioc", px="60060", sz="0.5")

    (fill,) = okx.get("trade/fills", ordId=placed["ordId"])["data"]

    assert (fill["fee"], fill["feeCcy"], fill["execType"], fill["feeRate"]) == ("-0.0005", "BTC", "T", "-0.001")


def test_a_halted_venue_is_unavailable_and_reopens_in_stages() -> None:
    okx = Okx()
    resting = okx.buy()

    okx.exchange.mode = TradingMode.HALTED
    halted = okx.post("trade/order", order())
    okx.exchange.mode = TradingMode.CANCEL_ONLY
    cancel_only = okx.buy()["sCode"]
    cancelled = okx.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": resting["ordId"]})[1]["code"]
    okx.exchange.mode = TradingMode.POST_ONLY
    crossing, resting_again = okx.buy()["sCode"], okx.buy(ordType="post_only")["sCode"]

    assert (halted[0], halted[1]["code"]) == (503, "50001")
    assert (cancel_only, cancelled, crossing, resting_again) == ("51022", "0", "54012", "0")


def test_an_order_that_dies_in_matching_was_accepted_and_is_cancelled_by_the_system() -> None:
    okx = Okx()
    okx.exchange.silent_reject = lambda request: True

    placed = okx.buy()
    okx.wait(1)
    found = okx.get("trade/order", instId="BTC-USDT", ordId=placed["ordId"])["data"][0]

    assert placed["sCode"] == "0"
    assert (found["state"], found["cancelSource"]) == ("canceled", "0")
    assert okx.exchange.truth.orders(ACCOUNT)[0].status is OrderStatus.REJECTED


def test_two_orders_of_one_account_do_not_trade_with_each_other() -> None:
    okx = Okx()
    maker = okx.buy(side="sell", px="59990")

    taker = okx.buy(px="59990")

    def state(placed: dict[str, Any]) -> tuple[str, str]:
        found = okx.get("trade/order", instId="BTC-USDT", ordId=placed["ordId"])["data"][0]
        return found["state"], found["cancelSource"]

    assert (state(maker), state(taker)) == (("canceled", "32"), ("live", ""))


def test_lists_of_instruments_other_than_spot_are_empty() -> None:
    okx = Okx()

    for kind in ("SWAP", "FUTURES", "OPTION", "MARGIN"):
        assert okx.get("public/instruments", instType=kind)["data"] == []
    assert okx.get("public/instruments", instType="STOCKS")["code"] == "51000"
