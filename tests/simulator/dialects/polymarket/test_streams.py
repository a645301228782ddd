"""Polymarket's streams, message by message: books and their changes, trades, orders, keep-alives, bad company."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import pytest

from simulator.dialects.polymarket.wallets import wallet_of
from tests.simulator.dialects.polymarket.row import KEY, MARKETS
from tests.simulator.dialects.stage import Stage, placed, taken

HOST = "wss://ws-subscriptions-clob.polymarket.com"
AUTH = {
    "apiKey": KEY.key,
    "secret": wallet_of(KEY.secret).secret,
    "passphrase": wallet_of(KEY.secret).passphrase,
}
Story = Callable[[aiohttp.ClientWebSocketResponse], Awaitable[Any]]


@pytest.fixture
def stage() -> Stage:
    return Stage("polymarket")


def connected(stage: Stage, story: Story, channel: str = "market") -> Any:
    """Run a story on a connection and return what it returns."""

    async def told(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(f"{HOST}/ws/{channel}") as socket:
            return await story(socket)

    return stage.browse(told)


async def heard(socket: aiohttp.ClientWebSocketResponse, seconds: float = 1) -> list[Any]:
    """Return what comes within so many seconds: objects where it is JSON, else text."""
    told: list[Any] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                text = await socket.receive_str()
                told.append(json.loads(text) if text[:1] in "[{" else text)
    except (TimeoutError, TypeError):
        return told


def tokens(stage: Stage) -> tuple[str, str]:
    """Return the ids of the two answers about bitcoin."""

    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        return tuple(exchange.outcomes[f"BITCOIN_UP:{answer}"]["outcomeId"] for answer in ("YES", "NO"))

    yes, no = stage.tell(story)
    return yes, no


def test_following_begins_with_whole_books_whose_best_levels_come_last(stage: Stage) -> None:
    yes, no = tokens(stage)

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"assets_ids": [yes, no], "type": "market"})
        return await heard(socket)

    ((book, mirror),) = connected(stage, story)

    assert set(book) == {
        *("event_type", "asset_id", "market", "bids", "asks", "timestamp", "hash", "tick_size", "last_trade_price"),
    }
    assert (book["event_type"], book["asset_id"], mirror["asset_id"]) == ("book", yes, no)
    assert book["bids"][-1] == {"price": "0.5994", "size": "1000"}
    assert book["asks"][-1] == {"price": "0.6006", "size": "1000"}
    assert mirror["bids"][-1] == {"price": "0.3994", "size": "1000"}


def test_a_change_is_told_of_both_answers_with_the_best_prices_after_it(stage: Stage) -> None:
    yes, no = tokens(stage)

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"assets_ids": [yes], "type": "market"})
        await heard(socket)
        stage.quote(stage.core_btc, "61000", levels=1, trade=False)
        return await heard(socket)

    (change,) = connected(stage, story)

    assert set(change) == {"market", "price_changes", "timestamp", "event_type"}
    assert set(change["price_changes"][0]) == {"asset_id", "price", "size", "side", "hash", "best_bid", "best_ask"}
    told = {(one["asset_id"], one["side"], one["price"]): one for one in change["price_changes"]}
    assert told[yes, "BUY", "0.6094"]["size"] == "1000"
    assert told[no, "SELL", "0.3906"]["size"] == "1000"
    assert told[yes, "BUY", "0.5994"]["size"] == "0"
    assert {one["best_bid"] for one in change["price_changes"] if one["asset_id"] == yes} == {"0.6094"}
    assert {one["best_ask"] for one in change["price_changes"] if one["asset_id"] == no} == {"0.3906"}


def test_a_trade_is_told_of_its_own_answer_only(stage: Stage) -> None:
    yes, no = tokens(stage)

    async def story(socket: aiohttp.ClientWebSocketResponse, token: str) -> Any:
        await socket.send_json({"assets_ids": [token], "type": "market"})
        await heard(socket)
        stage.quote(stage.core_btc, "60000")
        return [one for one in await heard(socket) if one["event_type"] == "last_trade_price"]

    (trade,) = connected(stage, partial(story, token=yes))
    nothing = connected(stage, partial(story, token=no))

    assert set(trade) == {
        *("asset_id", "event_type", "fee_rate_bps", "market", "price", "side", "size", "timestamp"),
        "transaction_hash",
    }
    assert (trade["asset_id"], trade["price"], trade["side"], trade["size"]) == (yes, "0.6", "BUY", "1000")
    assert nothing == []


def test_answers_can_be_followed_and_left_at_any_time(stage: Stage) -> None:
    yes, _ = tokens(stage)

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"assets_ids": [], "type": "market"})
        await socket.send_json({"operation": "subscribe", "assets_ids": [yes]})
        followed = await heard(socket)
        await socket.send_json({"operation": "unsubscribe", "assets_ids": [yes]})
        await heard(socket)
        stage.quote(stage.core_btc, "61000")
        return len(followed[-1]), await heard(socket)

    assert connected(stage, story) == (1, [])


@pytest.mark.parametrize("wants", [True, False])
def test_only_who_asks_for_more_hears_who_has_won(stage: Stage, wants: bool) -> None:
    yes, no = tokens(stage)

    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"assets_ids": [yes], "type": "market", "custom_feature_enabled": wants})
        await heard(socket)
        stage.exchange.resolve(MARKETS[0].condition, MARKETS[0].no)
        return [one for one in await heard(socket) if one["event_type"] == "market_resolved"]

    told = connected(stage, story)

    answers = [(one["winning_asset_id"], one["winning_outcome"], one["assets_ids"]) for one in told]
    assert answers == ([(no, "No", [yes, no])] if wants else [])


def test_a_ping_is_text_and_so_is_its_answer(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_str("PING")
        return await heard(socket)

    assert connected(stage, story) == connected(stage, story, "user") == ["PONG"]


def test_who_never_says_anything_is_shut_out_after_a_minute(stage: Stage) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await asyncio.sleep(59)
        open_before = stage.gate.open_streams()
        message = await socket.receive()
        return open_before, message.type, socket.close_code

    assert connected(stage, story) == (1, aiohttp.WSMsgType.CLOSE, 1001)


@pytest.mark.parametrize("text", ["{", "[]", "hello", '{"type":"market"}', '{"assets_ids":"all","type":"market"}'])
def test_what_is_not_understood_is_called_invalid(stage: Stage, text: str) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_str(text)
        return await heard(socket)

    assert connected(stage, story) == ["INVALID OPERATION"]


@pytest.mark.parametrize("wrong", ["apiKey", "secret", "passphrase"])
def test_the_user_channel_is_closed_to_strangers(stage: Stage, wrong: str) -> None:
    async def story(socket: aiohttp.ClientWebSocketResponse) -> Any:
        await socket.send_json({"auth": {**AUTH, wrong: "nonsense"}, "markets": [], "type": "user"})
        message = await socket.receive()
        return message.type, socket.close_code

    assert connected(stage, story, "user") == (aiohttp.WSMsgType.CLOSE, 1008)


async def an_order_lives(exchange: Any) -> Any:
    """Place and cancel one order, and fill another."""
    order = await placed(exchange)
    await exchange.cancel_order(order["id"])
    return order["id"], (await taken(exchange, "sell", 0.1))["id"]


def told_to_the_user(stage: Stage, conditions: list[str]) -> tuple[Any, list[Any]]:
    """Return an account's two orders, and what its user channel tells while they live."""
    lived: list[Any] = []

    async def watch(session: aiohttp.ClientSession) -> Any:
        async with session.ws_connect(f"{HOST}/ws/user") as socket:
            await socket.send_json({"auth": AUTH, "markets": conditions, "type": "user"})
            return await heard(socket, 8)

    async def story(exchange: Any) -> Any:
        watching = asyncio.ensure_future(watch(exchange.session))
        await asyncio.sleep(1)
        lived.extend(await an_order_lives(exchange))
        return await watching

    events = stage.tell(story)
    return lived, events


def test_an_order_is_placed_updated_and_cancelled_in_the_vendors_words(stage: Stage) -> None:
    (cancelled, filled), events = told_to_the_user(stage, [])

    orders = [one for one in events if one["event_type"] == "order"]
    assert set(orders[0]) == {
        *("asset_id", "associate_trades", "created_at", "event_type", "expiration", "id", "maker_address", "market"),
        *("order_owner", "order_type", "original_size", "outcome", "owner", "price", "side", "size_matched", "status"),
        *("timestamp", "type"),
    }
    assert [one["status"] for one in orders] == ["LIVE", "CANCELED", "LIVE", "MATCHED"]
    assert [one["type"] for one in orders if one["id"] == cancelled] == ["PLACEMENT", "CANCELLATION"]
    assert [one["type"] for one in orders if one["id"] == filled] == ["PLACEMENT", "UPDATE"]
    last = orders[-1]
    assert (last["size_matched"], last["original_size"], len(last["associate_trades"])) == ("100", "100", 1)


def test_a_trade_is_told_at_every_step_of_its_way(stage: Stage) -> None:
    (_, filled), events = told_to_the_user(stage, [])

    trades = [one for one in events if one["event_type"] == "trade"]
    assert [one["status"] for one in trades] == ["MATCHED", "MINED", "CONFIRMED"]
    assert {one["type"] for one in trades} == {"TRADE"}
    assert {one["taker_order_id"] for one in trades} == {filled}
    assert set(trades[0]) == {
        *("asset_id", "bucket_index", "event_type", "fee_rate_bps", "id", "last_update", "maker_address"),
        *("maker_orders", "market", "match_time", "outcome", "owner", "price", "side", "size", "status"),
        *("taker_order_id", "timestamp", "trade_owner", "trader_side", "transaction_hash", "type"),
    }


def test_the_user_channel_can_be_narrowed_to_some_markets(stage: Stage) -> None:
    _, events = told_to_the_user(stage, ["0x" + "1" * 64])

    assert events == []
