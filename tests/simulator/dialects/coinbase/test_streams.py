"""Coinbase's streams, message by message: snapshots, numbers, the user channel, errors, and what keeps a connection."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.simulator.dialects.coinbase.connection import (
    USER,
    connected,
    heard,
    jwt,
    subscribe,
    until_closed,
)
from tests.simulator.dialects.sockets import buy, gather
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage("coinbase")


def test_a_subscription_begins_with_a_snapshot_and_is_acknowledged(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "level2", "BTC-USDT")
        return await gather(socket, 1)

    snapshot, acknowledged = connected(stage, story)

    assert (snapshot["channel"], snapshot["client_id"], snapshot["sequence_num"]) == ("l2_data", "", 0)
    (event,) = snapshot["events"]
    assert (event["type"], event["product_id"]) == ("snapshot", "BTC-USDT")
    assert event["updates"][0] == {
        "side": "bid",
        "event_time": "1970-01-01T00:00:00Z",
        "price_level": "59940",
        "new_quantity": "1",
    }
    assert (acknowledged["channel"], acknowledged["sequence_num"]) == ("subscriptions", 1)
    assert acknowledged["events"] == [{"subscriptions": {"level2": ["BTC-USDT"]}}]


def test_messages_are_numbered_over_all_channels_of_a_connection(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        for channel in ("ticker", "level2", "market_trades", "heartbeats"):
            await subscribe(socket, channel, "BTC-USDT")
        stage.later(2, lambda: stage.quote(BTC, "61000"))
        return await gather(socket, 4)

    messages = connected(stage, story)

    assert [message["sequence_num"] for message in messages] == list(range(len(messages)))
    assert {message["channel"] for message in messages} == {
        *("ticker", "l2_data", "market_trades", "heartbeats", "subscriptions")
    }


def test_a_book_tells_new_totals_and_zero_for_what_is_gone(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "level2", "BTC-USDT")
        stage.later(1, lambda: stage.quote(BTC, "60000", quantity="2", levels=4, trade=False))
        return await heard(socket, "l2_data", 2)

    _, *updates = connected(stage, story)

    told = [(one["side"], one["price_level"], one["new_quantity"]) for update in updates for one in update["updates"]]
    assert all(update["type"] == "update" for update in updates)
    assert {price: quantity for _, price, quantity in told}["59940"] == "2"
    assert {price: quantity for _, price, quantity in told}["60300"] == "0"
    assert {side for side, _, _ in told} == {"bid", "offer"}


def test_a_ticker_speaks_when_something_trades(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "ticker", "BTC-USDT")
        stage.later(1, lambda: stage.quote(BTC, "60500", trade=False))
        stage.later(2, lambda: stage.quote(BTC, "61000"))
        return await heard(socket, "ticker", 3)

    snapshot, update = connected(stage, story)

    assert (snapshot["type"], update["type"]) == ("snapshot", "update")
    (ticker,) = update["tickers"]
    assert (ticker["price"], ticker["best_bid"], ticker["best_ask"]) == ("61000", "60939", "61061")


def test_the_batched_ticker_speaks_every_five_seconds_without_best_prices(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "ticker_batch", "BTC-USDT")
        return await heard(socket, "ticker_batch", 11)

    told = connected(stage, story)

    assert [event["type"] for event in told] == ["snapshot", "update", "update"]
    assert "best_bid" not in told[0]["tickers"][0]


def test_trades_come_newest_first(stage: Stage) -> None:
    stage.quote(BTC, "60100")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "market_trades", "BTC-USDT")
        return await heard(socket, "market_trades")

    (snapshot,) = connected(stage, story)

    assert [trade["price"] for trade in snapshot["trades"]] == ["60100", "60000"]
    assert set(snapshot["trades"][0]) == {"trade_id", "product_id", "price", "size", "side", "time"}


def test_unsubscribing_from_everything_is_acknowledged_with_nothing(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "ticker", "BTC-USDT")
        await gather(socket, 1)
        await socket.send_json({"type": "unsubscribe", "channel": "ticker", "product_ids": ["BTC-USDT"]})
        stage.later(1, lambda: stage.quote(BTC, "61000"))
        return await gather(socket, 2)

    (message,) = connected(stage, story)

    assert message["events"] == [{"subscriptions": {}}]


@pytest.mark.parametrize("url", [None, USER])
def test_the_user_channel_tells_an_orders_life(stage: Stage, url: str | None) -> None:
    """On the host for users and on that of the markets; it begins with what is open."""
    resting = buy(stage, "59000", "resting")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "user", jwt=jwt(stage))
        stage.later(1, lambda: buy(stage, None, "market"))
        stage.later(2, lambda: stage.exchange.cancel(ACCOUNT, order_id=resting))
        return await heard(socket, "user", 3)

    snapshot, *updates = connected(stage, story, url) if url else connected(stage, story)

    assert (snapshot["type"], [order["client_order_id"] for order in snapshot["orders"]]) == ("snapshot", ["resting"])
    lives = [(order["client_order_id"], order["status"]) for update in updates for order in update["orders"]]
    assert lives == [("market", "OPEN"), ("market", "FILLED"), ("resting", "CANCELLED")]
    filled = updates[1]["orders"][0]
    assert (filled["cumulative_quantity"], filled["leaves_quantity"], filled["avg_price"]) == ("0.1", "0", "60060")
    assert (filled["total_fees"], filled["number_of_fills"], filled["order_type"]) == ("24.024", "1", "Market")
    assert updates[2]["orders"][0]["cancel_reason"] != ""


def test_the_user_channel_tells_of_the_products_that_are_asked_for(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "user", "ETH-USDT", jwt=jwt(stage))
        stage.later(1, lambda: buy(stage, "59000"))
        return await heard(socket, "user", 2)

    (snapshot,) = connected(stage, story)

    assert snapshot["orders"] == []


def test_a_snapshot_of_many_orders_comes_in_parts_of_fifty(stage: Stage) -> None:
    for n in range(51):
        buy(stage, str(100 + n), f"order-{n}")

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "user", jwt=jwt(stage))
        return await heard(socket, "user")

    assert [len(event["orders"]) for event in connected(stage, story)] == [50, 1]


PROBLEMS: list[tuple[Any, str]] = [
    ("{", "failed to parse message"),
    ({"type": "subscribe", "channel": "user"}, "authentication failure"),
    ({"type": "subscribe", "channel": "user", "jwt": "a.b.c"}, "authentication failure"),
    ({"type": "subscribe", "channel": "ticker", "jwt": "a.b.c"}, "authentication failure"),
    ({"type": "subscribe", "channel": "heartbeat"}, "authentication failure"),
    ({"type": "subscribe", "channel": "ticker", "product_ids": ["BTC-XYZ"]}, "invalid product_ids"),
    ({"type": "hello"}, "invalid type"),
]


@pytest.mark.parametrize(("message", "text"), PROBLEMS)
def test_a_mistake_is_told_by_an_error_and_the_connection_lives_on(stage: Stage, message: Any, text: str) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await (socket.send_str(message) if isinstance(message, str) else socket.send_json(message))
        error = await socket.receive_json()
        await subscribe(socket, "ticker", "BTC-USDT")
        return error, await socket.receive_json()

    error, ticker = connected(stage, story)

    assert error == {"type": "error", "message": text}
    assert ticker["channel"] == "ticker"


def test_a_token_that_is_two_minutes_old_opens_no_stream(stage: Stage) -> None:
    bearer: list[str] = []

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "heartbeats")
        bearer.append(jwt(stage))
        await asyncio.sleep(120)
        await gather(socket, 0.5)
        await subscribe(socket, "user", jwt=bearer[0])
        return [message for message in await gather(socket, 0.4) if message.get("type") == "error"]

    assert connected(stage, story) == [{"type": "error", "message": "authentication failure"}]


def test_who_says_too_much_without_a_token_is_told_so(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        for _ in range(10):
            await subscribe(socket, "heartbeats")
        return [message for message in await gather(socket, 1) if message.get("type") == "error"]

    assert connected(stage, story) == [{"type": "error", "message": "rate limit exceeded"}] * 2


def test_a_silent_user_channel_looks_like_a_quiet_one(stage: Stage) -> None:
    """Its heartbeats go on, its pings are answered, and nothing says that anything is missing."""
    stage.venue.private.silence()

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "user", jwt=jwt(stage))
        await subscribe(socket, "heartbeats")
        stage.later(1, lambda: buy(stage, "59000"))
        return await gather(socket, 10)

    messages = connected(stage, story)

    assert [message["sequence_num"] for message in messages] == list(range(len(messages)))
    assert sum(message["channel"] == "user" for message in messages) == 1
    assert sum(message["channel"] == "heartbeats" for message in messages) >= 9


def test_who_subscribes_to_nothing_is_sent_away(stage: Stage) -> None:
    seconds, code = connected(stage, lambda socket: until_closed(stage, socket))

    assert (round(seconds), code) == (5, 1008)


def test_a_quiet_connection_is_closed_though_its_pings_are_answered(stage: Stage) -> None:
    """Within 60 to 90 seconds of the last message, whatever the client pings."""

    async def pinged(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "level2", "BTC-USDT")
        closed = asyncio.ensure_future(until_closed(stage, socket))
        for _ in range(6):
            await asyncio.sleep(10)
            await socket.ping()
        return await closed

    seconds, code = connected(stage, pinged)

    assert 60 <= seconds <= 90
    assert code == 1001


def test_heartbeats_keep_a_quiet_connection(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "level2", "BTC-USDT")
        await subscribe(socket, "heartbeats")
        return await heard(socket, "heartbeats", 300)

    beats = connected(stage, story)

    assert [beat["heartbeat_counter"] for beat in beats] == list(range(len(beats)))
    assert 299 <= len(beats) <= 301
    assert beats[0]["current_time"].endswith("+0000 UTC")


def test_after_a_power_cut_the_old_front_tells_nobody_anything(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await subscribe(socket, "user", jwt=jwt(stage))
        await gather(socket, 1)
        stage.restart()
        stage.later(1, lambda: buy(stage, "59000"))
        return await heard(socket, "user", 2)

    assert connected(stage, story) == []
