"""Binance's user data stream, frame by frame: the signed subscription and what it hears."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from simulator.dialects.binance.settings import NS
from simulator.dialects.binance.signing import signature
from tests.simulator.dialects.sockets import Story, ask, buy, gather
from tests.simulator.dialects.stage import ACCOUNT, SECRET, Stage

API = "wss://ws-api.binance.com:443/ws-api/v3"


@pytest.fixture
def stage() -> Stage:
    return Stage("binance")


def connected(stage: Stage, story: Story) -> Any:
    """Run a story on a connection."""

    async def told(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(API) as socket:
            return await story(socket)

    return stage.browse(told)


def signed_request(stage: Stage, **changed: Any) -> dict[str, Any]:
    sent = {"apiKey": "the-key", "recvWindow": 10_000, "timestamp": stage.world.wall_ns() // 1_000_000, **changed}
    text = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
    return {**sent, "signature": signature(SECRET, text.encode())}


# Field letters as in the vendor's user-data-stream.md of late 2025; W only while on the book.
REPORT = {*"eEscSofqpPFgCxXrilzLnNTtIwmMOZYQV"}


def test_a_signed_subscription_hears_of_orders_and_balances(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        method = "userDataStream.subscribe.signature"
        answer = await ask(socket, id="1", method=method, params=signed_request(stage))
        assert (answer["status"], answer["result"]) == (200, {"subscriptionId": 0})
        assert answer["rateLimits"][0]["limit"] == 6000
        stage.later(1, lambda: buy(stage, "59000"))
        stage.later(2, lambda: buy(stage, None, client_order_id="another"))
        stage.later(3, lambda: stage.exchange.cancel_all(ACCOUNT))
        return await gather(socket, 5)

    messages = connected(stage, story)

    events = [message["event"] for message in messages]
    assert {message["subscriptionId"] for message in messages} == {0}
    reports = [event for event in events if event["e"] == "executionReport"]
    assert [(report["x"], report["X"]) for report in reports] == [
        ("NEW", "NEW"),
        ("NEW", "NEW"),
        ("TRADE", "FILLED"),
        ("CANCELED", "CANCELED"),
    ]
    assert set(reports[0]) == REPORT | {"W"}
    assert set(reports[2]) == REPORT
    assert (reports[2]["l"], reports[2]["L"], reports[2]["n"], reports[2]["N"]) == (
        "0.10000000",
        "60060.00000000",
        "0.00010000",
        "BTC",
    )
    assert (reports[3]["C"], reports[3]["c"] != "mine") == ("mine", True)
    balances = [event["B"][0] for event in events if event["e"] == "outboundAccountPosition"]
    assert {"a": "BTC", "f": "2.09990000", "l": "0.00000000"} in balances


def test_an_order_rejected_in_matching_is_told_with_a_reason(stage: Stage) -> None:
    stage.exchange.silent_reject = lambda request: True

    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await ask(socket, id="1", method="userDataStream.subscribe.signature", params=signed_request(stage))
        stage.later(1, lambda: buy(stage, "59000"))
        return await gather(socket, 3)

    reports = [message["event"] for message in connected(stage, story)]

    assert [(report["x"], report["r"]) for report in reports] == [
        ("NEW", "NONE"),
        ("REJECTED", "REJECTED_IN_MATCHING"),
    ]


BAD_SUBSCRIPTIONS: list[tuple[dict[str, Any], int]] = [
    ({"apiKey": "nobody"}, -2015),
    ({"timestamp": 1}, -1021),
    ({"recvWindow": 60_001}, -1131),
]


@pytest.mark.parametrize(("changed", "code"), BAD_SUBSCRIPTIONS)
def test_a_bad_subscription_is_refused(stage: Stage, changed: dict[str, Any], code: int) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        params = signed_request(stage, **changed)
        return await ask(socket, id="1", method="userDataStream.subscribe.signature", params=params)

    assert connected(stage, story)["error"]["code"] == code


BAD_API_REQUESTS = [
    ("junk", 400, -1135),
    ('{"id":1,"method":"order.place","params":{}}', 400, -1020),
    ('{"id":1,"method":"userDataStream.subscribe.signature","params":[]}', 400, -1130),
    ('{"id":1,"method":"userDataStream.subscribe.signature","params":{"apiKey":{}}}', 400, -1130),
    ('{"id":1,"method":"userDataStream.subscribe.signature"}', 401, -2014),
]


@pytest.mark.parametrize(("text", "status", "code"), BAD_API_REQUESTS)
def test_a_bad_request_to_the_api_is_told_so(stage: Stage, text: str, status: int, code: int) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_str(text)
        return await socket.receive_json()

    answer = connected(stage, story)

    assert (answer["status"], answer["error"]["code"]) == (status, code)


def test_a_subscription_can_be_listed_and_ended(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
        await ask(socket, id=1, method="userDataStream.subscribe.signature", params=signed_request(stage))
        listed = await ask(socket, id=2, method="session.subscriptions")
        ended = await ask(socket, id=3, method="userDataStream.unsubscribe", params={"subscriptionId": 0})
        acknowledged = await socket.receive_json()
        stage.later(1, lambda: buy(stage, "59000"))
        return [listed["result"], ended["event"]["e"], acknowledged["status"], await gather(socket, 3)]

    assert connected(stage, story) == [[{"subscriptionId": 0}], "eventStreamTerminated", 200, []]


def test_the_api_tells_its_time(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        return [await ask(socket, id=1, method=method) for method in ("ping", "time")]

    ping, time = connected(stage, story)

    assert ping["result"] == {}
    assert time["result"]["serverTime"] // 1000 == stage.world.epoch_ns // NS
