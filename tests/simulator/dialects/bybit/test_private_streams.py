"""Bybit's private streams: who is let in, what orders, executions and wallets look like; disconnection protection."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator.dialects.bybit.settings import BybitSettings
from simulator.exchange.exchange import TradingMode
from tests.simulator.dialects.bybit.connection import PRIVATE, connected, let_in, signed
from tests.simulator.dialects.counters import KEY
from tests.simulator.dialects.sockets import ask, buy, gather
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage

Socket = aiohttp.ClientWebSocketResponse


def test_a_client_is_let_in_by_its_signature_and_only_then_heard() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        before = await ask(socket, op="subscribe", args=["order"])
        await_auth = await ask(socket, op="auth", args=signed(stage), req_id="1")
        return before, await_auth, await ask(socket, op="subscribe", args=["order", "execution", "wallet", "position"])

    before, auth, after = connected(stage, PRIVATE, story)

    assert (before["success"], before["ret_msg"]) == (False, "Request not authorized")
    assert auth == {"success": True, "ret_msg": "", "op": "auth", "conn_id": auth["conn_id"], "req_id": "1"}
    assert (after["success"], after["ret_msg"]) == (True, "")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"key": "other"}, "API key is invalid."),
        ({"secret": "other"}, "error sign!"),
        ({"ahead_ms": -1}, "Params Error"),
    ],
)
def test_who_does_not_sign_well_stays_outside(change: dict[str, Any], text: str) -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        return await ask(socket, op="auth", args=signed(stage, **change))

    assert connected(stage, PRIVATE, story)["ret_msg"] == text


@pytest.mark.parametrize("arguments", [[], [KEY], [KEY, "x", "y"], [1, 2, 3], [KEY, True, "y"], [KEY, 1.5, "y"]])
def test_arguments_that_are_none_are_refused(arguments: list[object]) -> None:
    async def story(socket: Socket) -> Any:
        return await ask(socket, op="auth", args=arguments)

    assert connected(Stage("bybit"), PRIVATE, story)["ret_msg"] == "Params Error"


def test_a_private_pong_has_a_form_of_its_own() -> None:
    async def story(socket: Socket) -> Any:
        return await ask(socket, op="ping", req_id="test")

    pong = connected(Stage("bybit"), PRIVATE, story)

    assert set(pong) == {"req_id", "op", "args", "conn_id"}
    assert (pong["op"], pong["req_id"]) == ("pong", "test")
    assert len(pong["args"][0]) == 13


def test_an_order_that_fills_is_told_with_its_execution_and_the_wallet() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await let_in(stage, socket, "order", "execution", "wallet")
        stage.later(1, lambda: buy(stage, "60060"))
        return await gather(socket, 2)

    messages = connected(stage, PRIVATE, story)

    assert all(set(message) == {"id", "topic", "creationTime", "data"} for message in messages)
    assert len({message["id"] for message in messages}) == len(messages)
    orders = [message["data"][0] for message in messages if message["topic"] == "order"]
    assert [(order["orderStatus"], order["cumExecQty"]) for order in orders] == [("New", "0"), ("Filled", "0.1")]
    assert orders[-1]["category"] == "spot"
    assert "tpslMode" not in orders[-1]
    assert (orders[-1]["feeCurrency"], orders[-1]["cumFeeDetail"]) == ("BTC", {"BTC": "0.0001"})
    (execution,) = [message["data"][0] for message in messages if message["topic"] == "execution"]
    assert (execution["execPrice"], execution["execQty"], execution["leavesQty"]) == ("60060", "0.1", "0")
    wallets = [message["data"][0] for message in messages if message["topic"] == "wallet"]
    held = {coin["coin"]: (coin["walletBalance"], coin["locked"]) for wallet in wallets for coin in wallet["coin"]}
    assert held == {"BTC": ("2.0999", "0"), "USDT": ("193994", "0")}


def test_topics_of_one_category_tell_the_same_under_another_name() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await let_in(stage, socket, "order.spot", "order.linear", "execution.fast")
        stage.later(1, lambda: buy(stage, "60060"))
        return await gather(socket, 2)

    messages = connected(stage, PRIVATE, story)

    assert {message["topic"] for message in messages} == {"order.spot", "execution.fast"}
    (fast,) = [message["data"][0] for message in messages if message["topic"] == "execution.fast"]
    assert "execFee" not in fast


def test_one_account_hears_nothing_of_another() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await let_in(stage, socket, "order", "wallet")
        stage.later(1, lambda: stage.exchange.cancel_all("other"))
        stage.later(1, lambda: stage.quote(BTC, "61000"))
        return await gather(socket, 2)

    assert connected(stage, PRIVATE, story) == []


def test_a_topic_that_was_let_go_is_silent() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await let_in(stage, socket, "order")
        await ask(socket, op="unsubscribe", args=["order"])
        stage.later(1, lambda: buy(stage, "60060"))
        return await gather(socket, 2)

    assert connected(stage, PRIVATE, story) == []


# -- disconnection protection


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
