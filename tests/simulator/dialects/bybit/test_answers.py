"""Bybit's answers field by field: the names that the vendor's pages and recordings of 2023 to 2025 have for spot."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.exchange.orders import Side
from tests.simulator.dialects.bybit.connection import PRIVATE, connected, let_in
from tests.simulator.dialects.bybit.desk import Bybit
from tests.simulator.dialects.sockets import buy, gather
from tests.simulator.dialects.stage import BTC, Stage


def fields(text: str) -> set[str]:
    """Return the names in a text."""
    return set(text.split())


ORDER = fields("""
    orderId orderLinkId blockTradeId symbol price qty side isLeverage positionIdx orderStatus cancelType
    rejectReason avgPrice leavesQty leavesValue cumExecQty cumExecValue cumExecFee timeInForce orderType
    stopOrderType orderIv marketUnit triggerPrice takeProfit stopLoss ocoTriggerBy tpLimitPrice slLimitPrice
    tpTriggerBy slTriggerBy triggerDirection triggerBy basePrice reduceOnly closeOnTrigger placeType smpType
    smpGroup smpOrderId createdTime updatedTime cumFeeDetail slippageToleranceType slippageTolerance extraFees
""")
EXECUTION = fields("""
    symbol orderId orderLinkId side orderPrice orderQty leavesQty orderType stopOrderType execFee execId execPrice
    execQty execType execValue execTime feeCurrency isMaker feeRate tradeIv markIv markPrice indexPrice
    underlyingPrice blockTradeId closedSize seq extraFees
""")
WALLET = fields("""
    accountType accountLTV accountIMRate accountIMRateByMp accountMMRate accountMMRateByMp totalEquity
    totalWalletBalance totalMarginBalance totalAvailableBalance totalPerpUPL totalInitialMargin
    totalInitialMarginByMp totalMaintenanceMargin totalMaintenanceMarginByMp coin
""")
COIN = fields("""
    coin equity usdValue walletBalance locked spotHedgingQty borrowAmount availableToWithdraw accruedInterest
    totalOrderIM totalPositionIM totalPositionMM unrealisedPnl cumRealisedPnl bonus marginCollateral
    collateralSwitch availableToBorrow spotBorrow
""")
TICKER = fields("""
    symbol bid1Price bid1Size ask1Price ask1Size lastPrice prevPrice24h price24hPcnt highPrice24h lowPrice24h
    turnover24h volume24h usdIndexPrice
""")
TAPE = fields("""
    execId symbol price size side time isBlockTrade isRPITrade seq
""")
KEY = fields("""
    id note apiKey readOnly secret permissions ips type deadlineDay expiredAt createdAt unified uta userID
    inviterID vipLevel mktMakerLevel affiliateID rsaPublicKey isMaster parentUid kycLevel kycRegion
""")
INFO = fields("""
    marginMode updatedTime unifiedMarginStatus dcpStatus timeWindow smpGroup isMasterTrader spotHedgingStatus
""")
CHAIN = fields("""
    chain chainType confirmation withdrawFee depositMin withdrawMin minAccuracy chainDeposit chainWithdraw
    withdrawPercentageFee contractAddress safeConfirmNumber
""")


@pytest.fixture
def floor() -> Bybit:
    floor = Bybit()
    floor.exchange.print_trade(BTC, Side.BUY, 6_000_000, 1_000_000)
    return floor


def of(answer: tuple[int, Any]) -> Any:
    assert answer[0] == 0, answer
    return answer[1]


def test_orders_executions_and_wallets_have_the_fields_of_their_pages(floor: Bybit) -> None:
    floor.bought(price="60060")
    floor.bought()

    (resting,) = of(floor.get("order/realtime", category="spot"))["list"]
    (filled,) = of(floor.get("order/history", category="spot"))["list"]
    (execution,) = of(floor.get("execution/list", category="spot"))["list"]
    (wallet,) = of(floor.get("account/wallet-balance", accountType="UNIFIED"))["list"]

    assert set(resting) == set(filled) == ORDER
    assert set(execution) == EXECUTION
    assert set(wallet) == WALLET
    assert all(set(coin) == COIN for coin in wallet["coin"])


def test_keys_accounts_coins_and_fees_have_the_fields_of_their_pages(floor: Bybit) -> None:
    key = of(floor.get("user/query-api"))
    (coin,) = of(floor.get("asset/coin/query-info", coin="BTC"))["rows"]
    (fee,) = of(floor.get("account/fee-rate", category="spot", symbol="BTCUSDT"))["list"]

    assert (set(key), key["apiKey"], key["uta"]) == (KEY, "the-key", 1)
    assert set(of(floor.get("account/info"))) == INFO
    assert set(coin) == {"name", "coin", "remainAmount", "chains"}
    assert all(set(chain) == CHAIN for chain in coin["chains"])
    assert fee == {"symbol": "BTCUSDT", "baseCoin": "", "takerFeeRate": "0.001", "makerFeeRate": "0.001"}


def test_markets_have_the_fields_of_their_pages(floor: Bybit) -> None:
    (rules,) = of(floor.ask("market/instruments-info", category="spot", symbol="BTCUSDT"))["list"]
    (ticker,) = of(floor.ask("market/tickers", category="spot", symbol="BTCUSDT"))["list"]
    book = of(floor.ask("market/orderbook", category="spot", symbol="BTCUSDT"))
    (trade,) = of(floor.ask("market/recent-trade", category="spot", symbol="BTCUSDT"))["list"]
    candles = of(floor.ask("market/kline", category="spot", symbol="BTCUSDT", interval="1"))

    assert rules["lotSizeFilter"] == {
        "basePrecision": "0.000001",
        "quotePrecision": "0.00000001",
        "minOrderQty": "0.000048",
        "maxOrderQty": "71.739562",
        "minOrderAmt": "5",
        "maxOrderAmt": "4000000",
    }
    assert (rules["priceFilter"], rules["status"]) == ({"tickSize": "0.01"}, "Trading")
    assert set(ticker) == TICKER
    assert set(book) == {"s", "b", "a", "ts", "u", "seq", "cts"}
    assert (len(book["b"]), book["a"][0]) == (1, ["60060", "1"])
    assert set(trade) == TAPE
    assert candles["list"][0][1:] == ["60000", "60000", "60000", "60000", "1", "60000"]
    assert set(of(floor.ask("market/time"))) == {"timeSecond", "timeNano"}


def test_private_messages_have_the_fields_that_were_recorded() -> None:
    stage = Stage("bybit")

    async def story(socket: Any) -> Any:
        await let_in(stage, socket, "execution.spot", "order.spot", "wallet")
        stage.later(1, lambda: buy(stage, None))
        return await gather(socket, 2)

    execution, order, wallet = (message["data"][0] for message in connected(stage, PRIVATE, story))

    assert set(execution) == EXECUTION | {"category", "isLeverage", "marketUnit"}
    assert set(order) == ORDER | {"category", "feeCurrency", "closedPnl"}
    assert set(wallet) == WALLET
