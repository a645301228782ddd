"""Kraken answers: the fields of each body, as its documents and public recordings show them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.dialects.kraken import ids
from simulator.dialects.kraken.listing import Listing
from simulator.exchange.instrument import Instrument
from tests.simulator.dialects.counters import Kraken
from tests.simulator.dialects.stage import BTC

# Field names as in public recordings of the venue's answers.
PAIR = {
    *("altname", "wsname", "aclass_base", "base", "aclass_quote", "quote", "lot", "cost_decimals", "pair_decimals"),
    *("lot_decimals", "lot_multiplier", "leverage_buy", "leverage_sell", "fees", "fees_maker", "fee_volume_currency"),
    *("margin_call", "margin_stop", "ordermin", "costmin", "tick_size", "status"),
}
ORDER = {
    *("refid", "userref", "status", "opentm", "starttm", "expiretm", "descr", "vol", "vol_exec", "cost", "fee"),
    *("price", "stopprice", "limitprice", "misc", "oflags"),
}
DESCRIPTION = {"pair", "type", "ordertype", "price", "price2", "leverage", "order", "close"}
TRADE = {
    *("ordertxid", "postxid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol", "margin"),
    *("leverage", "misc", "trade_id", "maker"),
}


@pytest.fixture
def kraken() -> Kraken:
    return Kraken()


def instrument(base: str, quote: str) -> Instrument:
    one = Decimal(1)
    return Instrument(
        symbol=f"{base}/{quote}",
        base=base,
        quote=quote,
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.00000001"),
        min_quantity=one,
        max_quantity=one,
        min_notional=one,
    )


@pytest.mark.parametrize(
    ("base", "quote", "pair_id", "altname", "wsname"),
    [
        ("BTC", "USD", "XXBTZUSD", "XBTUSD", "XBT/USD"),
        ("BTC", "USDT", "XBTUSDT", "XBTUSDT", "XBT/USDT"),
        ("ETH", "BTC", "XETHXXBT", "ETHXBT", "ETH/XBT"),
        ("SOL", "USD", "SOLUSD", "SOLUSD", "SOL/USD"),
        ("DOGE", "USD", "XDGUSD", "XDGUSD", "XDG/USD"),
        ("ETH", "EUR", "XETHZEUR", "ETHEUR", "ETH/EUR"),
    ],
)
def test_pairs_have_the_names_that_the_venue_gave_them(
    base: str, quote: str, pair_id: str, altname: str, wsname: str
) -> None:
    (pair,) = Listing([instrument(base, quote)])

    assert (pair.id, pair.altname, pair.wsname) == (pair_id, altname, wsname)


def test_asset_pairs_have_the_recorded_fields(kraken: Kraken) -> None:
    pairs = kraken.ask("AssetPairs")

    assert list(pairs) == ["XBTUSDT", "ETHUSDT"]
    assert set(pairs["XBTUSDT"]) == PAIR
    assert pairs["XBTUSDT"]["ordermin"] == "0.00005"
    assert pairs["XBTUSDT"]["fees"] == [[0, 0.4]]
    assert (pairs["XBTUSDT"]["tick_size"], pairs["XBTUSDT"]["pair_decimals"]) == ("0.1", 1)


@pytest.mark.parametrize(
    ("asked", "key"), [("XBTUSDT", "XBTUSDT"), ("xbtusdt", "XBTUSDT"), ("BTC/USDT", "BTC/USDT"), ("BTCUSDT", "XBTUSDT")]
)
def test_one_pair_is_answered_under_the_name_it_was_asked_by_or_its_id(kraken: Kraken, asked: str, key: str) -> None:
    assert list(kraken.ask("Ticker", pair=asked)) == [key]


def test_assets_are_told_under_their_ids(kraken: Kraken) -> None:
    assets = kraken.ask("Assets")

    assert list(assets) == ["XXBT", "USDT", "XETH"]
    assert list(kraken.ask("Assets", asset="XBT,ETH")) == ["XXBT", "XETH"]
    assert assets["XXBT"] == {
        "aclass": "currency",
        "altname": "XBT",
        "decimals": 10,
        "display_decimals": 5,
        "status": "enabled",
    }


def test_the_time_comes_in_two_spellings(kraken: Kraken) -> None:
    assert kraken.ask("Time") == {"unixtime": 1_772_323_200, "rfc1123": "Sun,  1 Mar 26 00:00:00 +0000"}


def test_a_ticker_writes_prices_with_five_decimals(kraken: Kraken) -> None:
    kraken.buy(volume="0.1", price="61000")

    ticker = kraken.ask("Ticker", pair="XBTUSDT")["XBTUSDT"]

    assert list(ticker) == ["a", "b", "c", "v", "p", "t", "l", "h", "o"]
    assert (ticker["a"], ticker["b"]) == (["60060.00000", "0", "0.000"], ["59940.00000", "1", "1.000"])
    assert (ticker["c"], ticker["v"][1], ticker["t"][1]) == (["60060.00000", "0.10000000"], "0.10000000", 1)


def test_a_book_cuts_its_volumes_to_three_decimals(kraken: Kraken) -> None:
    kraken.buy(volume="0.00123456", price="59999")

    book = kraken.ask("Depth", pair="XBTUSDT", count=2)["XBTUSDT"]

    assert book["bids"] == [["59999.00000", "0.001", 1_772_323_200], ["59940.00000", "1.000", 1_772_323_200]]
    assert len(book["asks"]) == 2


def test_public_trades_go_on_from_where_the_last_answer_ended(kraken: Kraken) -> None:
    kraken.buy(volume="0.1", price="61000")
    first = kraken.ask("Trades", pair="XBTUSDT")
    kraken.wait(1)
    kraken.buy(volume="0.2", price="61000")

    later = kraken.ask("Trades", pair="XBTUSDT", since=first["last"])

    assert [trade[:2] for trade in first["XBTUSDT"]] == [["60060.00000", "0.10000000"]]
    assert [trade[1] for trade in later["XBTUSDT"]] == ["0.20000000"]
    assert [trade[1] for trade in kraken.ask("Trades", pair="XBTUSDT", count=1)["XBTUSDT"]] == ["0.20000000"]


def test_a_new_order_is_answered_with_its_id_and_a_sentence_only(kraken: Kraken) -> None:
    answer = kraken.buy()

    assert list(answer) == ["txid", "descr"]
    assert answer["descr"] == {"order": "buy 0.01000000 XBTUSDT @ limit 59000.0"}
    assert ids.number(ids.ORDER, answer["txid"][0]) == kraken.exchange.truth.orders("main")[0].order_id


def test_a_validated_order_is_not_placed(kraken: Kraken) -> None:
    kraken.moved.clear()

    assert kraken.buy(validate="true") == {"descr": {"order": "buy 0.01000000 XBTUSDT @ limit 59000.0"}}
    assert kraken.moved == []


def test_orders_have_the_recorded_fields_open_and_closed(kraken: Kraken) -> None:
    open_id = kraken.buy(cl_ord_id="mine")["txid"][0]
    done_id = kraken.buy(volume="1.5", price="61000")["txid"][0]

    opened = kraken.signed("OpenOrders")["open"]
    closed = kraken.signed("ClosedOrders", trades="true")
    both = kraken.signed("QueryOrders", txid=f"{open_id},{done_id}")

    assert set(opened[open_id]) == ORDER | {"cl_ord_id"}
    assert set(opened[open_id]["descr"]) == DESCRIPTION
    assert closed["count"] == 1
    done = closed["closed"][done_id]
    assert set(done) == ORDER | {"reason", "closetm", "trades"}
    assert (done["status"], done["vol_exec"], done["price"]) == ("closed", "1.50000000", "60080.00000")
    assert (Decimal(done["cost"]), Decimal(done["fee"])) == (Decimal(90120), Decimal("360.48"))
    assert list(both) == [open_id, done_id]


def test_a_cancelled_order_says_that_its_user_asked(kraken: Kraken) -> None:
    txid = kraken.buy()["txid"][0]
    kraken.signed("CancelOrder", txid=txid)

    order = kraken.signed("QueryOrders", txid=txid)[txid]

    assert (order["status"], order["reason"]) == ("canceled", "User requested")


def test_an_order_that_died_in_matching_is_cancelled_with_a_reason(kraken: Kraken) -> None:
    kraken.exchange.silent_reject = lambda request: True
    txid = kraken.buy()["txid"][0]
    kraken.wait(1)

    order = kraken.signed("QueryOrders", txid=txid)[txid]

    assert (order["status"], order["reason"], order["vol_exec"]) == (
        "canceled",
        "Rejected in matching",
        "0.00000000",
    )


def test_orders_can_be_told_apart_by_the_clients_number(kraken: Kraken) -> None:
    first = kraken.buy(userref="-7")["txid"][0]
    kraken.buy(userref="8")

    assert list(kraken.signed("OpenOrders", userref="-7")["open"]) == [first]
    assert kraken.signed("CancelOrder", txid="-7") == {"count": 1}
    assert len(kraken.signed("OpenOrders")["open"]) == 1


def test_histories_page_by_fifty_newest_first(kraken: Kraken) -> None:
    for _ in range(60):
        kraken.buy(volume="0.001", price="61000")
        kraken.wait(60)

    first = kraken.signed("TradesHistory")
    kraken.wait(60)
    second = kraken.signed("TradesHistory", ofs=50)
    orders = kraken.signed("ClosedOrders", ofs=50)

    assert (first["count"], len(first["trades"]), len(second["trades"])) == (60, 50, 10)
    assert (orders["count"], len(orders["closed"])) == (60, 10)
    times = [trade["time"] for trade in (*first["trades"].values(), *second["trades"].values())]
    assert times == sorted(times, reverse=True)
    trade_id, trade = next(iter(first["trades"].items()))
    assert set(trade) == TRADE
    kraken.wait(60)
    assert kraken.signed("QueryTrades", txid=trade_id)[trade_id] == trade
    cut = kraken.signed("TradesHistory", start=f"{times[3]:.3f}")
    assert len(cut["trades"]) == 3


def test_balances_have_ten_decimals_and_show_what_is_held(kraken: Kraken) -> None:
    kraken.buy(volume="1", price="61000")
    kraken.buy()

    plain, extended = kraken.signed("Balance"), kraken.signed("BalanceEx")

    assert plain["XXBT"] == extended["XXBT"]["balance"] == "3.0000000000"
    assert Decimal(extended["USDT"]["balance"]) == Decimal(200_000) - 60_060 - Decimal("240.24")
    assert Decimal(extended["USDT"]["hold_trade"]) >= 590


def test_what_trades_cost_adds_up_to_the_balance_exactly(kraken: Kraken) -> None:
    for volume in ("0.00012345", "0.00054321", "0.12345678"):
        kraken.buy(volume=volume, price="60060.0")

    trades = kraken.signed("TradesHistory")["trades"].values()
    balance = Decimal(kraken.signed("BalanceEx")["USDT"]["balance"])

    assert sum(Decimal(trade["cost"]) + Decimal(trade["fee"]) for trade in trades) == Decimal(200_000) - balance


def test_a_volume_may_be_given_in_the_quote_asset(kraken: Kraken) -> None:
    terms: dict[str, Any] = {
        "pair": "XBTUSDT",
        "type": "buy",
        "ordertype": "market",
        "volume": "6006",
        "oflags": "viqc",
    }
    txid = kraken.signed("AddOrder", **terms)["txid"][0]

    order = kraken.signed("QueryOrders", txid=txid)[txid]

    assert (order["status"], order["vol"]) == ("closed", "0.10000000")


def test_fees_are_told_per_pair(kraken: Kraken) -> None:
    volume = kraken.signed("TradeVolume", pair="XBTUSDT")

    assert (volume["fees"]["XBTUSDT"]["fee"], volume["fees_maker"]["XBTUSDT"]["fee"]) == ("0.4000", "0.2500")


def test_all_orders_can_be_cancelled(kraken: Kraken) -> None:
    kraken.buy()
    kraken.buy(pair="ETHUSDT", price="2900", volume="0.1")

    assert kraken.signed("CancelAll") == {"count": 2}
    assert kraken.signed("CancelAll") == {"count": 0}


def test_a_dead_mans_switch_cancels_everything_when_it_is_not_refreshed(kraken: Kraken) -> None:
    kraken.buy()
    armed = kraken.signed("CancelAllOrdersAfter", timeout=60)
    kraken.wait(59)
    kraken.signed("CancelAllOrdersAfter", timeout=60)
    kraken.wait(59)
    assert len(kraken.exchange.truth.open_orders("main")) == 1

    kraken.wait(1)

    assert kraken.exchange.truth.open_orders("main") == []
    assert armed["triggerTime"] == "2026-03-01T00:01:00.000000Z"


def test_a_dead_mans_switch_can_be_disarmed(kraken: Kraken) -> None:
    kraken.buy()
    kraken.signed("CancelAllOrdersAfter", timeout=60)

    assert kraken.signed("CancelAllOrdersAfter", timeout=0)["triggerTime"] == "0"
    kraken.wait(100)

    assert len(kraken.exchange.truth.open_orders("main", BTC)) == 1


@pytest.mark.parametrize("timeout", ["", "-1", "86401", "soon"])
def test_a_dead_mans_switch_takes_seconds_up_to_a_day(kraken: Kraken, timeout: str) -> None:
    assert kraken.signed("CancelAllOrdersAfter", timeout=timeout) == "EGeneral:Invalid arguments:timeout"


@pytest.mark.parametrize("number", [0, 1, 36, 9_038_175_588, 10**18])
def test_an_id_is_its_number_in_disguise(number: int) -> None:
    text = ids.made(ids.ORDER, number)

    assert len(text) == ids.LENGTH
    assert ids.number(ids.ORDER, text) == number
    assert ids.number(ids.TRADE, text) is None
