"""Bybit's private streams: who is let in, and what orders, executions and wallets look like."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.simulator.dialects.bybit.connection import PRIVATE, connected, let_in, signed
from tests.simulator.dialects.counters import KEY
from tests.simulator.dialects.sockets import ask, buy, gather
from tests.simulator.dialects.stage import BTC, Stage

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
    assert "req_id" not in before
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


def test_an_order_that_trades_at_once_is_told_when_it_is_over() -> None:
    """One message each of its executions, of itself and of the wallet; it was never new."""
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await let_in(stage, socket, "order", "execution", "wallet")
        stage.later(1, lambda: buy(stage, None))
        return await gather(socket, 2)

    messages = connected(stage, PRIVATE, story)

    assert all(set(message) == {"id", "topic", "creationTime", "data"} for message in messages)
    assert [message["topic"] for message in messages] == ["execution", "order", "wallet"]
    assert len({message["id"] for message in messages}) == 3
    (execution,), (order,), (wallet,) = (message["data"] for message in messages)
    assert (execution["execPrice"], execution["execQty"], execution["leavesQty"]) == (
        "60060.00",
        "0.100000",
        "0.000000",
    )
    assert (order["category"], order["orderStatus"], order["cumExecQty"]) == ("spot", "Filled", "0.100000")
    assert "tpslMode" not in order
    assert (order["feeCurrency"], order["cumFeeDetail"]) == ("BTC", {"BTC": "0.0001"})
    held = {coin["coin"]: (coin["walletBalance"], coin["locked"]) for coin in wallet["coin"]}
    assert held == {"BTC": ("2.0999", "0"), "ETH": ("10", "0"), "USDT": ("193994", "0")}


def test_an_order_that_rests_is_new_and_then_filled_in_parts() -> None:
    stage = Stage("bybit")

    async def story(socket: Socket) -> Any:
        await let_in(stage, socket, "order", "execution")
        stage.later(1, lambda: buy(stage, "59950"))
        stage.later(2, lambda: stage.quote(BTC, "59880", quantity="0.04", levels=1))
        stage.later(3, lambda: stage.quote(BTC, "59800", quantity="0.2", levels=1))
        return await gather(socket, 5)

    messages = connected(stage, PRIVATE, story)

    orders = [message["data"][0] for message in messages if message["topic"] == "order"]
    assert [(order["orderStatus"], order["leavesQty"]) for order in orders] == [
        ("New", "0.100000"),
        ("PartiallyFilled", "0.060000"),
        ("Filled", "0.000000"),
    ]
    executions = [message["data"][0] for message in messages if message["topic"] == "execution"]
    assert [(one["execQty"], one["leavesQty"], one["isMaker"]) for one in executions] == [
        ("0.040000", "0.060000", True),
        ("0.060000", "0.000000", True),
    ]


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
