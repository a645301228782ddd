"""How Kraken changes orders: AmendOrder in place, EditOrder by another, and what each costs."""

from __future__ import annotations

import pytest

from simulator.dialects.kraken.settings import KrakenSettings
from simulator.exchange.orders import Side
from tests.simulator.dialects.counters import Kraken
from tests.simulator.dialects.stage import ACCOUNT, BTC


@pytest.fixture
def kraken() -> Kraken:
    return Kraken()


def bought(kraken: Kraken, **more: object) -> str:
    """Place an order and return its id."""
    return str(kraken.buy(**more)["txid"][0])


def test_an_amended_order_keeps_its_id_and_the_answer_names_the_amendment(kraken: Kraken) -> None:
    txid = bought(kraken)

    answer = kraken.signed("AmendOrder", txid=txid, order_qty="0.02", limit_price="58000")

    assert list(answer) == ["amend_id"]
    assert answer["amend_id"].startswith("T")
    assert answer["amend_id"] != txid
    order = kraken.signed("QueryOrders", txid=txid)[txid]
    assert (order["vol"], order["descr"]["price"]) == ("0.02000000", "58000.0")


def test_an_order_can_be_amended_by_its_client_id(kraken: Kraken) -> None:
    kraken.buy(cl_ord_id="mine")

    assert "amend_id" in kraken.signed("AmendOrder", cl_ord_id="mine", limit_price="58000")


def test_an_order_that_shrinks_below_what_is_filled_is_cancelled(kraken: Kraken) -> None:
    instrument = kraken.exchange.instrument(BTC)
    txid = bought(kraken, volume="1", price="60000")
    kraken.exchange.quote(BTC, [], [(instrument.ticks(instrument.tick_size * 599_000), instrument.lots_most // 25_000)])
    order = kraken.exchange.truth.open_orders(ACCOUNT)[0]
    assert 0 < order.filled_lots < order.quantity_lots

    assert "amend_id" in kraken.signed("AmendOrder", txid=txid, order_qty="0.0001")

    assert kraken.exchange.truth.open_orders(ACCOUNT) == []


BAD_AMENDMENTS = [
    ({"limit_price": "58000", "txid": ""}, "EGeneral:Invalid arguments"),
    ({}, "EGeneral:Invalid arguments"),
    ({"txid": "OAAAAA-BBBBB-CCCCCC", "limit_price": "58000"}, "EOrder:Unknown order"),
    ({"txid": "nonsense", "limit_price": "58000"}, "EOrder:Unknown order"),
    ({"limit_price": "+5"}, "EGeneral:Invalid arguments:limit_price"),
    (
        {"limit_price": "58000.01"},
        "EOrder:Invalid price:XBTUSDT price can only be specified up to 1 decimals.",
    ),
    ({"order_qty": "0.000000001"}, "EGeneral:Invalid arguments:order_qty"),
    ({"order_qty": "100"}, "EOrder:Insufficient funds"),
    ({"order_qty": "0.00001"}, "EGeneral:Invalid arguments:volume minimum not met"),
    ({"limit_price": "61000", "post_only": "true"}, "EOrder:Post only order"),
    ({"limit_price": "58000", "display_qty": "0.001"}, "EGeneral:Invalid arguments:display_qty"),
    ({"trigger_price": "58000"}, "EOrder:Invalid order"),
    ({"limit_price": "58000", "deadline": "2020-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
]


@pytest.mark.parametrize(("terms", "error"), BAD_AMENDMENTS)
def test_a_bad_amendment_is_refused_and_changes_nothing(kraken: Kraken, terms: dict[str, str], error: str) -> None:
    txid = bought(kraken)
    before = kraken.exchange.truth.open_orders(ACCOUNT)

    assert kraken.signed("AmendOrder", **{"txid": txid, **terms}) == error

    assert kraken.exchange.truth.open_orders(ACCOUNT) == before


def test_amendments_fill_the_counter_of_orders_the_more_the_younger_the_order() -> None:
    kraken = Kraken(KrakenSettings(orders_max=6, orders_decay_per_s=0))
    txid = bought(kraken)

    assert "amend_id" in kraken.signed("AmendOrder", txid=txid, limit_price="58000")  # 1 and 3 for a young order
    assert kraken.signed("AmendOrder", txid=txid, limit_price="57000") == "EOrder:Rate limit exceeded"
    kraken.wait(20)
    assert "amend_id" in kraken.signed("AmendOrder", txid=txid, limit_price="57000")


def test_an_edited_order_is_another_one(kraken: Kraken) -> None:
    txid = bought(kraken)

    answer = kraken.signed("EditOrder", txid=txid, pair="XBTUSDT", volume="0.02", price="58000")

    assert set(answer) == {"status", "txid", "originaltxid", "volume", "price", "orders_cancelled", "descr"}
    assert (answer["status"], answer["originaltxid"], answer["orders_cancelled"]) == ("ok", txid, 1)
    assert answer["txid"] != txid
    assert answer["descr"] == {"order": "buy 0.02000000 XBTUSDT @ limit 58000.0"}
    assert kraken.signed("QueryOrders", txid=txid)[txid]["status"] == "canceled"


def test_an_edit_that_fails_a_filter_leaves_the_order(kraken: Kraken) -> None:
    txid = bought(kraken)

    assert "volume minimum" in kraken.signed("EditOrder", txid=txid, pair="XBTUSDT", volume="0.00001")

    assert kraken.signed("QueryOrders", txid=txid)[txid]["status"] == "open"


def test_a_stop_waits_and_becomes_an_order_when_its_price_is_reached(kraken: Kraken) -> None:
    kraken.exchange.print_trade(BTC, Side.BUY, 600_000, 1)
    terms = {"pair": "XBTUSDT", "type": "sell", "ordertype": "stop-loss-limit", "volume": "0.01"}

    answer = kraken.signed("AddOrder", **terms, price="58000", price2="57900")
    (txid,) = answer["txid"]
    waiting = kraken.signed("QueryOrders", txid=txid)[txid]
    kraken.exchange.print_trade(BTC, Side.SELL, 580_000, 1)
    order = kraken.signed("QueryOrders", txid=txid)[txid]

    assert answer["descr"]["order"] == "sell 0.01000000 XBTUSDT @ stop loss 58000.0 -> limit 57900.0"
    assert (waiting["status"], waiting["stopprice"], waiting["trigger"]) == ("open", "0.0000000000", "last")
    assert waiting["descr"]["ordertype"] == "stop-loss-limit"
    assert (waiting["descr"]["price"], waiting["descr"]["price2"]) == ("58000.0", "57900.0")
    assert order["stopprice"] == "58000.00000"


def test_a_take_profit_sells_at_the_market(kraken: Kraken) -> None:
    kraken.exchange.print_trade(BTC, Side.BUY, 600_000, 1)
    terms = {"pair": "XBTUSDT", "type": "sell", "ordertype": "take-profit", "volume": "0.01", "price": "62000"}

    (txid,) = kraken.signed("AddOrder", **terms)["txid"]
    kraken.exchange.print_trade(BTC, Side.BUY, 620_000, 1)

    assert kraken.signed("QueryOrders", txid=txid)[txid]["status"] == "closed"


def test_an_order_good_till_a_date_expires_then(kraken: Kraken) -> None:
    txid = bought(kraken, timeinforce="GTD", expiretm="+60")
    kraken.wait(59)
    assert kraken.signed("QueryOrders", txid=txid)[txid]["status"] == "open"
    kraken.wait(2)

    order = kraken.signed("QueryOrders", txid=txid)[txid]
    assert order["status"] == "expired"
    assert order["expiretm"] > 0


@pytest.mark.parametrize(("stptype", "left"), [(None, ["sell"]), ("cancel-oldest", ["buy"]), ("cancel-both", [])])
def test_an_account_does_not_trade_with_itself(kraken: Kraken, stptype: str | None, left: list[str]) -> None:
    """Of two of its orders that would meet, the newest is cancelled unless it says otherwise."""
    kraken.buy(type="sell", price="60010")
    kraken.buy(price="60020", **({} if stptype is None else {"stptype": stptype}))

    assert [order.side.value.lower() for order in kraken.exchange.truth.open_orders(ACCOUNT)] == left
    assert kraken.exchange.truth.trades(ACCOUNT) == []
