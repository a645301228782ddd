"""Unmodified ccxt against every dialect: one suite, whatever the venue, over real HTTP and WebSocket bytes."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from tests.simulator.dialects.stage import BTC, ETH, VENUES, Stage, placed

CID = "spabcd0123456789ab"


@pytest.fixture(params=VENUES)
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param)


def test_markets_have_their_symbols_precisions_limits_and_fees(stage: Stage) -> None:
    markets = stage.tell(lambda exchange: exchange.load_markets())

    instrument = stage.exchange.instrument(BTC)
    assert list(markets) == [BTC, ETH]
    assert markets[BTC]["active"]
    assert markets[BTC]["precision"]["price"] == float(instrument.tick_size)
    assert markets[BTC]["precision"]["amount"] == float(instrument.lot_size)
    assert markets[BTC]["limits"]["amount"]["min"] == float(instrument.min_quantity)
    assert markets[BTC]["limits"]["cost"]["min"] == float(instrument.min_notional)


def test_the_time_is_that_of_the_venue(stage: Stage) -> None:
    told_ms = stage.tell(lambda exchange: exchange.fetch_time())

    assert 0 <= stage.world.wall_ns() // 1_000_000 - told_ms < 2_200


def test_status_is_ok(stage: Stage) -> None:
    assert stage.tell(lambda exchange: exchange.fetch_status())["status"] == "ok"


def test_a_balance_shows_what_an_open_order_holds(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange)
        return await exchange.fetch_balance()

    balance = stage.tell(story)

    fee = 590 * float(stage.exchange.fees.maker_bps) / 10_000
    assert balance["BTC"]["total"] == 2
    assert balance["USDT"]["total"] == 200_000
    assert 590 <= balance["USDT"]["used"] <= 590 + 2 * fee + 0.01


def test_a_ticker_shows_best_prices_and_the_last_trade(stage: Stage) -> None:
    ticker = stage.tell(lambda exchange: exchange.fetch_ticker(BTC))

    assert (ticker["bid"], ticker["ask"], ticker["last"]) == (59_940, 60_060, 60_000)
    assert ticker["baseVolume"] == 1


def test_tickers_of_several_symbols_come_together(stage: Stage) -> None:
    tickers = stage.tell(lambda exchange: exchange.fetch_tickers([BTC, ETH]))

    assert {symbol: ticker["last"] for symbol, ticker in tickers.items()} == {BTC: 60_000, ETH: 3_000}


def test_a_book_shows_so_many_levels_best_first(stage: Stage) -> None:
    book = stage.tell(lambda exchange: exchange.fetch_order_book(BTC, 5))

    assert [price for price, *_ in book["bids"]] == [59_940, 59_880, 59_820, 59_760, 59_700]
    assert [price for price, *_ in book["asks"]][:2] == [60_060, 60_120]


def test_public_trades_are_told(stage: Stage) -> None:
    (trade,) = stage.tell(lambda exchange: exchange.fetch_trades(BTC))

    assert (trade["price"], trade["amount"], trade["side"]) == (60_000, 1, "buy")


def test_a_resting_order_can_be_found_and_cancelled_by_id(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        found = await exchange.fetch_open_orders(BTC)
        await exchange.cancel_order(order["id"], BTC)
        return order, found, await exchange.fetch_order(order["id"], BTC), await exchange.fetch_open_orders(BTC)

    order, found, cancelled, left = stage.tell(story)

    assert (order["status"], order["price"], order["amount"], order["filled"]) == ("open", 59_000, 0.01, 0)
    assert [one["id"] for one in found] == [order["id"]]
    assert cancelled["status"] == "canceled"
    assert left == []


def test_an_order_can_be_looked_up_by_its_client_id_open_and_closed(stage: Stage) -> None:
    async def look_up(exchange: Any, *, closed: bool) -> Any:
        if stage.name == "binance":
            return await exchange.fetch_order(None, BTC, {"clientOrderId": CID})
        fetch = exchange.fetch_closed_orders if closed else exchange.fetch_open_orders
        (order,) = await fetch(BTC, None, None, {"clientOrderId": CID})
        return order

    async def story(exchange: Any) -> Any:
        await placed(exchange, clientOrderId=CID)
        while_open = await look_up(exchange, closed=False)
        await exchange.cancel_order(None, BTC, {"clientOrderId": CID})
        return while_open, await look_up(exchange, closed=True)

    while_open, afterwards = stage.tell(story)

    assert (while_open["clientOrderId"], while_open["status"]) == (CID, "open")
    assert (afterwards["clientOrderId"], afterwards["status"]) == (CID, "canceled")


def test_a_market_order_fills_over_levels_and_its_fee_is_told(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "market", "buy", 1.5)
        return await exchange.fetch_order(order["id"], BTC), await exchange.fetch_my_trades(BTC)

    order, trades = stage.tell(story)

    assert (order["status"], order["filled"], order["average"]) == ("closed", 1.5, 60_080)
    assert [(trade["price"], trade["amount"], trade["takerOrMaker"]) for trade in trades] == [
        (60_060, 1, "taker"),
        (60_120, 0.5, "taker"),
    ]
    assert {trade["order"] for trade in trades} == {order["id"]}
    paid = sum(trade["fee"]["cost"] for trade in trades)
    traded = 90_120 if stage.name == "kraken" else 1.5  # Kraken charges the quote, Binance what is received
    assert paid == pytest.approx(traded * float(stage.exchange.fees.taker_bps) / 10_000)


def test_a_market_order_may_name_what_it_costs(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_market_buy_order_with_cost(BTC, 3_003)
        return await exchange.fetch_order(order["id"], BTC)

    order = stage.tell(story)

    assert (order["status"], order["filled"]) == ("closed", pytest.approx(0.05, abs=1e-5))


def test_a_resting_order_fills_in_parts_as_maker(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange, price=59_970, amount=0.5)
        stage.quote(BTC, "59000", quantity="0.2", levels=1)
        stage.quote(BTC, "59910", quantity="0.2", levels=1)
        partly = await exchange.fetch_order(order["id"], BTC)
        return partly, await exchange.fetch_my_trades(BTC)

    partly, trades = stage.tell(story)

    assert partly["status"] == "open"
    assert 0 < partly["filled"] < 0.5
    assert all(trade["takerOrMaker"] == "maker" for trade in trades)


def test_closed_orders_hold_the_filled_ones(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "market", "sell", 0.1)
        await placed(exchange)
        return order, await exchange.fetch_closed_orders(BTC)

    order, closed = stage.tell(story)

    assert [one["id"] for one in closed] == [order["id"]]


def test_all_open_orders_can_be_cancelled(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange)
        await placed(exchange, price=58_000)
        await exchange.cancel_all_orders(BTC)
        return await exchange.fetch_open_orders(BTC)

    assert stage.tell(story) == []


def test_fees_are_told_per_symbol(stage: Stage) -> None:
    fee = stage.tell(lambda exchange: exchange.fetch_trading_fee(BTC))

    assert fee["taker"] == float(stage.exchange.fees.taker_bps) / 10_000


REFUSALS = [
    ("limit", "buy", 100, 59_000, {}, ccxt.InsufficientFunds),
    ("limit", "buy", 0.01, 61_000, {"postOnly": True}, ccxt.BaseError),
    ("limit", "buy", 0.00006, 60, {}, ccxt.BaseError),
    ("limit", "buy", 0.01, 59_000, {"timeInForce": "XXX"}, ccxt.BaseError),
]


@pytest.mark.parametrize(("kind", "side", "amount", "price", "params", "error"), REFUSALS)
def test_a_refused_order_raises_and_leaves_nothing(
    stage: Stage, kind: str, side: str, amount: float, price: float, params: dict[str, object], error: type[Exception]
) -> None:
    async def story(exchange: Any) -> Any:
        with pytest.raises(error):
            await exchange.create_order(BTC, kind, side, amount, price, params)
        return await exchange.fetch_open_orders(BTC), await exchange.fetch_balance()

    orders, balance = stage.tell(story)

    assert orders == []
    assert balance["USDT"]["used"] == 0


def test_the_same_client_id_twice_is_refused_while_the_first_is_open_and_accepted_after(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        first = await placed(exchange, clientOrderId=CID)
        with pytest.raises(ccxt.ExchangeError):
            await placed(exchange, clientOrderId=CID)
        await exchange.cancel_order(first["id"], BTC)
        return first, await placed(exchange, clientOrderId=CID)

    first, second = stage.tell(story)

    assert first["id"] != second["id"]


def test_a_cancel_of_an_unknown_order_is_not_found(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        order = await placed(exchange)
        await exchange.cancel_order(order["id"], BTC)
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.cancel_order(order["id"], BTC)

    stage.tell(story)


def test_a_wrong_secret_is_an_authentication_problem(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        with pytest.raises(ccxt.ExchangeError):
            await exchange.fetch_balance()

    stage.tell(story, secret="bm90IHRoZSBzZWNyZXQ=")


def test_a_revoked_key_opens_nothing_any_more(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        await exchange.fetch_balance()
        stage.venue.revoke_key("the-key")
        with pytest.raises(ccxt.BaseError, match=r"Invalid (API-)?key"):
            await exchange.fetch_balance()

    stage.tell(story)
