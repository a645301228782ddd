"""OKX's private streams: logging in, an order's life with its fills, an account's changes."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from simulator.exchange.orders import OrderRequest, OrderType, Side, Trigger
from tests.simulator.dialects.okx.connection import BUSINESS, ORDERS, PRIVATE, credentials, log_in, told
from tests.simulator.dialects.sockets import ask, buy, gather
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage


def test_a_login_and_a_subscription_are_acknowledged_as_on_the_vendors_page() -> None:
    stage = Stage("okx")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        login = await ask(socket, op="login", args=[credentials(stage)])
        subscribed = await ask(socket, id="1512", op="subscribe", args=[ORDERS])
        return [login, subscribed, *await gather(socket, 1)]

    login, subscribed, count = told(stage, PRIVATE, story)

    assert set(login) == {"event", "code", "msg", "connId"}
    assert (subscribed["id"], subscribed["event"], subscribed["arg"]) == ("1512", "subscribe", ORDERS)
    assert len(subscribed["connId"]) == 8
    assert (count["event"], count["channel"], count["connCount"]) == ("channel-conn-count", "orders", "1")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timestamp": "1538054050"}, "60006"),
        ({"timestamp": "now"}, "60004"),
        ({"apiKey": "nobody"}, "60005"),
        ({"passphrase": "wrong"}, "60024"),
        ({"sign": "wrong"}, "60007"),
    ],
)
def test_a_bad_login_is_refused_and_the_connection_closed(changes: dict[str, str], code: str) -> None:
    stage = Stage("okx")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        answer = await ask(socket, op="login", args=[credentials(stage, **changes)])
        end = await socket.receive()
        return answer["event"], answer["code"], end.type, end.data

    assert told(stage, PRIVATE, story) == ("error", code, WSMsgType.CLOSE, 4001)


def test_an_orders_life_is_told_with_each_fill_and_its_fee() -> None:
    stage = Stage("okx")
    stage.later(1, lambda: buy(stage, "59000", "resting"))
    stage.later(2, lambda: stage.exchange.cancel(ACCOUNT, client_order_id="resting"))
    stage.later(3, lambda: buy(stage, None, "market"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await log_in(stage, socket)
        await socket.send_json({"op": "subscribe", "args": [ORDERS]})
        return await gather(socket, 4)

    pushed = [one["data"][0] for one in told(stage, PRIVATE, story) if "data" in one]

    lives = [(one["clOrdId"], one["state"], one["accFillSz"], one["tradeId"] != "") for one in pushed]
    assert lives == [
        ("resting", "live", "0", False),
        ("resting", "canceled", "0", False),
        ("market", "live", "0", False),
        ("market", "filled", "0.1", True),
    ]
    assert (pushed[1]["cancelSource"], pushed[0]["avgPx"]) == ("1", "0")
    assert (pushed[3]["execType"], pushed[3]["fillFee"], pushed[3]["fillFeeCcy"]) == ("T", "-0.0001", "BTC")


def test_an_account_begins_with_a_snapshot_and_tells_what_changes() -> None:
    stage = Stage("okx")
    stage.later(1, lambda: buy(stage, "59000"))

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await log_in(stage, socket)
        await socket.send_json({"op": "subscribe", "args": [{"channel": "account"}]})
        return await gather(socket, 2)

    snapshot, update = (one for one in told(stage, PRIVATE, story) if "data" in one)

    assert (snapshot["eventType"], snapshot["curPage"], snapshot["lastPage"]) == ("snapshot", 1, True)
    assert {one["ccy"]: one["eq"] for one in snapshot["data"][0]["details"]} == {
        "BTC": "2",
        "ETH": "10",
        "USDT": "200000",
    }
    assert update["eventType"] == "event_update"
    assert update["data"][0]["details"][0]["frozenBal"] == "5900"


@pytest.mark.parametrize("end", ["cancelled", "set off"])
def test_an_algo_order_is_told_in_a_channel_of_its_own_until_it_is_an_order(end: str) -> None:
    """On another connection than orders; what it becomes has another id and tells whose it was."""
    stage = Stage("okx")
    stop = OrderRequest(
        account=ACCOUNT,
        symbol=BTC,
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=Decimal("0.1"),
        client_order_id="stop",
        trigger=Trigger.STOP,
        stop_price=Decimal(58_000),
        holds_untriggered=False,
    )
    stage.later(1, lambda: stage.exchange.submit(stop))
    cancel = partial(stage.exchange.cancel, ACCOUNT, client_order_id="stop")
    stage.later(2, cancel if end == "cancelled" else lambda: stage.quote(BTC, "57500"))

    async def on(session: aiohttp.ClientSession) -> list[Any]:
        async with session.ws_connect(BUSINESS) as business, session.ws_connect(PRIVATE) as private:
            for socket, arg in ((business, {**ORDERS, "channel": "orders-algo"}), (private, ORDERS)):
                await log_in(stage, socket)
                await socket.send_json({"op": "subscribe", "args": [arg]})
            heard = await gather(business, 3), await gather(private, 1)
        return [[one["data"][0] for one in each if "data" in one] for each in heard]

    algos, orders = stage.browse(on)

    assert {(one["algoClOrdId"], one["clOrdId"], one["slOrdPx"] or one["ordPx"]) for one in algos} == {
        ("stop", "", "-1")
    }
    states = [(one["state"], one["ordId"] != "", one["triggerTime"] != "") for one in algos]
    if end == "cancelled":
        assert states == [("live", False, False), ("canceled", False, False)]
        assert orders == []
        return
    assert states == [("live", False, False), ("effective", True, True)]
    assert [(one["state"], one["algoId"], one["clOrdId"]) for one in orders] == [
        ("live", algos[0]["algoId"], ""),
        ("filled", algos[0]["algoId"], ""),
    ]
    assert {one["ordId"] for one in orders} == {algos[1]["ordId"]} != {algos[0]["algoId"]}


def test_algo_orders_are_told_on_the_business_connection_only() -> None:
    stage = Stage("okx")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await log_in(stage, socket)
        return await ask(socket, op="subscribe", args=[{**ORDERS, "channel": "orders-algo"}])

    assert told(stage, PRIVATE, story)["code"] == "60018"
