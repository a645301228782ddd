"""ccxt's own test suite against every dialect: what its package ships to try real venues with tries these."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from simulator.exchange.orders import OrderRequest, OrderType, Side
from tests.simulator.dialects import ccxt_suite
from tests.simulator.dialects.ccxt_suite import PRO, REST
from tests.simulator.dialects.stage import ACCOUNT, Stage, placed
from tests.simulator.dialects.table import each_venue

PUBLIC = ("fetch_ticker", "fetch_tickers", "fetch_order_book", "fetch_trades", "fetch_ohlcv")
PRIVATE = ("fetch_my_trades", "fetch_open_orders", "fetch_closed_orders", "fetch_trading_fee")
WATCHED = ("watch_ticker", "watch_order_book", "watch_trades", "watch_ohlcv", "watch_bids_asks")
WATCHED_PRIVATELY = ("watch_orders", "watch_my_trades", "watch_balance")


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join("OHLCV" if word == "ohlcv" else word.capitalize() for word in rest)


async def tried(stage: Stage, exchange: Any, package: str, method: str, *arguments: object) -> None:
    """Run one function of the suite, unless ccxt does not have its method here or the row says why not."""
    if not ccxt_suite.is_supported(exchange.has, camel(method)):
        pytest.skip(f"ccxt has no {method} at {stage.name}")
    if method in stage.row.lacks:
        pytest.skip(f"the row of {stage.name} lacks {method}")
    name = f"test_{method}"
    function = ccxt_suite.function(package, name)
    skips = ccxt_suite.skips(stage, name)
    with ccxt_suite.every_check_can_be_skipped():
        assert await function(exchange, skips, *arguments) is not False


@each_venue("ccxt_suite")
def test_load_markets(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        await exchange.load_markets()
        ccxt_suite.lists_only_its_markets(exchange)
        function = ccxt_suite.function(REST, "test_load_markets")
        assert await function(exchange, ccxt_suite.skips(stage, "test_load_markets"))

    stage.tell(story)


@each_venue("ccxt_suite")
@pytest.mark.parametrize("method", PUBLIC)
def test_prices(stage: Stage, method: str) -> None:
    async def story(exchange: Any) -> None:
        await exchange.load_markets()
        ccxt_suite.lists_only_its_markets(exchange)
        await tried(stage, exchange, REST, method, stage.btc)

    stage.pass_time(90)
    stage.tell(story)


@each_venue("ccxt_suite")
def test_balance(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        await placed(exchange)
        await tried(stage, exchange, REST, "fetch_balance")

    stage.tell(story)


@each_venue("ccxt_suite")
@pytest.mark.parametrize("method", PRIVATE)
def test_what_the_account_has_done(stage: Stage, method: str) -> None:
    async def story(exchange: Any) -> None:
        await placed(exchange)
        await exchange.create_order(stage.btc, "market", "sell", 0.1)
        await tried(stage, exchange, REST, method, stage.btc)

    stage.tell(story)


@each_venue("ccxt_suite")
def test_orders_are_created_filled_and_cancelled(stage: Stage) -> None:
    """The suite's whole funded flow: a resting order is cancelled, a crossing one fills, and its position is closed."""

    def told(exchange: Any, run: Any) -> None:
        run(exchange.load_markets())
        function = ccxt_suite.without_printing("test_create_order", exchange.milliseconds)
        client = ccxt_suite.Synchronous(exchange, run)
        with ccxt_suite.every_check_can_be_skipped():
            assert function(client, ccxt_suite.skips(stage, "test_create_order"), stage.btc)

    stage.tell_step_by_step(told)

    assert stage.exchange.truth.open_orders(ACCOUNT) == []
    assert len(stage.exchange.truth.orders(ACCOUNT)) >= 3


def a_market_that_moves(stage: Stage) -> None:
    """Let prices and trades come once a second for a minute."""
    for second in range(1, 60):
        stage.later(second, partial(stage.quote, stage.core_btc, str(60_000 + 10 * (second % 7))))


def trade_now_and_then(stage: Stage) -> None:
    """Let the account sell or buy a little, once a second for a minute."""
    for second in range(1, 60):
        side = Side.SELL if second % 2 else Side.BUY
        request = OrderRequest(
            account=ACCOUNT, symbol=stage.core_btc, side=side, type=OrderType.MARKET, quantity=Decimal("0.01")
        )
        stage.later(second, partial(stage.exchange.submit, request))


@each_venue("ccxt_suite")
@pytest.mark.parametrize("method", WATCHED)
def test_what_can_be_watched(stage: Stage, method: str) -> None:
    async def story(exchange: Any) -> None:
        await exchange.load_markets()
        ccxt_suite.lists_only_its_markets(exchange)
        await tried(stage, exchange, PRO, method, stage.btc)

    a_market_that_moves(stage)
    stage.tell(story)


@each_venue("ccxt_suite")
@pytest.mark.parametrize("method", WATCHED_PRIVATELY)
def test_what_can_be_watched_of_the_account(stage: Stage, method: str) -> None:
    async def story(exchange: Any) -> None:
        await exchange.load_markets()
        await tried(stage, exchange, PRO, method, "BTC" if method == "watch_balance" else stage.btc)

    a_market_that_moves(stage)
    trade_now_and_then(stage)
    stage.tell(story)
    stage.tell(lambda exchange: asyncio.sleep(60))
