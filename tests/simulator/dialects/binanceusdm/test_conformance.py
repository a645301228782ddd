"""Unmodified ccxt.pro against the futures: everything it is used for, over REST."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from simulator.exchange.orders import Side
from tests.simulator.dialects.binanceusdm.pit import BTC, ETH, UsdmStage

CID = "spabcd0123456789ab"


@pytest.fixture
def stage() -> UsdmStage:
    return UsdmStage()


def test_markets_are_linear_perpetuals_with_their_grids(stage: UsdmStage) -> None:
    markets = stage.tell(lambda exchange: exchange.load_markets())

    market = markets[BTC]
    assert (market["swap"], market["linear"], market["settle"]) == (True, True, "USDT")
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.1, 0.001)
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == (0.001, 50)


def test_tickers_books_trades_candles_and_marks_are_told(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        return (
            await exchange.fetch_ticker(BTC),
            await exchange.fetch_tickers(),
            await exchange.fetch_order_book(BTC, 5),
            await exchange.fetch_trades(BTC),
            await exchange.fetch_ohlcv(BTC, "1m"),
            await exchange.fetch_mark_price(BTC),
            await exchange.fetch_funding_rate(BTC),
            await exchange.fetch_bids_asks([BTC]),
            await exchange.fetch_open_interest(BTC),
            await exchange.fetch_time(),
        )

    ticker, tickers, book, trades, candles, mark, funding, best, interest, time = stage.tell(story)

    assert ticker["last"] == 60_000
    assert set(tickers) == {BTC, ETH}
    assert (book["bids"][0], book["asks"][0]) == ([59_940, 10], [60_060, 10])
    assert (trades[-1]["price"], trades[-1]["amount"]) == (60_000, 10)
    assert candles[-1][4] == 60_000
    assert mark["markPrice"] == 60_000
    assert funding["fundingRate"] == 0.0001
    assert funding["fundingTimestamp"] % (8 * 3_600_000) == 0
    assert best[BTC]["bid"] == 59_940
    assert interest["openInterestAmount"] == 0
    assert time > 1_700_000_000_000


def test_an_orders_life_is_told_by_either_id(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"clientOrderId": CID})
        found = await exchange.fetch_order(None, BTC, {"clientOrderId": CID})
        (opened,) = await exchange.fetch_open_orders(BTC)
        with pytest.raises(ccxt.InvalidOrder):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"clientOrderId": CID})
        cancelled = await exchange.cancel_order(None, BTC, {"clientOrderId": CID})
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.cancel_order(order["id"], BTC)
        return order, found, opened, cancelled, await exchange.fetch_orders(BTC)

    order, found, opened, cancelled, (last,) = stage.tell(story)

    assert (order["status"], order["clientOrderId"], order["price"], order["amount"]) == ("open", CID, 59_000, 0.01)
    assert order["id"] == found["id"] == opened["id"] == cancelled["id"] == last["id"]
    assert (cancelled["status"], last["status"]) == ("canceled", "canceled")


def test_a_market_order_fills_and_its_trades_tell_fee_and_profit(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        bought = await exchange.create_order(BTC, "market", "buy", 0.1)
        sold = await exchange.create_order(BTC, "market", "sell", 0.1, None, {"reduceOnly": True})
        closed = await exchange.fetch_closed_orders(BTC)
        return bought, sold, await exchange.fetch_my_trades(BTC), closed

    bought, sold, trades, closed = stage.tell(story)

    assert (bought["status"], bought["average"], bought["filled"], bought["cost"]) == ("closed", 60_060, 0.1, 6_006)
    assert sold["reduceOnly"] is True
    assert [order["id"] for order in closed] == [bought["id"], sold["id"]]
    assert [trade["order"] for trade in trades] == [bought["id"], sold["id"]]
    assert (trades[0]["fee"]["currency"], trades[0]["fee"]["cost"]) == ("USDT", 3.003)
    assert float(trades[1]["info"]["realizedPnl"]) == -12


def test_money_and_positions_follow_the_mark(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.create_order(BTC, "market", "buy", 0.1)
        stage.move(BTC, "61000")
        (position,) = await exchange.fetch_positions()
        return await exchange.fetch_balance(), position, await exchange.fetch_positions([ETH])

    balance, position, others = stage.tell(story)

    assert others == []
    assert (position["symbol"], position["side"], position["contracts"]) == (BTC, "long", 0.1)
    assert (position["entryPrice"], position["markPrice"], position["unrealizedPnl"]) == (60_060, 61_000, 94)
    assert position["initialMargin"] == 305
    assert position["maintenanceMargin"] == pytest.approx(24.4)
    assert balance["USDT"]["total"] == pytest.approx(200_000 - 3.003 + 94)
    assert balance["USDT"]["used"] == 305


def test_an_order_is_amended_in_place(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        edited = await exchange.edit_order(order["id"], BTC, "limit", "buy", 0.02, 58_000)
        with pytest.raises(ccxt.BaseError, match="No need to modify"):
            await exchange.edit_order(order["id"], BTC, "limit", "buy", 0.02, 58_000)
        return order, edited, await exchange.fetch_order(order["id"], BTC)

    order, edited, found = stage.tell(story)

    assert order["id"] == edited["id"] == found["id"]
    assert (found["price"], found["amount"], found["status"]) == (58_000, 0.02, "open")


def test_all_orders_of_a_symbol_are_cancelled(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        await exchange.create_order(BTC, "limit", "buy", 0.01, 58_000)
        await exchange.create_order(ETH, "limit", "buy", 0.1, 2_900)
        await exchange.cancel_all_orders(BTC)
        return await exchange.fetch_open_orders(BTC), await exchange.fetch_open_orders(ETH)

    bitcoin, ether = stage.tell(story)

    assert bitcoin == []
    assert len(ether) == 1


def test_a_trigger_waits_in_the_algo_service_and_becomes_an_order(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.create_order(BTC, "market", "buy", 0.1)
        terms = {"stopLossPrice": 59_000, "reduceOnly": True, "clientOrderId": CID, "workingType": "MARK_PRICE"}
        stop = await exchange.create_order(BTC, "market", "sell", 0.1, None, terms)
        (waiting,) = await exchange.fetch_open_orders(BTC, None, None, {"trigger": True})
        plain = await exchange.fetch_open_orders(BTC)
        stage.move(BTC, "58900")
        done = await exchange.fetch_order(stop["id"], BTC, {"trigger": True})
        return stop, waiting, plain, done, await exchange.fetch_positions()

    stop, waiting, plain, done, positions = stage.tell(story)

    assert (stop["clientOrderId"], stop["status"], stop["triggerPrice"]) == (CID, "open", 59_000)
    assert (waiting["id"], plain, positions) == (stop["id"], [], [])
    assert done["info"]["algoStatus"] == "FINISHED"
    assert done["info"]["actualOrderId"]


def test_a_waiting_order_is_cancelled_by_its_own_id(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        terms = {"triggerPrice": 59_000, "clientOrderId": CID}
        stop = await exchange.create_order(BTC, "limit", "sell", 0.1, 58_900, terms)
        await exchange.cancel_order(stop["id"], BTC, {"trigger": True})
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.cancel_order(stop["id"], BTC, {"trigger": True})
        await exchange.create_order(BTC, "limit", "sell", 0.1, 58_900, terms)
        await exchange.cancel_all_orders(BTC, {"trigger": True})
        return await exchange.fetch_open_orders(BTC, None, None, {"trigger": True})

    assert stage.tell(story) == []


def test_leverage_margin_mode_and_position_mode(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.set_leverage(7, BTC)
        with pytest.raises(ccxt.BaseError, match="not valid"):
            await exchange.fapiPrivatePostLeverage({"symbol": "BTCUSDT", "leverage": 126})
        with pytest.raises(ccxt.BaseError, match="No need to change position side"):
            await exchange.set_position_mode(False)
        with pytest.raises(ccxt.BaseError, match="No need to change margin type"):
            await exchange.fapiPrivatePostMarginType({"symbol": "BTCUSDT", "marginType": "CROSSED"})
        mode = await exchange.fetch_position_mode()
        return await exchange.fetch_leverage(BTC), mode, await exchange.fetch_leverage_tiers([BTC])

    leverage, mode, tiers = stage.tell(story)

    assert (leverage["longLeverage"], leverage["marginMode"]) == (7, "cross")
    assert mode["hedged"] is False
    assert tiers[BTC][0]["maxLeverage"] == 125


def test_the_switch_of_one_symbol_cancels_its_orders(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        await exchange.create_order(ETH, "limit", "buy", 0.1, 2_900)
        await exchange.fapiPrivatePostCountdownCancelAll({"symbol": "BTCUSDT", "countdownTime": 120_000})
        await exchange.sleep(119_000)
        before = await exchange.fetch_open_orders(BTC)
        await exchange.sleep(2_000)
        return before, await exchange.fetch_open_orders(BTC), await exchange.fetch_open_orders(ETH)

    before, bitcoin, ether = stage.tell(story)

    assert (len(before), len(bitcoin), len(ether)) == (1, 0, 1)


def test_a_liquidation_is_told_as_an_order_of_the_venue(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        stage.move(BTC, "60000", quantity="100")
        await exchange.create_order(BTC, "market", "buy", 60)
        stage.move(BTC, "56900", quantity="100")
        (order,) = await exchange.fetch_my_liquidations(BTC)
        return order, await exchange.fetch_positions(), await exchange.fetch_balance()

    order, positions, balance = stage.tell(story)

    assert order["info"]["clientOrderId"].startswith("autoclose-")
    assert positions == []
    assert balance["USDT"]["total"] >= 0


def test_funding_is_told_as_income(stage: UsdmStage) -> None:
    stage.tell(lambda exchange: exchange.create_order(BTC, "market", "buy", 0.1))
    for _ in range(10):
        stage.pass_time(3_000)

    (paid,) = stage.tell(lambda exchange: exchange.fetch_funding_history(BTC))
    (settled,) = stage.tell(lambda exchange: exchange.fetch_funding_rate_history(BTC))

    assert paid["amount"] == pytest.approx(-0.6)
    assert (settled["fundingRate"], settled["timestamp"]) == (0.0001, paid["timestamp"])


REFUSALS = [
    ("limit", "buy", 500, 59_000, {}, ccxt.InsufficientFunds, "-2019"),
    ("limit", "buy", 0.01, 61_000, {"postOnly": True}, ccxt.InvalidOrder, "-5022"),
    ("limit", "buy", 50, 60_060, {"timeInForce": "FOK"}, ccxt.InvalidOrder, "-5021"),
    ("limit", "buy", 0.001, 40_000, {}, ccxt.BaseError, "-4164"),
    ("limit", "sell", 0.01, 61_000, {"reduceOnly": True}, ccxt.BaseError, "-2022"),
    ("limit", "buy", 0.01, 59_000, {"positionSide": "LONG"}, ccxt.BaseError, "-4061"),
    ("market", "sell", 0.01, None, {"triggerPrice": 61_000}, ccxt.BaseError, "-2021"),
]


@pytest.mark.parametrize(("kind", "side", "amount", "price", "params", "error", "code"), REFUSALS)
def test_a_refused_order_raises_and_leaves_nothing(
    stage: UsdmStage, kind: str, side: str, amount: float, price: Any, params: Any, error: Any, code: str
) -> None:
    async def story(exchange: Any) -> Any:
        with pytest.raises(error, match=code):
            await exchange.create_order(BTC, kind, side, amount, price, params)
        return await exchange.fetch_orders(BTC)

    assert stage.tell(story) == []


def test_a_read_that_lags_does_not_know_the_order_yet() -> None:
    stage = UsdmStage(rest_lag_ns=2_000_000_000)

    async def story(exchange: Any) -> Any:
        await exchange.sleep(3_000)
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.fetch_order(order["id"], BTC)
        await exchange.sleep(2_000)
        return await exchange.fetch_order(order["id"], BTC)

    assert stage.tell(story)["status"] == "open"


def test_fees_are_told_per_symbol(stage: UsdmStage) -> None:
    fee = stage.tell(lambda exchange: exchange.fetch_trading_fee(BTC))

    assert (fee["maker"], fee["taker"]) == (0.0002, 0.0005)


def test_somebody_else_fills_a_resting_order(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.02, 59_950)
        stage.other(Side.SELL, "0.01", "59950")
        return await exchange.fetch_order(order["id"], BTC)

    order = stage.tell(story)

    assert (order["status"], order["filled"]) == ("open", 0.01)


def test_orders_of_a_batch_stand_for_themselves(stage: UsdmStage) -> None:
    async def story(exchange: Any) -> Any:
        drafts = [
            {"symbol": BTC, "type": "limit", "side": "buy", "amount": amount, "price": 59_000}
            for amount in (0.01, 500, 0.02)
        ]
        placed = await exchange.create_orders(drafts)
        ids = [order["id"] for order in placed if order["id"]]
        cancelled = await exchange.cancel_orders([*ids, "12345"], BTC)
        return placed, cancelled, await exchange.fetch_open_orders(BTC)

    placed, cancelled, left = stage.tell(story)

    assert [order["info"]["code"] for order in placed if "code" in order["info"]] == [-2019]
    assert [order["status"] for order in cancelled if order["id"]] == ["canceled", "canceled"]
    assert len(placed) == 3
    assert left == []
