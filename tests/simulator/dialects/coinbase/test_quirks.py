"""What the venue fact sheet says of Coinbase, one test for each: unmodified ccxt 4.5.90, and what it makes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import pytest

from simulator.dialects.coinbase.rest import API
from simulator.dialects.gate import Rule
from tests.simulator.dialects.sockets import buy
from tests.simulator.dialects.stage import ACCOUNT, BTC, Stage, placed


@pytest.fixture
def stage() -> Stage:
    return Stage("coinbase")


def test_loading_the_markets_makes_the_hidden_calls(stage: Stage) -> None:
    stage.tell(lambda exchange: exchange.load_markets())

    assert sorted(request.path for request in stage.seen) == sorted(
        [
            *("/v2/currencies", "/v2/currencies/crypto", "/v2/exchange-rates"),
            *(API + "market/products", API + "market/products", API + "transaction_summary"),
        ]
    )


def test_the_venue_knows_a_client_id_under_its_own_name_only(stage: Stage) -> None:
    """`clientOrderId` is dropped and another one made up: whoever uses it has no idempotency."""

    async def story(exchange: Any) -> Any:
        return await placed(exchange, clientOrderId="mine"), await placed(exchange, client_order_id="mine")

    dropped, kept = stage.tell(story)

    assert dropped["clientOrderId"].startswith("ccxt-")
    assert kept["clientOrderId"] == "mine"


def test_the_same_client_id_returns_the_same_order_even_when_that_has_ended(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        first = await placed(exchange, client_order_id="mine")
        await exchange.cancel_order(first["id"], BTC)
        return first, await placed(exchange, client_order_id="mine", price=58_000)

    first, again = stage.tell(story)

    assert again["id"] == first["id"]
    assert (again["status"], again["price"]) == ("canceled", 59_000)


def test_an_order_whose_answer_was_lost_is_found_by_sending_it_again(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        rule = Rule(kind="ack_lost", endpoints=frozenset({"orders"}))
        stage.gate.add(rule)
        with pytest.raises(ccxt.NetworkError):
            await placed(exchange, client_order_id="mine")
        stage.gate.remove(rule)
        return await placed(exchange, client_order_id="mine")

    order = stage.tell(story)

    assert [record.client_order_id for record in stage.exchange.truth.orders(ACCOUNT)] == ["mine"]
    assert order["status"] == "open"


@pytest.mark.parametrize("status", [500, 503])
def test_a_5xx_after_acceptance_looks_final_and_is_not(stage: Stage, status: int) -> None:
    """ccxt raises ExchangeError, while the order rests."""

    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        stage.gate.add(Rule(kind="error", status=status, executes=True, endpoints=frozenset({"orders"})))
        with pytest.raises(ccxt.ExchangeError) as raised:
            await placed(exchange, client_order_id="mine")
        return raised.value

    error = stage.tell(story)

    assert type(error) is ccxt.ExchangeError
    assert len(stage.exchange.truth.open_orders(ACCOUNT)) == 1


def test_one_call_too_many_looks_like_any_other_error(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        await asyncio.sleep(1)
        with pytest.raises(ccxt.ExchangeError, match="too many requests") as raised:
            await asyncio.gather(*(exchange.v3PublicGetBrokerageTime() for _ in range(11)))
        return raised.value

    assert type(stage.tell(story)) is ccxt.ExchangeError


def test_an_order_that_is_not_there_looks_like_any_other_error(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        with pytest.raises(ccxt.ExchangeError, match="NOT_FOUND") as raised:
            await exchange.fetch_order("8dc88abd-a7a0-4594-9481-22f316f6a071", BTC)
        return raised.value

    assert type(stage.tell(story)) is ccxt.ExchangeError


def test_a_refusal_is_named_by_ccxt_only_where_its_preview_reason_is_known(stage: Stage) -> None:
    """Too little money is told apart; a post-only order that would trade is just an error."""

    async def story(exchange: Any) -> Any:
        with pytest.raises(ccxt.InsufficientFunds):
            await placed(exchange, amount=100)
        with pytest.raises(ccxt.ExchangeError, match="INVALID_LIMIT_PRICE_POST_ONLY") as raised:
            await placed(exchange, price=61_000, postOnly=True)
        return raised.value

    assert type(stage.tell(story)) is ccxt.ExchangeError


def test_a_refused_cancel_among_others_hides_that_the_others_succeeded(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        with pytest.raises(ccxt.BadRequest):
            await exchange.cancel_orders([order["id"], "8dc88abd-a7a0-4594-9481-22f316f6a071"], BTC)
        return await exchange.fetch_open_orders(BTC)

    assert stage.tell(story) == []


def test_closed_orders_leave_out_one_that_was_cancelled_with_fills(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange, price=60_060, amount=1.5)
        await exchange.cancel_order(order["id"], BTC)
        return order, await exchange.fetch_closed_orders(BTC), await exchange.fetch_canceled_orders(BTC)

    order, closed, (cancelled,) = stage.tell(story)

    assert closed == []
    assert (cancelled["id"], cancelled["filled"]) == (order["id"], 1)


def test_balances_by_the_default_path_do_not_say_what_is_held(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange)
        exchange.options["fetchBalance"] = "v2PrivateGetAccounts"
        return await exchange.fetch_balance(), await exchange.fetch_balance({"v3": True})

    by_default, asked = stage.tell(story)

    assert (by_default["USDT"]["free"], by_default["USDT"]["used"]) == (200_000, 0)
    assert asked["USDT"]["used"] == 592.36


def test_an_amendment_is_answered_without_an_id(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        edited = await exchange.edit_order(order["id"], BTC, "limit", "buy", 0.02, 58_500)
        return edited, await exchange.fetch_order(order["id"], BTC)

    edited, order = stage.tell(story)

    assert edited["id"] is None
    assert (order["price"], order["amount"], order["status"]) == (58_500, 0.02, "open")


def test_an_order_that_was_a_success_and_failed_reads_as_cancelled(stage: Stage) -> None:
    stage.exchange.silent_reject = lambda request: True

    async def story(exchange: Any) -> Any:
        order = await placed(exchange)
        await asyncio.sleep(1)
        return await exchange.fetch_order(order["id"], BTC)

    order = stage.tell(story)

    assert (order["status"], order["info"]["status"]) == ("canceled", "FAILED")


def test_the_end_of_an_order_good_till_a_date_is_not_the_end_of_its_request(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        params = {"timeInForce": "GTD", "end_time": "2026-03-01T00:02:00Z"}
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, params)
        await asyncio.sleep(130)
        return await exchange.fetch_order(order["id"], BTC)

    assert stage.tell(story)["info"]["status"] == "EXPIRED"


def test_a_request_that_is_two_minutes_late_is_unauthorized(stage: Stage) -> None:
    """The token is the only thing that grows old: a zombie's bytes are good for two minutes."""

    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        late = exchange.sign("brokerage/orders/batch_cancel", ["v3", "private"], "POST", {"order_ids": ["x"]})
        statuses = []
        for wait in (118, 2):
            await asyncio.sleep(wait)
            async with exchange.session.post(late["url"], data=late["body"], headers=late["headers"]) as answer:
                statuses.append(answer.status)
        return statuses

    assert stage.tell(story) == [200, 401]


def test_an_error_on_a_stream_ends_ccxts_listening_and_leaves_the_connection_open(stage: Stage) -> None:
    """The exception goes to the loop's handler, and whoever watches waits for ever."""

    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        await exchange.watch_ticker(BTC)
        (client,) = exchange.clients.values()
        await client.send({"type": "subscribe", "channel": "user", "product_ids": []})
        await asyncio.sleep(1)
        stage.later(1, lambda: stage.quote(BTC, "61000"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await exchange.watch_ticker(BTC)
        complaints, stage.complaints[:] = list(stage.complaints), []
        return complaints, stage.gate.open_streams()

    complaints, streams = stage.tell(story)

    assert "authentication failure" in str(complaints)
    assert streams == 1


def test_a_quiet_stream_is_cut_and_ccxt_never_asks_for_heartbeats(stage: Stage) -> None:
    async def story(exchange: Any) -> None:
        await exchange.watch_order_book(BTC)
        with pytest.raises(ccxt.NetworkError):
            await exchange.watch_order_book(BTC)

    begun_ns = stage.world.now_ns()
    stage.tell(story)

    assert 60 <= (stage.world.now_ns() - begun_ns) / 10**9 <= 100


def test_a_streams_token_is_used_again_until_it_is_too_old(stage: Stage) -> None:
    """ccxt keeps one for 120 seconds, as long as the venue takes it."""

    async def story(exchange: Any) -> Any:
        await exchange.watch_orders()
        first = exchange.options["wsToken"]
        stage.gate.drop_streams()
        with pytest.raises(ccxt.NetworkError):
            await exchange.watch_orders()
        await asyncio.sleep(100)
        await exchange.watch_orders()
        return first == exchange.options["wsToken"]

    assert stage.tell(story)


def test_a_market_order_by_cost_is_shown_with_what_it_filled(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_market_buy_order_with_cost(BTC, 3_000)
        return await exchange.fetch_order(order["id"], BTC), await exchange.fetch_my_trades(BTC)

    order, (trade,) = stage.tell(story)

    assert order["status"] == "closed"
    assert trade["amount"] == pytest.approx(order["filled"])
    assert trade["cost"] + trade["fee"]["cost"] <= 3_000


def test_what_only_coinbase_offers_through_ccxt_is_there_too(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await placed(exchange)
        best = await exchange.fetch_bids_asks([BTC])
        accounts = await exchange.fetch_accounts()
        orders = await exchange.fetch_orders(BTC)
        time_ms = await exchange.fetch_time({"method": "v3PublicGetBrokerageTime"})
        return best, accounts, orders, time_ms, await exchange.fetch_ticker(BTC, {"usePrivate": True})

    best, accounts, orders, time_ms, ticker = stage.tell(story)

    assert (best[BTC]["bid"], best[BTC]["askVolume"]) == (59_940, 1)
    assert [account["code"] for account in accounts] == ["BTC", "USDT", "ETH"]
    assert [order["status"] for order in orders] == ["open"]
    assert time_ms % 1_000 == 0
    assert ticker["last"] == 60_000


def test_a_stream_that_is_not_watched_any_more_is_acknowledged_with_nothing(stage: Stage) -> None:
    """ccxt waits for an acknowledgement that names no channel at all: it can leave one channel only as the last."""

    async def story(exchange: Any) -> Any:
        await exchange.watch_tickers([BTC])
        await exchange.un_watch_tickers([BTC])
        return exchange.tickers

    assert stage.tell(story) == {}


def test_several_books_can_be_watched_at_once(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.watch_order_book_for_symbols([BTC, "ETH/USDT"])
        await asyncio.sleep(1)
        return {symbol: book["bids"][0][0] for symbol, book in exchange.orderbooks.items()}

    assert stage.tell(story) == {BTC: 59_940, "ETH/USDT": 2_997}


def test_stop_prices_go_off_in_the_direction_that_ccxt_names(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        order = await exchange.create_order(BTC, "limit", "sell", 0.01, 57_000, {"stopLossPrice": 58_000})
        before = await exchange.fetch_order(order["id"], BTC)
        stage.quote(BTC, "57900")
        await asyncio.sleep(1)
        return before, await exchange.fetch_order(order["id"], BTC)

    before, after = stage.tell(story)

    assert (before["status"], before["triggerPrice"]) == ("open", 58_000)
    assert after["status"] == "closed"


def test_the_private_view_tells_of_orders_that_were_placed_past_all_doors(stage: Stage) -> None:
    async def story(exchange: Any) -> Any:
        await exchange.load_markets()
        await exchange.watch_orders()
        stage.later(1, lambda: buy(stage, "59000", "mine"))
        return await exchange.watch_orders()

    (order,) = stage.tell(story, newUpdates=True)

    assert (order["clientOrderId"], order["status"], order["remaining"]) == ("mine", "open", 0.1)
