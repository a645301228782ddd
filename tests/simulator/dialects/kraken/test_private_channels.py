"""Kraken's private channels, frame by frame: tokens, executions, balances."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from simulator.dialects.kraken.settings import NS, KrakenSettings
from simulator.dialects.kraken.signing import signature
from tests.simulator.dialects.kraken.connection import PRIVATE, connected, request
from tests.simulator.dialects.sockets import buy, gather
from tests.simulator.dialects.stage import ACCOUNT, BTC, SECRET, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage("kraken")


async def token(stage: Stage, session: aiohttp.ClientSession) -> str:
    nonce = str(stage.world.wall_ns() // 1_000_000)
    body = f"nonce={nonce}".encode()
    path = "/0/private/GetWebSocketsToken"
    headers = {
        "API-Key": "the-key",
        "API-Sign": signature(SECRET, path, nonce, body),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with session.post(f"https://api.kraken.com{path}", data=body, headers=headers) as answer:
        told = await answer.json()
        assert told["result"]["expires"] == 900
        return str(told["result"]["token"])


def private(stage: Stage, story: Callable[[aiohttp.ClientWebSocketResponse, str], Awaitable[Any]]) -> Any:
    async def told(session: aiohttp.ClientSession) -> Any:
        name = await token(stage, session)
        async with session.ws_connect(PRIVATE) as socket:
            await socket.receive_json()
            return await story(socket, name)

    return stage.browse(told)


# Field names as in public recordings of the venue's private streams.
PENDING = {
    *("order_id", "symbol", "order_qty", "cum_cost", "cum_qty", "time_in_force", "exec_type", "side", "order_type"),
    *("cl_ord_id", "limit_price_type", "limit_price", "stop_price", "order_status", "fee_usd_equiv"),
    *("fee_ccy_pref", "timestamp"),
}
NEW = {"timestamp", "order_status", "exec_type", "cl_ord_id", "order_id"}
TRADE = {
    *("order_id", "exec_id", "exec_type", "trade_id", "symbol", "side", "last_qty", "last_price", "liquidity_ind"),
    *("cost", "cl_ord_id", "order_status", "order_type", "timestamp", "fee_usd_equiv", "fees"),
}
FILLED = {
    *("timestamp", "order_status", "exec_type", "cum_qty", "cum_cost", "fee_usd_equiv", "avg_price"),
    *("cl_ord_id", "order_id"),
}


def test_executions_tell_an_orders_life_in_the_venues_own_steps(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse, name: str) -> list[Any]:
        answer = await request(socket, "subscribe", channel="executions", token=name)
        assert answer["result"] == {"channel": "executions", "maxratecount": 180, "snapshot": True}
        stage.later(1, lambda: buy(stage, "59000"))
        stage.later(2, lambda: buy(stage, None, "market"))
        stage.later(3, lambda: stage.exchange.cancel_all(ACCOUNT))
        return await gather(socket, 5)

    snapshot, *updates = private(stage, story)

    assert snapshot == {"channel": "executions", "type": "snapshot", "data": [], "sequence": 1}
    assert [message["sequence"] for message in updates] == list(range(2, 2 + len(updates)))
    told = [message["data"][0] for message in updates]
    assert [(one["exec_type"], one["order_status"]) for one in told] == [
        ("pending_new", "pending_new"),
        ("new", "new"),
        ("pending_new", "pending_new"),
        ("new", "new"),
        ("trade", "partially_filled"),
        ("filled", "filled"),
        ("canceled", "canceled"),
    ]
    assert (set(told[0]), set(told[1])) == (PENDING, NEW)
    assert (set(told[4]), set(told[5])) == (TRADE, FILLED)
    assert set(told[6]) == FILLED | {"cancel_reason", "reason"}
    assert told[6]["reason"] == "User requested"
    assert told[4]["fees"] == [{"asset": "USDT", "qty": 24.024}]


def test_the_snapshot_of_executions_holds_open_orders_and_on_request_trades(stage: Stage) -> None:
    buy(stage, "59000")
    buy(stage, None, "market")

    async def story(socket: aiohttp.ClientWebSocketResponse, name: str) -> Any:
        await request(socket, "subscribe", channel="executions", token=name, snap_trades=True)
        return await socket.receive_json()

    order, trade = private(stage, story)["data"]

    assert (order["exec_type"], order["order_status"], order["cl_ord_id"]) == ("new", "new", "mine")
    assert (trade["exec_type"], trade["order_status"], trade["last_price"]) == ("trade", "filled", 60_060)


def test_balances_tell_totals_and_not_what_is_held(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse, name: str) -> list[Any]:
        await request(socket, "subscribe", channel="balances", token=name)
        stage.later(1, lambda: buy(stage, "59000"))
        stage.later(2, lambda: buy(stage, None, "market"))
        return await gather(socket, 5)

    snapshot, *updates = private(stage, story)

    assert {one["asset"]: one["balance"] for one in snapshot["data"]} == {"BTC": 2, "ETH": 10, "USDT": 200_000}
    entries = {message["data"][0]["asset"]: message["data"][0] for message in updates}
    assert set(entries) == {"BTC", "USDT"}
    assert (entries["BTC"]["amount"], entries["BTC"]["balance"]) == (0.1, 2.1)
    assert entries["USDT"]["amount"] == pytest.approx(-6006 - 24.024)


def test_only_a_token_opens_a_private_channel(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await request(socket, "subscribe", channel="executions", token="guessed")

    answer = connected(stage, PRIVATE, story)

    assert (answer["error"], answer["status"], answer["channel"]) == ("ESession:Invalid session", "error", "executions")


def test_a_token_expires_unless_the_connection_has_used_it() -> None:
    stage = Stage("kraken", KrakenSettings(token_life_ns=900 * NS))

    async def story(session: aiohttp.ClientSession) -> list[Any]:
        name = await token(stage, session)
        async with session.ws_connect(PRIVATE) as early, session.ws_connect(PRIVATE) as late:
            await early.receive_json()
            await late.receive_json()
            first = await request(early, "subscribe", channel="executions", token=name)
            await early.receive_json()
            await gather(late, 901)
            return [
                first["success"],
                (await request(late, "subscribe", channel="balances", token=name)).get("error"),
                (await request(early, "subscribe", channel="balances", token=name))["success"],
            ]

    assert stage.browse(story) == [True, "ESession:Invalid session", True]


def test_a_public_channel_is_not_had_on_the_private_host(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return await request(socket, "subscribe", channel="ticker", symbol=[BTC])

    assert connected(stage, PRIVATE, story)["error"] == (
        "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
    )


def test_a_private_subscription_is_had_once_and_can_be_ended(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse, name: str) -> list[Any]:
        wanted: dict[str, Any] = {"channel": "executions", "token": name, "snapshot": False}
        answers = [
            (await request(socket, "subscribe", **wanted))["success"],
            (await request(socket, "subscribe", **wanted))["error"],
            (await request(socket, "unsubscribe", **wanted))["success"],
            (await request(socket, "unsubscribe", **wanted))["error"],
        ]
        stage.later(1, lambda: buy(stage, "59000"))
        return [*answers, await gather(socket, 3)]

    assert private(stage, story) == [True, "Already subscribed", True, "Subscription Not Found", []]
