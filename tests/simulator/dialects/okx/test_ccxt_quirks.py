"""What ccxt makes of OKX's quirks: gaps of a book, an order without an exception, ids of algo orders, lagging lists."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import ccxt
import pytest

from simulator.dialects.call import EndpointKind
from simulator.dialects.gate import Rule
from simulator.exchange.events import BookChanged
from simulator.exchange.orders import OrderStatus
from simulator.kernel import NS
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage

ORDERS: frozenset[EndpointKind] = frozenset({"orders"})


def test_a_lost_change_of_a_book_is_a_gap_that_ccxt_sees_and_heals() -> None:
    stage = Stage("okx")

    async def story(exchange: Any) -> Any:
        await exchange.watch_order_book(BTC)
        undo = stage.venue.public.skip(BookChanged, share=1, random=random.Random(1))
        stage.later(1, lambda: stage.quote(BTC, "60100"))
        stage.later(2, undo)
        stage.later(3, lambda: stage.quote(BTC, "60200"))
        with pytest.raises(ccxt.InvalidNonce):
            await exchange.watch_order_book(BTC)
        return await exchange.watch_order_book(BTC)

    book = stage.tell(story)

    assert book["bids"][0][0] == 60_139.8


def test_a_batch_of_which_some_fail_raises_nothing_and_the_failed_have_no_id() -> None:
    stage = Stage("okx")

    async def story(exchange: Any) -> Any:
        wanted = [
            {"symbol": BTC, "type": "limit", "side": "buy", "amount": size, "price": 59_000} for size in (0.1, 90)
        ]
        return await exchange.create_orders(wanted)

    placed, failed = stage.tell(story)

    assert placed["id"]
    assert (failed["id"], failed["status"], failed["info"]["sCode"]) == (None, "rejected", "51008")


def test_an_expiry_among_the_parameters_lands_in_the_body_and_has_no_effect() -> None:
    stage = Stage("okx")

    async def story(exchange: Any) -> None:
        await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"expTime": "1"})
        exchange.headers = {"expTime": "1"}
        with pytest.raises(ccxt.ExchangeError, match="50036"):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)

    stage.tell(story)

    assert len(stage.exchange.truth.orders(ACCOUNT)) == 1


def test_a_timeout_after_acceptance_leaves_an_order_that_a_look_up_finds() -> None:
    stage = Stage("okx")
    rule = Rule(kind="error", endpoints=ORDERS, status=400, executes=True)
    stage.gate.add(rule)

    async def story(exchange: Any) -> Any:
        with pytest.raises(ccxt.RequestTimeout, match="50004"):
            await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"clientOrderId": "mine"})
        return await exchange.fetch_order(None, BTC, {"clientOrderId": "mine"})

    assert stage.tell(story)["status"] == "open"


def test_ccxt_names_an_order_itself_where_nobody_else_does_and_leaves_its_tag() -> None:
    stage = Stage("okx")

    order = stage.tell(lambda exchange: exchange.create_order(BTC, "limit", "buy", 0.01, 59_000))

    assert len(order["clientOrderId"]) == 32
    assert order["info"]["tag"] == order["clientOrderId"][:16]


def test_a_stop_by_ccxt_has_an_id_and_no_client_id_and_can_be_cancelled() -> None:
    stage = Stage("okx")

    async def story(exchange: Any) -> Any:
        params = {"stopLossPrice": 58_000, "clientOrderId": "mystop"}
        stop = await exchange.create_order(BTC, "market", "sell", 0.1, None, params)
        waiting = await exchange.fetch_open_orders(BTC, None, None, {"ordType": "conditional"})
        await exchange.cancel_orders([stop["id"]], BTC, {"trigger": True})
        return stop, waiting

    stop, (waiting,) = stage.tell(story)

    assert waiting["id"] == stop["id"]
    assert waiting["clientOrderId"] is None
    assert [one.status for one in stage.exchange.truth.orders(ACCOUNT)] == [OrderStatus.CANCELED]


def test_a_trigger_order_by_ccxt_becomes_an_order_when_its_price_is_reached() -> None:
    stage = Stage("okx")

    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.1, 60_600, {"triggerPrice": 60_500})
        stage.quote(BTC, "60500")
        await asyncio.sleep(1)
        return await exchange.fetch_order(order["id"], BTC, {"trigger": True}), await exchange.fetch_my_trades(BTC)

    order, trades = stage.tell(story)

    assert (order["status"], order["info"]["state"]) == ("closed", "effective")
    assert [trade["price"] for trade in trades] == [60_560.5]


def test_closed_orders_leave_out_what_was_cancelled_with_fills() -> None:
    stage = Stage("okx")

    async def story(exchange: Any) -> Any:
        partly = await exchange.create_order(BTC, "limit", "buy", 1.5, 60_060, {"timeInForce": "IOC"})
        return partly["id"], await exchange.fetch_closed_orders(BTC), await exchange.fetch_canceled_orders(BTC)

    partly, closed, cancelled = stage.tell(story)

    assert closed == []
    assert [(one["id"], one["filled"]) for one in cancelled] == [(partly, 1)]


def test_the_list_of_open_orders_may_lag_behind_the_stream() -> None:
    stage = Stage("okx", rest_lag_ns=5 * NS)

    async def story(exchange: Any) -> Any:
        watching = asyncio.ensure_future(exchange.watch_orders())
        await asyncio.sleep(1)
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        (told,) = await watching
        listed = await exchange.fetch_open_orders(BTC)
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.fetch_order(order["id"], BTC)
        return order["id"], told["id"], listed

    placed, told, listed = stage.tell(story)

    assert placed == told
    assert listed == []


def test_the_switch_by_ccxt_cancels_what_is_open() -> None:
    stage = Stage("okx")

    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        await exchange.cancel_all_orders_after(10_000)
        await asyncio.sleep(11)
        return await exchange.fetch_order(order["id"], BTC)

    assert stage.tell(story)["status"] == "canceled"


def test_a_silent_private_stream_answers_pings_all_the_same() -> None:
    stage = Stage("okx")
    stage.venue.private.silence()

    async def story(exchange: Any) -> Any:
        watching = asyncio.ensure_future(exchange.watch_orders())
        await asyncio.sleep(1)
        await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000)
        await asyncio.sleep(600)
        return watching.done(), watching.cancel(), stage.gate.open_streams("private")

    assert stage.tell(story) == (False, True, 1)
