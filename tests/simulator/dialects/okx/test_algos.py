"""OKX's algo orders, which wait outside the book, and its dead man's switch."""

from __future__ import annotations

import pytest

from simulator.exchange.orders import Side
from tests.simulator.dialects.okx.desk import Okx, order
from tests.simulator.dialects.stage import ACCOUNT, BTC


def test_a_stop_waits_outside_of_the_open_orders_and_then_sells() -> None:
    okx = Okx()
    okx.exchange.print_trade(BTC, Side.BUY, 600_000, 1)
    terms = {"side": "sell", "ordType": "conditional", "px": None, "slTriggerPx": "59500", "slOrdPx": "-1"}

    placed = okx.post("trade/order-algo", order(algoClOrdId="stop1", **terms))[1]["data"][0]
    waiting = okx.get("trade/orders-algo-pending", ordType="conditional,trigger")["data"]
    open_orders = okx.get("trade/orders-pending")["data"]
    okx.exchange.print_trade(BTC, Side.SELL, 594_000, 1)
    done = okx.get("trade/order-algo", algoClOrdId="stop1")["data"][0]
    sold = okx.get("trade/order", instId="BTC-USDT", ordId=done["ordId"])["data"][0]

    assert (placed["sCode"], placed["algoClOrdId"]) == ("0", "stop1")
    assert [(one["algoId"], one["state"], one["slTriggerPx"]) for one in waiting] == [
        (placed["algoId"], "live", "59500")
    ]
    assert open_orders == []
    assert (done["state"], sold["state"], sold["side"]) == ("effective", "filled", "sell")
    assert (sold["source"], sold["clOrdId"], sold["algoClOrdId"]) == ("7", "", "stop1")


def test_a_stop_on_the_wrong_side_of_the_market_is_refused() -> None:
    okx = Okx()
    okx.exchange.print_trade(BTC, Side.BUY, 600_000, 1)
    terms = {"side": "sell", "ordType": "conditional", "px": None, "slTriggerPx": "60500", "slOrdPx": "-1"}

    body = okx.post("trade/order-algo", order(**terms))[1]

    assert (body["code"], body["data"][0]["sCode"]) == ("1", "51280")


def test_an_algo_order_is_cancelled_by_its_own_endpoint_only() -> None:
    okx = Okx()
    terms = {"ordType": "trigger", "px": None, "triggerPx": "65000", "orderPx": "65000"}
    placed = okx.post("trade/order-algo", order(**terms))[1]["data"][0]

    refused = okx.post("trade/cancel-algos", [{"instId": "BTC-USDT", "algoId": "5"}])[1]
    cancelled = okx.post("trade/cancel-algos", [{"instId": "BTC-USDT", "algoId": placed["algoId"]}])[1]
    history = okx.get("trade/orders-algo-history", ordType="trigger", state="canceled")["data"]

    assert (refused["code"], cancelled["code"]) == ("1", "0")
    assert [one["algoId"] for one in history] == [placed["algoId"]]


@pytest.mark.parametrize("seconds", ["9", "121", "-1", "soon", ""])
def test_the_switch_takes_nothing_but_zero_and_ten_to_a_hundred_and_twenty(seconds: str) -> None:
    assert Okx().post("trade/cancel-all-after", {"timeOut": seconds})[0] == 400


def test_the_switch_cancels_everything_unless_it_is_set_again_or_off() -> None:
    okx = Okx()
    first = okx.buy()
    okx.post("trade/cancel-all-after", {"timeOut": 10})
    okx.wait(9)
    armed = okx.post("trade/cancel-all-after", {"timeOut": "10"})[1]["data"][0]
    okx.wait(9)
    still = len(okx.exchange.truth.open_orders(ACCOUNT))
    okx.wait(2)
    found = okx.get("trade/order", instId="BTC-USDT", ordId=first["ordId"])["data"][0]
    disarmed = okx.post("trade/cancel-all-after", {"timeOut": "0"})[1]["data"][0]

    assert still == 1
    assert int(armed["triggerTime"]) - int(armed["ts"]) == 10_000
    assert (found["state"], found["cancelSource"]) == ("canceled", "20")
    assert disarmed["triggerTime"] == "0"


def test_a_conditional_market_buy_is_in_quote_currency_unless_it_says_otherwise() -> None:
    okx = Okx()
    okx.exchange.print_trade(BTC, Side.BUY, 600_000, 1)
    terms = {"ordType": "conditional", "px": None, "slTriggerPx": "60500", "slOrdPx": "-1"}

    okx.post("trade/order-algo", order(algoClOrdId="inquote", sz="6050", **terms))
    okx.post("trade/order-algo", order(algoClOrdId="inbase", sz="0.2", tgtCcy="base_ccy", **terms))
    okx.exchange.print_trade(BTC, Side.BUY, 605_000, 1)
    done = [okx.get("trade/order-algo", algoClOrdId=name)["data"][0] for name in ("inquote", "inbase")]

    assert [(one["state"], one["actualSz"]) for one in done] == [("effective", "0.1"), ("effective", "0.2")]


def test_of_a_stop_loss_and_a_take_profit_together_only_the_stop_loss_counts() -> None:
    okx = Okx()
    okx.exchange.print_trade(BTC, Side.BUY, 600_000, 1)
    terms = {"side": "sell", "ordType": "conditional", "px": None, "slTriggerPx": "59500", "slOrdPx": "-1"}

    okx.post("trade/order-algo", order(tpTriggerPx="60500", tpOrdPx="-1", **terms))

    (waiting,) = okx.get("trade/orders-algo-pending", ordType="conditional")["data"]
    assert (waiting["slTriggerPx"], waiting["tpTriggerPx"], waiting["ordType"]) == ("59500", "", "conditional")
