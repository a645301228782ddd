"""What ccxt does with Bybit's answers, quirks included: which a client must know to live with them."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import ccxt
import pytest

from simulator.dialects.bybit.settings import BybitSettings
from simulator.exchange.events import BookChanged
from tests.simulator.dialects.row import CID
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage, placed

LINK = {"orderLinkId": CID}


def paths(stage: Stage) -> list[str]:
    return [seen.path.removeprefix("/v5/") for seen in stage.seen if seen.endpoint != "stream"]


def test_what_ccxt_knows_after_placing_is_an_id() -> None:
    order = Stage("bybit").tell(lambda exchange: exchange.create_order(BTC, "limit", "buy", 0.01, 59_000))

    assert order["id"]
    assert (order["status"], order["price"], order["filled"]) == (None, None, None)


def test_the_account_is_probed_before_the_first_order_and_not_if_its_kind_is_preset() -> None:
    plain, preset = Stage("bybit"), Stage("bybit")

    async def place(exchange: Any) -> None:
        await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)

    async def place_with_presets(exchange: Any) -> None:
        exchange.options |= {"enableUnifiedAccount": True, "enableUnifiedMargin": False, "unifiedMarginStatus": 6}
        await place(exchange)

    plain.tell(place)
    preset.tell(place_with_presets)

    assert {"user/query-api", "account/info"} < set(paths(plain))
    assert not {"user/query-api", "account/info"} & set(paths(preset))


def test_markets_are_loaded_by_coins_and_then_by_category() -> None:
    stage = Stage("bybit")

    stage.tell(lambda exchange: exchange.load_markets())

    assert paths(stage)[0] == "asset/coin/query-info"
    assert set(paths(stage)[1:]) == {"market/instruments-info"}


def test_an_order_is_only_fetched_by_who_acknowledges_that_it_may_be_forgotten() -> None:
    async def story(exchange: Any) -> None:
        order = await placed(exchange)
        exchange.options["fetchOrder"] = {}
        with pytest.raises(ccxt.ArgumentsRequired, match="500"):
            await exchange.fetch_order(order["id"], BTC)

    Stage("bybit").tell(story)


def test_an_empty_list_is_an_order_not_found_though_history_may_have_it() -> None:
    stage = Stage("bybit", BybitSettings(recent_orders_max=0))

    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 60_060)
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.fetch_order(order["id"], BTC)
        return await exchange.fetch_closed_order(order["id"], BTC)

    assert stage.tell(story)["status"] == "closed"


def test_closed_orders_are_the_filled_ones_and_miss_what_was_cancelled_with_fills() -> None:
    stage = Stage("bybit")

    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 1.5, 60_060, {"timeInForce": "IOC"})
        closed = await exchange.fetch_closed_orders(BTC)
        return order["id"], closed, await exchange.fetch_canceled_and_closed_orders(BTC)

    order_id, closed, (found,) = stage.tell(story)

    assert closed == []
    assert (found["id"], found["status"], found["filled"]) == (order_id, "closed", 1)


def test_no_client_id_is_sent_where_none_is_given_and_the_venue_makes_one_up() -> None:
    stage = Stage("bybit")

    order = stage.tell(placed)

    assert order["clientOrderId"] == str(int(order["id"]) + 1)
    assert stage.exchange.truth.orders(ACCOUNT)[0].client_order_id == ""


def test_an_order_is_found_and_cancelled_by_the_venues_own_name_of_the_client_id_alone() -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange, clientOrderId=CID)
        await placed(exchange, price=58_000)
        by_own_name = await exchange.fetch_open_orders(BTC, None, None, LINK)
        by_ccxts_name = await exchange.fetch_open_orders(BTC, None, None, {"clientOrderId": CID})
        with pytest.raises(ccxt.ExchangeError):
            await exchange.cancel_order(None, BTC, {"clientOrderId": CID})
        await exchange.cancel_order(None, BTC, LINK)
        return by_own_name, by_ccxts_name, await exchange.fetch_canceled_and_closed_orders(BTC, None, None, LINK)

    by_own_name, by_ccxts_name, finished = Stage("bybit").tell(story)

    assert [order["clientOrderId"] for order in by_own_name] == [CID]
    assert len(by_ccxts_name) == 2
    assert [order["status"] for order in finished] == ["canceled"]


def test_a_duplicate_is_an_invalid_order_to_be_looked_up() -> None:
    async def story(exchange: Any) -> None:
        await placed(exchange, clientOrderId=CID)
        with pytest.raises(ccxt.InvalidOrder, match="170141"):
            await placed(exchange, clientOrderId=CID)

    Stage("bybit").tell(story)


def test_only_the_option_sets_the_receive_window() -> None:
    """A request that is 8 s old: `params.recvWindow` lands in the body and changes nothing."""
    stage = Stage("bybit")

    def late(exchange: Any) -> None:
        exchange.nonce = lambda: exchange.milliseconds() - 8_000

    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        await exchange.is_unified_enabled()
        late(exchange)
        with pytest.raises(ccxt.InvalidNonce):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"recvWindow": 60_000})
        exchange.options["recvWindow"] = 60_000
        return await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)

    assert stage.tell(story)["id"]


def test_a_post_only_order_that_would_trade_is_accepted_and_then_seen_cancelled() -> None:
    async def story(exchange: Any) -> Any:
        watching = asyncio.ensure_future(watched(exchange))
        await asyncio.sleep(1)
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 61_000, {"postOnly": True})
        return order["id"], await watching, await exchange.fetch_order(order["id"], BTC)

    async def watched(exchange: Any) -> Any:
        while True:
            for order in await exchange.watch_orders():
                if order["status"] == "canceled":
                    return order

    order_id, seen, fetched = Stage("bybit").tell(story, newUpdates=True)

    assert seen["id"] == fetched["id"] == order_id
    assert seen["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


def test_an_edited_order_keeps_its_id() -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange, clientOrderId=CID)
        edited = await exchange.edit_order(order["id"], BTC, "limit", "buy", 0.02, 58_500)
        return order, edited, await exchange.fetch_order(order["id"], BTC)

    before, edited, after = Stage("bybit").tell(story)

    assert before["id"] == edited["id"] == after["id"]
    assert (after["clientOrderId"], after["price"], after["amount"]) == (CID, 58_500, 0.02)


def test_ccxt_applies_a_book_with_a_gap_without_a_word() -> None:
    """The id of an update tells of a gap, and ccxt does not look: only a watchdog of its own helps a client."""
    stage = Stage("bybit")

    def skip_one() -> None:
        undo = stage.venue.public.skip(BookChanged, share=1, random=random.Random(1))
        stage.quote(BTC, "60100", trade=False)
        stage.later(0.1, undo)

    async def story(exchange: Any) -> Any:
        await exchange.watch_order_book(BTC)
        stage.later(1, skip_one)
        stage.later(2, lambda: stage.quote(BTC, "60200", levels=1, trade=False))
        return await exchange.watch_order_book(BTC)

    book = stage.tell(story)

    truth = {float(stage.row.instruments[0].price(ticks)) for ticks, _ in stage.exchange.truth.book(BTC).bids}
    assert {price for price, _ in book["bids"]} - truth


def test_a_stop_waits_for_its_price_and_is_listed_when_asked_for() -> None:
    stage = Stage("bybit")

    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "sell", 0.1, 58_000, {"triggerPrice": 59_000})
        listed = await exchange.fetch_open_orders(BTC, None, None, {"trigger": True})
        stage.quote(BTC, "58900")
        return order["id"], listed, await exchange.fetch_order(order["id"], BTC)

    order_id, (listed,), triggered = stage.tell(story)

    assert (listed["id"], listed["status"], listed["triggerPrice"]) == (order_id, "open", 59_000)
    assert triggered["status"] == "closed"
