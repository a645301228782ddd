"""Binance answers: the fields of each body, as the vendor documents them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.dialects.binance.derivatives import EmptyDerivatives
from simulator.dialects.call import Call
from simulator.exchange.venue import ApiKey
from tests.simulator.dialects.counters import Binance
from tests.simulator.dialects.stage import SECRET

ORDER = "/api/v3/order"

# Field names as in the vendor's rest-api.md of late 2025.
ACK = ["symbol", "orderId", "orderListId", "clientOrderId", "transactTime"]
AMOUNTS = [
    "price",
    "origQty",
    "executedQty",
    "origQuoteOrderQty",
    "cummulativeQuoteQty",
    "status",
    "timeInForce",
    "type",
    "side",
]
RESULT = [*ACK, *AMOUNTS, "workingTime", "selfTradePreventionMode"]
FILL = ["price", "qty", "commission", "commissionAsset", "tradeId"]
CANCELLED = [
    *("symbol", "origClientOrderId", "orderId", "orderListId", "clientOrderId", "transactTime"),
    *AMOUNTS,
    "selfTradePreventionMode",
]
QUERIED = {
    *("symbol", "orderId", "orderListId", "clientOrderId", *AMOUNTS, "stopPrice", "icebergQty", "time"),
    *("updateTime", "isWorking", "workingTime", "selfTradePreventionMode"),
}
MY_TRADE = [
    *("symbol", "id", "orderId", "orderListId", "price", "qty", "quoteQty", "commission", "commissionAsset"),
    *("time", "isBuyer", "isMaker", "isBestMatch"),
]
ACCOUNT = [
    *("makerCommission", "takerCommission", "buyerCommission", "sellerCommission", "commissionRates", "canTrade"),
    *("canWithdraw", "canDeposit", "brokered", "requireSelfTradePrevention", "preventSor", "updateTime"),
    *("accountType", "balances", "permissions", "uid"),
]
DAY = [
    *("symbol", "priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastPrice", "lastQty"),
    *("bidPrice", "bidQty", "askPrice", "askQty", "openPrice", "highPrice", "lowPrice", "volume", "quoteVolume"),
    *("openTime", "closeTime", "firstId", "lastId", "count"),
]
SYMBOL = {
    *("symbol", "status", "baseAsset", "baseAssetPrecision", "quoteAsset", "quotePrecision", "quoteAssetPrecision"),
    *("baseCommissionPrecision", "quoteCommissionPrecision", "orderTypes", "icebergAllowed", "ocoAllowed"),
    *("otoAllowed", "opoAllowed", "quoteOrderQtyMarketAllowed", "allowTrailingStop", "cancelReplaceAllowed"),
    *("amendAllowed", "pegInstructionsAllowed", "isSpotTradingAllowed", "isMarginTradingAllowed", "filters"),
    *("permissions", "permissionSets", "defaultSelfTradePreventionMode", "allowedSelfTradePreventionModes"),
}


@pytest.fixture
def binance() -> Binance:
    return Binance()


def test_exchange_info_tells_limits_and_filters(binance: Binance) -> None:
    _, info = binance.ask("GET", "/api/v3/exchangeInfo")

    assert list(info) == ["timezone", "serverTime", "rateLimits", "exchangeFilters", "symbols"]
    assert [limit["limit"] for limit in info["rateLimits"]] == [6000, 100, 200_000]
    assert set(info["symbols"][0]) == SYMBOL
    filters = {one["filterType"]: one for one in info["symbols"][0]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert filters["NOTIONAL"]["minNotional"] == "5.00000000"


def test_an_order_is_answered_as_asked(binance: Binance) -> None:
    acknowledged = binance.buy(newOrderRespType="ACK")[1]
    result = binance.buy(newOrderRespType="RESULT")[1]
    full = binance.buy(quantity="1.5", price="61000")[1]

    assert list(acknowledged) == ACK
    assert list(result) == RESULT
    assert list(full) == [*RESULT, "fills"]
    assert [list(fill) for fill in full["fills"]] == [FILL, FILL]
    assert (full["status"], full["executedQty"], full["cummulativeQuoteQty"]) == (
        "FILLED",
        "1.50000000",
        "90120.00000000",
    )
    assert full["fills"][0] == {
        "price": "60060.00000000",
        "qty": "1.00000000",
        "commission": "0.00100000",
        "commissionAsset": "BTC",
        "tradeId": full["fills"][0]["tradeId"],
    }


def test_a_maker_order_is_only_acknowledged_unless_more_is_asked(binance: Binance) -> None:
    terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.01", "price": "59000"}

    assert list(binance.signed("POST", ORDER, **terms)[1]) == ACK
    assert binance.signed("POST", ORDER, **terms, newOrderRespType="RESULT")[1]["type"] == "LIMIT_MAKER"


def test_a_quote_quantity_is_spent_as_far_as_whole_lots_go(binance: Binance) -> None:
    _, body = binance.signed("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="1000")

    assert (body["origQuoteOrderQty"], body["origQty"], body["status"]) == ("1000.00000000", "0.01665000", "FILLED")
    assert 999.9 < float(body["cummulativeQuoteQty"]) <= 1000


def test_an_unfilled_ioc_order_expires(binance: Binance) -> None:
    _, body = binance.buy(timeInForce="IOC")

    assert (body["status"], body["executedQty"], body["fills"]) == ("EXPIRED", "0.00000000", [])


def test_a_test_order_does_nothing(binance: Binance) -> None:
    binance.moved.clear()
    terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}

    assert binance.signed("POST", "/api/v3/order/test", **terms) == (200, {})
    assert binance.moved == []


def test_a_cancel_has_a_client_id_of_its_own(binance: Binance) -> None:
    _, placed = binance.buy(newClientOrderId="mine")
    _, body = binance.signed(
        "DELETE", ORDER, symbol="BTCUSDT", orderId=placed["orderId"], newClientOrderId="the-cancel"
    )

    assert list(body) == CANCELLED
    assert (body["origClientOrderId"], body["clientOrderId"], body["status"]) == ("mine", "the-cancel", "CANCELED")


def test_orders_trades_and_account_have_the_documented_fields(binance: Binance) -> None:
    binance.buy(quantity="0.1", price="61000")
    binance.buy()

    orders = binance.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")[1]
    trades = binance.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")[1]
    account = binance.signed("GET", "/api/v3/account")[1]

    assert [set(order) for order in orders] == [QUERIED, QUERIED]
    assert list(trades[0]) == MY_TRADE
    assert list(account) == ACCOUNT
    assert account["balances"][0] == {"asset": "BTC", "free": "2.09990000", "locked": "0.00000000"}


def test_zero_balances_can_be_left_out(binance: Binance) -> None:
    binance.exchange.open_account("poor", {"BTC": Decimal(0), "USDT": Decimal(5)})
    binance.venue.issue_key(ApiKey(account="poor", key="poor-key", secret=SECRET))

    def assets(**parameters: Any) -> list[str]:
        _, body = binance.signed("GET", "/api/v3/account", key="poor-key", **parameters)
        return [balance["asset"] for balance in body["balances"]]

    assert set(assets()) >= {"BTC", "USDT"}
    assert assets(omitZeroBalances="true") == ["USDT"]


def test_the_day_ticker_has_the_documented_fields_in_both_forms(binance: Binance) -> None:
    binance.buy(quantity="0.1", price="61000")

    _, body = binance.ask("GET", "/api/v3/ticker/24hr", symbol="BTCUSDT")
    _, mini = binance.ask("GET", "/api/v3/ticker/24hr", symbol="BTCUSDT", type="MINI")
    _, both = binance.ask("GET", "/api/v3/ticker/24hr")

    assert list(body) == DAY
    assert (body["lastPrice"], body["askPrice"], body["askQty"]) == ("60060.00000000", "60060.00000000", "0.90000000")
    assert set(mini) < set(body)
    assert [ticker["symbol"] for ticker in both] == ["BTCUSDT", "ETHUSDT"]


def test_a_market_that_has_never_traded_has_zeros(binance: Binance) -> None:
    _, body = binance.ask("GET", "/api/v3/ticker/24hr", symbol="BTCUSDT")

    assert (body["lastPrice"], body["priceChange"], body["count"]) == ("0.00000000", "0.00000000", 0)


def test_histories_page_by_id_and_by_time(binance: Binance) -> None:
    ids = []
    for _ in range(4):
        ids.append(binance.buy(quantity="0.01", price="61000")[1]["orderId"])
        binance.wait(1)

    def told(path: str, key: str, **parameters: Any) -> list[int]:
        return [one[key] for one in binance.signed("GET", path, symbol="BTCUSDT", **parameters)[1]]

    times = [one["time"] for one in binance.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")[1]]
    assert told("/api/v3/allOrders", "orderId") == ids
    assert told("/api/v3/allOrders", "orderId", limit=2) == ids[2:]
    assert told("/api/v3/allOrders", "orderId", orderId=ids[1], limit=2) == ids[1:3]
    assert told("/api/v3/allOrders", "orderId", startTime=times[1], limit=2) == ids[1:3]
    assert told("/api/v3/allOrders", "orderId", endTime=times[1]) == ids[:2]
    assert told("/api/v3/myTrades", "orderId", startTime=times[2]) == ids[2:]
    assert told("/api/v3/myTrades", "orderId", orderId=ids[0]) == ids[:1]


def test_public_trades_come_in_two_forms(binance: Binance) -> None:
    binance.buy(quantity="0.1", price="61000")

    (trade,) = binance.ask("GET", "/api/v3/trades", symbol="BTCUSDT")[1]
    (aggregate,) = binance.ask("GET", "/api/v3/aggTrades", symbol="BTCUSDT", fromId=0)[1]

    assert list(trade) == ["id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"]
    assert list(aggregate) == ["a", "p", "q", "f", "l", "T", "m", "M"]
    assert (trade["price"], aggregate["q"], trade["isBuyerMaker"]) == ("60060.00000000", "0.10000000", False)


def test_hosts_of_derivatives_list_nothing(binance: Binance) -> None:

    desk = EmptyDerivatives(binance.front)

    assert b'"symbols":[]' in desk.answer(Call(method="GET", path="/fapi/v1/exchangeInfo")).body
    assert desk.answer(Call(method="GET", path="/fapi/v1/time")).status == 404
