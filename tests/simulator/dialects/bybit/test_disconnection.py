"""Bybit's disconnection protection: it goes by sockets that hold its topic, not by requests and not by silence."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator.dialects.bybit.settings import BybitSettings
from simulator.exchange.exchange import TradingMode
from tests.simulator.dialects.bybit.connection import PRIVATE, connected, let_in
from tests.simulator.dialects.sockets import buy
from tests.simulator.dialects.stage import ACCOUNT, Stage

Socket = aiohttp.ClientWebSocketResponse


def open_orders(stage: Stage) -> int:
    return len(stage.exchange.truth.open_orders(ACCOUNT))


def test_the_loss_of_the_last_protected_connection_cancels_every_order_when_the_window_is_over() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def story(socket: Socket) -> None:
        await let_in(stage, socket, "dcp.spot")

    connected(stage, PRIVATE, story)  # and the connection ends

    stage.pass_time(6)
    assert open_orders(stage) == 1
    stage.pass_time(5)
    assert open_orders(stage) == 0
    (record,) = stage.exchange.truth.orders(ACCOUNT)
    assert record.reason == "canceled by the dead man's switch"


def test_a_lost_connection_without_the_topic_cancels_nothing() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def story(socket: Socket) -> None:
        await let_in(stage, socket, "order", "dcp.future")

    connected(stage, PRIVATE, story)
    stage.pass_time(400)

    assert open_orders(stage) == 1


def test_silence_on_a_living_connection_cancels_nothing() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def story(socket: Socket) -> int:
        await let_in(stage, socket, "dcp.spot")
        await asyncio.sleep(300)
        return open_orders(stage)

    assert connected(stage, PRIVATE, story) == 1


def test_who_comes_back_within_the_window_keeps_his_orders() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def lost(socket: Socket) -> None:
        await let_in(stage, socket, "dcp.spot")

    async def back(socket: Socket) -> int:
        await let_in(stage, socket, "dcp.spot")
        await asyncio.sleep(60)
        return open_orders(stage)

    connected(stage, PRIVATE, lost)
    stage.pass_time(5)

    assert connected(stage, PRIVATE, back) == 1


def test_one_protected_connection_that_lives_is_enough() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def story(session: aiohttp.ClientSession) -> int:
        async with session.ws_connect(PRIVATE) as kept:
            await let_in(stage, kept, "dcp.spot")
            async with session.ws_connect(PRIVATE) as lost:
                await let_in(stage, lost, "dcp.spot")
            await asyncio.sleep(60)
            return open_orders(stage)

    assert stage.browse(story) == 1


def test_the_window_is_set_over_rest_for_the_product_that_is_named() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def arm(exchange: Any) -> Any:
        derivatives = await exchange.cancel_all_orders_after(60_000)
        spot = await exchange.cancel_all_orders_after(30_000, {"product": "SPOT"})
        return derivatives["retMsg"], spot["retMsg"], await exchange.private_get_v5_account_query_dcp_info()

    async def lost(socket: Socket) -> None:
        await let_in(stage, socket, "dcp.spot")

    *words, info = stage.tell(arm)
    connected(stage, PRIVATE, lost)

    assert words == ["success", "success"]
    assert info["result"]["dcpInfos"] == [{"product": "SPOT", "dcpStatus": "ON", "timeWindow": "30"}]
    stage.pass_time(25)
    assert open_orders(stage) == 1
    stage.pass_time(6)
    assert open_orders(stage) == 0


def test_ccxt_arms_the_switch_of_derivatives_unless_told_otherwise_and_never_holds_the_topic() -> None:
    stage = Stage("bybit")

    async def story(exchange: Any) -> Any:
        exchange.options["defaultType"] = "swap"
        await exchange.cancel_all_orders_after(60_000)
        watching = asyncio.ensure_future(exchange.watch_orders("BTC/USDT"))
        await asyncio.sleep(1)
        buy(stage, "59000")
        await watching

    stage.tell(story)  # and the client is gone
    stage.pass_time(400)

    assert open_orders(stage) == 1


def test_without_the_account_managers_leave_there_is_no_protection() -> None:
    stage = Stage("bybit", BybitSettings(dcp_is_granted=False))
    buy(stage, "59000")

    async def arm(exchange: Any) -> Any:
        with pytest.raises(Exception, match="10005"):
            await exchange.cancel_all_orders_after(30_000, {"product": "SPOT"})
        return await exchange.private_get_v5_account_query_dcp_info()

    async def lost(socket: Socket) -> None:
        await let_in(stage, socket, "dcp.spot")

    assert stage.tell(arm)["result"] == {"dcpInfos": []}
    connected(stage, PRIVATE, lost)
    stage.pass_time(400)
    assert open_orders(stage) == 1


def test_a_switch_that_goes_off_while_the_venue_is_halted_acts_when_it_opens() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def lost(socket: Socket) -> None:
        await let_in(stage, socket, "dcp.spot")

    connected(stage, PRIVATE, lost)
    stage.exchange.mode = TradingMode.HALTED
    stage.pass_time(60)
    assert open_orders(stage) == 1

    stage.exchange.mode = TradingMode.FULL
    stage.pass_time(2)

    assert open_orders(stage) == 0


def test_a_venue_that_restarts_takes_no_client_for_lost() -> None:
    stage = Stage("bybit")
    buy(stage, "59000")

    async def story(socket: Socket) -> int:
        await let_in(stage, socket, "dcp.spot")
        stage.restart()
        await asyncio.sleep(60)
        return open_orders(stage)

    assert connected(stage, PRIVATE, story) == 1
